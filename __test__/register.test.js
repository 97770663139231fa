'use strict';

/** LibreChat's chain, unchanged, in processes that have loaded lib/register.js first. */

const fs = require('node:fs');
const path = require('node:path');

const { startLocalBedrock } = require('../local-bedrock');
const {
  ACTS,
  REGISTER,
  ROOT,
  chain,
  environmentOf,
  inference,
  mapped,
  nameOf,
  node,
  opener,
  profile,
  run,
  support,
} = require('./support/librechat/run.js');

// Each test loads LibreChat's packages, some of them several times, in processes of their own.
jest.setTimeout(90_000);

const { packages, start } = opener({ afterEach });

const CLAUDE_37 = 'anthropic.claude-3-7-sonnet-20250219-v1:0';
const SONNET_45 = 'anthropic.claude-sonnet-4-5-20250929-v1:0';

/** Profile, model, the prefix that the model is called by without the profile, the user's settings. */
const MODELS = [
  ['claude37demo', CLAUDE_37, 'us.', { thinkingBudget: 3000 }],
  ['sonnet45team', SONNET_45, 'us.', { thinkingBudget: 4000, topK: 9 }],
  ['sonnet46team', 'anthropic.claude-sonnet-4-6', 'us.', { effort: 'high', maxTokens: 5000 }],
  ['opus47coding', 'anthropic.claude-opus-4-7', 'us.', { effort: 'max', temperature: 0.4 }],
  ['opus50coding', 'anthropic.claude-opus-5', 'us.', { thinking: false, effort: 'xhigh' }],
  ['haiku55fasts', 'anthropic.claude-haiku-5-5', 'eu.', { thinkingDisplay: 'omitted' }],
  ['novaprobatch', 'amazon.nova-pro-v1:0', '', { temperature: 0.4, topP: 0.9 }],
  ['nova2liteeus', 'amazon.nova-2-lite-v1:0', 'eu.', { reasoning_effort: 'low' }],
  ['llama4inhous', 'meta.llama4-maverick-17b-instruct-v1:0', 'us.', { temperature: 0.2 }],
  ['gptoss120big', 'openai.gpt-oss-120b-1:0', '', { reasoning_effort: 'high' }],
];
const CASES = MODELS.map(([id, model], at) => [model, id, at]);

