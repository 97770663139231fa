'use strict';

/** `doctor`: each fault in turn is the one thing that its report names; without any it names none. */

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { freshProfile, start } = require('./support/bedrock');
const { clean, folder, freePort, startRedis } = require('./support/redis');

const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const SONNET_46 = 'anthropic.claude-sonnet-4-6';

const ROOT = path.join(__dirname, '..');
const CLI = path.join(ROOT, 'lib', 'cli.js');

/** The program itself: what STS is called at, the addon reads from the environment of its process. */
async function run(words, cwd = os.tmpdir()) {
  const child = spawn(process.execPath, [CLI, 'doctor', ...words], {
    env: process.env,
    cwd,
  });
  const told = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => {
      told[name] += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code, ...told };
}

/** A server and the environment that leads to it, with a mapped profile and a plain model. */
async function place(options = {}) {
  const server = await start({ pace: 0, ...options });
  const profile = server.profiles.find(({ model }) => model === SONNET_46);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: server.url,
    AWS_ENDPOINT_URL_BEDROCK: server.url,
    AWS_ENDPOINT_URL_STS: server.url,
    AWS_ENDPOINT_URL_SERVICE_QUOTAS: server.url,
    AWS_REGION: profile.region,
    AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
    AWS_MAX_ATTEMPTS: '1',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    BEDROCK_AWS_MODELS: `team.${SONNET_46},${HAIKU}`,
    BEDROCK_INFERENCE_PROFILE_MAPPINGS: JSON.stringify({
      [`team.${SONNET_46}`]: { model: SONNET_46, profiles: [profile.arn] },
    }),
  });
  return { server, profile };
}

async function doctor(...words) {
  const { code, stdout, stderr } = await run(['--json', ...words]);
  expect(stderr).not.toMatch(/^ +at /m);
  return { code, report: JSON.parse(stdout) };
}

/** What the report names as wrong: `check: status` of every finding that is. */
const named = ({ checks }) =>
  checks.flatMap(({ id, findings }) =>
    findings
      .filter(({ status }) => status === 'warning' || status === 'failure')
      .map((finding) => ({ check: id, ...finding })),
  );

test('a clean run names nothing', async () => {
  await place();
  const { code, report } = await doctor('--cache');
  expect(named(report)).toEqual([]);
  expect(code).toBe(0);
  const status = Object.fromEntries(report.checks.map((check) => [check.id, check.status]));
  expect(status).toEqual({
    package: 'ok',
    configuration: 'ok',
    store: 'ok',
    region: 'ok',
    credentials: 'ok',
    clock: 'ok',
    reachability: 'ok',
    permissions: 'ok',
    models: 'ok',
    drift: 'ok',
    failover: 'skipped',
    access: 'ok',
    lifecycle: 'ok',
    quota: 'ok',
    cache: 'ok',
    costs: 'skipped',
    librechat: 'skipped',
  });
});

/** What a fault has set beside the cloud's variables, and what it has started. */
const OWN = /^(BEDROCK_PROFILE_(COSTS|BUDGETS|ATTRIBUTION|LOG|NOTICE)|USE_REDIS|REDIS_.*)$/;
afterEach(async () => {
  for (const name of Object.keys(process.env)) if (OWN.test(name)) delete process.env[name];
  await clean();
});

/** An alias with a second destination. */
function mapped({ profile }, second, more) {
  process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS = JSON.stringify({
    [`team.${SONNET_46}`]: { model: SONNET_46, profiles: [profile.arn, second], ...more },
  });
}

/** A file of what it says. */
function fileOf(text, name = 'mappings.yaml') {
  const file = path.join(folder(), name);
  fs.writeFileSync(file, text);
  return file;
}

const quota = (more) => ({
  code: 'L-1',
  name: 'Cross-region model inference tokens per minute for Anthropic Claude Sonnet 4.6',
  value: 200_000,
  ...more,
});

