'use strict';

/** `doctor`: each fault in turn is the one thing that its report names; without any it names none. */

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { start } = require('./support/bedrock');

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
    region: 'ok',
    credentials: 'ok',
    clock: 'ok',
    reachability: 'ok',
    permissions: 'ok',
    models: 'ok',
    drift: 'ok',
    access: 'ok',
    lifecycle: 'ok',
    quota: 'ok',
    cache: 'ok',
    librechat: 'skipped',
  });
});

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
  let folder;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'doctor-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));
  const checkout = (manifest) =>
    fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));

  test.each([
    ['an old one', { name: 'LibreChat', version: 'v0.8.1' }, /older than 0\.8\.3/],
    ['another program', { name: 'other', version: '1.0.0' }, /no checkout of LibreChat/],
    ['one without its sources', { name: 'LibreChat', version: 'v0.8.5' }, /has no packages\/api/],
  ])('%s', async (_, manifest, text) => {
    await place();
    checkout(manifest);
    const { report } = await doctor('--no-calls', '--librechat', folder);
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
      const { stdout } = await run(['--json', '--no-calls', '--librechat', folder], ROOT);
      expect(named(JSON.parse(stdout))).toEqual([]);
    } finally {
      if (before === undefined) delete process.env.NODE_OPTIONS;
      else process.env.NODE_OPTIONS = before;
    }
  });
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