describe('an ARN as the model', () => {
  let server;
  let runs;

  // Every model twice, in one process for all of them: by an id that shows it, and by its ARN.
  beforeAll(async () => {
    server = await startLocalBedrock({ pace: 0 });
    const calls = MODELS.flatMap(([id, model, prefix, set]) => {
      const { arn, region } = profile(server, id);
      const named = { ...set, model: `${prefix}${model}`, region };
      return [named, { ...set, model: arn }].map((parameters) => {
        return { parameters, call: true, tools: true };
      });
    });
    const pairs = MODELS.map(([id, model]) => [profile(server, id).arn, model]);
    const env = { ...environmentOf(server), ...mapped(Object.fromEntries(pairs)) };
    const { results, said } = await chain(calls, { env });
    const both = (list, at) => ({ named: list[2 * at], byArn: list[2 * at + 1] });
    const sent = inference(server);
    runs = {
      said,
      of: (at) => ({ run: both(results, at), request: both(sent, at) }),
    };
  });
  afterAll(() => server.close());

  test.each(CASES)('%s: the settings are the model’s', (model, id, at) => {
    const { region } = profile(server, id);
    const { named, byArn } = runs.of(at).run;
    expect(byArn.settings).toEqual({ ...named.settings, model: nameOf(model), region });
  });

  test.each(CASES)('%s: what is sent differs in its path only', (_model, id, at) => {
    const { named, byArn } = runs.of(at).request;
    const [, verb] = byArn.path.match(/^\/model\/.*\/(converse(?:-stream)?)$/);
    expect(byArn.path).toBe(`/model/${encodeURIComponent(profile(server, id).arn)}/${verb}`);
    expect(named.path).not.toBe(byArn.path);
    expect(named.path.endsWith(`/${verb}`)).toBe(true);
    expect(JSON.stringify(byArn.body)).toBe(JSON.stringify(named.body));
    expect([byArn.status, named.status]).toEqual([200, 200]);
    expect(byArn.headers['user-agent']).toMatch(/^bedrock-profile-client\//);
  });

  test('what the user has set for thinking survives', () => {
    const fields = (at) => runs.of(at).request.byArn.body.additionalModelRequestFields;
    expect(fields(0).thinking).toEqual({ type: 'enabled', budget_tokens: 3000 });
    expect(fields(1).thinking).toEqual({ type: 'enabled', budget_tokens: 4000 });
    expect(fields(2)).toMatchObject({
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
    });
    const { content } = runs.of(0).run.byArn;
    expect(content).toContainEqual(expect.objectContaining({ type: 'reasoning_content' }));
  });

  test('it says once that it works, and nothing else', () => {
    expect(runs.said).toEqual([expect.stringMatching(ACTS)]);
  });
});

test('an alias is called by its ARN', async () => {
  const server = await start();
  const { arn } = profile(server, 'sonnet46team');
  const model = 'anthropic.claude-sonnet-4-6';
  const alias = { 'team-a.anthropic.claude-sonnet-4-6': { profiles: [arn], model } };
  const { results } = await chain(
    [{ parameters: { model: Object.keys(alias)[0] }, call: true, streaming: false }],
    { env: { ...environmentOf(server), ...mapped(alias) } },
  );
  const [[name]] = Object.entries(alias);
  expect(results[0].settings).toMatchObject({ model: name });
  // The alias says which model is behind: AWS is not asked.
  expect(server.requests.map((request) => request.path)).toEqual([
    `/model/${encodeURIComponent(arn)}/converse`,
  ]);
});

test('settings that come back as parameters keep their ARN, and it stays out of the request', async () => {
  const server = await start();
  const { arn } = profile(server, 'sonnet45team');
  const { results } = await chain([{ parameters: { model: arn }, again: true, call: true }], {
    env: { ...environmentOf(server), ...mapped({ [arn]: SONNET_45 }) },
  });
  expect(results[0].settings.model).toEqual(nameOf(SONNET_45));
  const [{ body, modelId }] = inference(server);
  expect(modelId).toBe(arn);
  expect(Object.keys(body.additionalModelRequestFields).sort()).toEqual([
    'anthropic_beta',
    'thinking',
  ]);
});

test('another model than the ARN’s does not keep the ARN', async () => {
  const server = await start();
  const { arn } = profile(server, 'sonnet45team');
  const env = {
    ...environmentOf(server),
    ...mapped({ [arn]: SONNET_45 }),
  };
  const parameters = { model: 'amazon.nova-pro-v1:0', applicationInferenceProfile: arn };
  const { results } = await chain([{ parameters }], { env });
  expect(results[0].settings).not.toHaveProperty('applicationInferenceProfile');
  expect(results[0].settings).not.toHaveProperty('additionalModelRequestFields');
});

test('what only AWS knows is known to the next request at the latest', async () => {
  const server = await start();
  const { arn } = profile(server, 'sonnet45team');
  const { results } = await chain(
    [{ parameters: { model: arn } }, { known: arn, parameters: { model: arn } }],
    {
      env: environmentOf(server),
    },
  );
  // The first is not held up; whether the answer is there in time for it is a matter of luck.
  expect(results[0].settings.region).toBe('us-east-1');
  expect(results[1].settings).toMatchObject({
    model: nameOf(SONNET_45),
    additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2000 } },
  });
  expect(server.requests.map(({ operation }) => operation)).toEqual(['GetInferenceProfile']);
});

test('where each user brings a key, AWS is asked by the call and not before', async () => {
  const server = await start();
  const { arn } = profile(server, 'sonnet45team');
  const env = { ...environmentOf(server), BEDROCK_AWS_BEARER_TOKEN: 'user_provided' };
  await chain([{ parameters: { model: arn } }], { env });
  expect(server.requests).toEqual([]);
});

test('registered twice, it acts once', async () => {
  const server = await start();
  const { arn } = profile(server, 'claude37demo');
  const env = { ...environmentOf(server), ...mapped({ [arn]: CLAUDE_37 }) };
  // Another copy of the package on the same machine.
  const copy = packages({});
  fs.cpSync(path.join(ROOT, 'lib'), path.join(copy, 'lib'), { recursive: true });
  fs.copyFileSync(path.join(ROOT, 'package.json'), path.join(copy, 'package.json'));
  const before = ['--require', path.join(copy, 'lib', 'register.js')];
  const work = JSON.stringify({ env, calls: [{ parameters: { model: arn }, call: true }] });
  const words = ['--require', REGISTER, ...before, support('chain.js'), work];
  const { said, code } = await node(words);
  expect([code, said]).toEqual([0, [expect.stringMatching(ACTS)]]);
  expect(inference(server)).toHaveLength(1);
});

