'use strict';

/** What lib/register.js asks AWS as LibreChat starts, so that its first chat is right. */

const path = require('node:path');

const {
  ACTS,
  REGISTER,
  ROOT,
  chain,
  environmentOf,
  mapped,
  nameOf,
  node,
  opener,
  profile,
  run,
  support,
} = require('./support/librechat/run.js');

jest.setTimeout(90_000);

const { packages, start } = opener({ afterEach });

const SONNET_45 = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const asked = (server) =>
  server.requests.filter(({ operation }) => operation === 'GetInferenceProfile');

/** LibreChat knows the model at its first chat, without that chat's having asked. */
const THINKS = {
  model: nameOf(SONNET_45),
  promptCache: true,
  additionalModelRequestFields: expect.objectContaining({
    thinking: { type: 'enabled', budget_tokens: 2000 },
  }),
};

describe('where the server has credentials of its own', () => {
  const PLACES = {
    BEDROCK_AWS_MODELS: (arn) => ({
      env: { BEDROCK_AWS_MODELS: `us.anthropic.claude-sonnet-4-6, ${arn} ,amazon.nova-pro-v1:0` },
    }),
    'the models of librechat.yaml': (arn) => ({
      yaml: { endpoints: { bedrock: { models: [arn] } } },
    }),
    'the title model of librechat.yaml': (arn) => ({
      yaml: { endpoints: { bedrock: { titleModel: arn } } },
    }),
    'a preset of librechat.yaml': (arn) => ({
      yaml: { modelSpecs: { list: [{ name: 'a', preset: { endpoint: 'bedrock', model: arn } }] } },
    }),
    'an alias of the mappings': (arn) => ({ env: mapped({ fast: arn }), model: 'fast' }),
    'an alias of an alias': (arn) => ({ env: mapped({ fast: 'mine', mine: arn }), model: 'fast' }),
    'an alias of librechat.yaml': (arn) => ({
      yaml: {
        endpoints: { bedrock: { inferenceProfiles: { fast: ['$', '{TEAM_ARN}'].join('') } } },
      },
      env: { TEAM_ARN: arn },
      model: 'fast',
    }),
  };

  test.each(Object.entries(PLACES))(
    'an ARN is asked about before the first chat: %s',
    async (_place, make) => {
      const server = await start();
      const { arn } = profile(server, 'sonnet45team');
      const { yaml, env, model = arn } = make(arn);
      const cwd = packages(yaml ? { 'librechat.yaml': JSON.stringify(yaml) } : {});
      const { results, stderr } = await chain([{ known: model, parameters: { model } }], {
        env: { ...environmentOf(server), ...env },
        cwd,
      });
      expect(results[0].settings).toMatchObject(THINKS);
      expect(asked(server).map(({ path: asks }) => decodeURIComponent(asks))).toEqual([
        `/inference-profiles/${arn}`,
      ]);
      expect(stderr).not.toContain('goes out with');
    },
  );

  test('what the mappings explain is not asked about, nor what is no profile', async () => {
    const server = await start();
    const { arn } = profile(server, 'sonnet45team');
    const guardrail = 'arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefgh';
    const model = 'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-6';
    const yaml = {
      endpoints: { bedrock: { guardrailConfig: { guardrailIdentifier: guardrail } } },
    };
    const env = {
      ...environmentOf(server),
      ...mapped({ [arn]: SONNET_45 }),
      BEDROCK_AWS_MODELS: `${arn},${model},amazon.nova-pro-v1:0,arn:aws:bedrock`,
    };
    const { results, said } = await chain([{ parameters: { model: arn } }], {
      env,
      cwd: packages({ 'librechat.yaml': JSON.stringify(yaml) }),
    });
    expect(results[0].settings).toMatchObject(THINKS);
    expect(server.requests).toEqual([]);
    expect(said).toEqual([expect.stringMatching(ACTS)]);
  });

  test('all of many are asked about, each once', async () => {
    const server = await start();
    const arns = Array.from(
      { length: 11 },
      () => server.addProfile({ region: 'us-east-1', from: `us.${SONNET_45}` }).arn,
    );
    const calls = arns.map((model) => ({ known: model, parameters: { model } }));
    const env = { ...environmentOf(server), BEDROCK_AWS_MODELS: arns.join(',') };
    const { results } = await chain(calls, { env });
    expect(results.map(({ settings }) => settings)).toEqual(
      arns.map(() => expect.objectContaining(THINKS)),
    );
    expect(new Set(results.map(({ settings }) => settings.model)).size).toBe(arns.length);
    expect(asked(server)).toHaveLength(arns.length);
  });

  test('a chat that comes before the answer, or without one, is named in one line', async () => {
    const server = await start({ deny: ['bedrock:GetInferenceProfile'] });
    const { arn } = profile(server, 'sonnet45team');
    const calls = [arn, arn, 'fast'].map((model) => ({ parameters: { model } }));
    const env = { ...environmentOf(server), ...mapped({ fast: arn }) };
    const { results, said } = await chain(calls, { env });
    expect(results[0].settings).not.toHaveProperty('additionalModelRequestFields');
    expect(said).toEqual([
      expect.stringContaining(`a chat with "${arn}" goes out with LibreChat's defaults`),
      expect.stringContaining('a chat with "fast" goes out with LibreChat\'s defaults'),
    ]);
    expect(said[0]).toContain('AWS has not answered yet, or refused to');
  });
});

