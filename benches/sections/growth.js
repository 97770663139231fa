'use strict';

/** What grows with the number of streams, of users and of mappings. */

const { BedrockProfileClient } = require('../../index.js');
const { call } = require('../calls.js');
const { CLIENTS, CREDENTIALS } = require('../clients.js');
const inputs = require('../inputs.js');
const { measure } = require('../meter.js');
const { UNITS, alternate, row } = require('../rounds.js');
const { openStreams, pacedRound } = require('../streams.js');

const VARIABLE = 'BEDROCK_INFERENCE_PROFILE_MAPPINGS';

/** The same number of events a second from few streams and from many. */
const FEW = { streams: 100, rate: 100 };
const MANY = { streams: 5000, rate: 2 };

async function* growth({ rounds, quick, clients }, { server }) {
  const seconds = quick ? 1.5 : 3;
  // Five thousand connections of node:http would take the better part of a minute to open over TLS.
  const names = clients.filter((name) => ['ours', 'floor2'].includes(name));
  if (names.length === 0) return;
  for (const [id, how] of Object.entries({ few: FEW, many: MANY })) {
    const settings = { ...how, seconds };
    const measured = await alternate({ names, rounds, settings }, (client, one) =>
      pacedRound(client, server.at, one),
    );
    const what = `an event, ${how.streams.toLocaleString('en')} streams of ${how.rate} a second`;
    yield row(`growth.${id}.main`, `${what}: main thread`, UNITS.us, measured, 'main');
    yield row(`growth.${id}.total`, `${what}: all threads`, UNITS.us, measured, 'total');
  }
  for (const [id, how] of Object.entries({ few: FEW, many: MANY })) {
    const settings = { open: how.streams, count: quick ? 200 : 800 };
    const measured = await alternate({ names, rounds, settings }, (client, one) =>
      besideOpen(client, server.at, one),
    );
    const what = `a call beside ${how.streams.toLocaleString('en')} open streams`;
    yield row(`growth.calls.${id}.main`, `${what}: main thread`, UNITS.us, measured, 'main');
    yield row(`growth.calls.${id}.total`, `${what}: all threads`, UNITS.us, measured, 'total');
  }
}

/** Calls, 8 at once, while streams are open and silent. */
async function besideOpen(contender, server, { open, count }) {
  const client = contender.open(server, { many: true });
  const held = contender.prepare(inputs.stream({ held: true }));
  const streams = await openStreams(contender, client, held, open, () => {});
  const input = contender.prepare(inputs.small());
  const lane = async (calls) => {
    for (let made = 0; made < calls; made += 1) await call(contender, client, input);
  };
  const lanes = (calls) => Promise.all(Array.from({ length: 8 }, () => lane(calls)));
  await lanes(2);
  global.gc();
  const end = measure();
  await lanes(count / 8);
  const measured = end(count);
  await streams.end();
  client.destroy();
  return measured;
}

const arn = (n) => `arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/p${n}`;
/** Short names: an option of mappings may have 1 MiB, into which ten thousand of these fit. */
const BEHIND = 'amazon.nova-lite-v1:0';
const mappings = (count) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [arn(n), BEHIND]));

/** A request of a user among others, each with keys of their own: a client each, 300 mappings. */
async function* users({ rounds, quick, clients }, { server }) {
  if (!clients.includes('ours')) return;
  process.env[VARIABLE] = JSON.stringify(mappings(300));
  const count = quick ? 400 : 2000;
  const input = { ...inputs.small(), modelId: arn(7) };
  const round = async (_client, { people }) => {
    const credentials = Array.from({ length: people }, (_, n) => ({
      ...CREDENTIALS,
      accessKeyId: `AKIA${String(n).padStart(16, '0')}`,
    }));
    const once = async (at) => {
      const options = { region: 'us-east-1', endpoint: server.at.url };
      const client = new BedrockProfileClient({
        ...options,
        credentials: credentials[at % people],
      });
      await call(CLIENTS.ours, client, input);
      client.destroy();
    };
    for (let at = 0; at < 2 * Math.min(people, 50); at += 1) await once(at);
    global.gc();
    const end = measure();
    for (let at = 0; at < count; at += 1) await once(at);
    return end(count);
  };
  try {
    for (const people of [1, 2000]) {
      const settings = { people };
      const measured = await alternate({ names: ['ours'], rounds, settings }, round);
      const what = `a request of one of ${people.toLocaleString('en')} users, 300 mappings`;
      yield row(`users.${people}.main`, `${what}: main thread`, UNITS.us, measured, 'main');
      yield row(`users.${people}.total`, `${what}: all threads`, UNITS.us, measured, 'total');
    }
  } finally {
    delete process.env[VARIABLE];
  }
}

const COUNTS = [1, 10, 100, 1000, 10_000];

/** Resolving a mapped ARN, by the number of mappings. */
async function* resolving({ rounds, clients }) {
  if (!clients.includes('ours')) return;
  for (const count of COUNTS) {
    const client = new BedrockProfileClient({ region: 'us-east-1', mappings: mappings(count) });
    const asked = Array.from({ length: 5000 }, (_, n) => arn((n * 7919) % count));
    const round = () => {
      const end = measure();
      for (const one of asked) client.resolveSync(one);
      return { each: end(asked.length).main };
    };
    const measured = await alternate(
      { names: ['ours'], rounds: 2 * rounds + 1, warmUp: {} },
      round,
    );
    const what = `resolving, ${count.toLocaleString('en')} mappings`;
    yield row(`resolving.${count}`, what, UNITS.us, measured, 'each');
    client.destroy();
  }
}

module.exports = { growth, users, resolving };
