'use strict';

/**
 * LibreChat's whole chain: parameters → parsers → client → a run of @librechat/agents → the wire, as
 * its initialize.ts makes it, with the patch of docs/librechat.md and with lib/register.js.
 */

const { execFile, execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { startLocalBedrock } = require('../local-bedrock');
const { startConnectProxy } = require('./support/connect-proxy.js');
const { endless } = require('./support/langchain.js');
const { build } = require('./support/librechat/build.js');

const ROOT = path.join(__dirname, '..');
const SERVER = path.join(__dirname, 'support', 'librechat', 'server.js');
const ROUTES = ['patch', 'register'];

let built;
beforeAll(() => {
  built = build();
});
afterAll(() => fs.rmSync(built.folder, { recursive: true }));

// Each loads all of @librechat/agents in a process of its own.
jest.setTimeout(120_000);

const open = [];
afterEach(async () => {
  for (const undo of open.splice(0)) await undo();
});

async function start(options) {
  const server = await startLocalBedrock({ pace: 0, ...options });
  open.push(() => server.close());
  return server;
}

function folder() {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'librechat-'));
  open.push(() => fs.rmSync(made, { recursive: true }));
  return made;
}

/** A certificate for the loopback address. */
function certificate() {
  const place = folder();
  const [key, file] = ['key.pem', 'cert.pem'].map((name) => path.join(place, name));
  const kind =
    '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  const words =
    `req -x509 ${kind} -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=IP:127.0.0.1`.split(
      ' ',
    );
  execFileSync('openssl', [...words, '-keyout', key, '-out', file], { stdio: 'ignore' });
  return { key: fs.readFileSync(key), cert: fs.readFileSync(file), file };
}

/** Runs LibreChat's server for some calls. */
function serve(route, calls, { env, cwd = ROOT }) {
  const place = fs.mkdtempSync(path.join(os.tmpdir(), 'librechat-'));
  const [work, results] = ['work.json', 'results.json'].map((name) => path.join(place, name));
  fs.writeFileSync(work, JSON.stringify({ initialize: built[route], env, calls }));
  const preload = route === 'register' ? ['--require', path.join(ROOT, 'lib', 'register.js')] : [];
  const words = [...preload, SERVER, work, results];
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { PATH: process.env.PATH }, maxBuffer: 1 << 26 };
    execFile(process.execPath, words, options, (error, _stdout, stderr) => {
      try {
        if (error) throw new Error(stderr || error.message);
        resolve({ results: JSON.parse(fs.readFileSync(results, 'utf8')), stderr });
      } catch (failed) {
        reject(failed);
      } finally {
        fs.rmSync(place, { recursive: true });
      }
    });
  });
}

const keys = (server) => ({
  BEDROCK_AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
  BEDROCK_AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
});
const environmentOf = (server, more = {}) => ({
  BEDROCK_AWS_DEFAULT_REGION: 'us-east-1',
  AWS_ENDPOINT_URL: server.url,
  ...more,
});
const mapped = (mappings) => ({ BEDROCK_INFERENCE_PROFILE_MAPPINGS: JSON.stringify(mappings) });
const inference = (server) =>
  server.requests.filter(({ operation }) => operation?.startsWith('Converse'));
const agentsOf = (requests) =>
  new Set(requests.map(({ headers }) => headers['user-agent'].split('/')[0]));

/** Every kind of model that LibreChat's parsers tell apart, with the prefix it is called by. */
const MODELS = [
  ['anthropic.claude-3-7-sonnet-20250219-v1:0', 'us.'],
  ['anthropic.claude-sonnet-4-20250514-v1:0', 'us.'],
  ['anthropic.claude-opus-4-1-20250805-v1:0', 'us.'],
  ['anthropic.claude-sonnet-4-5-20250929-v1:0', 'us.'],
  ['anthropic.claude-haiku-4-5-20251001-v1:0', 'us.'],
  ['anthropic.claude-opus-4-5-20251101-v1:0', 'us.'],
  ['anthropic.claude-opus-4-6-v1', 'us.'],
  ['anthropic.claude-sonnet-4-6', 'us.'],
  ['anthropic.claude-opus-4-7', 'us.'],
  ['anthropic.claude-opus-4-8', 'us.'],
  ['anthropic.claude-sonnet-5', 'us.'],
  ['anthropic.claude-opus-5', 'us.'],
  ['anthropic.claude-opus-5-5', 'us.'],
  ['anthropic.claude-haiku-5-5', 'us.'],
  ['anthropic.claude-fable-5', 'us.'],
  ['amazon.nova-pro-v1:0', 'us.'],
  ['amazon.nova-2-lite-v1:0', 'us.'],
  ['meta.llama4-maverick-17b-instruct-v1:0', 'us.'],
  ['mistral.pixtral-large-2502-v1:0', 'us.'],
  ['deepseek.r1-v1:0', 'us.'],
  ['openai.gpt-oss-120b-1:0', ''],
  ['qwen.qwen3-32b-v1:0', ''],
];

