'use strict';

/** Converse: what a call costs, one after another and many at once. */

const { CLIENTS } = require('./clients.js');
const { measure } = require('./meter.js');
const inputs = require('./inputs.js');

async function call(client, input) {
  const { ConverseCommand } = CLIENTS.http2.load();
  const response = await client.send(new ConverseCommand(input));
  if (!response.output.message.content[0].text) throw new Error('the answer was empty');
}

/** `count` calls with one client, `width` of them at a time. */
async function callRound(contender, url, { size, width, count }) {
  const client = contender.open(url);
  const input = inputs[size]();
  const lane = async (calls) => {
    for (let made = 0; made < calls; made += 1) await call(client, input);
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
async function newClientRound(contender, url, { count }) {
  const input = inputs.small();
  const once = async () => {
    const client = contender.open(url);
    await call(client, input);
    client.destroy();
  };
  await once();
  global.gc();
  const end = measure();
  for (let made = 0; made < count; made += 1) await once();
  return end(count);
}

/** Constructors alone: no call follows. */
function constructorRound(contender, url, { count }) {
  global.gc();
  const end = measure();
  for (let made = 0; made < count; made += 1) contender.open(url);
  return end(count);
}

module.exports = { callRound, newClientRound, constructorRound };
