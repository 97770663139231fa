'use strict';

/** Answers that a test holds back and lets go. */

const { ask, client, start } = require('./bedrock');

const delta = (text) => ({ contentBlockDelta: { delta: { text }, contentBlockIndex: 0 } });

/** Events of a whole answer with so many deltas. */
function* events(count, text = 'word ') {
  yield { messageStart: { role: 'assistant' } };
  for (let n = 0; n < count; n += 1) yield delta(`${n} ${text}`);
  yield { contentBlockStop: { contentBlockIndex: 0 } };
  yield { messageStop: { stopReason: 'end_turn' } };
  yield {
    metadata: {
      usage: { inputTokens: 1, outputTokens: count, totalTokens: count + 1 },
      metrics: { latencyMs: 1 },
    },
  };
}

/** A server whose answer waits after `before` deltas until the test lets it go on. */
async function held(before = 2) {
  let release;
  const released = new Promise((resolve) => {
    release = resolve;
  });
  async function* pausing() {
    let sent = 0;
    for (const event of events(before + 3)) {
      if (sent === before + 1) await released;
      sent += 1;
      yield event;
    }
  }
  const server = await start({ script: () => ({ events: pausing() }) });
  return { server, release };
}

/** Opens a stream and takes its first events. */
async function begun(server, options, count = 3, made = client(server)) {
  const { stream } = await made.converseStream(ask(), options);
  for (let n = 0; n < count; n += 1) await stream.next();
  return stream;
}

module.exports = { begun, delta, events, held };
