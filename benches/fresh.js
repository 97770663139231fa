'use strict';

/**
 * What is measured in a fresh process: `node benches/fresh.js load|memory <client> [url] [streams]`.
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
async function memory(contender, url, streams) {
  contender.load();
  const { ConverseStreamCommand } = require('@aws-sdk/client-bedrock-runtime');
  const { stream } = require('./inputs.js');
  const client = contender.open(url);
  const input = stream({ events: 200, rate: 0 });
  const read = async () => {
    const response = await client.send(new ConverseStreamCommand(input));
    for await (const event of response.stream) if (event.metadata) return;
  };
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

async function main([what, name, url, streams]) {
  forgetEnvironment();
  const contender = CLIENTS[name];
  const result = what === 'load' ? load(contender) : await memory(contender, url, Number(streams));
  console.log(JSON.stringify(result));
  process.exit();
}

main(process.argv.slice(2));
