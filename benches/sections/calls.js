'use strict';

/** Calls, constructors and loading. */

const { UNITS, alternate, row } = require('../rounds.js');
const { agentRound, callRound, constructorRound, newClientRound } = require('../calls.js');
const { fresh } = require('../processes.js');
const inputs = require('../inputs.js');

async function* calls({ rounds, quick, clients }, { server }) {
  const input = inputs.small();
  const cases = [
    ['one', 1, quick ? 150 : 400, 'one by one'],
    ['eight', 8, quick ? 240 : 640, '8 at once'],
  ];
  for (const [id, width, count, how] of cases) {
    const settings = { input, width, count };
    const turns = { names: clients, rounds, warmUp: settings, settings };
    const measured = await alternate(turns, (client, one) => callRound(client, server.at, one));
    const what = `a small Converse call, ${how}`;
    yield row(`calls.${id}.main`, `${what}: main thread`, UNITS.us, measured, 'main');
    yield row(`calls.${id}.total`, `${what}: all threads`, UNITS.us, measured, 'total');
    yield row(`calls.${id}.wall`, `${what}: elapsed`, UNITS.us, measured, 'wall');
  }
}

async function* agent({ rounds, quick, clients }, { server }) {
  const settings = { count: quick ? 20 : 40 };
  const how = { names: clients, rounds, warmUp: { count: 10 }, settings };
  const measured = await alternate(how, (client, one) => agentRound(client, server.at, one));
  const what = 'a call of 201 messages and 50 tools';
  yield row('agent.first', `${what}: main thread`, UNITS.us, measured, 'first');
  yield row('agent.second', 'the next turn of the same: main thread', UNITS.us, measured, 'second');
  yield row('agent.total', `${what}: all threads`, UNITS.us, measured, 'all');
  yield row('agent.stringify', 'one JSON.stringify of the same', UNITS.us, measured, 'stringify');
}

async function* construct({ rounds, quick, clients }, { server }) {
  const settings = { count: quick ? 200 : 500 };
  const how = { names: clients, rounds, warmUp: settings, settings };
  const made = await alternate(how, (client, one) => constructorRound(client, server.at, one));
  yield row('construct.main', 'a constructor', UNITS.us, made, 'main');
  const first = { count: quick ? 50 : 150 };
  const turns = { names: clients, rounds, warmUp: first, settings: first };
  const called = await alternate(turns, (client, one) => newClientRound(client, server.at, one));
  const what = 'a new client and its first small Converse call';
  yield row('construct.call.main', `${what}: main thread`, UNITS.us, called, 'main');
  yield row('construct.call.wall', `${what}: elapsed`, UNITS.us, called, 'wall');
}

async function* load({ quick, clients }) {
  const how = { names: clients, rounds: quick ? 5 : 11 };
  const measured = await alternate(how, (_client, _how, name) => fresh('load', name));
  const what = 'require(), in a fresh process';
  yield row('load.wall', what, UNITS.ms, measured, 'milliseconds');
}

module.exports = { calls, agent, construct, load };
