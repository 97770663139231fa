'use strict';

/** Which refusals teach, what, and when it is believed. */

const { ask, client, failure } = require('./support/bedrock');
const { inferences, startUnknown } = require('./support/learning');

const user = (...content) => ({ role: 'user', content });
const TEXT = { text: 'Good day' };
const tool = (more) => ({
  toolSpec: { name: 'add', inputSchema: { json: { type: 'object' } }, ...more },
});
const fields = (additionalModelRequestFields) => ({ additionalModelRequestFields });
const CALLED = [
  user(TEXT),
  {
    role: 'assistant',
    content: [{ toolUse: { toolUseId: 'abcdefgh1', name: 'add', input: {} } }],
  },
];
const RESULT = { toolResult: { toolUseId: 'abcdefgh1', content: [{ text: '3' }] } };
const SCHEMA = '{"type":"object","properties":{},"additionalProperties":false}';
const FORMAT = {
  textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: SCHEMA, name: 'x' } } },
};
const extra = (path) =>
  `The model returned the following errors: ${path}: Extra inputs are not permitted`;
const extraneous = (key, place = '#') =>
  `Malformed input request: ${place}: extraneous key [${key}] is not permitted, please reformat your input and try again.`;
const MIXED = 'Conversation blocks and tool result blocks cannot be provided in the same turn.';

/** A model that refuses what `refuses` finds, with this text. */
async function refusing(message, refuses) {
  const script = ({ body }) => (refuses(body) ? { error: { message } } : undefined);
  const unknown = await startUnknown('amazon.nova-pro-v1:0', { script });
  return { ...unknown, made: client(unknown.server) };
}

const sent = (server) => inferences(server).at(-1).body;

// what, the text, what the model refuses, the request, what is sent in the end
const LESSONS = [
  [
    'structured output, by Converse’s name',
    extraneous('outputConfig'),
    (body) => body.outputConfig,
    { outputConfig: FORMAT },
    (body) => [body.outputConfig, body.system?.[0].text.includes('additionalProperties')],
    [undefined, true],
  ],
  [
    'structured output, by Anthropic’s name',
    extra('output_config.format'),
    (body) => body.outputConfig,
    { outputConfig: FORMAT },
    (body) => body.outputConfig,
    undefined,
  ],
  [
    'strict tools',
    extra('tools.0.custom.strict'),
    (body) => body.toolConfig.tools.some(({ toolSpec }) => toolSpec.strict),
    { toolConfig: { tools: [tool({ strict: true })] } },
    (body) => body.toolConfig.tools,
    [tool()],
  ],
  [
    'results beside other content',
    MIXED,
    ({ messages }) =>
      messages.some(
        ({ content }) => content.some((b) => b.toolResult) && content.some((b) => b.text),
      ),
    { messages: [...CALLED, user(RESULT, TEXT)], toolConfig: { tools: [tool()] } },
    (body) => body.messages.map(({ role }) => role),
    ['user', 'assistant', 'user', 'assistant', 'user'],
  ],
  [
    'betas that no table lists',
    'invalid beta flag',
    (body) => body.additionalModelRequestFields?.anthropic_beta?.includes('made-up-2026-01-01'),
    fields({ anthropic_beta: ['computer-use-2025-01-24', 'made-up-2026-01-01'] }),
    (body) => body.additionalModelRequestFields,
    { anthropic_beta: ['computer-use-2025-01-24'] },
  ],
  [
    'a member of a field, and not all of it',
    extra('thinking.adaptive.display'),
    (body) => body.additionalModelRequestFields?.thinking?.display,
    fields({ thinking: { type: 'adaptive', display: 'omitted' } }),
    (body) => body.additionalModelRequestFields,
    { thinking: { type: 'adaptive' } },
  ],
  [
    'a field within a field',
    extraneous('shape', '#/answer'),
    (body) => body.additionalModelRequestFields?.answer?.shape,
    fields({ answer: { shape: 'round', size: 5 } }),
    (body) => body.additionalModelRequestFields,
    { answer: { size: 5 } },
  ],
  [
    'a member of a tool of the model’s own',
    extra('tools.0.computer_20250124.zoom'),
    (body) => body.additionalModelRequestFields?.tools?.[0].zoom,
    fields({ tools: [{ type: 'computer_20250124', name: 'computer', zoom: true }] }),
    (body) => body.additionalModelRequestFields.tools,
    [{ type: 'computer_20250124', name: 'computer' }],
  ],
];

