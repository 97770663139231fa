'use strict';

/** Streams: what an event costs while models speak, and as fast as they can be read. */

const { monitorEventLoopDelay } = require('node:perf_hooks');
const { setTimeout: wait } = require('node:timers/promises');
const { measure, percentile } = require('./meter.js');
const { stream } = require('./inputs.js');

/** Milliseconds in which all streams begin. */
const SETTLE = 500;
const NANOSECONDS = 1e6;
/** Streams that are being opened at the same time: a server's queue of connections is short. */
const OPENING = 250;

/** So many events pass between two looks at the clock. */
const CHECKED = 64;

/** Milliseconds by which the event loop is late, at the 99th percentile. */
function watchDelay() {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const started = performance.now();
  return () => {
    delay.disable();
    // The loop has not turned at all.
    if (delay.count === 0) return performance.now() - started;
    return delay.percentile(99) / NANOSECONDS;
  };
}

/**
 * Opens streams and reads them until `end()`, which resolves once all are closed. `event` is told of
 * every event: what it is, and the number of its stream. Resolves once all of them flow.
 */
async function openStreams(contender, client, input, count, event) {
  const controllers = [];
  const readers = [];
  let ending = false;
  const read = (number) =>
    new Promise((flows, reject) => {
      // One for each: LibreChat has one for each request, and the AWS SDK listens often.
      const controller = new AbortController();
      controllers.push(controller);
      let seen = 0;
      const reading = contender.stream(client, input, {
        signal: controller.signal,
        event: (one) => {
          seen += 1;
          if (seen === 1) flows();
          event(one, number);
        },
      });
      readers.push(
        reading.catch((error) => {
          reject(error);
          if (!ending) throw error;
        }),
      );
    });
  let next = 0;
  const lane = async () => {
    while (next < count) {
      next += 1;
      await read(next - 1);
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, OPENING) }, lane));
  const abort = () => {
    ending = true;
    for (const controller of controllers) controller.abort();
  };
  return {
    abort,
    async end() {
      abort();
      await Promise.all(readers);
    },
  };
}

/**
 * Measures while `streams` streams of `rate` events a second flow. `stamped`: also how late events
 * come, in milliseconds. `gaps`: also the 99.9th percentile of what lies between two events of a stream.
 * `beside` runs meanwhile, until its signal is aborted.
 */
async function pacedRound(contender, server, settings) {
  const { streams, rate, seconds, stamped = false, gaps = false, beside } = settings;
  const client = contender.open(server, { many: streams > 1000 });
  // More than is read: the measurement ends the streams.
  const events = Math.ceil(rate * (seconds + 2));
  const input = contender.prepare(stream({ events, rate, stamped }));
  let seen = 0;
  let characters = 0;
  let until = Infinity;
  let finish;
  const late = [];
  const between = [];
  const last = new Float64Array(streams);
  const event = (one, number) => {
    seen += 1;
    // A client that is saturated lets no timer through.
    if (seen % CHECKED === 0 && performance.now() >= until) finish();
    const text = contender.text(one);
    if (text === undefined) return;
    characters += text.length;
    if (until === Infinity) return;
    if (stamped && text.startsWith('@')) late.push(latenessOf(text));
    if (gaps) {
      const now = performance.now();
      if (last[number] > 0) between.push(now - last[number]);
      last[number] = now;
    }
  };
  const flowing = await openStreams(contender, client, input, streams, event);
  global.gc();
  await server.go();
  await wait(SETTLE);
  const ender = new AbortController();
  const running = beside?.(ender.signal);
  const measured = await new Promise((resolve) => {
    const before = seen;
    const delay = watchDelay();
    const end = measure();
    const started = performance.now();
    const timer = setTimeout(() => finish(), seconds * 1000);
    finish = () => {
      clearTimeout(timer);
      until = Infinity;
      const count = seen - before;
      const due = streams * rate * ((performance.now() - started) / 1000);
      resolve({ ...end(count), delay: delay(), delivered: count / due });
      flowing.abort();
    };
    until = started + seconds * 1000;
  });
  ender.abort();
  await running;
  await flowing.end();
  client.destroy();
  if (characters === 0) throw new Error(`${contender.title}: the streams were empty`);
  return {
    ...measured,
    ...(stamped && { late: percentile(late, 0.5), late99: percentile(late, 0.99) }),
    ...(gaps && { gap: percentile(between, 0.999) }),
  };
}

/** Milliseconds since an event was sent that says when. */
const latenessOf = (text) => Number(process.hrtime.bigint() / 1000n - BigInt(text.slice(1))) / 1000;

/** Reads streams that come as fast as they can be read, to their ends. */
async function unpacedRound(contender, server, { streams, events }) {
  const client = contender.open(server);
  const input = contender.prepare(stream({ events }));
  let seen = 0;
  const event = (one) => {
    if (contender.text(one) !== undefined) seen += 1;
  };
  // Opens a connection.
  await contender.stream(client, contender.prepare(stream({ events: 10 })), { event });
  seen = 0;
  global.gc();
  const delay = watchDelay();
  const end = measure();
  await Promise.all(
    Array.from({ length: streams }, () => contender.stream(client, input, { event })),
  );
  const measured = { ...end(streams * events), delay: delay() };
  client.destroy();
  if (seen !== streams * events) throw new Error(`${contender.title}: ${seen} events were seen`);
  return { ...measured, perSecond: 1000 / measured.wall };
}

module.exports = { openStreams, pacedRound, unpacedRound };