/** What was spent before the doctor looks: a call that costs something, in a process of its own. */
async function spend(server) {
  process.env.BEDROCK_PROFILE_STORE = `file:${fileOf('', 'none')}.json`;
  const script = `const { BedrockProfileClient } = require(${JSON.stringify(ROOT)});
    new BedrockProfileClient().converse({ modelId: ${JSON.stringify(HAIKU)},
      messages: [{ role: 'user', content: [{ text: 'x'.repeat(9000) }] }],
      inferenceConfig: { maxTokens: 1 } });`;
  const child = spawn(process.execPath, ['-e', script], { env: process.env, stdio: 'inherit' });
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(server.failures).toEqual([]);
}

const REFUSED = {
  'service-control-policy':
    'User: x is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-2::foundation-model/m with an explicit deny in a service control policy',
  'destination-denied':
    'User: x is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-2::foundation-model/m because no identity-based policy allows the bedrock:InvokeModel action',
  agreement: 'Your account does not have an agreement to this model.',
  'use-case': 'Model use case details have not been submitted for this account.',
  legacy:
    'Access denied. This Model is marked by provider as Legacy and you have not been actively using the model in the last 30 days.',
};

const refuse =
  (hint) =>
  ({ server }) =>
    server.fail({
      kind: 'status',
      status: 403,
      type: 'AccessDeniedException',
      message: REFUSED[hint],
      times: 2,
      operation: 'Converse',
    });

