'use strict';

/** What the operator says of a model: by whichever id, checked before anything is sent. */

const {
  CLAUDE_37,
  SONNET,
  ask,
  client,
  failure,
  freshProfile,
  start,
  thrown,
} = require('./support/bedrock');
const { inferences, startUnknown, unique } = require('./support/learning');

const PROFILE = `us.${CLAUDE_37}`;
const limited = (maxOutputTokens) => ({ maxOutputTokens });
const long = (modelId) => ask('Good day', { modelId, inferenceConfig: { maxTokens: 100_000 } });

/** The limit that a client knows of an id, and where from. */
async function limit(made, id) {
  const { value, source } = (await made.capabilities(id)).maxOutputTokens;
  return [value, source];
}

describe('whom an override is for', () => {
  /** A model behind a system profile, an ARN and an alias, and overrides of some of them. */
  async function family(overrides) {
    const server = await start();
    const { arn } = freshProfile(server);
    const alias = `team-${unique()}`;
    const ids = { model: CLAUDE_37, profile: PROFILE, arn, alias };
    const named = Object.entries(overrides).map(([name, facts]) => [ids[name], facts]);
    const options = { overrides: Object.fromEntries(named), mappings: { [alias]: arn } };
    const made = client(server, options);
    const limits = {};
    for (const [name, id] of Object.entries(ids)) limits[name] = await limit(made, id);
    return { server, made, ids, limits };
  }
  const CATALOG = [64_000, 'catalog'];
  const said = (value) => [value, 'config'];

  test.each([
    ['a model: every id of it', { model: limited(11) }, [said(11), said(11), said(11), said(11)]],
    ['a system profile', { profile: limited(12) }, [CATALOG, said(12), CATALOG, CATALOG]],
    ['an ARN: its aliases too', { arn: limited(13) }, [CATALOG, CATALOG, said(13), said(13)]],
    ['an alias', { alias: limited(14) }, [CATALOG, CATALOG, CATALOG, said(14)]],
    [
      'all of them: the nearest wins',
      { alias: limited(14), arn: limited(13), profile: limited(12), model: limited(11) },
      [said(11), said(12), said(13), said(14)],
    ],
  ])('%s', async (_what, overrides, [model, profile, arn, alias]) => {
    expect((await family(overrides)).limits).toEqual({ model, profile, arn, alias });
  });

  test('those of several ids add up, fact by fact', async () => {
    const { made, ids } = await family({
      model: { maxOutputTokens: 11, tools: { streaming: false } },
      arn: { tools: { resultStatus: false } },
      alias: { maxOutputTokens: 14 },
    });
    const { maxOutputTokens, tools, contextWindow } = await made.capabilities(ids.alias);
    expect(maxOutputTokens).toEqual({ value: 14, source: 'config', age: null });
    expect(tools.streaming).toEqual({ value: false, source: 'config', age: null });
    expect(tools.resultStatus).toEqual({ value: false, source: 'config', age: null });
    expect(tools.supported.source).toBe('catalog');
    expect(contextWindow).toMatchObject({ value: 200_000, source: 'catalog' });
  });

  test('requests are fitted to it', async () => {
    const { server, made, ids } = await family({ arn: limited(500) });
    for (const [id, sent] of [
      [ids.alias, 500],
      [ids.arn, 500],
      [ids.profile, 64_000],
    ]) {
      const answer = await made.converse(long(id));
      expect(answer.$metadata.profile.changes).toMatchObject([
        { path: 'inferenceConfig.maxTokens', action: 'clamp', from: 100_000, to: sent, rule: 'T1' },
      ]);
      expect(inferences(server).at(-1).body.inferenceConfig).toEqual({ maxTokens: sent });
    }
  });

  test('clients keep their own', async () => {
    const server = await start();
    const one = client(server, { overrides: { [SONNET]: limited(1000) } });
    const two = client(server);
    expect(await limit(one, SONNET)).toEqual([1000, 'config']);
    expect(await limit(two, SONNET)).toEqual([64_000, 'catalog']);
  });
});

