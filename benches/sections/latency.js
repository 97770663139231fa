'use strict';

/** How long people wait: the first event, events under load, and chats from afar. */

const { measure, percentile } = require('../meter.js');
const inputs = require('../inputs.js');
const { CLIENTS } = require('../clients.js');
const { startProxy, startServer } = require('../processes.js');
const { UNITS, alternate, row } = require('../rounds.js');
const { pacedRound } = require('../streams.js');

/** Milliseconds until the first event of each of `count` streams, one after another. */
async function firstEventRound(contender, server, { count }) {
  const client = contender.open(server);
  const input = contender.prepare(inputs.stream({ events: 3 }));
  const times = [];
  for (let made = -3; made < count; made += 1) {
    const started = performance.now();
    let first;
    await contender.stream(client, input, {
      event: () => {
        first ??= performance.now() - started;
      },
    });
    if (made >= 0) times.push(first); // the first of all open connections
  }
  client.destroy();
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}

async function* firstEvent({ rounds, quick, clients }, { server }) {
  const settings = { count: quick ? 100 : 400 };
  const how = { names: clients, rounds, warmUp: { count: 50 }, settings };
  const measured = await alternate(how, (client, one) => firstEventRound(client, server.at, one));
  yield row('first.p50', 'time to the first event, p50', UNITS.ms, measured, 'p50');
  yield row('first.p99', 'time to the first event, p99', UNITS.ms, measured, 'p99');
}

/** No stream speaks faster: above it the server, which writes each event by itself, sets the pace. */
const FASTEST = 400;
const STREAMS = 100;

/** Half of what plain node:http could take by what an event costs its main thread. */
async function* half({ rounds, quick, clients }, { server }) {
  const names = clients.filter((name) => ['ours', 'floor', 'floor2'].includes(name));
  if (names.length === 0) return;
  const seconds = quick ? 1.5 : 2.5;
  const cost = await pacedRound(CLIENTS.floor, server.at, { streams: STREAMS, rate: 200, seconds });
  const rate = Math.min(FASTEST, Math.round(500 / cost.main / STREAMS));
  const settings = { streams: STREAMS, rate, seconds, stamped: true };
  const measured = await alternate({ names, rounds, settings }, (client, one) =>
    pacedRound(client, server.at, one),
  );
  const what = `an event's way at ${STREAMS} streams of ${rate} a second`;
  yield row('half.p50', `${what}, p50`, UNITS.ms, measured, 'late');
  yield row('half.p99', `${what}, p99`, UNITS.ms, measured, 'late99');
}

/** Milliseconds for which the proxy holds each byte, each way. */
const AWAY = 10;
const CHAT = { events: 60 };

/** A chat as LibreChat makes it: a client of its own, which nobody destroys while others chat. */
async function chatRound(contender, at, { count }) {
  const opened = [];
  const input = contender.prepare(inputs.stream(CHAT));
  const chat = async () => {
    const started = performance.now();
    const client = contender.open(at);
    opened.push(client);
    let first;
    await contender.stream(client, input, {
      event: (event) => {
        if (contender.text(event) !== undefined) first ??= performance.now() - started;
      },
    });
    return first;
  };
  await chat();
  const times = [];
  global.gc();
  const end = measure();
  for (let made = 0; made < count; made += 1) times.push(await chat());
  const { main, total } = end(count);
  for (const client of opened) client.destroy();
  return { first: percentile(times, 0.5), main, total };
}

async function* chats({ rounds, quick, clients }, { server, transport }) {
  if (transport !== 'tls') return;
  const proxy = await startProxy(server, AWAY);
  try {
    const settings = { count: quick ? 10 : 30 };
    const how = { names: clients, rounds, warmUp: { count: 3 }, settings };
    const measured = await alternate(how, (client, one) => chatRound(client, proxy.at, one));
    const what = `a chat with a client of its own, ${AWAY} ms away`;
    yield row('chat.first', `${what}: first token`, UNITS.ms, measured, 'first');
    yield row('chat.total', `${what}: all threads`, UNITS.us, measured, 'total');
    yield row('chat.main', `${what}: main thread`, UNITS.us, measured, 'main');
  } finally {
    proxy.stop();
  }
}

/** Connections that requests one after another take, each of a client of its own. */
async function* connections({ quick, clients }, { transport }) {
  const count = quick ? 60 : 300;
  const round = async (contender) => {
    const server = await startServer(transport);
    const opened = [];
    const input = contender.prepare(inputs.small());
    for (let made = 0; made < count; made += 1) {
      const client = contender.open(server.at);
      opened.push(client);
      await contender.converse(client, input);
    }
    const made = await server.connections();
    for (const client of opened) client.destroy();
    server.stop();
    return { made };
  };
  const measured = await alternate({ names: clients, rounds: 1 }, round);
  const what = `connections for ${count} requests of a client each`;
  yield row('connections.made', what, UNITS.count, measured, 'made');
}

module.exports = { first: firstEvent, half, chat: chats, connections };