/** What goes wrong: how, which check names it, what the finding says. */
const FAULTS = [
  [
    'mappings that are no JSON',
    () => {
      process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS = '{\n  "a": "b",\n}';
      process.env.BEDROCK_AWS_MODELS = HAIKU;
    },
    'configuration',
    /line 3, column 1/,
  ],
  [
    'a variable that means nothing',
    () => {
      process.env.AWS_MAX_ATTEMPTS = 'many';
    },
    'configuration',
    /AWS_MAX_ATTEMPTS must be an integer/,
  ],
  [
    'no region',
    () => {
      delete process.env.AWS_REGION;
    },
    'region',
    /Region is missing/,
  ],
  [
    'half a key',
    () => {
      process.env.BEDROCK_AWS_ACCESS_KEY_ID = 'AKIAHALF';
    },
    'credentials',
    /BEDROCK_AWS_SECRET_ACCESS_KEY is not set/,
  ],
  [
    'no credentials',
    () => {
      delete process.env.AWS_ACCESS_KEY_ID;
      delete process.env.AWS_SECRET_ACCESS_KEY;
    },
    'credentials',
    /Could not load credentials/,
  ],
  [
    'a wrong secret',
    () => {
      process.env.AWS_SECRET_ACCESS_KEY = 'wrong';
    },
    'credentials',
    /signature we calculated does not match/,
  ],
  [
    'expired credentials',
    undefined,
    'credentials',
    /expired/,
    { credentials: { accessKeyId: 'AKIAOLD', secretAccessKey: 'x', expired: true } },
  ],
  ['a wrong clock', undefined, 'clock', /Signature expired/, { now: () => Date.now() + 3_600_000 }],
  [
    'a wrong API key',
    () => {
      process.env.AWS_BEARER_TOKEN_BEDROCK = 'no-key';
    },
    'credentials',
    /API Key is valid/,
  ],
  ['a server that is away', ({ server }) => server.close(), 'reachability', /ECONNREFUSED/],
  [
    'an inference endpoint that is away',
    () => {
      process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME = 'http://127.0.0.1:9';
    },
    'reachability',
    /^inference: .*ECONNREFUSED/,
  ],
  [
    'a control plane that is away',
    () => {
      process.env.AWS_ENDPOINT_URL_BEDROCK = 'http://127.0.0.1:9';
    },
    'reachability',
    /^control plane: .*ECONNREFUSED/,
  ],
  ...[
    'ListInferenceProfiles',
    'ListFoundationModels',
    'ListTagsForResource',
    'GetInferenceProfile',
    'GetFoundationModel',
    'InvokeModel',
    'InvokeModelWithResponseStream',
  ].map((action) => [
    `${action} is denied`,
    ({ server }) => server.deny(`bedrock:${action}`),
    'permissions',
    new RegExp(`^bedrock:${action} is denied`),
  ]),
  [
    'a profile that nobody knows and may not ask about',
    ({ server, profile }) => {
      process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS = JSON.stringify({ team: profile.arn });
      process.env.BEDROCK_AWS_MODELS = 'team';
      server.deny('bedrock:GetInferenceProfile');
    },
    'permissions',
    /Its model is not known without it/,
  ],
  [
    'a model that does not exist',
    () => {
      process.env.BEDROCK_AWS_MODELS += ',amazon.nova-lite-v9:0';
    },
    'models',
    /amazon\.nova-lite-v9:0.*model identifier is invalid|model identifier is invalid/,
  ],
  [
    'a model that is called through a profile only',
    () => {
      process.env.BEDROCK_AWS_MODELS = 'anthropic.claude-opus-4-6-v1';
    },
    'models',
    /on-demand throughput/,
    { region: 'sa-east-1' },
    { AWS_REGION: 'af-south-1' },
  ],
  [
    'a profile that is gone',
    ({ server, profile }) => server.removeProfile(profile),
    'models',
    /does not exist/,
  ],
  [
    'a mapping that names another model',
    ({ profile }) => {
      process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS = JSON.stringify({
        [`team.${SONNET_46}`]: {
          model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
          profiles: [profile.arn],
        },
      });
    },
    'drift',
    /AWS says that anthropic\.claude-sonnet-4-6 is behind it/,
  ],
  [
    'a legacy model',
    undefined,
    'lifecycle',
    /is legacy \(legacy since 2026-01-01/,
    {
      foundationModels: {
        [SONNET_46]: {
          modelLifecycle: {
            status: 'LEGACY',
            legacyTime: '2026-01-01T00:00:00Z',
            endOfLifeTime: '2027-06-01T00:00:00Z',
          },
        },
      },
    },
  ],
  ['a legacy model that is closed', refuse('legacy'), 'lifecycle', /marked by provider as Legacy/],
  ['an agreement that is missing', refuse('agreement'), 'access', /agreement to this model/],
  ['a form that is missing', refuse('use-case'), 'access', /use case details/],
  ['an SCP', refuse('service-control-policy'), 'permissions', /service control policy/],
  [
    'a destination that is denied',
    refuse('destination-denied'),
    'permissions',
    /us-east-2::foundation-model/,
  ],
  [
    'throttling',
    ({ server }) => server.fail({ kind: 'throttle', times: 2, operation: 'Converse' }),
    'quota',
    /Too many requests/,
  ],
  [
    'a daily quota of none',
    ({ server }) =>
      server.fail({
        kind: 'throttle',
        message: 'Too many tokens per day, please wait before trying again.',
        times: 2,
        operation: 'Converse',
      }),
    'quota',
    /tokens per day/,
  ],
  [
    'an overloaded model',
    ({ server }) => server.fail({ kind: 'unavailable', times: 2, operation: 'Converse' }),
    'models',
    /unable to process/,
  ],
  [
    'a Redis that is away',
    async () => {
      process.env.BEDROCK_PROFILE_STORE = `redis://127.0.0.1:${await freePort()}`;
    },
    'store',
    /cannot be used: nothing listens there/,
  ],
  [
    'a wrong password of the Redis',
    async () => {
      const { url } = await startRedis({ args: ['--requirepass', 'right'] });
      Object.assign(process.env, { BEDROCK_PROFILE_STORE: url, REDIS_PASSWORD: 'wrong' });
    },
    'store',
    /cannot be used: the user name or the password is wrong/,
  ],
  [
    'a folder of the store that is none',
    () => {
      process.env.BEDROCK_PROFILE_STORE = 'file:/dev/null/deep/store.json';
    },
    'store',
    /\/dev\/null\/deep\/store\.json cannot be used/,
  ],
  [
    'a store of a newer version',
    () => {
      process.env.BEDROCK_PROFILE_STORE = `file:${fileOf('{"format":99,"entries":{}}', 'store.json')}`;
    },
    'store',
    /a newer version of bedrock-profile-client has written it/,
  ],
  [
    'a store that there is not',
    () => {
      process.env.BEDROCK_PROFILE_STORE = 'mongodb://here';
    },
    'configuration',
    /there is no a store|there is no/,
  ],
  [
    'a file of mappings with a fault',
    () => {
      process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS_FILE = fileOf(
        'good: anthropic.claude-sonnet-4-6\nbad: [1\n',
      );
    },
    'configuration',
    /mappings\.yaml.*line \d+, column \d+/,
  ],
  [
    'an entry of the file of mappings with a fault',
    () => {
      process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS_FILE = fileOf(
        'good:\n  model: us.anthropic.claude-sonnet-4-6\nbad:\n  label: x\n',
      );
    },
    'configuration',
    /mappings\.yaml, entry "bad" at line 3, column 1: it says neither/,
  ],
  [
    'a file of mappings that is not there',
    () => {
      process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS_FILE = '/no/such/file.yaml';
    },
    'configuration',
    /\/no\/such\/file\.yaml cannot be read/,
  ],
  [
    'a word that means nothing',
    () => {
      process.env.BEDROCK_PROFILE_NOTICE = 'loudly';
    },
    'configuration',
    /BEDROCK_PROFILE_NOTICE: "loudly" means nothing/,
  ],
  [
    'a destination of an alias that is denied',
    (made) => {
      const second = `us.${SONNET_46}`;
      mapped(made, second);
      made.server.fail({
        kind: 'status',
        status: 403,
        type: 'AccessDeniedException',
        message: REFUSED['destination-denied'],
        modelId: second,
        times: 10,
      });
    },
    'failover',
    /would go on to us\.anthropic\.claude-sonnet-4-6 in us-east-1: AccessDeniedException/,
  ],
  [
    'a destination of an alias that does not exist',
    (made) => {
      const gone = freshProfile(made.server, `us.${SONNET_46}`);
      mapped(made, gone.arn);
      made.server.removeProfile(gone);
    },
    'failover',
    /goes on to arn:.*, which does not exist/,
  ],
  [
    'a destination of an alias that leads where nothing is allowed',
    (made) => mapped(made, `eu.${SONNET_46}`, { allow: ['us'] }),
    'failover',
    /never goes on to eu\.anthropic\.claude-sonnet-4-6/,
  ],
  [
    'a destination of an alias with another model',
    (made) => mapped(made, HAIKU),
    'configuration',
    /different models are behind it/,
  ],
  [
    'costs that are no JSON',
    () => {
      process.env.BEDROCK_PROFILE_COSTS = '{';
    },
    'configuration',
    /BEDROCK_PROFILE_COSTS is no JSON/,
  ],
  [
    'a budget that means nothing',
    () => {
      process.env.BEDROCK_PROFILE_BUDGETS = '{"limits":[{"period":"week","limit":1}]}';
    },
    'configuration',
    /BEDROCK_PROFILE_BUDGETS\.limits\[0\]\.period must be "day" or "month"/,
  ],
  [
    'a budget that is used up',
    async ({ server }) => {
      process.env.BEDROCK_PROFILE_COSTS = 'true';
      const limits = [{ name: 'all', period: 'month', limit: 0.001, action: 'warn' }];
      process.env.BEDROCK_PROFILE_BUDGETS = JSON.stringify({ limits });
      await spend(server);
    },
    'costs',
    /The budget "all" for \d{4}-\d{2} is used by \d{3,} %/,
  ],
  [
    'a budget that counts nothing',
    () => {
      const limits = [{ team: 'research', period: 'month', limit: 500 }];
      process.env.BEDROCK_PROFILE_BUDGETS = JSON.stringify({ limits });
    },
    'costs',
    /is for a team, and calls are attributed to none/,
  ],
  [
    'a model without a price',
    () => {
      process.env.BEDROCK_PROFILE_COSTS = 'true';
      process.env.BEDROCK_AWS_MODELS = `${HAIKU},mistral.mistral-7b-instruct-v0:2`;
    },
    'costs',
    /What calls of mistral\.mistral-7b-instruct-v0:2 cost is not known/,
  ],
  [
    'a quota of none',
    undefined,
    'quota',
    /^The quota ".*Claude Sonnet 4\.6" is 0: no call succeeds/,
    { serviceQuotas: [quota({ value: 0, default: 200_000 })] },
  ],
  [
    'a quota that is lower than usual',
    undefined,
    'quota',
    /is 5000, and AWS gives 200000 by default/,
    {
      serviceQuotas: [
        quota({ code: 'L-2', name: 'Something else per account', value: 1, default: 9 }),
        ...Array.from({ length: 120 }, (_, at) => quota({ code: `L-1${at}`, name: `Other ${at}` })),
        quota({ value: 5000, default: 200_000 }),
      ],
    },
  ],
  [
    'a prompt cache that is never read',
    undefined,
    'cache',
    /was not written to the prompt cache/,
    {
      script: () => ({ text: 'a', usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } }),
    },
  ],
];

