'use strict';

/** Who wants to hear of an abort, for signals with events and for those that have `onabort` alone. */

/** Of a signal that has `onabort` alone: everyone who wants to hear of it. */
const shared = new WeakMap();

/**
 * Hears of a signal's abort.
 *
 * @param {AbortSignal | { onabort: Function | null } | undefined} signal
 * @param {() => void} stop
 */
function listen(signal, stop) {
  if (typeof signal?.addEventListener === 'function') {
    signal.addEventListener('abort', stop, { once: true });
  } else if (signal) {
    share(signal, stop);
  }
}

/** One handler serves all calls of a signal, and whoever had it before. */
function share(signal, stop) {
  const held = shared.get(signal) ?? { stops: new Set() };
  held.stops.add(stop);
  shared.set(signal, held);
  if (held.handler !== undefined && signal.onabort === held.handler) return;
  const before = signal.onabort;
  held.before = before;
  held.handler = function onabort(...args) {
    for (const each of [...held.stops]) each();
    return typeof before === 'function' ? Reflect.apply(before, this, args) : undefined;
  };
  signal.onabort = held.handler;
}

/** Hears of it no more; what is wrong with a signal is nothing that a settled call could tell. */
function unlisten(signal, stop) {
  try {
    if (typeof signal?.removeEventListener === 'function') {
      signal.removeEventListener('abort', stop);
    } else if (signal) {
      unshare(signal, stop);
    }
  } catch {
    // The call has been settled.
  }
}

function unshare(signal, stop) {
  const held = shared.get(signal);
  if (!held?.stops.delete(stop) || held.stops.size > 0) return;
  shared.delete(signal);
  if (signal.onabort === held.handler) signal.onabort = held.before ?? null;
}

module.exports = { listen, unlisten };