/** Settings as the panel makes them. */
const SETTINGS = {
  nothing: {},
  sampling: { temperature: 0.4, topP: 0.9, topK: 40, maxTokens: 3000, stop: ['END'] },
  thinking: {
    thinking: true,
    thinkingBudget: 3000,
    effort: 'high',
    reasoning_effort: 'medium',
    maxTokens: 9000,
    promptCache: true,
  },
  'thinking off': { thinking: false, effort: 'max', temperature: 0.7 },
};

describe.each(ROUTES)('%s: the model by its id and by its ARN', (route) => {
  let server;
  let sent;
  let results;
  const kinds = ['chat', 'whole'];
  const runs = MODELS.flatMap(([model, prefix]) =>
    Object.entries(SETTINGS).flatMap(([name, settings]) =>
      kinds.map((kind) => ({ model, prefix, name, settings, kind })),
    ),
  );

  beforeAll(async () => {
    server = await startLocalBedrock({ pace: 0 });
    const arns = new Map(
      MODELS.map(([model, prefix]) => [
        model,
        server.addProfile({ region: 'us-east-1', from: `${prefix}${model}` }).arn,
      ]),
    );
    for (const run of runs) run.arn = arns.get(run.model);
    const calls = runs.flatMap(({ model, prefix, arn, settings, kind }) =>
      [`${prefix}${model}`, arn].map((id) => ({ kind, parameters: { ...settings, model: id } })),
    );
    const env = environmentOf(server, {
      ...keys(server),
      ...mapped(Object.fromEntries([...arns].map(([model, arn]) => [arn, model]))),
    });
    ({ results } = await serve(route, calls, { env }));
    sent = inference(server);
  }, 180_000);
  afterAll(() => server.close());

  test.each(MODELS)('%s: nothing differs but the id in the path', (model) => {
    expect(results.filter(({ error }) => error)).toEqual([]);
    expect(sent).toHaveLength(2 * runs.length);
    let compared = 0;
    runs.forEach((run, at) => {
      if (run.model !== model) return;
      const [byId, byArn] = [sent[2 * at], sent[2 * at + 1]];
      const verb = run.kind === 'chat' ? 'converse-stream' : 'converse';
      const paths = [`${run.prefix}${model}`, run.arn].map(
        (id) => `/model/${encodeURIComponent(id)}/${verb}`,
      );
      expect([byId.path, byArn.path]).toEqual(paths);
      expect(byArn.rawBody.toString()).toBe(byId.rawBody.toString());
      expect([byId.status, byArn.status]).toEqual([200, 200]);
      expect(results[2 * at + 1].content).toEqual(results[2 * at].content);
      compared += 1;
    });
    expect(compared).toBe(kinds.length * Object.keys(SETTINGS).length);
  });

  test('all were sent natively, and AWS was asked nothing', () => {
    expect(agentsOf(sent)).toEqual(new Set(['bedrock-profile-client']));
    expect(server.requests).toHaveLength(sent.length);
  });

  test('what was set arrives', () => {
    const fields = (model, name) => {
      const at = runs.findIndex((run) => run.model.includes(model) && run.name === name);
      return sent[2 * at + 1].body.additionalModelRequestFields;
    };
    expect(fields('claude-sonnet-4-5', 'thinking').thinking.budget_tokens).toBe(3000);
    expect(fields('claude-opus-4-8', 'thinking').output_config).toEqual({ effort: 'high' });
    expect(fields('gpt-oss', 'thinking')).toMatchObject({ reasoning_effort: 'medium' });
  });
});