test.each(FAULTS)('%s', async (_, ...fault) => {
  const [break_, check, text, options, variables] = fault;
  const made = await place(options);
  Object.assign(process.env, variables);
  await break_?.(made);
  const { report, code } = await doctor('--cache', '--strict');
  const found = named(report);
  expect(found).toEqual([expect.objectContaining({ check, text: expect.stringMatching(text) })]);
  expect(code).toBe(1);
});

describe('LibreChat', () => {
  let beside;
  beforeEach(() => {
    beside = folder();
  });
  const checkout = (manifest) =>
    fs.writeFileSync(path.join(beside, 'package.json'), JSON.stringify(manifest));

  test.each([
    ['an old one', { name: 'LibreChat', version: 'v0.8.1' }, /older than 0\.8\.3/],
    ['another program', { name: 'other', version: '1.0.0' }, /no checkout of LibreChat/],
    ['one without its sources', { name: 'LibreChat', version: 'v0.8.5' }, /has no packages\/api/],
  ])('%s', async (_, manifest, text) => {
    await place();
    checkout(manifest);
    const { report } = await doctor('--no-calls', '--librechat', beside);
    expect(named(report)).toEqual([
      expect.objectContaining({ check: 'librechat', text: expect.stringMatching(text) }),
    ]);
  });

  test('one that is started with register', async () => {
    await place();
    checkout({ name: 'LibreChat', version: 'v0.8.5' });
    const before = process.env.NODE_OPTIONS;
    process.env.NODE_OPTIONS = '--require bedrock-profile-client/register';
    try {
      // Where the package can be found by its name.
      const { stdout } = await run(['--json', '--no-calls', '--librechat', beside], ROOT);
      expect(named(JSON.parse(stdout))).toEqual([]);
    } finally {
      if (before === undefined) delete process.env.NODE_OPTIONS;
      else process.env.NODE_OPTIONS = before;
    }
  });
});

