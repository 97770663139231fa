'use strict';

/** What the benchmarks ask, and what the server answers. */

const { eventFrame } = require('../local-bedrock/eventstream.js');

const MODEL = 'anthropic.claude-3-7-sonnet-20250219-v1:0';
const ARN = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/claude37demo';

/** A title, or a first question. */
function small() {
  return {
    modelId: ARN,
    messages: [{ role: 'user', content: [{ text: 'What is an inference profile?' }] }],
    inferenceConfig: { maxTokens: 512, temperature: 0.7 },
  };
}

/** An agent's 200th message, with 50 tools: about 230 kB. */
function large() {
  const messages = Array.from({ length: 200 }, (_, at) => message(at));
  const tools = Array.from({ length: 50 }, (_, at) => ({ toolSpec: tool(at) }));
  return {
    modelId: ARN,
    messages: [...messages, { role: 'user', content: [{ text: 'And now?' }] }],
    system: [{ text: 'You are an agent that uses tools. '.repeat(60) }],
    toolConfig: { tools },
    inferenceConfig: { maxTokens: 4096, temperature: 0.2 },
  };
}

const PARAGRAPH = 'The quick brown fox jumps over the lazy dog, “twice”, and writes it down. ';

function message(at) {
  // One for each call, and the same for its result.
  const toolUseId = `tooluse_${String(Math.floor(at / 4)).padStart(8, '0')}`;
  switch (at % 4) {
    case 0:
      return { role: 'user', content: [{ text: PARAGRAPH.repeat(8) }] };
    case 1: {
      const input = { path: `/src/file${at}.js`, lines: [1, 200], recursive: false };
      const toolUse = { toolUseId, name: `tool_${at % 50}`, input };
      return { role: 'assistant', content: [{ text: PARAGRAPH.repeat(2) }, { toolUse }] };
    }
    case 2: {
      const content = [{ text: PARAGRAPH.repeat(16) }];
      const toolResult = { toolUseId, content, status: 'success' };
      return { role: 'user', content: [{ toolResult }] };
    }
    default:
      return { role: 'assistant', content: [{ text: PARAGRAPH.repeat(8) }] };
  }
}

function tool(at) {
  return {
    name: `tool_${at}`,
    description: PARAGRAPH.repeat(4),
    inputSchema: {
      json: {
        type: 'object',
        properties: {
          path: { type: 'string', description: 'Where, from the root of the project.' },
          lines: { type: 'array', items: { type: 'integer', minimum: 1 }, maxItems: 2 },
          recursive: { type: 'boolean', default: false },
        },
        required: ['path'],
      },
    },
  };
}

/**
 * A stream of `events` deltas, `rate` of them a second; at rate 0 all at once. `stamped`: some of them
 * say when they were sent. `held`: it stays silent and open until its reader ends it.
 */
function stream({ events = 0, rate = 0, stamped = false, held = false }) {
  const pace = { events: String(events), rate: String(rate) };
  if (stamped) pace.stamped = '1';
  if (held) pace.held = '1';
  return { ...small(), requestMetadata: pace };
}

/** A question about an image or a PDF of so many bytes. */
function upload({ bytes, kind = 'image' }) {
  const source = { bytes: new Uint8Array(bytes).fill(0xa5) };
  const block =
    kind === 'image'
      ? { image: { format: 'png', source } }
      : { document: { format: 'pdf', name: 'report', source } };
  const content = [{ text: 'What is this?' }, block];
  return { ...small(), messages: [{ role: 'user', content }] };
}

/** The same, of objects and texts of its own, as a server reads it from its database. */
const again = (input) => JSON.parse(JSON.stringify(input));

/** A conversation's next turn: what was said so far is what it was. */
function nextTurn(input) {
  const answer = { role: 'assistant', content: [{ text: PARAGRAPH.repeat(4) }] };
  const question = { role: 'user', content: [{ text: 'And then?' }] };
  return { ...input, messages: [...input.messages, answer, question] };
}

const ANSWER = JSON.stringify({
  metrics: { latencyMs: 512 },
  output: { message: { content: [{ text: PARAGRAPH.repeat(6) }], role: 'assistant' } },
  stopReason: 'end_turn',
  usage: { inputTokens: 17, outputTokens: 118, totalTokens: 135 },
});

const PADDING = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const WORDS = PARAGRAPH.match(/\s*\S+/g);

/** As Bedrock pads them, to hide how long a text is. */
const padded = (payload, at) => ({ ...payload, p: PADDING.slice(0, 1 + ((at * 17) % 62)) });

const delta = (text, at) =>
  eventFrame('contentBlockDelta', padded({ contentBlockIndex: 0, delta: { text } }, at));

const FRAMES = {
  first: eventFrame('messageStart', padded({ role: 'assistant' }, 3)),
  deltas: Array.from({ length: 64 }, (_, at) => delta(WORDS[at % WORDS.length], at)),
  last: Buffer.concat([
    eventFrame('contentBlockStop', padded({ contentBlockIndex: 0 }, 5)),
    eventFrame('messageStop', padded({ stopReason: 'end_turn' }, 7)),
    eventFrame(
      'metadata',
      padded(
        {
          metrics: { latencyMs: 512 },
          usage: { inputTokens: 17, outputTokens: 118, totalTokens: 135 },
        },
        9,
      ),
    ),
  ]),
};

module.exports = { ARN, MODEL, small, large, stream, upload, again, nextTurn, ANSWER, FRAMES };
