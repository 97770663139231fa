'use strict';

/** Streams: what an event costs while models speak, and as fast as they can be read. */

const { monitorEventLoopDelay } = require('node:perf_hooks');
const { setTimeout: wait } = require('node:timers/promises');
const { measure } = require('./meter.js');
const { stream } = require('./inputs.js');

/** Milliseconds in which what piled up while the streams were opened drains. */
const SETTLE = 500;
const NANOSECONDS = 1e6;

/** Milliseconds by which the event loop is late, at the 99th percentile. */
function watchDelay() {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  return () => {
    delay.disable();
    return delay.percentile(99) / NANOSECONDS;
  };
}

/** Opens streams, reads them all, and measures while every one of them is flowing. */
async function pacedRound(contender, server, { streams, rate, seconds }) {
  const client = contender.open(server);
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

  const read = () => {
    // One for each: LibreChat has one for each request, and the AWS SDK listens often.
    const controller = new AbortController();
    controllers.push(controller);
    let seen = 0;
    return contender.stream(client, input, {
      signal: controller.signal,
      event: (event) => {
        events += 1;
        characters += event.contentBlockDelta?.delta.text.length ?? 0;
        seen += 1;
        if (seen === 5) {
          flowing += 1;
          if (flowing === streams) allFlow();
        }
      },
    });
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
  const delay = watchDelay();
  const end = measure();
  await wait(seconds * 1000);
  const count = events - before;
  const measured = { ...end(count), delay: delay() };
  ending = true;
  for (const controller of controllers) controller.abort();
  await Promise.all(readers);
  client.destroy();
  if (characters === 0) throw new Error(`${contender.title}: the streams were empty`);
  return { ...measured, delivered: count / (streams * rate * seconds) };
}

/** Reads streams that come as fast as they can be read, to their ends. */
async function unpacedRound(contender, server, { streams, events }) {
  const client = contender.open(server);
  const input = stream({ events, rate: 0 });
  let seen = 0;
  const event = () => {
    seen += 1;
  };
  await contender.stream(client, stream({ events: 10, rate: 0 }), { event }); // opens a connection
  seen = 0;
  global.gc();
  const delay = watchDelay();
  const end = measure();
  await Promise.all(
    Array.from({ length: streams }, () => contender.stream(client, input, { event })),
  );
  const measured = { ...end(seen), delay: delay() };
  client.destroy();
  if (seen < streams * events) throw new Error(`${contender.title}: ${seen} events were too few`);
  return { ...measured, perSecond: 1000 / measured.wall };
}

module.exports = { pacedRound, unpacedRound };
