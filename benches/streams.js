'use strict';

/** Many streams at once: what an event costs while models speak. */

const { setTimeout: wait } = require('node:timers/promises');
const { CLIENTS } = require('./clients.js');
const { measure } = require('./meter.js');
const { stream } = require('./inputs.js');

/** Milliseconds in which what piled up while the streams were opened drains. */
const SETTLE = 500;

/** Opens streams, reads them all, and measures while every one of them is flowing. */
async function streamRound(contender, url, { streams, rate, seconds }) {
  const { ConverseStreamCommand } = CLIENTS.http2.load();
  const client = contender.open(url);
  const controllers = [];
  // Far more than can be read: the measurement ends the streams.
  const input = stream({ events: Math.ceil(rate * seconds * 20), rate });
  let flowing = 0;
  let events = 0;
  let characters = 0;
  let ending = false;
  let allFlow;
  const flow = new Promise((resolve) => {
    allFlow = resolve;
  });

  const read = async () => {
    const command = new ConverseStreamCommand(input);
    // One for each: LibreChat has one for each request, and the AWS SDK listens often.
    const controller = new AbortController();
    controllers.push(controller);
    const response = await client.send(command, { abortSignal: controller.signal });
    let seen = 0;
    for await (const event of response.stream) {
      events += 1;
      characters += event.contentBlockDelta?.delta.text.length ?? 0;
      seen += 1;
      if (seen === 5) {
        flowing += 1;
        if (flowing === streams) allFlow();
      }
    }
  };
  const readers = Array.from({ length: streams }, () =>
    read().catch((error) => {
      if (!ending) throw error;
    }),
  );
  await Promise.race([flow, Promise.all(readers)]);
  await wait(SETTLE);
  global.gc();
  const before = events;
  const end = measure();
  await wait(seconds * 1000);
  const count = events - before;
  const measured = end(count);
  ending = true;
  for (const controller of controllers) controller.abort();
  await Promise.all(readers);
  client.destroy();
  if (characters === 0) throw new Error(`${contender.title}: the streams were empty`);
  return { ...measured, delivered: count / (streams * rate * seconds) };
}

module.exports = { streamRound };
