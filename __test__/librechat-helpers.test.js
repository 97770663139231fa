'use strict';

/** What LibreChat's code asks of a model's name: lib/librechat.js. */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { BedrockProfileClient } = require('..');
const catalog = require('../core/src/model/catalog.json');
const { start, client, freshProfile, run } = require('./support/bedrock.js');
const {
  matchModelName,
  getModelMaxTokens,
  getModelMaxOutputTokens,
  detectBedrockInferenceProfileModel,
  loadBedrockInferenceProfileMappings,
  loadInferenceProfiles,
  resolveInferenceProfile,
  findInferenceProfile,
} = require('bedrock-profile-client/librechat');

const arnOf = (id, region = 'us-east-1') =>
  `arn:aws:bedrock:${region}:123456789012:application-inference-profile/${id}`;
const CLAUDE_37 = 'anthropic.claude-3-7-sonnet-20250219-v1:0';
const SONNET_46 = 'anthropic.claude-sonnet-4-6';
const ALIAS = 'team-a.anthropic.claude-sonnet-4-6';

const map = (mappings) => {
  process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS =
    typeof mappings === 'string' ? mappings : JSON.stringify(mappings);
};

describe('limits', () => {
  test.each([
    [CLAUDE_37, 200_000, 64_000],
    ['us.anthropic.claude-opus-4-8', 1_000_000, 128_000],
    ['amazon.nova-pro-v1:0', 300_000, 10_000],
    ['meta.llama4-maverick-17b-instruct-v1:0', 1_000_000, 8_192],
  ])('behind an ARN they are those of %s', (model, context, output) => {
    const arn = arnOf('opaque123');
    expect(getModelMaxTokens(arn, 'bedrock')).toBeUndefined();
    map({ [arn]: model });
    expect([getModelMaxTokens(arn, 'bedrock'), getModelMaxOutputTokens(arn, 'bedrock')]).toEqual([
      context,
      output,
    ]);
    expect([getModelMaxTokens(model), getModelMaxOutputTokens(model)]).toEqual([context, output]);
  });

  test('an alias has those of its model, also before it is mapped', () => {
    expect(getModelMaxTokens(ALIAS, 'bedrock')).toBe(1_000_000);
    map({ mine: { profiles: [arnOf('one')], model: SONNET_46 } });
    expect(getModelMaxTokens('mine', 'agents')).toBe(1_000_000);
  });

  test('the names of other endpoints are for LibreChat to know; profiles are not', () => {
    const arn = arnOf('one');
    map({ [arn]: SONNET_46 });
    expect(getModelMaxTokens('claude-sonnet-4-6', 'anthropic')).toBeUndefined();
    expect(getModelMaxTokens('gpt-oss-120b', 'openAI')).toBeUndefined();
    expect(getModelMaxTokens(arn, 'custom')).toBe(1_000_000);
    expect(getModelMaxTokens('gpt-4o', 'bedrock')).toBeUndefined();
  });

  test('a table of the endpoint goes before everything', () => {
    const arn = arnOf('one');
    map({ [arn]: SONNET_46 });
    const table = {
      'claude-sonnet': { context: 1, output: 2 },
      'claude-sonnet-4': { context: 10, output: 20 },
      [CLAUDE_37]: 7,
      system_default: 5,
    };
    expect(getModelMaxTokens(arn, 'bedrock', table)).toBe(10);
    expect(getModelMaxOutputTokens(arn, 'bedrock', table)).toBe(20);
    expect(getModelMaxTokens(CLAUDE_37, 'bedrock', table)).toBe(7);
    expect(getModelMaxTokens('amazon.nova-pro-v1:0', 'bedrock', table)).toBe(5);
    expect(getModelMaxTokens(arn, 'bedrock', { [arn]: { context: 3 } })).toBe(3);
    expect(getModelMaxOutputTokens(arn, 'bedrock', { [arn]: { context: 3 } })).toBeUndefined();
    expect(getModelMaxTokens(arn, 'bedrock', {})).toBeUndefined();
    expect(getModelMaxTokens(arn, 'bedrock', null)).toBe(1_000_000);
  });
});