describe.each(ROUTES)('%s: credentials and signing, and by which way', (route) => {
  const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
  const parameters = { thinking: true, thinkingBudget: 3000 };

  /** The calls of one conversation: a chat, its title, and what the memory agent makes of it. */
  async function conversation(
    server,
    env,
    { userKeys = [undefined], kinds = ['chat', 'title', 'memory'] } = {},
  ) {
    const { arn } = server.addProfile({ region: 'us-east-1', from: `us.${SONNET}` });
    const all = environmentOf(server, { ...mapped({ [arn]: SONNET }), ...env });
    const calls = userKeys.flatMap((userKey) =>
      kinds.map((kind) => ({ kind, userKey, parameters: { ...parameters, model: arn } })),
    );
    const { results } = await serve(route, calls, { env: all });
    expect(results.filter(({ error }) => error && kinds[0] !== 'abort')).toEqual([]);
    const sent = inference(server);
    expect(sent.every(({ modelId, status }) => modelId === arn && status === 200)).toBe(true);
    expect(agentsOf(sent)).toEqual(new Set(['bedrock-profile-client']));
    return { results, sent };
  }

  function expectConversation({ results, sent }) {
    const [chat, title, memory] = results;
    expect(JSON.stringify(chat.content)).toContain('Good day');
    expect(title.title).toContain('User: Good day');
    expect(memory.content).toContainEqual(
      expect.objectContaining({
        type: 'tool_call',
        tool_call: expect.objectContaining({ name: 'set_memory', output: expect.anything() }),
      }),
    );
    // The graph of the agents always streams; a title never does.
    expect(sent.map(({ operation }) => operation)).toEqual([
      'ConverseStream',
      'Converse',
      'ConverseStream',
    ]);
    const thinking = sent.map(({ body }) => body.additionalModelRequestFields?.thinking);
    const set = { type: 'enabled', budget_tokens: 3000 };
    expect(thinking).toEqual([set, undefined, set]);
  }

  test('keys, without a proxy', async () => {
    const server = await start();
    const ran = await conversation(server, keys(server));
    expectConversation(ran);
    expect(ran.sent.every(({ auth }) => auth.accessKeyId === server.credentials.accessKeyId)).toBe(
      true,
    );
  });

  test('keys, through the proxy of PROXY, to the gateway of BEDROCK_REVERSE_PROXY', async () => {
    const proxy = await startConnectProxy({ credentials: 'user:secret' });
    open.push(() => proxy.close());
    const { key, cert, file } = certificate();
    const server = await start({ tls: { key, cert } });
    const { host } = new URL(server.url);
    const env = {
      PROXY: proxy.url.replace('//', '//user:secret@'),
      BEDROCK_REVERSE_PROXY: host,
      NODE_EXTRA_CA_CERTS: file,
    };
    const ran = await conversation(server, { ...keys(server), ...env });
    expectConversation(ran);
    expect(proxy.connects.length).toBeGreaterThan(0);
    expect(new Set(proxy.connects.map(({ target }) => target))).toEqual(new Set([host]));
  });

  test('a bearer token', async () => {
    const server = await start();
    const ran = await conversation(server, { BEDROCK_AWS_BEARER_TOKEN: server.bearerToken });
    expectConversation(ran);
    expect(ran.sent.every(({ auth }) => auth.kind === 'bearer')).toBe(true);
  });

  test('what each user has stored: keys, keys as newer versions store them, or a token', async () => {
    const server = await start();
    const env = {
      BEDROCK_AWS_ACCESS_KEY_ID: 'user_provided',
      BEDROCK_AWS_SECRET_ACCESS_KEY: 'user_provided',
    };
    const stored = [
      server.credentials,
      { apiKey: JSON.stringify(server.credentials) },
      { bearerToken: server.bearerToken },
    ];
    const { results, sent } = await conversation(server, env, {
      userKeys: stored.map((key) => JSON.stringify(key)),
    });
    const kinds = ['sigv4', 'sigv4', 'bearer'];
    kinds.forEach((kind, at) => {
      const ran = [results, sent].map((list) => list.slice(3 * at, 3 * at + 3));
      expectConversation({ results: ran[0], sent: ran[1] });
      expect(ran[1].map(({ auth }) => auth.kind)).toEqual([kind, kind, kind]);
    });
  });

  test('its user stops a chat: the upstream is closed', async () => {
    const server = await start({ script: () => ({ events: endless() }) });
    const { results, sent } = await conversation(server, keys(server), { kinds: ['abort'] });
    expect(results[0].error.message).toBe('The user pressed stop.');
    expect(sent).toHaveLength(1);
    expect(await sent[0].aborted).toBe(true);
  });
});