test('a worker thread has it too', async () => {
  const server = await start();
  const { arn } = profile(server, 'sonnet45team');
  const env = { ...environmentOf(server), ...mapped({ [arn]: SONNET_45 }) };
  const work = JSON.stringify({ env, calls: [{ parameters: { model: arn }, call: true }] });
  const script = `
    const { Worker } = require('node:worker_threads');
    new Worker(${JSON.stringify(support('chain.js'))}, { argv: [${JSON.stringify(work)}] });`;
  const { stdout, said } = await node(['--require', REGISTER, '-e', script]);
  expect(JSON.parse(stdout)[0].settings).toMatchObject({ model: nameOf(SONNET_45) });
  expect(inference(server).map(({ headers }) => headers['user-agent'].split('/')[0])).toEqual([
    'bedrock-profile-client',
  ]);
  expect(said).toEqual([expect.stringMatching(ACTS)]);
});

test('by its name in NODE_OPTIONS, npm and what npm runs have it, and only LibreChat shows it', async () => {
  const server = await start();
  const { arn } = profile(server, 'claude37demo');
  const work = { calls: [{ parameters: { model: arn }, call: true }] };
  const folder = packages({
    'package.json': JSON.stringify({ scripts: { start: 'node start.js' } }),
    'start.js': `
      process.argv[2] = ${JSON.stringify(JSON.stringify(work))};
      require(${JSON.stringify(support('chain.js'))});`,
  });
  fs.mkdirSync(path.join(folder, 'node_modules'));
  fs.symlinkSync(ROOT, path.join(folder, 'node_modules', 'bedrock-profile-client'), 'junction');
  const env = {
    ...environmentOf(server),
    ...mapped({ [arn]: CLAUDE_37 }),
    HOME: folder,
    NODE_OPTIONS: '--require bedrock-profile-client/register',
  };
  const { stdout, said } = await run('npm', ['start', '--silent'], {
    env,
    cwd: folder,
    shell: process.platform === 'win32',
  });
  expect(JSON.parse(stdout)[0].settings).toMatchObject({ model: nameOf(CLAUDE_37) });
  expect(said).toEqual([expect.stringMatching(ACTS)]);
});

test('a cluster’s worker has it too, by NODE_OPTIONS', async () => {
  const server = await start();
  const { arn } = profile(server, 'claude37demo');
  const { stdout, said } = await node([support('cluster.js')], {
    ...environmentOf(server),
    ...mapped({ [arn]: CLAUDE_37 }),
    NODE_OPTIONS: `--require ${JSON.stringify(REGISTER)}`,
    MODEL: arn,
  });
  expect(JSON.parse(stdout)).toMatchObject({ model: nameOf(CLAUDE_37) });
  expect(said).toEqual([expect.stringMatching(ACTS)]);
});

describe('silence', () => {
  const LOADED =
    'process.stdout.write(JSON.stringify(Object.keys(require.cache).filter((file) => !/node_modules/.test(file)).map((file) => require("node:path").basename(file))))';

  test('a process without Bedrock loads one small file', async () => {
    const { stdout, stderr } = await node(['--require', REGISTER, '-e', LOADED]);
    expect([JSON.parse(stdout), stderr]).toEqual([['register.js'], '']);
  });

  test('loading LibreChat’s packages neither loads the addon nor says anything', async () => {
    const load = 'require("librechat-data-provider"); require("@aws-sdk/client-bedrock-runtime");';
    const { stdout, stderr } = await node(['--require', REGISTER, '-e', load + LOADED]);
    expect(JSON.parse(stdout)).toContain('parsers.js');
    expect(stdout).not.toMatch(/native|\.node|client\.js/);
    expect(stderr).toBe('');
  });

  test('the models of others are none of its business', async () => {
    const { said, results } = await chain([{ parameters: { model: 'amazon.nova-pro-v1:0' } }]);
    expect(said).toEqual([]);
    expect(results[0].settings).toEqual({ model: 'amazon.nova-pro-v1:0', promptCache: true });
  });
});

test('what a client of ours hands to the AWS SDK goes to the class that was replaced', async () => {
  const server = await start();
  const script = `
    const aws = require('@aws-sdk/client-bedrock-runtime');
    const { BedrockProfileClient } = require(${JSON.stringify(ROOT)});
    const original = aws.BedrockRuntimeClient[Symbol.for('bedrock-profile-client.original')];
    const { send } = original.prototype;
    original.prototype.send = function (...given) {
      console.log(this.constructor === original);
      return Reflect.apply(send, this, given);
    };
    new BedrockProfileClient().send(new aws.ListAsyncInvokesCommand({})).catch(() => {});`;
  const { stdout, code } = await node(['--require', REGISTER, '-e', script], environmentOf(server));
  expect([code, stdout]).toEqual([0, 'true\n']);
  expect(server.requests).toHaveLength(1);
});

