'use strict';

/** BEDROCK_PROFILE_ALIASES=auto: the list of models that LibreChat's page gets. */

const path = require('node:path');

const {
  REGISTER,
  ROOT,
  environmentOf,
  mapped,
  nameOf,
  node,
  opener,
  profile,
  support,
} = require('./support/librechat/run.js');

jest.setTimeout(90_000);

const { packages, start } = opener({ afterEach });

const SONNET_45 = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const NOVA = 'amazon.nova-pro-v1:0';
const AUTO = { BEDROCK_PROFILE_ALIASES: 'auto' };
const PLAIN = 'us.anthropic.claude-sonnet-4-6';

/** As LibreChat's bundler writes it: getters that stay. */
const API = `
  const split = (text) => text.split(',').map((name) => name.trim());
  const all = {
    getBedrockModels: () => (process.env.BEDROCK_AWS_MODELS ? split(process.env.BEDROCK_AWS_MODELS) : ['usual']),
    createLoadConfigModels: () => async () =>
      (process.env.CONFIGURED ? { custom: ['a'], bedrock: split(process.env.CONFIGURED) } : { custom: ['a'] }),
    other: 7,
  };
  for (const name of Object.keys(all))
    Object.defineProperty(exports, name, { enumerable: true, get: () => all[name] });`;

/** Runs the server for some requests. */
async function serve(asked, { env, cached, before = [], api = API } = {}) {
  const folder = packages({ 'node_modules/@librechat/api/index.js': api });
  const work = JSON.stringify({ asked, env, cached });
  const paths = [path.join(folder, 'node_modules'), path.join(ROOT, 'node_modules')];
  const { stdout, stderr, said, code } = await node(
    [...before, '--require', REGISTER, support('models.js'), work],
    { NODE_PATH: paths.join(path.delimiter) },
  );
  if (code !== 0) throw new Error(stderr);
  return { answers: JSON.parse(stdout), said, stderr };
}

const chat = (model) => `/api/chat?model=${encodeURIComponent(model)}`;

test.each([
  ['BEDROCK_AWS_MODELS', 'BEDROCK_AWS_MODELS', false],
  ['librechat.yaml', 'CONFIGURED', false],
  ['BEDROCK_AWS_MODELS, of which LibreChat keeps what it has made', 'BEDROCK_AWS_MODELS', true],
])('an ARN of %s has an alias by its label or its name', async (_place, variable, cached) => {
  const server = await start();
  const named = profile(server, 'sonnet45team').arn;
  const labelled = profile(server, 'novaprobatch').arn;
  const env = {
    ...environmentOf(server),
    ...AUTO,
    ...mapped({ [labelled]: { model: NOVA, label: 'Nova for batch' } }),
    [variable]: `${named},${PLAIN},${labelled}`,
  };
  const aliases = [`team-a-sonnet-4-5.${SONNET_45}`, `Nova-for-batch.${NOVA}`];
  const asked = ['/api/models', ...[named, ...aliases, PLAIN, 'none'].map(chat), '/api/models'];
  const { answers, said } = await serve(asked, { env, cached });
  const [list, byArn, byAlias, byLabel, plain, none, again] = answers;
  expect(list.bedrock).toEqual([aliases[0], PLAIN, aliases[1]]);
  expect([list.custom, list.openAI, again]).toEqual([['a'], ['gpt-4o'], list]);
  // Both are accepted, and are the same.
  expect(byArn).toMatchObject({ model: nameOf(SONNET_45), promptCache: true });
  expect(byAlias).toEqual({ ...byArn, model: aliases[0] });
  expect(byLabel).toMatchObject({ model: aliases[1] });
  expect(plain.model).toBe(PLAIN);
  expect(none).toEqual({ error: 'illegal_model_request' });
  expect(server.requests.map(({ operation }) => operation)).toEqual(['GetInferenceProfile']);
  expect(said.filter((line) => !line.includes('is at work'))).toEqual([]);
});

test('ARNs of one name are told apart by their ids, all of them', async () => {
  const server = await start();
  const arns = [1, 2].map(
    () => server.addProfile({ region: 'us-east-1', from: `us.${SONNET_45}` }).arn,
  );
  const label = 'Team';
  const env = {
    ...environmentOf(server),
    ...AUTO,
    ...mapped(Object.fromEntries(arns.map((arn) => [arn, { model: SONNET_45, label }]))),
    BEDROCK_AWS_MODELS: arns.join(','),
  };
  const { answers } = await serve(['/api/models'], { env });
  expect(answers[0].bedrock).toEqual(arns.map((arn) => `Team-${arn.split('/')[1]}.${SONNET_45}`));
});