describe.each(ROUTES)('%s: librechat.yaml’s inferenceProfiles', (route) => {
  const MODEL = 'anthropic.claude-opus-4-7';

  test('name the model behind an ARN, where AWS may not be asked', async () => {
    const server = await start({ deny: ['bedrock:GetInferenceProfile'] });
    const { arn } = server.addProfile({ region: 'eu-west-1', from: `eu.${MODEL}` });
    const place = folder();
    const name = `team-a.${MODEL}`;
    const bedrockConfig = { inferenceProfiles: { [name]: ['$', '{TEAM_A}'].join('') } };
    fs.writeFileSync(
      path.join(place, 'librechat.yaml'),
      `version: 1.2.1\nendpoints:\n  bedrock:\n    inferenceProfiles:\n      ${name}: \${TEAM_A}\n`,
    );
    const parameters = { model: name, effort: 'high', temperature: 0.4 };
    const { results, stderr } = await serve(route, [{ parameters, bedrockConfig }], {
      env: environmentOf(server, { ...keys(server), TEAM_A: arn }),
      cwd: place,
    });
    expect(results[0].settings).toMatchObject({ model: name, region: 'eu-west-1' });
    expect(results[0].settings).not.toHaveProperty('applicationInferenceProfile');
    // Temperature is refused by this model: the client knew it by the name in the file.
    expect(
      server.requests.map(({ modelId, status, region, body }) => [
        modelId,
        status,
        region,
        body.inferenceConfig.temperature,
      ]),
    ).toEqual([[arn, 200, 'eu-west-1', undefined]]);
    expect(stderr).not.toContain('BedrockProfileWarning');
  });
});

describe('patch: what AWS must be asked about is known to the first chat', () => {
  const MODEL = 'anthropic.claude-sonnet-4-5-20250929-v1:0';

  /** One chat, with settings that an unknown model would lose. */
  async function first({ env, userKey, listed = (arn) => ({ name: arn }) }) {
    const server = await start();
    const { arn } = server.addProfile({ region: 'us-east-1', from: `us.${MODEL}` });
    const { name, mappings = {}, inferenceProfiles } = listed(arn);
    const { results, stderr } = await serve(
      'patch',
      [
        {
          parameters: { model: name, thinking: true, thinkingBudget: 3000 },
          bedrockConfig: { inferenceProfiles },
          userKey: userKey?.(server),
        },
      ],
      { env: environmentOf(server, { ...mapped(mappings), ...env(server) }) },
    );
    expect(results.filter(({ error }) => error)).toEqual([]);
    const [{ modelId, status, body }] = inference(server);
    expect([modelId, status]).toEqual([arn, 200]);
    expect(body.additionalModelRequestFields.thinking.budget_tokens).toBe(3000);
    expect(results[0].settings.promptCache).toBe(true);
    expect(stderr).not.toMatch(/BedrockProfileWarning(?!: BEDROCK_AWS_MODELS)/);
    const questions = server.requests.filter(
      ({ operation }) => operation === 'GetInferenceProfile',
    );
    expect(questions).toHaveLength(1);
    return { auth: questions[0].auth, server };
  }

  const users = {
    BEDROCK_AWS_ACCESS_KEY_ID: 'user_provided',
    BEDROCK_AWS_SECRET_ACCESS_KEY: 'user_provided',
  };

  test('with the keys of the user, and not with what the server has', async () => {
    const { auth, server } = await first({
      env: () => ({ ...users, AWS_ACCESS_KEY_ID: 'AKIASERVER', AWS_SECRET_ACCESS_KEY: 'other' }),
      userKey: (of) => JSON.stringify(of.credentials),
    });
    expect(auth).toMatchObject({ kind: 'sigv4', accessKeyId: server.credentials.accessKeyId });
  });

  test('with the token of the user', async () => {
    const { auth } = await first({
      env: () => users,
      userKey: ({ bearerToken }) => JSON.stringify({ bearerToken }),
    });
    expect(auth.kind).toBe('bearer');
  });

  test.each([
    ['an alias', (arn) => ({ name: 'fast', mappings: { fast: arn } })],
    ['an alias of an alias', (arn) => ({ name: 'fast', mappings: { fast: 'mine', mine: arn } })],
    ['a name of the user’s role', (arn) => ({ name: 'fast', inferenceProfiles: { fast: arn } })],
  ])('behind %s, with the keys of the server', async (_what, listed) => {
    await first({ env: keys, listed });
  });

  test.each([
    ['an alias', (arn) => ({ name: 'fast', mappings: { fast: arn } })],
    ['a name of the user’s role', (arn) => ({ name: 'fast', inferenceProfiles: { fast: arn } })],
  ])('behind %s, with the keys of the user', async (_what, listed) => {
    await first({ env: () => users, userKey: (of) => JSON.stringify(of.credentials), listed });
  });
});

const SONNET_46 = 'anthropic.claude-sonnet-4-6';
const HAIKU_45 = 'anthropic.claude-haiku-4-5-20251001-v1:0';