test('the ES modules of @librechat/agents get the native client', async () => {
  const server = await start();
  const { arn } = profile(server, 'sonnet46team');
  const { stdout } = await node(['--require', REGISTER, support('agents.mjs')], {
    ...environmentOf(server),
    ...mapped({ [arn]: 'anthropic.claude-sonnet-4-6' }),
    MODEL: arn,
  });
  expect(JSON.parse(stdout)).toEqual({ text: expect.stringContaining('Good day') });
  expect(inference(server).map(({ modelId, headers }) => [modelId, headers['user-agent']])).toEqual(
    [[arn, expect.stringMatching(/^bedrock-profile-client\//)]],
  );
});

describe('exports that cannot be changed are handed out as a copy', () => {
  // As bundlers write them: getters that stay.
  const SDK = `
    class BedrockRuntimeClient { send() {} destroy() {} }
    class ConverseCommand {}
    class ConverseStreamCommand {}
    class Other {}
    const all = { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand, Other };
    for (const name of Object.keys(all))
      Object.defineProperty(exports, name, { enumerable: true, get: () => all[name] });
    0 && (module.exports = { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand, Other });`;
  const PROVIDER = `
    module.exports = Object.freeze({
      bedrockInputParser: { parse: (x) => x }, bedrockOutputParser: (x) => x, other: 7 });`;

  test('the AWS SDK’s', async () => {
    const folder = packages({
      'node_modules/@aws-sdk/client-bedrock-runtime/index.js': SDK,
      'main.js': `
        const { BedrockRuntimeClient, Other } = require('@aws-sdk/client-bedrock-runtime');
        const original = Symbol.for('bedrock-profile-client.original');
        console.log(Object.hasOwn(BedrockRuntimeClient, original), Other.name);`,
    });
    const { stdout, stderr } = await node(['--require', REGISTER, path.join(folder, 'main.js')]);
    expect([stdout, stderr]).toEqual(['true Other\n', '']);
  });

  test('LibreChat’s, once', async () => {
    const folder = packages({
      'node_modules/librechat-data-provider/index.js': PROVIDER,
      'main.js': `
        const first = require('librechat-data-provider');
        console.log(first.bedrockOutputParser.name, first.other);
        console.log(first === require('librechat-data-provider'));`,
    });
    const { stdout, stderr } = await node(['--require', REGISTER, path.join(folder, 'main.js')]);
    expect([stdout, stderr]).toEqual(['output 7\ntrue\n', '']);
  });
});

describe('an import of the AWS SDK', () => {
  const importing = async (server, ...words) =>
    node([...words.slice(0, 2), support('sdk.mjs'), ...words.slice(2)], {
      ...environmentOf(server),
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
      MODEL: profile(server, 'sonnet46team').arn,
    });
  const agents = (server) =>
    server.requests
      .filter((request) => /\/(converse|invoke|async-invoke)$/.test(request.path))
      .map(({ headers }) => headers['user-agent'].split('/')[0]);

  test.each(['--require', '--import'])('gets the native client (%s)', async (flag) => {
    const server = await start();
    const { stdout } = await importing(server, flag, REGISTER);
    expect(JSON.parse(stdout)).toEqual({
      stopReason: 'end_turn',
      isInstance: true,
      name: 'BedrockRuntimeClient',
      profile: 'anthropic.claude-sonnet-4-6',
    });
    // Converse and InvokeModel by the addon, what it does not send as ever.
    expect(agents(server)).toEqual([
      'bedrock-profile-client',
      'bedrock-profile-client',
      'aws-sdk-js',
    ]);
  });

  test('a client with middleware of its own stays the AWS SDK’s', async () => {
    const server = await start();
    const { stdout, said } = await importing(server, '--require', REGISTER, 'middleware');
    expect(JSON.parse(stdout)).not.toHaveProperty('profile');
    expect(server.requests.map(({ headers }) => headers['x-team'])).toEqual(['a', 'a', 'a']);
    expect(agents(server)).toEqual(['aws-sdk-js', 'aws-sdk-js', 'aws-sdk-js']);
    expect(said).toEqual([expect.stringContaining('middleware of its own')]);
  });
});

describe('stepping aside', () => {
  test('without the addon LibreChat works as without this package', async () => {
    const server = await start();
    const { arn } = profile(server, 'sonnet45team');
    const env = { ...environmentOf(server), ...mapped({ [arn]: SONNET_45 }) };
    const calls = [{ parameters: { model: arn }, call: true }];
    const before = ['--require', support('no-addon.js')];
    const without = await chain(calls, { env, before });
    const never = await chain(calls, { env, registered: false });
    expect(without.results).toEqual(never.results);
    expect(without.said).toEqual([expect.stringContaining('there is no binary for this platform')]);
    const [first] = inference(server);
    expect(first.headers['user-agent']).toMatch(/^aws-sdk-js/);
  });

  const SHAPES = [
    ['parsers that are gone', 'librechat-data-provider', 'exports.bedrockSchema = {};'],
    [
      'a parser of another shape',
      'librechat-data-provider',
      'exports.bedrockInputParser = (x) => x;',
    ],
    [
      'a parser that cannot be changed',
      'librechat-data-provider',
      'exports.bedrockInputParser = Object.freeze({ parse: (x) => x }); exports.bedrockOutputParser = (x) => x;',
    ],
    ['a class that is gone', '@aws-sdk/client-bedrock-runtime', 'exports.Client = class {};'],
  ];
  test.each(SHAPES)('%s: says so once and changes nothing', async (_what, name, source) => {
    const folder = packages({ [`node_modules/${name}/index.js`]: source });
    const main = path.join(folder, 'main.js');
    const body = `const before = Object.keys(require('${name}')); require('${name}'); console.log(before.join())`;
    fs.writeFileSync(main, body);
    const { code, stdout, said } = await node(['--require', REGISTER, main]);
    expect(code).toBe(0);
    expect(stdout).not.toBe('');
    expect(said).toEqual([
      expect.stringContaining(`steps aside: this version of ${name} is not as it is known here`),
    ]);
  });

  test('a parser that makes something else of its input gets its own way', async () => {
    const arn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/sonnet45team';
    const folder = packages({
      'node_modules/librechat-data-provider/index.js': `
        exports.bedrockInputParser = { parse: ({ model }) => ({ model: model.toUpperCase() }) };
        exports.bedrockOutputParser = ({ model }) => ({ name: model });`,
      'main.js': `
        const { bedrockInputParser, bedrockOutputParser } = require('librechat-data-provider');
        for (let at = 0; at < 2; at += 1) {
          const parsed = bedrockInputParser.parse({ model: '${arn}' });
          console.log(JSON.stringify([parsed, bedrockOutputParser({ model: '${arn}' })]));
        }`,
    });
    const { stdout, said } = await node(
      ['--require', REGISTER, path.join(folder, 'main.js')],
      mapped({ [arn]: SONNET_45 }),
    );
    const expected = [{ model: arn.toUpperCase() }, { name: arn }];
    expect(stdout.trim().split('\n').map(JSON.parse)).toEqual([expected, expected]);
    expect(said).toEqual([
      expect.stringContaining('parses anthropic.claude-sonnet-4-5'),
      expect.stringContaining('makes settings of anthropic.claude-sonnet-4-5'),
    ]);
  });

  test('a parser that fails with the model’s name gets the name as it was', async () => {
    const arn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/sonnet45team';
    const folder = packages({
      'node_modules/librechat-data-provider/index.js': `
        const strict = (data) => { if (!data.model.startsWith('arn:')) throw new Error('no'); return data; };
        exports.bedrockInputParser = { parse: strict };
        exports.bedrockOutputParser = strict;`,
      'main.js': `
        const { bedrockInputParser, bedrockOutputParser } = require('librechat-data-provider');
        console.log(bedrockOutputParser(bedrockInputParser.parse({ model: '${arn}' })).model);`,
    });
    const { stdout, said } = await node(
      ['--require', REGISTER, path.join(folder, 'main.js')],
      mapped({ [arn]: SONNET_45 }),
    );
    expect(stdout).toBe(`${arn}\n`);
    expect(said).toHaveLength(2);
  });

  test('an entry that is still being loaded is not judged', async () => {
    const folder = packages({
      'node_modules/librechat-data-provider/index.js': `
        require('./circle.js');
        exports.bedrockInputParser = { parse: (x) => x };
        exports.bedrockOutputParser = (x) => x;`,
      'node_modules/librechat-data-provider/circle.js': `require('librechat-data-provider');`,
      'main.js': `console.log(require('librechat-data-provider').bedrockOutputParser.name);`,
    });
    const { stdout, stderr } = await node(['--require', REGISTER, path.join(folder, 'main.js')]);
    expect([stdout.trim(), stderr]).toEqual(['output', '']);
  });
});