describe('a refusal teaches', () => {
  test.each(LESSONS)('%s', async (_what, text, refuses, more, look, expected) => {
    const { server, arn, made } = await refusing(text, refuses);
    const input = { modelId: arn, messages: [user(TEXT)], ...more };
    const before = structuredClone(input);
    const first = await made.converse(input);
    expect(first.$metadata.attempts).toBe(2);
    expect(look(sent(server))).toEqual(expected);
    const rules = first.$metadata.profile.changes.map(({ rule }) => rule);
    expect(new Set(rules)).toEqual(new Set(['learned']));
    const again = await made.converse(input);
    expect(again.$metadata.attempts).toBe(1);
    expect(look(sent(server))).toEqual(expected);
    expect(input).toEqual(before);
  });
});

describe('a refusal teaches nothing', () => {
  const TOOLS = { toolConfig: { tools: [tool()] } };

  test.each([
    [
      'where it quotes a caller’s words',
      "1 validation error detected: Value 'This model doesn't support tool use.' at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
    ],
    ['where a caller’s words stand before it', "x This model doesn't support tool use."],
    ['where a caller’s words end like it', "x doesn't support tool use."],
    ['where it is said of something else', "The tool: This model doesn't support tool use."],
    ['of a place in the conversation', extra('messages.0.content.0.text.extra')],
    ['of a field that the request does not have', extraneous('outputConfig')],
  ])('%s', async (_what, message) => {
    let refuses = true;
    const { server, arn, made } = await refusing(message, () => refuses);
    const input = ask('Hi', { modelId: arn, ...TOOLS });
    expect((await failure(made.converse(input))).message).toBe(message);
    expect(inferences(server)).toHaveLength(1);
    refuses = false;
    expect((await made.converse(input)).$metadata.profile.changes).toEqual([]);
    expect(sent(server).toolConfig).toEqual(TOOLS.toolConfig);
    expect(JSON.stringify(await made.capabilities(arn))).not.toContain('learned');
  });

  test('where the changed request does not succeed either', async () => {
    const TEMPERATURE =
      "This model doesn't support the temperature field. Remove temperature and try again.";
    let tired = true;
    const script = ({ body }) => {
      if (tired) {
        const message = body.inferenceConfig ? TEMPERATURE : 'The model is tired.';
        return { error: { message } };
      }
      return undefined;
    };
    const { server, arn } = await startUnknown('amazon.nova-pro-v1:0', { script });
    const made = client(server);
    const input = ask('Hi', { modelId: arn, inferenceConfig: { temperature: 0.5 } });
    expect((await failure(made.converse(input))).message).toBe('The model is tired.');
    expect(JSON.stringify(await made.capabilities(arn))).not.toContain('learned');
    tired = false;
    const { $metadata } = await made.converse(input);
    expect($metadata).toMatchObject({ attempts: 1, profile: { changes: [] } });
    expect(sent(server).inferenceConfig).toEqual({ temperature: 0.5 });
  });
});

test('what one refusal after the other teaches is believed once a request has succeeded', async () => {
  const refused = (name) =>
    `This model doesn't support the ${name} field. Remove ${name} and try again.`;
  const script = ({ body }) => {
    const { temperature, topP } = body.inferenceConfig ?? {};
    if (temperature !== undefined) return { error: { message: refused('temperature') } };
    return topP === undefined ? undefined : { error: { message: refused('topP') } };
  };
  const { server, arn } = await startUnknown('amazon.nova-pro-v1:0', { script });
  const made = client(server);
  const input = ask('Hi', { modelId: arn, inferenceConfig: { temperature: 0.5, topP: 0.5 } });
  expect((await failure(made.converse(input))).message).toBe(refused('topP'));
  expect(JSON.stringify(await made.capabilities(arn))).not.toContain('learned');
  expect((await made.converse(input)).$metadata.attempts).toBe(1);
  const { temperature, topP } = await made.capabilities(arn);
  expect([temperature.supported.source, topP.supported.source]).toEqual(['learned', 'learned']);
});
