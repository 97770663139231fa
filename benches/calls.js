'use strict';

/** Converse: what a call costs, one after another and many at once. */

const { measure } = require('./meter.js');
const inputs = require('./inputs.js');

async function call(contender, client, input) {
  if (!(await contender.converse(client, input))) throw new Error('the answer was empty');
}

/** `count` calls with one client, `width` of them at a time, after some that open connections. */
async function callRound(contender, server, { input: given, width, count, warmUp = 2 }) {
  const client = contender.open(server);
  const input = contender.prepare(given);
  const lane = async (calls) => {
    for (let made = 0; made < calls; made += 1) await call(contender, client, input);
  };
  const lanes = (calls) => Promise.all(Array.from({ length: width }, () => lane(calls)));
  await lanes(warmUp);
  global.gc();
  const end = measure();
  await lanes(count / width);
  const measured = end(count);
  client.destroy();
  return measured;
}

/** As LibreChat calls: a new client for each request. */
async function newClientRound(contender, server, { count, input = inputs.small() }) {
  const prepared = contender.prepare(input);
  const once = async () => {
    const client = contender.open(server);
    await call(contender, client, prepared);
    client.destroy();
  };
  await once();
  global.gc();
  const end = measure();
  for (let made = 0; made < count; made += 1) await once();
  return end(count);
}

/** Constructors alone: no call follows. */
function constructorRound(contender, server, { count }) {
  const made = [];
  global.gc();
  const end = measure();
  for (let at = 0; at < count; at += 1) made.push(contender.open(server));
  const measured = end(count);
  for (const client of made) client.destroy();
  return measured;
}

/** How often each conversation is written with `JSON.stringify`, which is quick. */
const TIMES = 10;

/**
 * Conversations, and the next turn of each with a client of its own, as a server makes it; beside one
 * `JSON.stringify` of each. Each is made of texts of its own.
 */
async function agentRound(contender, server, { count }) {
  const fresh = () => Array.from({ length: count }, () => inputs.again(inputs.large()));
  const client = contender.open(server);
  await call(contender, client, contender.prepare(inputs.again(inputs.large())));
  const turns = async (conversations) => {
    const prepared = conversations.map((input) => contender.prepare(input));
    global.gc();
    const end = measure();
    for (const input of prepared) await call(contender, client, input);
    return end(count);
  };
  const written = fresh();
  global.gc();
  const end = measure();
  let characters = 0;
  for (let times = 0; times < TIMES; times += 1) {
    for (const input of written) characters += JSON.stringify(input).length;
  }
  const stringify = end(TIMES * count);
  const conversations = fresh();
  const first = await turns(conversations);
  const second = await turns(conversations.map(inputs.nextTurn));
  client.destroy();
  if (characters === 0) throw new Error('the conversation was empty');
  return { first: first.main, second: second.main, all: first.total, stringify: stringify.main };
}

module.exports = { call, callRound, newClientRound, constructorRound, agentRound };
