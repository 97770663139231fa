'use strict';

/**
 * What comes out of the gate is accepted: random requests for every model, and what programs really
 * send, judged by the stand-in, which was written from the reports by another hand. `SEED=… jest gate-accepted` repeats a run,
 * `RUNS=…` makes more requests for each model.
 */

const { BedrockProfileClient } = require('..');
const { modelTable } = require('../local-bedrock/models');
const { readRequest } = require('../local-bedrock/rules/request');
const { RULES } = require('../local-bedrock/validate');
const catalog = require('../core/src/model/catalog.json');
const { client, collect, start } = require('./support/bedrock');
const { FIELD } = require('./support/field');
const { spoil } = require('./support/faults');
const { random, request, shrink } = require('./support/requests');

const SEED = Number(process.env.SEED ?? 20_261_123);
const RUNS = Number(process.env.RUNS ?? 12);

const table = modelTable();
const offline = {
  region: 'us-east-1',
  endpoint: 'http://127.0.0.1:9',
  credentials: { accessKeyId: 'AKIALOCALBEDROCK0000', secretAccessKey: 'unused' },
  discovery: false,
  learning: false,
};
const gating = new BedrockProfileClient(offline);

/** What the gate leaves to AWS on purpose, without naming it. */
const LEFT = [
  { rule: 'T4', because: 'a prompt longer than the window is for the caller to shorten' },
  { rule: 'T5', because: 'as T4' },
  { rule: 'R4', text: /Field required/, because: 'what AWS requires is not invented' },
  { rule: 'shape', text: /inferenceConfig\.maxTokens/, because: 'nobody means maxTokens 0' },
  { rule: 'T2', text: /but got 0 instead/, because: 'as that' },
  {
    rule: 'M19',
    text: /output_config\.format: Extra inputs/,
    because: 'sources dispute it of the newest Claude: it is tried, and the refusal remembered',
  },
];

const ASK = (more) => ({ messages: [{ role: 'user', content: [{ text: 'Good day' }] }], ...more });
const ALIKE = (type) => ({ toolConfig: { tools: [TOOL], toolChoice: { [type]: {} } } });
const TOOL = { toolSpec: { name: 'add', inputSchema: { json: { type: 'object' } } } };
const CALLED = { toolUse: { toolUseId: 'abcdefgh1', name: 'add', input: {} } };
const ANSWERED = { toolResult: { toolUseId: 'abcdefgh1', content: [{ text: '3' }] } };
const POINT = { cachePoint: { type: 'default' } };
const THOUGHT = { reasoningContent: { reasoningText: { text: 'hm', signature: 'c2ln' } } };
const NOTES = { document: { format: 'txt', name: 'notes', source: { bytes: Buffer.from('a') } } };

/** Differences that such requests have shown, each settled since: the smallest that showed it. */
const SETTLED = [
  {
    name: 'Claude takes no document beside tool results, and the gate does not part them',
    modelId: 'anthropic.claude-sonnet-4-6',
    input: {
      messages: [
        { role: 'user', content: [{ text: 'Add' }] },
        { role: 'assistant', content: [CALLED] },
        { role: 'user', content: [ANSWERED, { text: 'and this' }, NOTES] },
      ],
    },
  },
  {
    name: 'a tool choice of Claude’s own is left beside that of toolConfig on other models',
    modelId: 'amazon.nova-pro-v1:0',
    input: ASK({
      ...ALIKE('auto'),
      additionalModelRequestFields: { tool_choice: { type: 'any' } },
    }),
  },
  {
    name: 'the shape’s 2500 stop sequences are not known of Llama and gpt-oss',
    modelId: 'meta.llama3-3-70b-instruct-v1:0',
    input: ASK({
      inferenceConfig: { stopSequences: Array.from({ length: 2501 }, (_, at) => `stop ${at}`) },
    }),
  },
  {
    name: 'the shape’s range of temperature and topP is not known of Kimi K3',
    modelId: 'moonshotai.kimi-k3',
    input: ASK({ inferenceConfig: { temperature: 2 } }),
  },
  {
    name: 'effort minimal, which nothing on Bedrock takes, stays where the efforts are not known',
    modelId: 'moonshotai.kimi-k3.1',
    input: ASK({ additionalModelRequestFields: { reasoning_effort: 'minimal' } }),
  },
  {
    name: 'structured output is tried on the newest Claude, of which sources dispute it',
    modelId: 'anthropic.claude-opus-5',
    input: ASK({ outputConfig: { textFormat: { type: 'json_schema', structure: {} } } }),
  },
  {
    name: 'tool choices of Qwen, gpt-oss, MiniMax and Nemotron are known of some of them only',
    modelId: 'qwen.qwen3-next-80b-a3b',
    input: ASK(ALIKE('any')),
  },
  {
    name: 'that Palmyra Vision cannot use tools while it streams is not known',
    modelId: 'writer.palmyra-vision-7b',
    stream: true,
    input: ASK(ALIKE('auto')),
  },
  {
    name: 'that GLM 5.3 caches by itself and takes no cache points is not known',
    modelId: 'zai.glm-5.3',
    input: { messages: [{ role: 'user', content: [{ text: 'Good day' }, POINT] }] },
  },
  {
    name: 'no source says which reasoning setting these take, and foreign ones stay',
    modelId: 'writer.palmyra-x5-v1:0',
    input: ASK({
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } },
    }),
  },
  {
    name: 'a message of reasoning and a cache point alone is left empty when both are dropped',
    modelId: 'meta.llama3-3-70b-instruct-v1:0',
    input: {
      messages: [
        { role: 'user', content: [{ text: 'Good day' }] },
        { role: 'assistant', content: [THOUGHT, POINT] },
        { role: 'user', content: [{ text: 'And?' }] },
      ],
    },
  },
  {
    name: 'a cache point after a cited document that is no PDF is taken for a place to cache',
    modelId: 'anthropic.claude-sonnet-5',
    input: {
      messages: [
        {
          role: 'user',
          content: [
            { text: 'What is it about?' },
            { document: { ...NOTES.document, citations: { enabled: true } } },
            POINT,
          ],
        },
      ],
    },
  },
];

