'use strict';

/**
 * What is measured in a fresh process: `node benches/fresh.js load|memory <client> [server] [streams]`.
 * Its last line is JSON.
 */

const { CLIENTS, forgetEnvironment } = require('./clients.js');

function load(contender) {
  const started = performance.now();
  contender.load();
  return { milliseconds: performance.now() - started };
}

/**
 * Streams in lots of a hundred, read to their ends. The AWS SDK is loaded for each client: in
 * LibreChat it always is, if only for its commands.
 */
async function memory(contender, server, streams) {
  CLIENTS.http2.load();
  const { stream } = require('./inputs.js');
  const client = contender.open(server);
  const input = stream({ events: 200, rate: 0 });
  const read = () => contender.stream(client, input, { event: () => {} });
  global.gc();
  const loaded = process.memoryUsage.rss();
  let peak = 0;
  for (let done = 0; done < streams; done += 100) {
    await Promise.all(Array.from({ length: Math.min(100, streams - done) }, read));
    peak = Math.max(peak, process.memoryUsage.rss());
  }
  client.destroy();
  global.gc();
  const rss = process.memoryUsage.rss();
  return { rss, grown: rss - loaded, peak: peak - loaded };
}

async function main([what, name, server, streams]) {
  forgetEnvironment();
  const contender = CLIENTS[name];
  const result =
    what === 'load'
      ? load(contender)
      : await memory(contender, JSON.parse(server), Number(streams));
  console.log(JSON.stringify(result));
  process.exit();
}

main(process.argv.slice(2));
