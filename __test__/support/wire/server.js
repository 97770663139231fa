'use strict';

/** A plain HTTP server that keeps what it was sent, byte for byte, and answers what it is told. */

const http = require('node:http');
const { BedrockRuntimeClient } = require('@aws-sdk/client-bedrock-runtime');
const { NodeHttpHandler } = require('@smithy/node-http-handler');
const { BedrockProfileClient } = require('../../..');
const { eventFrame } = require('../../../local-bedrock/eventstream');

const CREDENTIALS = { accessKeyId: 'AKIALOCALBEDROCK0000', secretAccessKey: 'unused' };

const STREAM = Buffer.concat([
  eventFrame('messageStart', { role: 'assistant' }),
  eventFrame('messageStop', { stopReason: 'end_turn' }),
]);
const ANSWERS = {
  '/converse': '{"output":{"message":{"role":"assistant","content":[]}}}',
  '/converse-stream': STREAM,
  '/count-tokens': '{"inputTokens":1}',
  '/apply': '{"action":"NONE","outputs":[],"assessments":[]}',
  '/invoke': '{}',
  '/invoke-with-response-stream': eventFrame('chunk', { bytes: '' }),
};

/** An answer that every operation takes for one of its own. */
function plainAnswer(url) {
  const operation = Object.keys(ANSWERS).find((end) => url.endsWith(end));
  return { headers: {}, pieces: [Buffer.from(ANSWERS[operation] ?? '{}')] };
}

/**
 * Starts a recorder. `answer(url)` gives `{ headers, pieces }`: the pieces of the body, each written
 * by itself.
 */
async function startRecorder() {
  const recorder = { requests: [], answer: plainAnswer };
  const server = http.createServer({ maxHeaderSize: 1 << 20 }, async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers } = request;
    recorder.requests.push({ method, path: url, headers, body: Buffer.concat(chunks) });
    const { headers: own, pieces } = recorder.answer(url);
    response.writeHead(200, { 'x-amzn-requestid': 'request-1', ...own });
    for (const piece of pieces) {
      response.write(piece);
      // Each piece is a packet of its own, as far as that can be had.
      if (pieces.length > 1) await new Promise(setImmediate);
    }
    response.end();
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  recorder.url = `http://127.0.0.1:${server.address().port}`;
  /** The only request since the last time; undefined where none came. */
  recorder.take = () => {
    const taken = recorder.requests.splice(0);
    if (taken.length > 1) throw new Error(`${taken.length} requests instead of one`);
    return taken[0];
  };
  recorder.close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => {
      server.close(resolve);
    });
  };
  return recorder;
}

/**
 * The AWS SDK's client and ours, each with a recorder of its own: `sides` is one list of both.
 *
 * @param {object} [options] of both clients
 */
async function startBoth(options) {
  const [theirs, ours] = await Promise.all([startRecorder(), startRecorder()]);
  const settings = (recorder) => ({
    region: 'us-east-1',
    endpoint: recorder.url,
    credentials: CREDENTIALS,
    maxAttempts: 1,
    ...options,
  });
  const official = new BedrockRuntimeClient({
    ...settings(theirs),
    requestHandler: new NodeHttpHandler(),
  });
  const own = new BedrockProfileClient({ ...settings(ours), gating: 'off', discovery: false });
  return {
    theirs: { recorder: theirs, client: official },
    ours: { recorder: ours, client: own },
    async close() {
      official.destroy();
      own.destroy();
      await Promise.all([theirs.close(), ours.close()]);
    },
  };
}

/** What one side does with a command: the request it sent, and the error it threw instead. */
async function sent({ recorder, client }, command) {
  let error;
  const events = [];
  try {
    const answer = await client.send(command);
    const stream = answer.stream ?? answer.body;
    if (stream?.[Symbol.asyncIterator]) for await (const event of stream) events.push(event);
  } catch (thrown) {
    error = thrown;
  }
  return { request: recorder.take(), events, error };
}

module.exports = { startBoth, sent };
