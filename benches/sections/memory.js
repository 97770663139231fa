'use strict';

/** Memory, each measurement in a fresh process beside a server of its own. */

const { fresh, startServer } = require('../processes.js');
const { UNITS, alternate, row } = require('../rounds.js');

/** Ports and files that a process may have open end it: these do not share theirs. */
async function apart(transport, what, name, ...words) {
  const server = await startServer(transport);
  try {
    return await fresh(what, name, JSON.stringify(server.at), ...words.map(String));
  } finally {
    server.stop();
  }
}

/** In clear text this client speaks HTTP/1.1; over TLS HTTP/2, as its server does. */
async function* memory({ quick, clients }, { transport }) {
  const count = quick ? 1000 : 10_000;
  // Opening ten thousand streams takes the AWS SDK a minute: what each of them takes is the same.
  const fewer = quick ? 500 : 2000;
  const streams = (name) => (['ours', 'floor', 'floor2'].includes(name) ? count : fewer);
  const measured = await alternate({ names: clients, rounds: 1 }, (_client, _how, name) =>
    apart(transport, 'held', name, streams(name)),
  );
  const what = `memory of an open stream, ${count.toLocaleString('en')} of them (SDKs: ${fewer})`;
  yield row('memory.stream', what, UNITS.KB, measured, 'each');
}

/** Resident memory after a tenth of the calls, and after all of them. */
async function* flat({ quick, clients }, { transport }) {
  const count = quick ? 10_000 : 100_000;
  const names = clients.filter((name) => name === 'ours');
  if (names.length === 0 || transport !== 'tls') return;
  const measured = await alternate({ names, rounds: 1 }, (_client, _how, name) =>
    apart(transport, 'calls', name, count),
  );
  const all = count.toLocaleString('en');
  const tenth = (count / 10).toLocaleString('en');
  yield row('flat.tenth', `resident memory after ${tenth} calls`, UNITS.MB, measured, 'tenth');
  yield row('flat.all', `resident memory after ${all} calls`, UNITS.MB, measured, 'all');
}

module.exports = { memory, flat };