describe('where each user brings a key', () => {
  const users = {
    BEDROCK_AWS_ACCESS_KEY_ID: 'user_provided',
    BEDROCK_AWS_SECRET_ACCESS_KEY: 'user_provided',
  };

  test('nothing is asked with what the server has, and the first chat is named', async () => {
    const server = await start();
    const { arn } = profile(server, 'sonnet45team');
    const env = {
      ...environmentOf(server),
      ...users,
      AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
      BEDROCK_AWS_MODELS: arn,
    };
    const { stderr, said } = await chain([{ parameters: { model: arn } }], { env });
    expect(server.requests).toEqual([]);
    expect(said).toEqual([expect.stringContaining('users bring their own keys')]);
    expect(stderr).not.toMatch(/credential|IMDS/i);
  });

  test('what the first call asks with its user’s key is known to the next chat', async () => {
    const server = await start();
    const { arn } = profile(server, 'sonnet45team');
    const { accessKeyId, secretAccessKey } = server.credentials;
    const env = { ...environmentOf(server), ...users, BEDROCK_AWS_MODELS: arn };
    const chat = { parameters: { model: arn }, call: true, keys: { accessKeyId, secretAccessKey } };
    const { results, said } = await chain([chat, { ...chat, known: arn }], { env });
    expect(results[0].settings).not.toHaveProperty('promptCache');
    expect(results[1].settings).toMatchObject(THINKS);
    expect(asked(server)).toHaveLength(1);
    expect(said).toEqual([
      expect.stringContaining(`a chat with "${arn}" goes out with`),
      expect.stringMatching(ACTS),
    ]);
  });
});

describe('never', () => {
  const env = (server, arn) => ({ ...environmentOf(server), BEDROCK_AWS_MODELS: arn });

  test('in npm, nor in what it runs that is not LibreChat', async () => {
    const server = await start();
    const { arn } = profile(server, 'sonnet45team');
    const folder = packages({
      'package.json': JSON.stringify({ scripts: { start: 'node other.js' } }),
      'other.js': 'setTimeout(() => console.log("ran"), 50);',
    });
    const { stdout, stderr } = await run('npm', ['start', '--silent'], {
      env: { ...env(server, arn), HOME: folder, NODE_OPTIONS: `--require ${REGISTER}` },
      cwd: folder,
    });
    expect([stdout.trim(), stderr.includes('bedrock')]).toEqual(['ran', false]);
    expect(server.requests).toEqual([]);
  });

  test('in jest, which loads LibreChat’s packages itself', async () => {
    const server = await start();
    const { arn } = profile(server, 'sonnet45team');
    const folder = packages({
      'package.json': '{}',
      'one.test.js': `test('one', async () => {
        require(${JSON.stringify(require.resolve('librechat-data-provider'))});
        await new Promise((resolve) => setTimeout(resolve, 50));
      });`,
    });
    const jestPath = path.join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
    const { code } = await node(
      [jestPath, '--runInBand'],
      { ...env(server, arn), NODE_OPTIONS: `--require ${REGISTER}` },
      { cwd: folder },
    );
    expect([code, server.requests]).toEqual([0, []]);
  });

  test('without the addon, and LibreChat runs', async () => {
    const server = await start();
    const { arn } = profile(server, 'sonnet45team');
    const { results, said } = await chain([{ parameters: { model: arn } }], {
      env: env(server, arn),
      before: ['--require', support('no-addon.js')],
    });
    expect(results[0].settings.model).toBe(arn);
    expect(said).toEqual([expect.stringContaining('steps aside')]);
    expect(server.requests).toEqual([]);
  });
});

describe('in a cluster', () => {
  async function cluster(more) {
    const server = await start();
    const { arn } = profile(server, 'sonnet45team');
    const { stdout, code, stderr } = await node([support('workers.js')], {
      ...environmentOf(server),
      BEDROCK_AWS_MODELS: arn,
      MODEL: arn,
      WORKERS: '4',
      NODE_OPTIONS: `--require ${JSON.stringify(REGISTER)}`,
      ...more,
    });
    expect([code, stderr.includes('steps aside')]).toEqual([0, false]);
    expect(JSON.parse(stdout)).toEqual(
      Array.from({ length: 4 }, () => expect.objectContaining(THINKS)),
    );
    return asked(server).length;
  }

  test('one worker asks, and all know', async () => {
    expect(await cluster()).toBe(1);
  });

  test('so does a primary that loads LibreChat’s packages itself', async () => {
    expect(await cluster({ LOADS: 'yes' })).toBe(1);
  });

  test('another worker goes on where one dies', async () => {
    expect(await cluster({ DIES: 'yes' })).toBeLessThanOrEqual(2);
  });

  test('where the primary does not answer, each worker asks', async () => {
    expect(await cluster({ QUIET: 'yes' })).toBe(4);
  });
});
