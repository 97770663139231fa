'use strict';

/** How contenders take turns, and rows of what was measured. */

const { CLIENTS } = require('./clients.js');
const { medians } = require('./meter.js');

const UNITS = {
  us: { unit: 'µs', scale: 1000 },
  ms: { unit: 'ms', scale: 1 },
  MB: { unit: 'MB', scale: 1 / 2 ** 20 },
  KB: { unit: 'KB', scale: 1 / 2 ** 10 },
  perSecond: { unit: '/s', scale: 1 },
  percent: { unit: '%', scale: 100 },
  count: { unit: '', scale: 1 },
};

/**
 * Rounds of each client in turn, after one that does not count; the order turns too, so that none
 * always comes after another. Gives the medians of each client's rounds.
 *
 * @param {{ names: string[], rounds: number, warmUp?: object, settings?: object }} how
 * @param {(client: object, settings: object, name: string) => Promise<object>} round
 */
async function alternate({ names, rounds, warmUp, settings = {} }, round) {
  if (warmUp) for (const name of names) await round(CLIENTS[name], warmUp, name);
  const measured = Object.fromEntries(names.map((name) => [name, []]));
  for (let turn = 0; turn < rounds; turn += 1) {
    for (let at = 0; at < names.length; at += 1) {
      const name = names[(turn + at) % names.length];
      measured[name].push(await round(CLIENTS[name], settings, name));
    }
  }
  return Object.fromEntries(names.map((name) => [name, medians(measured[name])]));
}

/** A row: one member of what was measured, for each client. */
function row(id, what, { unit, scale }, measured, member) {
  const values = Object.entries(measured).map(([name, { [member]: value }]) => [
    name,
    value * scale,
  ]);
  return { id, what, unit, values: Object.fromEntries(values) };
}

module.exports = { UNITS, alternate, row };