test('a name that the mappings have is not taken', async () => {
  const server = await start();
  const [arn, other] = ['sonnet45team', 'claude37demo'].map((id) => profile(server, id).arn);
  const name = `Team.${SONNET_45}`;
  const env = {
    ...environmentOf(server),
    ...AUTO,
    ...mapped({ [arn]: { model: SONNET_45, label: 'Team' }, [name]: other }),
    BEDROCK_AWS_MODELS: `${name},${arn}`,
  };
  const { answers } = await serve(['/api/models'], { env });
  expect(answers[0].bedrock).toEqual([name, `sonnet45team.${SONNET_45}`]);
});

test('ARNs of models themselves have a name that the panel reads', async () => {
  const server = await start();
  const arns = [
    'arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-sonnet-4-6',
    'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-6',
  ];
  const env = { ...environmentOf(server), ...AUTO, BEDROCK_AWS_MODELS: arns.join(',') };
  const { answers } = await serve(['/api/models'], { env });
  const names = ['eu-west-1', 'us-east-1'].map((region) => `${region}.anthropic.claude-sonnet-4-6`);
  expect(answers[0].bedrock).toEqual(names);
});

test('an alias of an earlier start is understood before any list is made', async () => {
  const server = await start();
  const { arn } = profile(server, 'sonnet45team');
  const work = {
    env: { ...environmentOf(server), ...AUTO, BEDROCK_AWS_MODELS: arn },
    calls: [
      {
        known: `team-a-sonnet-4-5.${SONNET_45}`,
        parameters: { model: `team-a-sonnet-4-5.${SONNET_45}` },
      },
    ],
  };
  const { stdout } = await node(['--require', REGISTER, support('chain.js'), JSON.stringify(work)]);
  expect(JSON.parse(stdout)[0].settings).toMatchObject({ promptCache: true });
});

describe('the list stays as it is', () => {
  const raw = async (more, { deny = [], ...options } = {}) => {
    const server = await start({ deny });
    const { arn } = profile(server, 'sonnet45team');
    const env = { ...environmentOf(server), BEDROCK_AWS_MODELS: `${arn},${PLAIN}`, ...more };
    const ran = await serve(['/api/models', '/api/other', chat(arn)], { env, ...options });
    expect(ran.answers[0].bedrock).toEqual([arn, PLAIN]);
    expect(ran.answers[1]).toEqual({ bedrock: { arn: 'arn:aws:bedrock:x' } });
    return ran;
  };

  test('without the setting', async () => {
    await raw({});
  });

  test('with another one, and one line says so', async () => {
    const { said } = await raw({ BEDROCK_PROFILE_ALIASES: 'yes' });
    expect(said).toContainEqual(
      expect.stringMatching(
        /BEDROCK_PROFILE_ALIASES is "yes" and changes nothing; it can be "auto"\.$/,
      ),
    );
  });

  test('for what AWS does not explain', async () => {
    await raw(AUTO, { deny: ['bedrock:GetInferenceProfile'] });
  });

  test('where each user brings a key, for what the mappings do not explain', async () => {
    await raw({ ...AUTO, BEDROCK_AWS_BEARER_TOKEN: 'user_provided' });
  });

  test('without the addon', async () => {
    await raw(AUTO, { before: ['--require', support('no-addon.js')] });
  });

  test('in a version of LibreChat whose lists are made otherwise', async () => {
    const api = API.replace('getBedrockModels:', 'somethingElse:').replace(
      'other:',
      '__proto__: null, other:',
    );
    const shim = `${api}\n Object.defineProperty(exports, 'getBedrockModels', { value: undefined });`;
    const server = await start();
    const folder = packages({
      'node_modules/@librechat/api/index.js': shim,
      'main.js': "console.log(Object.keys(require('@librechat/api')).join())",
    });
    const { said, code } = await node(['--require', REGISTER, path.join(folder, 'main.js')], {
      ...environmentOf(server),
      ...AUTO,
    });
    expect([code, said]).toEqual([0, [expect.stringContaining('this version of @librechat/api')]]);
  });
});