test('what Service Quotas does not say is not known, and nothing is wrong with that', async () => {
  const { server } = await place();
  server.deny('servicequotas:ListServiceQuotas');
  const { code, report } = await doctor();
  expect([code, named(report)]).toEqual([0, []]);
  const { findings } = report.checks.find(({ id }) => id === 'quota');
  expect(findings).toContainEqual({
    status: 'skipped',
    text: 'Service Quotas are not known: servicequotas:ListServiceQuotas is denied.',
  });
});

test('further destinations are looked at, each in its region', async () => {
  const made = await place();
  mapped(made, { id: `us.${SONNET_46}`, region: 'us-west-2' });
  const { code, report } = await doctor();
  expect([code, named(report)]).toEqual([0, []]);
  expect(report.checks.find(({ id }) => id === 'failover').status).toBe('ok');
  const called = made.server.requests.filter(({ operation }) => operation === 'Converse');
  expect(called.map(({ modelId, region }) => `${region} ${modelId}`)).toContain(
    `us-west-2 us.${SONNET_46}`,
  );
});

test('no secret and no whole account id is in the report, unless it is asked for', async () => {
  const { server } = await place();
  const short = JSON.stringify((await doctor('--no-calls')).report);
  expect(short).not.toContain('123456789012');
  expect(short).toContain('…9012');
  expect(short).not.toContain(server.credentials.secretAccessKey);
  expect(JSON.stringify((await doctor('--no-calls', '--full')).report)).toContain('123456789012');
});

test('as text it is for people', async () => {
  const { server } = await place();
  server.deny('bedrock:InvokeModel');
  const { code, stdout } = await run([]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/failure {2}Permissions\n {4}bedrock:InvokeModel is denied/);
  expect(stdout).toContain('→');
  expect(stdout).toContain('1 failure, 0 warnings');
  expect(stdout).not.toContain('\u001b');
});