const fits = (refusal, { rule, text }) =>
  rule === refusal.rule && (text?.test(refusal.message) ?? true);

/**
 * What the stand-in says against what the gate made of an input, and the gate has not named;
 * undefined where nothing. All its rules are asked: one that was named must not hide another.
 */
async function refusalOf(input, stream, left = LEFT) {
  return (await refusalsOf(input, stream, left))[0];
}

async function refusalsOf(input, stream, left) {
  const { request: made, changes, violations } = await gating.explain(input, { stream });
  const body = JSON.parse(made.body);
  const model = table.find(input.modelId);
  const read = readRequest(body, { stream: made.url.endsWith('/converse-stream') });
  const refusals = [];
  for (const { rule, when, message: text } of RULES) {
    const detail = when(read, model);
    if (!detail || violations.some((named) => named.rule === rule)) continue;
    const message = typeof text === 'function' ? text(detail, read, model) : text;
    const refusal = { rule, message, modelId: input.modelId, body, changes };
    if (!left.some((known) => fits(refusal, known))) refusals.push(refusal);
  }
  return refusals;
}

const LAWS = RULES.filter(({ rule }) => ['shape', 'pairs', 'M15', 'M30', 'M31'].includes(rule));

/** The laws that an input breaks: a smaller example of it must break no others. */
async function brokenLaws(input, stream) {
  const raw = await gating.explain(input, { stream, gating: 'off' });
  const read = readRequest(JSON.parse(raw.request.body), { stream });
  return LAWS.filter(({ when }) => when(read, table.find(input.modelId)));
}

