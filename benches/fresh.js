'use strict';

/**
 * What is measured in a fresh process: `node benches/fresh.js load|held|calls <client> [server] [count]`.
 * Its last line is JSON.
 */

const { setTimeout: wait } = require('node:timers/promises');
const { CLIENTS, forgetEnvironment } = require('./clients.js');

function load(contender) {
  const started = performance.now();
  contender.load();
  return { milliseconds: performance.now() - started };
}

/** Resident memory once nothing more is given back. */
async function resident() {
  await wait(500);
  global.gc();
  await wait(100);
  global.gc();
  return process.memoryUsage.rss();
}

/** What resident memory grows by for each of so many streams that are open and silent. */
async function held(contender, server, count) {
  const { openStreams } = require('./streams.js');
  const { stream } = require('./inputs.js');
  const client = contender.open(server, { many: true });
  const input = contender.prepare(stream({ held: true }));
  const some = await openStreams(contender, client, input, 100, () => {});
  await some.end();
  const before = await resident();
  const streams = await openStreams(contender, client, input, count, () => {});
  const after = await resident();
  await streams.end();
  return { each: (after - before) / count };
}

/** Resident memory after a tenth of so many calls, 8 at once, and after all of them. */
async function calls(contender, server, count) {
  const { small } = require('./inputs.js');
  const client = contender.open(server);
  const input = contender.prepare(small());
  const some = async (number) => {
    let left = number;
    const lane = async () => {
      for (; left > 0; left -= 1) await contender.converse(client, input);
    };
    await Promise.all(Array.from({ length: 8 }, lane));
    return resident();
  };
  const tenth = await some(count / 10);
  return { tenth, all: await some((count / 10) * 9) };
}

const WHAT = { load, held, calls };

async function main([what, name, server, count]) {
  forgetEnvironment();
  const result = await WHAT[what](CLIENTS[name], server && JSON.parse(server), Number(count));
  console.log(JSON.stringify(result));
  process.exit();
}

main(process.argv.slice(2));