/** What an operator can have listed for a profile, with what is mapped, and what librechat.yaml has. */
const LISTED = {
  'its ARN': (arn, model) => ({ name: arn, mappings: { [arn]: model } }),
  'an alias that shows its model': (arn, model) => ({
    name: `team-a.${model}`,
    mappings: { [`team-a.${model}`]: arn },
  }),
  'an alias that shows nothing': (arn, model) => ({
    name: 'fast',
    mappings: { fast: { profiles: [arn], model } },
  }),
  'an alias that shows another model': (arn, model) => ({
    name: 'gpt-4o.claude-3-haiku',
    mappings: { 'gpt-4o.claude-3-haiku': { profiles: [arn], model } },
  }),
  'the id of the model itself': (arn, model) => ({
    name: `us.${model}`,
    mappings: { [`us.${model}`]: arn },
  }),
  'a name of librechat.yaml': (arn, model) => ({
    name: `team-y.${model}`,
    mappings: {},
    inferenceProfiles: { [`team-y.${model}`]: arn },
  }),
  'a name that only the user’s role has': (arn, model) => ({
    name: `us.${model}`,
    mappings: {},
    inferenceProfiles: { [`us.${model}`]: arn },
    isFile: false,
  }),
  'a name that the user’s role has for another profile': (arn, model, other) => ({
    name: `team-y.${model}`,
    mappings: { [`team-y.${model}`]: other },
    inferenceProfiles: { [`team-y.${model}`]: arn },
    isFile: false,
  }),
};

describe.each(ROUTES)('%s: what LibreChat makes from the settings of a chat', (route) => {
  const SECOND = [
    'activity',
    'phase',
    'reasoning',
    'memory again',
    'title',
    'memory',
    'summary',
    'compaction',
  ];

  describe.each(Object.keys(LISTED))('listed by %s', (how) => {
    let server;
    let sent;
    let results;
    let arn;
    let name;
    const model = SONNET_46;

    beforeAll(async () => {
      server = await startLocalBedrock({ pace: 0, deny: ['bedrock:GetInferenceProfile'] });
      arn = server.addProfile({ region: 'eu-west-1', from: `eu.${model}` }).arn;
      const other = server.addProfile({ region: 'us-east-1', from: `us.${model}` }).arn;
      const small = server.addProfile({ region: 'eu-west-1', from: `eu.${HAIKU_45}` }).arn;
      const listed = LISTED[how](arn, model, other);
      name = listed.name;
      const place = fs.mkdtempSync(path.join(os.tmpdir(), 'librechat-'));
      if (listed.inferenceProfiles && listed.isFile !== false) {
        fs.writeFileSync(
          path.join(place, 'librechat.yaml'),
          JSON.stringify({
            endpoints: { bedrock: { inferenceProfiles: listed.inferenceProfiles } },
          }),
        );
      }
      const request = { bedrockConfig: { inferenceProfiles: listed.inferenceProfiles } };
      const parameters = { model: name, effort: 'high' };
      const calls = [
        ...['chat', ...SECOND].map((kind) => ({ kind, parameters, ...request })),
        ...['summary', 'compaction'].map((kind) => ({
          kind,
          parameters,
          ...request,
          more: { summarization: { model: 'small' } },
        })),
        { kind: 'handoff', parameters, ...request, more: { other: 'small' } },
      ];
      const env = environmentOf(server, {
        ...keys(server),
        ...mapped({ ...listed.mappings, small: { profiles: [small], model: HAIKU_45 } }),
      });
      ({ results } = await serve(route, calls, { env, cwd: place }));
      fs.rmSync(place, { recursive: true });
      sent = inference(server).map(({ modelId, region, status }) => ({
        id: modelId === arn ? 'profile' : modelId === small ? 'small' : modelId,
        region,
        status,
      }));
    });
    afterAll(() => server.close());

    test('all of it calls the profile, where it is, and the summary’s own model its own', () => {
      expect(results.filter(({ error }) => error)).toEqual([]);
      const called = (id) => ({ id, region: 'eu-west-1', status: 200 });
      expect(sent).toEqual([
        called('profile'),
        ...SECOND.map(() => called('profile')),
        called('small'),
        called('small'),
        called('profile'),
        called('small'),
      ]);
    });

    test('its settings name the model for whatever decides by the name, and the profile not beside it', () => {
      for (const { settings } of results) {
        expect(settings.model).toMatch(/^[\w-]+\.anthropic\.claude-sonnet-4-6$/);
        expect(settings.model).not.toMatch(/gpt|haiku/);
        expect(settings).not.toHaveProperty('applicationInferenceProfile');
        expect(settings).toMatchObject({ region: 'eu-west-1', promptCache: true });
        expect(settings.additionalModelRequestFields.output_config).toEqual({ effort: 'high' });
      }
    });

    test('AWS was asked nothing', () => {
      expect(server.requests).toHaveLength(sent.length);
    });
  });
});