/** One failure of each kind, as small as it gets. */
async function describeFailures(failures) {
  const kinds = new Map();
  for (const failure of failures) {
    const kind = `${failure.refusal.rule} ${failure.refusal.modelId.split('.')[0]}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), failure]);
  }
  const described = [];
  for (const [kind, all] of kinds) {
    const [{ input, stream, refusal }] = all;
    const broken = await brokenLaws(input, stream);
    const smallest = await shrink(input, async (less) => {
      if (!(less.messages?.length > 0)) return false;
      const still = await refusalOf(less, stream).catch(() => undefined);
      if (still?.rule !== refusal.rule) return false;
      return (await brokenLaws(less, stream)).every((law) => broken.includes(law));
    });
    const { message, body, changes } = (await refusalOf(smallest, stream)) ?? refusal;
    described.push(
      [
        `${kind}: ${all.length} of these, such as`,
        `  input    ${JSON.stringify(smallest)}${stream ? ' (stream)' : ''}`,
        `  sent     ${JSON.stringify(body)}`,
        `  changes  ${changes.map(({ rule, action, path }) => `${rule} ${action} ${path}`).join(', ')}`,
        `  refused  ${message}`,
      ].join('\n'),
    );
  }
  return described;
}

test('the stand-in knows every model of the catalog that Converse serves', () => {
  const elsewhere = ({ extends: classes = [] }) => classes.includes('elsewhere');
  const served = catalog.models.filter((model) => !elsewhere(model)).map(({ id }) => id);
  expect(
    table
      .all()
      .map(({ id }) => id)
      .sort(),
  ).toEqual(served.sort());
});

/** Runs requests for every model; throws with the smallest of those that are still refused. */
async function judge(seed, runs, make) {
  const failures = [];
  const r = random(seed);
  for (const { id } of table.all()) {
    for (let run = 0; run < runs; run += 1) {
      const input = make(r, id);
      const stream = r.chance(0.5);
      const refusals = await refusalsOf(input, stream, LEFT);
      if (refusals.length > 0) failures.push({ input, stream, refusal: refusals[0] });
    }
  }
  if (failures.length > 0) {
    const kinds = await describeFailures(failures);
    throw new Error(`SEED=${SEED}: ${failures.length} refused.\n${kinds.join('\n\n')}`);
  }
}

test('what the gate makes of any request is accepted, or was named as a violation', async () => {
  await judge(SEED, RUNS, request);
}, 120_000); // finding small examples takes a while, where there are any

test('so is what it makes of one with faults', async () => {
  await judge(SEED + 4, RUNS, (r, id) => spoil(r, request(r, id)));
}, 120_000);

test('what the gate has made fits: a second time it changes nothing', async () => {
  const r = random(SEED + 1);
  const again = [];
  for (const { id } of table.all()) {
    for (let run = 0; run < 4; run += 1) {
      const first = await gating.explain(request(r, id));
      const body = JSON.parse(first.request.body);
      const second = await gating.explain({ modelId: first.resolved.callId, ...body });
      if (second.changes.length > 0) again.push({ id, body, changes: second.changes });
    }
  }
  expect({ SEED, again: again.slice(0, 3) }).toEqual({ SEED, again: [] });
});

/** A request in which nothing is wrong but what the gate repairs. */
async function repairable(r, modelId, stream) {
  for (;;) {
    const input = request(r, modelId);
    const { violations } = await gating.explain(input, { stream });
    if (violations.length === 0 && !(await refusalOf(input, stream, []))) return input;
  }
}

test('over HTTP, both ways of calling', async () => {
  const server = await start();
  const made = client(server, { learning: false });
  const r = random(SEED + 2);
  const called = [];
  for (const model of table.all()) {
    const geos = table.prefixesOf(model);
    if (model.profileOnly && !geos.some((geo) => /^(us|global)$/.test(geo))) continue;
    const stream = r.chance(0.5);
    const input = await repairable(r, model.id, stream);
    const answer = await (stream ? made.converseStream(input) : made.converse(input));
    if (stream) expect((await collect(answer.stream)).at(-1)).toHaveProperty('metadata.usage');
    else expect(answer.output.message.role).toBe('assistant');
    // A bare id is enough, also of a model that only a profile serves.
    const geo = geos.includes('us') ? 'us' : 'global';
    const callId = model.profileOnly ? `${geo}.${model.id}` : model.id;
    expect(answer.$metadata.profile).toMatchObject({ requestedId: model.id, callId });
    called.push(model.id);
  }
  expect(called.length).toBeGreaterThan(120);
  expect(server.failures).toEqual([]);
});

describe('settled differences', () => {
  test.each(SETTLED)('$name', async ({ modelId, input, stream = false }) => {
    expect(await refusalOf({ modelId, ...input }, stream)).toBeUndefined();
  });
});

describe('what programs really send', () => {
  const cases = (name) =>
    FIELD.flatMap(({ kind, rules, [name]: inputs }) =>
      inputs.map(([modelId, input], at) => [
        `${kind} ${at + 1}, ${modelId}`,
        rules,
        { modelId, ...input },
      ]),
    );

  /** The rules of the stand-in that refuse an input as it is. */
  async function refusedBy(input) {
    const { request: made } = await gating.explain(input, { gating: 'off' });
    const read = readRequest(JSON.parse(made.body), { stream: false });
    const model = table.find(input.modelId);
    return RULES.filter(({ when }) => when(read, model)).map(({ rule }) => rule);
  }

  test.each(cases('refused'))('the stand-in refuses %s', async (_name, rules, input) => {
    expect(rules).toEqual(expect.arrayContaining([(await refusedBy(input))[0]]));
  });

  test.each(cases('refused'))('the gate repairs or names %s', async (_name, _rules, input) => {
    const refusals = (await refusalsOf(input, false, LEFT)).map(({ rule }) => rule);
    expect(refusals).toEqual([]);
  });

  test.each(cases('lawful'))('accepts beside it %s', async (_name, _rules, input) => {
    expect(await refusedBy(input)).toEqual([]);
    const { request: made, changes, violations } = await gating.explain(input);
    const raw = await gating.explain(input, { gating: 'off' });
    expect({ changes: changes.filter(({ rule }) => rule !== 'I1'), violations }).toEqual({
      changes: [],
      violations: [],
    });
    expect(made.body).toBe(raw.request.body);
  });
});
