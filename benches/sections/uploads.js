'use strict';

/** Requests with images and documents, and what they do to streams beside them. */

const { setTimeout: wait } = require('node:timers/promises');
const { call, callRound } = require('../calls.js');
const inputs = require('../inputs.js');
const { startServer } = require('../processes.js');
const { UNITS, alternate, row } = require('../rounds.js');
const { pacedRound } = require('../streams.js');

const MIB = 2 ** 20;
const SIZES = [
  ['image', 4 * MIB, 'image', 'a request with an image of 4 MiB'],
  ['pdf', 4 * MIB, 'document', 'a request with a PDF of 4 MiB'],
  ['large', 20e6, 'image', 'a request with 20 MB'],
];

async function* uploads({ rounds, quick, clients }, { server, transport }) {
  if (transport !== 'tls') return;
  for (const [id, bytes, kind, what] of SIZES) {
    const count = quick ? 5 : 10;
    const settings = { input: inputs.upload({ bytes, kind }), width: 1, count };
    const turns = { names: clients, rounds, settings };
    const measured = await alternate(turns, (client, how) => callRound(client, server.at, how));
    yield row(`uploads.${id}.main`, `${what}: main thread`, UNITS.ms, measured, 'main');
    yield row(`uploads.${id}.total`, `${what}: all threads`, UNITS.ms, measured, 'total');
  }
}

/** Milliseconds between the end of an upload and the next. */
const BETWEEN = 200;

/** Streams with and without uploads beside them, which go to a server of their own. */
async function* gaps({ rounds, quick, clients }, { server, transport }) {
  if (transport !== 'tls') return;
  const other = await startServer(transport);
  const names = clients.filter((name) => name !== 'ai' && name !== 'undici');
  const settings = { streams: 100, rate: 50, seconds: quick ? 2 : 4, gaps: true };
  const round = async (contender, how) => {
    const without = await pacedRound(contender, server.at, how);
    const client = contender.open(other.at);
    const given = SIZES.map(([, bytes, kind]) => inputs.upload({ bytes, kind }));
    const beside = async (signal) => {
      for (let at = 0; !signal.aborted; at += 1) {
        await call(contender, client, contender.prepare(given[at % given.length]));
        await wait(BETWEEN);
      }
    };
    const beneath = await pacedRound(contender, server.at, { ...how, beside });
    client.destroy();
    return { without: without.gap, with: beneath.gap, grown: beneath.gap - without.gap };
  };
  try {
    const measured = await alternate({ names, rounds, settings }, round);
    const what = 'between two events of a stream, p99.9, 100 streams';
    yield row('gaps.without', what, UNITS.ms, measured, 'without');
    yield row('gaps.with', 'the same with uploads beside them', UNITS.ms, measured, 'with');
    yield row('gaps.grown', 'the difference', UNITS.ms, measured, 'grown');
  } finally {
    other.stop();
  }
}

module.exports = { uploads, gaps };
