'use strict';

/** Converse: what a call costs, one after another and many at once. */

const { measure } = require('./meter.js');
const inputs = require('./inputs.js');

async function call(contender, client, input) {
  if (!(await contender.converse(client, input))) throw new Error('the answer was empty');
}

/** `count` calls with one client, `width` of them at a time. */
async function callRound(contender, server, { size, width, count }) {
  const client = contender.open(server);
  const input = inputs[size]();
  const lane = async (calls) => {
    for (let made = 0; made < calls; made += 1) await call(contender, client, input);
  };
  const lanes = (calls) => Promise.all(Array.from({ length: width }, () => lane(calls)));
  await lanes(2); // connections are opened
  global.gc();
  const end = measure();
  await lanes(count / width);
  const measured = end(count);
  client.destroy();
  return measured;
}

/** As LibreChat calls: a new client for each request. */
async function newClientRound(contender, server, { count }) {
  const input = inputs.small();
  const once = async () => {
    const client = contender.open(server);
    await call(contender, client, input);
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
  global.gc();
  const end = measure();
  for (let made = 0; made < count; made += 1) contender.open(server);
  return end(count);
}

module.exports = { callRound, newClientRound, constructorRound };
