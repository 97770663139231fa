'use strict';

// How often the event loop is woken for what arrives, and how many bytes are copied to it: counts that
// do not depend on how fast the machine is.

const load = require('../lib/load.js');

const counts = { wakes: 0, bytes: 0 };

/** The addon's hub, counted. lib/hub.js makes its own of what load.js gives. */
class CountedHub extends load.Hub {
  constructor(wake, certificates) {
    super(() => {
      counts.wakes += 1;
      wake();
    }, certificates);
  }

  drain(into) {
    const filled = super.drain(into);
    if (filled <= into.length) counts.bytes += filled;
    return filled;
  }
}

load.Hub = CountedHub;

const { ask, client, start } = require('./support/bedrock');
const { events } = require('./support/streams');

/** Words of a record beside its text (`src/records.rs`), and what fills the last one. */
const HEADER = 16;
const FILLING = 3;
const DELTAS = 20_000;
const TEXT = 'word ';

test('a burst of events wakes the event loop for many at a time, and copies little but their text', async () => {
  const script = () => ({ events: [...events(DELTAS, TEXT)] });
  const server = await start({ script });
  const made = client(server);
  Object.assign(counts, { wakes: 0, bytes: 0 });
  const { stream } = await made.converseStream(ask());
  let text = 0;
  for await (const event of stream) text += event.contentBlockDelta?.delta.text.length ?? 0;
  expect(text).toBeGreaterThan(DELTAS * TEXT.length);
  expect(counts.wakes).toBeGreaterThan(0);
  expect(counts.wakes / DELTAS).toBeLessThan(0.2);
  // The head, the stream's end and what stands between are a kilobyte or two.
  expect(counts.bytes).toBeGreaterThan(text);
  expect(counts.bytes).toBeLessThan(text + DELTAS * (HEADER + FILLING) + 4096);
});

test('a call wakes the event loop once', async () => {
  const server = await start();
  const made = client(server);
  await made.converse(ask());
  Object.assign(counts, { wakes: 0, bytes: 0 });
  const CALLS = 50;
  for (let call = 0; call < CALLS; call += 1) await made.converse(ask());
  expect(counts.wakes).toBe(CALLS);
});