test.each([
  [CLAUDE_37, 'claude-3-7-sonnet'],
  ['us.anthropic.claude-opus-4-5-20251101-v1:0', 'claude-opus-4-5'],
  ['deepseek.r1-v1:0', 'deepseek.r1'],
  ['amazon.nova-lite-v1:0', 'nova-lite'],
])('matchModelName gives LibreChat’s name for %s', (model, name) => {
  const arn = arnOf('opaque456');
  expect(matchModelName(arn, 'bedrock')).toBe(arn);
  map({ [arn]: model });
  expect([matchModelName(arn, 'bedrock'), matchModelName(model)]).toEqual([name, name]);
  expect(matchModelName(model, 'anthropic')).toBe(model);
  expect(matchModelName('acme-1', 'bedrock')).toBe('acme-1');
});

test('what is behind a name is the model’s id, and null behind what hides none', () => {
  const arn = arnOf('one');
  expect(detectBedrockInferenceProfileModel(arn)).toBeNull();
  map({ [arn]: `us.${CLAUDE_37}`, [ALIAS]: arn });
  expect(detectBedrockInferenceProfileModel(arn)).toBe(CLAUDE_37);
  expect(detectBedrockInferenceProfileModel(ALIAS)).toBe(CLAUDE_37);
  expect(detectBedrockInferenceProfileModel(CLAUDE_37)).toBeNull();
  expect(detectBedrockInferenceProfileModel(`us.${CLAUDE_37}`)).toBeNull();
});

test('the mappings are read at the call, their links followed', () => {
  const arn = arnOf('one');
  expect(loadBedrockInferenceProfileMappings()).toEqual({});
  map({
    [arn]: CLAUDE_37,
    [ALIAS]: { profiles: [arnOf('two')], model: SONNET_46 },
    'team-b': ALIAS,
    'only-aws-knows': arnOf('three'),
    'bad ': 7,
  });
  expect(loadBedrockInferenceProfileMappings()).toEqual({
    [arn]: CLAUDE_37,
    [ALIAS]: SONNET_46,
    'team-b': SONNET_46,
  });
});

test.each([['{'], ['[]'], ['null'], ['7'], ['"text"'], ['{"__proto__": 1}'], ['']])(
  'mappings that are none (%s) are no mappings',
  (text) => {
    map(text);
    expect(loadBedrockInferenceProfileMappings()).toEqual({});
  },
);

describe('resolveInferenceProfile', () => {
  test('says what to show, what to call, and where', () => {
    const arn = arnOf('two', 'eu-west-1');
    map({ [ALIAS]: { profiles: [arn], model: SONNET_46, label: 'Claude for team A' } });
    expect(resolveInferenceProfile(ALIAS)).toEqual({
      model: SONNET_46,
      arn,
      region: 'eu-west-1',
      label: 'Claude for team A',
      name: null,
      alias: ALIAS,
      kind: 'application-profile',
      profiles: [arn],
      source: 'mapping',
    });
  });

  test('leaves the region open where nothing ties it', () => {
    process.env.AWS_REGION = 'us-east-1';
    map({ plain: `us.${CLAUDE_37}`, tied: { model: CLAUDE_37, region: 'eu-west-3' } });
    expect(resolveInferenceProfile('plain')).toMatchObject({
      arn: `us.${CLAUDE_37}`,
      model: CLAUDE_37,
      region: undefined,
    });
    expect(resolveInferenceProfile('tied').region).toBe('eu-west-3');
    process.env.AWS_REGION = 'us-west-2';
    expect(resolveInferenceProfile('plain').region).toBeUndefined();
  });

  test('a plain model id is none, unless it is mapped to one', () => {
    const arn = arnOf('three', 'us-west-2');
    expect(resolveInferenceProfile(SONNET_46)).toBeUndefined();
    map({ [SONNET_46]: arn });
    expect(resolveInferenceProfile(SONNET_46)).toMatchObject({ arn, model: SONNET_46 });
  });

  test('knows what a client has learned from AWS', async () => {
    const server = await start();
    const { arn } = freshProfile(server, 'us.anthropic.claude-sonnet-4-5-20250929-v1:0');
    expect(resolveInferenceProfile(arn)).toBeUndefined();
    await client(server).resolve(arn);
    expect(resolveInferenceProfile(arn)).toMatchObject({
      arn,
      model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
      source: 'cache',
    });
  });
});