describe('what an override beats', () => {
  test('the catalog, both ways', async () => {
    const server = await start();
    const overrides = { [SONNET]: { temperatureAndTopPExclusive: false, topP: { max: 0.5 } } };
    const made = client(server, { overrides });
    const input = ask('Good day', { inferenceConfig: { temperature: 0.5, topP: 0.9 } });
    const { changes, request } = await made.explain(input);
    expect(changes.map(({ rule, path }) => [rule, path])).toEqual([['S5', 'inferenceConfig.topP']]);
    expect(JSON.parse(request.body).inferenceConfig).toEqual({ temperature: 0.5, topP: 0.5 });
  });

  test('null makes a fact unknown again', async () => {
    const server = await start();
    const made = client(server, { overrides: { [SONNET]: { maxOutputTokens: null } } });
    expect((await made.capabilities(SONNET)).maxOutputTokens.value).toBeNull();
    expect((await made.explain(long(SONNET))).changes).toEqual([]);
  });

  const REFUSAL =
    "This model doesn't support the temperature field. Remove temperature and try again.";

  /** A model that has taught that it takes no temperature, and an input with one. */
  async function taught() {
    const refuse = ({ body }) =>
      body.inferenceConfig?.temperature === undefined ? undefined : { error: { message: REFUSAL } };
    const unknown = await startUnknown('amazon.nova-pro-v1:0', { script: refuse });
    const input = ask('Good day', {
      modelId: unknown.arn,
      inferenceConfig: { temperature: 0.5, maxTokens: 10 },
    });
    expect((await client(unknown.server).converse(input)).$metadata.attempts).toBe(2);
    const overrides = { [unknown.arn]: { temperature: { supported: true } } };
    unknown.server.requests.length = 0;
    return { ...unknown, input, made: client(unknown.server, { overrides }) };
  }

  test('what was learned', async () => {
    const { made, arn, input } = await taught();
    const { temperature } = await made.capabilities(arn);
    expect(temperature.supported).toEqual({ value: true, source: 'config', age: null });
    const { changes, request } = await made.explain(input);
    expect(changes).toEqual([]);
    expect(JSON.parse(request.body).inferenceConfig).toEqual({ temperature: 0.5, maxTokens: 10 });
  });

  // A refusal is laid over the override for that one call, each time anew: two requests a call.
  test('what is being learned: the operator’s word stands, and so AWS’s text', async () => {
    const { server, made, input } = await taught();
    expect((await failure(made.converse(input))).message).toBe(REFUSAL);
    expect(inferences(server)).toHaveLength(1);
  });
});

describe('a wrong override', () => {
  // prettier-ignore
  const WRONG = [
    ['an unknown fact', { nope: true }, '.nope: no such fact; there are '],
    ['a fact of another spelling', { max_output_tokens: 5 }, '.max_output_tokens: no such fact; did you mean maxOutputTokens?'],
    ['an unknown fact inside', { reasoning: { minBudgt: 5 } }, '.reasoning.minBudgt: no such fact; there are supported, field, '],
    ['a wrong type', { maxOutputTokens: 'many' }, '.maxOutputTokens: expected a whole number of at least 0, found "many"'],
    ['a number that is no count', { maxOutputTokens: -1 }, '.maxOutputTokens: expected a whole number of at least 0, found -1'],
    ['a wrong type inside', { tools: { streaming: 'no' } }, '.tools.streaming: expected true or false, found "no"'],
    ['a value that a group cannot be', { tools: true }, '.tools: expected an object of facts, found true'],
    ['an unknown effort', { reasoning: { efforts: ['low', 'huge'] } }, '.reasoning.efforts.1: expected one of none, minimal, low, medium, high, xhigh, max, found "huge"'],
    ['an unknown tool choice', { tools: { toolChoice: ['none'] } }, '.tools.toolChoice.0: expected one of auto, any, tool, found "none"'],
    ['a range the wrong way round', { temperature: { min: 0.9, max: 0.1 } }, '.temperature.min: 0.9 is above temperature.max, which is 0.1'],
    ['no object', 5, ': expected an object of facts, found 5'],
  ];

  test.each(WRONG)('%s', async (_what, facts, problem) => {
    const server = await start();
    const made = client(server, { overrides: { [CLAUDE_37]: {}, 'team-a': facts } });
    const heading = `The option "overrides": ["team-a"]${problem}`;
    const errors = [
      await failure(made.converse(ask())),
      await failure(made.converseStream(ask())),
      await failure(made.explain(ask())),
      await failure(made.resolve(SONNET)),
      await failure(made.capabilities(SONNET)),
      thrown(() => made.resolveSync(SONNET)),
    ];
    for (const error of errors) {
      expect(error.name).toBe('ValidationException');
      expect(error.message.slice(0, heading.length)).toBe(heading);
    }
    expect(server.requests).toEqual([]);
  });

  test('facts that only together with the catalog’s make no sense are left out', async () => {
    const server = await start();
    const made = client(server, { overrides: { [SONNET]: { minMaxTokens: 1_000_000 } } });
    expect(await limit(made, SONNET)).toEqual([64_000, 'catalog']);
    expect((await made.capabilities(SONNET)).minMaxTokens.source).toBe('catalog');
  });

  test.each([[[]], ['{}'], [null]])('the constructor refuses %p', (overrides) => {
    const server = { region: 'us-east-1', url: 'http://127.0.0.1:9' };
    expect(() => client(server, { overrides })).toThrow(
      'options.overrides must be an object of capabilities by model or profile id, not ',
    );
  });
});
