'use strict';

/** Events: while models speak, as fast as they come, and where a client is saturated. */

const { UNITS, alternate, row } = require('../rounds.js');
const { pacedRound, unpacedRound } = require('../streams.js');

/** Says where the server, not the client, may have set the pace. */
async function watched(server, client, how) {
  await server.load();
  const result = await pacedRound(client, server.at, how);
  return { ...result, server: await server.load() };
}

async function* streams({ rounds, streams: count, rate, quick, clients }, { server }) {
  const settings = { streams: count, rate, seconds: quick ? 1.5 : 2.5 };
  const how = { names: clients, rounds, warmUp: { ...settings, seconds: 0.5 }, settings };
  const measured = await alternate(how, (client, one) => watched(server, client, one));
  const what = `an event, ${count} streams of ${rate} a second`;
  yield row('streams.main', `${what}: main thread`, UNITS.us, measured, 'main');
  yield row('streams.total', `${what}: all threads`, UNITS.us, measured, 'total');
  yield row('streams.delay', `${what}: event loop late, p99`, UNITS.ms, measured, 'delay');
  yield row('streams.delivered', 'events of those due', UNITS.percent, measured, 'delivered');
  yield row('streams.server', 'the server was busy', UNITS.percent, measured, 'server');
}

async function* burst({ rounds, quick, clients }, { server }) {
  const settings = { streams: 1, events: quick ? 60_000 : 200_000 };
  const how = { names: clients, rounds, warmUp: { ...settings, events: 30_000 }, settings };
  const measured = await alternate(how, (client, one) => unpacedRound(client, server.at, one));
  yield row('burst.main', 'an event, one burst: main thread', UNITS.us, measured, 'main');
  yield row('burst.total', 'an event, one burst: all threads', UNITS.us, measured, 'total');
}

async function* saturation({ rounds, quick, clients }, { server }) {
  const settings = { streams: 1000, events: quick ? 40 : 100 };
  const how = { names: clients, rounds, warmUp: { ...settings, events: 10 }, settings };
  const measured = await alternate(how, (client, one) => unpacedRound(client, server.at, one));
  const what = '1,000 streams as fast as they are read';
  yield row('saturation.main', `an event, ${what}: main thread`, UNITS.us, measured, 'main');
  yield row('saturation.total', `an event, ${what}: all threads`, UNITS.us, measured, 'total');
  yield row('saturation.rate', 'the same: events', UNITS.perSecond, measured, 'perSecond');
}

async function* delay({ rounds, quick, clients }, { server }) {
  const settings = { streams: 1000, rate: 50, seconds: quick ? 1.5 : 2.5 };
  // The AI SDK would take minutes to read what such streams say in seconds.
  const names = clients.filter((name) => name !== 'ai');
  const how = { names, rounds: Math.min(rounds, 2), settings };
  const measured = await alternate(how, (client, one) => watched(server, client, one));
  const what = '1,000 streams of 50 events a second';
  yield row('delay.p99', `event loop late, p99, ${what}`, UNITS.ms, measured, 'delay');
  yield row('delay.delivered', 'events of those due', UNITS.percent, measured, 'delivered');
  yield row('delay.server', 'the server was busy', UNITS.percent, measured, 'server');
}

module.exports = { streams, burst, saturation, delay };