describe('findInferenceProfile', () => {
  test('asks AWS with the client that is given, once', async () => {
    const server = await start();
    const { arn } = freshProfile(server, 'amazon.nova-pro-v1:0');
    const asker = client(server);
    const found = await findInferenceProfile(arn, asker);
    expect(found).toMatchObject({ arn, model: 'amazon.nova-pro-v1:0', region: 'us-east-1' });
    await findInferenceProfile(arn, asker);
    expect(server.requests).toHaveLength(1);
  });

  test('asks with the environment’s credentials otherwise', async () => {
    const server = await start();
    process.env.AWS_ENDPOINT_URL = server.url;
    process.env.BEDROCK_AWS_ACCESS_KEY_ID = server.credentials.accessKeyId;
    process.env.BEDROCK_AWS_SECRET_ACCESS_KEY = server.credentials.secretAccessKey;
    await jest.isolateModulesAsync(async () => {
      const { findInferenceProfile: find } = require('../lib/librechat.js');
      const { arn } = freshProfile(server, 'us.meta.llama4-maverick-17b-instruct-v1:0');
      expect(await find(arn)).toMatchObject({ arn });
    });
  });

  test('what cannot be had is undefined', async () => {
    const asker = { resolve: jest.fn(() => Promise.reject(new Error('no'))) };
    expect(await findInferenceProfile(arnOf('never'), asker)).toBeUndefined();
    expect(await findInferenceProfile('team-x.anthropic.claude-sonnet-4-6', asker)).toBeUndefined();
    expect(asker.resolve).toHaveBeenCalledTimes(1);
    expect(await findInferenceProfile(undefined)).toBeUndefined();
    expect(await findInferenceProfile(SONNET_46)).toBeUndefined();
  });
});

describe('findInferenceProfile, for a request of LibreChat', () => {
  const USERS = ['BEDROCK_AWS_ACCESS_KEY_ID', 'BEDROCK_AWS_SECRET_ACCESS_KEY'];
  const NOVA = 'amazon.nova-pro-v1:0';
  afterEach(() => {
    for (const name of [...USERS, 'AWS_ENDPOINT_URL', 'TEAM']) delete process.env[name];
  });

  /** With a stand-in that answers whoever has its keys. */
  async function forUsers(model = NOVA) {
    const server = await start();
    process.env.AWS_ENDPOINT_URL = server.url;
    for (const name of USERS) process.env[name] = 'user_provided';
    return { server, arn: freshProfile(server, model).arn, credentials: server.credentials };
  }

  test('asks with the user’s keys, and with no others', async () => {
    const { server, arn, credentials } = await forUsers();
    for (const none of [
      undefined,
      {},
      { credentials: {} },
      { credentials: { accessKeyId: 'A' } },
    ]) {
      expect(await findInferenceProfile(arn, none)).toBeUndefined();
    }
    expect(server.requests).toEqual([]);
    expect(await findInferenceProfile(arn, { credentials })).toMatchObject({ arn, model: NOVA });
    expect(server.requests[0].auth.accessKeyId).toBe(credentials.accessKeyId);
    // What one user's keys have told is known to all.
    expect(resolveInferenceProfile(arn)).toMatchObject({ arn, model: NOVA });
    expect(await findInferenceProfile(arn)).toMatchObject({ arn });
    expect(server.requests).toHaveLength(1);
  });

  test('asks with the user’s token', async () => {
    const { server, arn } = await forUsers();
    expect(await findInferenceProfile(arn, server)).toMatchObject({ arn, model: NOVA });
    expect(server.requests[0].auth.kind).toBe('bearer');
  });

  test('asks about the ARN of an alias that nobody explains, and about no other name', async () => {
    const { server, arn, credentials } = await forUsers();
    map({ fast: 'mine', mine: arn });
    expect(await findInferenceProfile('fast', { credentials })).toMatchObject({
      arn,
      model: NOVA,
      alias: `fast.${NOVA}`,
    });
    expect(await findInferenceProfile('other', { credentials })).toBeUndefined();
    expect(server.requests).toHaveLength(1);
  });

  test('LibreChat’s own profile of a name goes before the mappings’', async () => {
    const [mine, other] = [arnOf('mine', 'eu-west-1'), arnOf('other')];
    map({ [ALIAS]: other });
    process.env.TEAM = mine;
    const variable = ['$', '{TEAM}'].join('');
    const found = await findInferenceProfile(ALIAS, { inferenceProfiles: { [ALIAS]: variable } });
    expect(found).toMatchObject({ arn: mine, model: SONNET_46, region: 'eu-west-1' });
    expect(found.alias).toBe(`mine.${SONNET_46}`);
    expect(loadInferenceProfiles()).toMatchObject({
      [found.alias]: { profiles: [mine], model: SONNET_46 },
    });
    // A second client has nothing but the alias.
    const again = await findInferenceProfile(found.alias, {
      inferenceProfiles: { [ALIAS]: variable },
    });
    expect(again).toEqual(found);
    expect(matchModelName(found.alias, 'bedrock')).toBe('claude-sonnet-4-6');
  });

  test.each([
    ['a variable that is not set', ['$', '{NONE}'].join('')],
    ['what is no ARN', 'nonsense of an ARN'],
    ['nothing', ''],
    ['no text', 7],
  ])('LibreChat’s own profile that is %s is none', async (_what, value) => {
    const profile = await findInferenceProfile('x', { inferenceProfiles: { x: value } });
    expect(profile).toBeUndefined();
  });

  test('a model id stays what it is', async () => {
    expect(await findInferenceProfile(SONNET_46, { inferenceProfiles: {} })).toBeUndefined();
  });
});

describe('odd names', () => {
  const ODD = [undefined, null, 7, {}, [], '', ' ', 'a\nb', 'x'.repeat(5000), 'arn:', '__proto__'];

  test.each(ODD.map((name, at) => [at, name]))('the one at %i', (_at, name) => {
    const text = typeof name === 'string';
    expect(matchModelName(name)).toBe(text ? name : undefined);
    for (const ask of [getModelMaxTokens, getModelMaxOutputTokens, resolveInferenceProfile]) {
      expect(ask(name)).toBeUndefined();
    }
    expect(getModelMaxTokens(name, name, name)).toBeUndefined();
    expect(detectBedrockInferenceProfileModel(name)).toBeNull();
  });

  test('half a key in the environment is the call’s complaint, not theirs', () => {
    process.env.BEDROCK_AWS_ACCESS_KEY_ID = 'AKIAIOSFODNN7EXAMPLE';
    map({ half: SONNET_46 });
    expect(resolveInferenceProfile('half')).toBeUndefined();
    delete process.env.BEDROCK_AWS_ACCESS_KEY_ID;
    expect(resolveInferenceProfile('half')).toMatchObject({ model: SONNET_46 });
  });
});

test('names and limits are those of capabilities()', async () => {
  const native = new BedrockProfileClient({
    discovery: false,
    logger: { warn() {} },
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' },
  });
  const forms = ({ id }) => [
    id,
    id.replace(/:\d+$/, ''),
    id.replace(/-v\d+(:\d+)?$/, ''),
    id.replace(/-\d{8}.*$/, ''),
    id.replace(/\d+/, '99'),
    `us.${id}`,
    `${id}-20991231-v1:0`,
    `${id}:200k`,
    `bedrock/${id}[1m]`,
    `arn:aws:bedrock:us-east-1::foundation-model/${id}`,
  ];
  const differing = [];
  let compared = 0;
  for (const id of new Set(catalog.models.flatMap(forms))) {
    const { family, contextWindow, maxOutputTokens } = await native.capabilities(id);
    // Of a name that is no model id the client says nothing before AWS does.
    if (family.source === 'assumed' || family.value === null) continue;
    compared += 1;
    const want = [contextWindow, maxOutputTokens].map(({ value }) => value ?? undefined);
    const got = [getModelMaxTokens(id), getModelMaxOutputTokens(id)];
    if (JSON.stringify(got) !== JSON.stringify(want)) differing.push([id, got, want]);
    const name = matchModelName(id);
    if (name !== family.value && !name.endsWith(`.${family.value}`)) differing.push([id, name]);
  }
  expect(compared).toBeGreaterThan(900);
  expect(differing).toEqual([]);
});

test('requiring it loads nothing but small files', async () => {
  const script = `require('./lib/librechat.js');
    console.log(Object.keys(require.cache).map((file) => require('node:path').basename(file)).join());`;
  const { stdout } = await run(script);
  expect(stdout.trim()).toBe(
    'librechat.js,node-version.js,package.json,environment.js,lazy.js,variables.js,librechat-yaml.js,' +
      'profiles.js,aliases.js',
  );
});

describe('a file of mappings', () => {
  const write = (mappings) => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'mappings-')), 'mappings.json');
    fs.writeFileSync(file, JSON.stringify(mappings));
    process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS_FILE = file;
    return file;
  };

  test('counts as the environment’s mappings do', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    write({ [arnOf('filed')]: SONNET_46, 'filed-alias': arnOf('filed'), asked: arn });
    map({ both: SONNET_46 });
    const script = `
      const profiles = require('./lib/profiles.js');
      const librechat = require('./lib/librechat.js');
      console.log(JSON.stringify({
        mapped: ['filed-alias', 'both', 'none'].map(profiles.isMapped),
        unexplained: profiles.unexplainedNames(),
        names: profiles.configuredNames(),
        all: librechat.loadBedrockInferenceProfileMappings(),
        model: librechat.detectBedrockInferenceProfileModel('filed-alias'),
        alias: librechat.resolveInferenceProfile('filed-alias').alias,
      }));`;
    const { stdout, stderr } = await run(script, {
      env: {
        BEDROCK_INFERENCE_PROFILE_MAPPINGS_FILE:
          process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS_FILE,
        BEDROCK_INFERENCE_PROFILE_MAPPINGS: process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS,
        AWS_REGION: 'us-east-1',
      },
    });
    expect(stderr).toBe('');
    const { names, ...said } = JSON.parse(stdout);
    expect(names).toEqual(expect.arrayContaining(['both', 'filed-alias', 'asked', arnOf('filed')]));
    expect(said).toEqual({
      mapped: [true, true, false],
      unexplained: ['asked'],
      all: { [arnOf('filed')]: SONNET_46, 'filed-alias': SONNET_46, both: SONNET_46 },
      model: SONNET_46,
      alias: `filed-alias.${SONNET_46}`,
    });
  });

  test('of many entries costs a list no more than its first thousand', async () => {
    const entries = Array.from({ length: 5000 }, (_, at) => [arnOf(`many${at}`), SONNET_46]);
    write(Object.fromEntries(entries));
    const profiles = require('../lib/profiles.js');
    await new BedrockProfileClient({ region: 'us-east-1' }).resolve(entries.at(-1)[0]);
    expect(profiles.configuredNames().filter(Boolean)).toHaveLength(1000);
    expect(profiles.isMapped(entries.at(-1)[0])).toBe(true);
    expect(Object.keys(loadBedrockInferenceProfileMappings())).toHaveLength(5000);
  });

  test('is not overridden by a model that LibreChat has beside an ARN', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const file = write({ [arn]: { label: 'ours', allow: ['eu'] } });
    const made = client(server, { mappingsFile: file, region: 'us-east-1' });
    made.learn(arn, SONNET_46);
    await expect(
      made.converse({ modelId: arn, messages: [{ role: 'user', content: [{ text: 'hi' }] }] }),
    ).rejects.toThrow('Nothing may be called');
  });
});
