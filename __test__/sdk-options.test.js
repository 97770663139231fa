'use strict';

/** Every option of BedrockRuntimeClientConfig is honoured, refused, or said to mean nothing. */

const { execFile } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const { ConverseCommand } = require('@aws-sdk/client-bedrock-runtime');
const { FetchHttpHandler } = require('@smithy/fetch-http-handler');
const { NodeHttpHandler, NodeHttp2Handler } = require('@smithy/node-http-handler');

const { BedrockProfileClient } = require('..');
const { MEANINGLESS, OPTIONS, REFUSED } = require('../lib/options.js');
const { describe: describeSettings, gather } = require('../lib/settings.js');
const {
  ROOT,
  ask,
  client,
  collect,
  failure,
  start,
  thrown,
  until,
  warnings,
} = require('./support/bedrock');
const { folder } = require('./support/certificates');

const settingsOf = (options) => JSON.parse(describeSettings(gather(options)).settings);

/** A file of its own for each test: what has been read is remembered by its path. */
function configFile(text) {
  const file = path.join(folder(), 'config');
  writeFileSync(file, text);
  process.env.AWS_CONFIG_FILE = file;
  process.env.AWS_SHARED_CREDENTIALS_FILE = path.join(path.dirname(file), 'credentials');
}

describe('the options of the AWS SDK', () => {
  test('all that its types know are known here', async () => {
    const known = [OPTIONS, MEANINGLESS, REFUSED].flatMap(Object.keys);
    const at = mkdtempSync(path.join(ROOT, '__test__', 'types', 'walk-'));
    try {
      const file = path.join(at, 'options.ts');
      const names = known.map((name) => JSON.stringify(name)).join(' | ');
      writeFileSync(
        file,
        `import type { BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime';
         export const unknown: never = null! as Exclude<keyof BedrockRuntimeClientConfig, ${names}>;`,
      );
      const told = await new Promise((resolve) => {
        const flags = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'node16', file];
        const tsc = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
        execFile(process.execPath, [tsc, ...flags], (_error, stdout) => resolve(stdout));
      });
      expect(told).toBe('');
    } finally {
      rmSync(at, { recursive: true });
    }
  }, 60_000);

  test('each stands in docs/configuration.md with what is done about it', () => {
    const page = readFileSync(path.join(ROOT, 'docs', 'configuration.md'), 'utf8');
    const section = (title) => page.split(`### ${title}\n`)[1].split(/\n##/)[0];
    const rows = (text) =>
      [...text.matchAll(/^\| `(\w+)` +\| (.*?) +\|$/gm)].map(([, ...cells]) => cells);
    expect(rows(section('Options without effect'))).toEqual(Object.entries(MEANINGLESS));
    const reasons = Object.entries(REFUSED).map(([name, [why]]) => [name, why]);
    expect(rows(section('Refused'))).toEqual(reasons);
  });

  test.each(Object.keys(REFUSED))('%s is refused in the constructor', (name) => {
    const error = thrown(() => new BedrockProfileClient({ [name]: [() => {}] }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(
      `BedrockProfileClient: options.${name} cannot be honoured: ${REFUSED[name][0]}.`,
    );
  });

  test('what a refused option is by default is let pass', () => {
    const harmless = { extensions: [], tls: true, signingEscapePath: true };
    expect(
      new BedrockProfileClient({ ...harmless, disableClockSkewCorrection: false }),
    ).toBeDefined();
    expect(new BedrockProfileClient({ signer: undefined })).toBeDefined();
  });

  test('what means nothing changes nothing, without a word', async () => {
    const server = await start();
    const { heard, logger } = warnings();
    const options = Object.fromEntries(Object.keys(MEANINGLESS).map((name) => [name, () => {}]));
    await client(server, { ...options, logger }).converse(ask());
    expect(heard).toEqual([]);
  });

  test('an option that nobody knows is told once', async () => {
    const server = await start();
    const { heard, logger } = warnings();
    for (let n = 0; n < 2; n += 1) await client(server, { maxAttemps: 5, logger }).converse(ask());
    expect(heard).toEqual([
      'bedrock-profile-client: options.maxAttemps is no option of this client and changes nothing.',
    ]);
  });
});

describe('the shared configuration files', () => {
  test('give the region where nothing else does', async () => {
    const server = await start();
    configFile('[default]\nregion = us-west-2\n[profile team]\nregion = us-east-1\n');
    await client(server, { region: undefined }).converse(ask());
    await client(server, {
      region: undefined,
      profile: 'team',
      credentials: server.credentials,
    }).converse(ask());
    process.env.AWS_PROFILE = 'team';
    await client(server, { region: undefined }).converse(ask());
    process.env.AWS_REGION = 'us-east-2';
    await client(server, { region: undefined }).converse(ask());
    expect(server.requests.map(({ region }) => region)).toEqual([
      'us-west-2',
      'us-east-1',
      'us-east-1',
      'us-east-2',
    ]);
  });

  test.each([
    ['endpoint_url', (url) => `[default]\nendpoint_url = ${url}\n`],
    [
      'its services section, first',
      (url) =>
        '[default]\nendpoint_url = http://127.0.0.1:1\nservices = ours\n' +
        `[services ours]\nbedrock_runtime =\n  endpoint_url = ${url}\n`,
    ],
  ])('give the endpoint: %s', async (_how, text) => {
    const server = await start();
    configFile(text(server.url));
    await client(server, { endpoint: undefined }).converse(ask());
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['the option', {}, { ignoreConfiguredEndpointUrls: true }],
    ['the variable', { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }, {}],
  ])('give no endpoint where %s says so', (_how, env, options) => {
    configFile('[default]\nendpoint_url = http://127.0.0.1:1\n');
    Object.assign(process.env, env);
    expect(settingsOf(options).endpoint).toBeUndefined();
    process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:2';
    expect(settingsOf(options).endpoint).toBeUndefined();
  });

  test('give what else the AWS SDK reads there, after options and environment', () => {
    const keys = { accessKeyId: 'A', secretAccessKey: 'S' };
    configFile(
      '[profile team]\nmax_attempts = 7\nretry_mode = adaptive\ndefaults_mode = mobile\n' +
        'use_fips_endpoint = true\nuse_dualstack_endpoint = true\nsdk_ua_app_id = chat\n',
    );
    expect(settingsOf({ profile: 'team', credentials: keys })).toMatchObject({
      maxAttempts: 7,
      retryMode: 'adaptive',
      connectTimeout: 30_000,
      useFips: true,
      useDualStack: true,
      userAgent: expect.stringContaining(' app/chat'),
    });
    process.env.AWS_MAX_ATTEMPTS = '5';
    process.env.AWS_RETRY_MODE = 'standard';
    const options = { maxAttempts: 2, useFipsEndpoint: false };
    expect(settingsOf({ profile: 'team', credentials: keys })).toMatchObject({
      maxAttempts: 5,
      retryMode: 'standard',
    });
    expect(settingsOf({ profile: 'team', credentials: keys, ...options })).toMatchObject({
      maxAttempts: 2,
      useFips: false,
    });
  });

  test('may hold comments, other sections and nonsense', () => {
    configFile(
      '# a comment\nno section = here\n[plugins]\nregion = wrong\n[profile "a b"]\n[]\n=\n' +
        '[default]\nregion = us-west-1 ; of the office\n s3 =\n  region = wrong\noutput = json\n',
    );
    expect(settingsOf({}).region).toBe('us-west-1');
  });
});

describe('endpoints', () => {
  test.each([
    [
      { useFipsEndpoint: true },
      'Invalid Configuration: FIPS and custom endpoint are not supported',
    ],
    [
      { useDualstackEndpoint: true },
      'Invalid Configuration: Dualstack and custom endpoint are not supported',
    ],
  ])("%j and an endpoint of one's own do not go together", async (options, message) => {
    const server = await start();
    const error = await failure(client(server, options).converse(ask()));
    expect(error).toMatchObject({ name: 'EndpointError', message });
  });

  test.each([
    ['credentials', 'https://me:secret@gateway.example.com'],
    ['a query', 'https://gateway.example.com/?key=secret'],
    [
      'headers',
      { url: new URL('https://gateway.example.com'), headers: { authorization: ['secret'] } },
    ],
  ])('with %s are refused', async (what, endpoint) => {
    const text = `BedrockProfileClient: options.endpoint has ${what}, which cannot be honoured; give a URL such as "https://gateway.example.com/path".`;
    expect(thrown(() => new BedrockProfileClient({ endpoint })).message).toBe(text);
    const late = new BedrockProfileClient({ region: 'us-east-1', endpoint: async () => endpoint });
    expect((await failure(late.converse(ask()))).message).toBe(text);
  });

  test.each(['fips-us-east-1', 'us-east-1-fips'])('the region %s asks for FIPS', (region) => {
    expect(settingsOf({ region })).toMatchObject({ region: 'us-east-1', useFips: true });
  });
});

describe('requestHandler', () => {
  class Own extends NodeHttpHandler {}

  test.each([
    ['a FetchHttpHandler', () => new FetchHttpHandler()],
    ['an object { handle }', () => ({ handle: async () => {} })],
    ['a Own', () => new Own()],
    ['a NodeHttpHandler', () => Object.assign(new NodeHttpHandler(), { handle: () => {} })],
  ])('%s that makes calls in a way of its own is refused', (what, make) => {
    expect(thrown(() => new BedrockProfileClient({ requestHandler: make() })).message).toBe(
      `BedrockProfileClient: options.requestHandler is ${what}, which makes calls in a way of its own; here they are made natively. Give a NodeHttpHandler, a NodeHttp2Handler, or the options of one.`,
    );
  });

  test.each([
    ['a NodeHttp2Handler', () => new NodeHttp2Handler({ requestTimeout: 150 })],
    ['options', () => ({ requestTimeout: 150 })],
    ['options of a function', () => new NodeHttp2Handler(async () => ({ requestTimeout: 150 }))],
    [
      'a NodeHttpHandler with throwOnRequestTimeout',
      () => new NodeHttpHandler({ requestTimeout: 150, throwOnRequestTimeout: true }),
    ],
  ])('requestTimeout of %s ends an attempt', async (_what, make) => {
    const server = await start();
    server.fail({ kind: 'stall-headers', times: 2 });
    const made = client(server, { requestHandler: make(), maxAttempts: 2 });
    expect(await failure(made.converse(ask()))).toMatchObject({
      name: 'TimeoutError',
      code: 'ETIMEDOUT',
      message: expect.stringContaining('no answer within 150 ms'),
      $metadata: { attempts: 2 },
    });
  });

  test('requestTimeout of a NodeHttpHandler only warns, as in the AWS SDK', async () => {
    let release;
    const released = new Promise((resolve) => {
      release = resolve;
    });
    const server = await start({ script: () => released });
    const { heard, logger } = warnings();
    const requestHandler = new NodeHttpHandler({ requestTimeout: 1 });
    const pending = client(server, { requestHandler, logger, maxAttempts: 1 }).converse(ask());
    await server.waitForRequest();
    await new Promise((resolve) => {
      const started = performance.now();
      const look = () => (performance.now() - started > 20 ? resolve() : setImmediate(look));
      look();
    });
    release('Hello.');
    expect((await pending).stopReason).toBe('end_turn');
    expect(heard).toEqual([
      expect.stringContaining('requestTimeout of a NodeHttpHandler ends no request'),
    ]);
  });

  test('requestTimeout of one call', async () => {
    const server = await start();
    server.fail('stall-headers');
    const made = client(server, { maxAttempts: 1, requestHandler: { requestTimeout: 60_000 } });
    const error = await failure(made.send(new ConverseCommand(ask()), { requestTimeout: 100 }));
    expect(error).toMatchObject({
      name: 'TimeoutError',
      message: expect.stringContaining('100 ms'),
    });
    // The others are as they were, over the same connections.
    await made.send(new ConverseCommand(ask()));
    expect(server.connections).toBeLessThanOrEqual(2);
    expect((await failure(made.converse(ask(), { requestTimeout: 'x' }))).message).toBe(
      'options.requestTimeout must be a whole number of milliseconds, not a string.',
    );
  });

  test.each([
    ['an Agent', () => ({ httpAgent: new http.Agent({ maxSockets: 1 }) })],
    ['options of one', () => ({ httpAgent: { maxSockets: 1 } })],
    [
      'a NodeHttpHandler',
      () => new NodeHttpHandler({ httpAgent: new http.Agent({ maxSockets: 1 }) }),
    ],
  ])('maxSockets of %s is kept', async (_what, make) => {
    const waiting = [];
    const script = () =>
      new Promise((resolve) => {
        waiting.push(() => resolve('Hello.'));
      });
    const server = await start({ script });
    const made = client(server, { requestHandler: make() });
    const calls = [made.converseStream(ask())];
    await until(() => waiting.length === 1);
    calls.push(made.converse(ask()));
    // Of another client, which came last and waits for nobody.
    calls.push(client(server).converse(ask()));
    await until(() => waiting.length === 2);
    expect(server.requests.map(({ operation }) => operation)).toEqual([
      'ConverseStream',
      'Converse',
    ]);
    waiting[0]();
    await collect((await calls[0]).stream);
    await until(() => waiting.length === 3);
    for (const answer of waiting) answer();
    for (const call of calls.slice(1)) expect((await call).stopReason).toBe('end_turn');
  });

  test('an agent that only keeps its sockets is let pass', async () => {
    const server = await start();
    const httpAgent = new http.Agent({ keepAlive: true, keepAliveMsecs: 500, timeout: 9000 });
    const httpsAgent = new https.Agent({ keepAlive: false, minVersion: 'TLSv1.2' });
    const requestHandler = new NodeHttpHandler({ httpAgent, httpsAgent, connectionTimeout: 1000 });
    await client(server, { requestHandler }).converse(ask());
    expect(server.requests).toHaveLength(1);
  });
});

describe('others', () => {
  test.each([
    ['standard', 3100],
    ['in-region', 1100],
    ['cross-region', 3100],
    ['mobile', 30_000],
    ['legacy', undefined],
    ['auto', 3100],
  ])('defaultsMode %s: connections within %s ms', async (defaultsMode, connectTimeout) => {
    expect(settingsOf({ defaultsMode }).connectTimeout).toBe(connectTimeout);
    process.env.AWS_DEFAULTS_MODE = defaultsMode;
    expect(settingsOf({}).connectTimeout).toBe(connectTimeout);
    expect(settingsOf({ timeouts: { connect: 7 } }).connectTimeout).toBe(7);
    const asked = await gather({ defaultsMode: async () => defaultsMode });
    expect(asked.defaultsMode).toBe(defaultsMode);
  });

  test('defaultsMode auto is in-region where AWS says so', () => {
    Object.assign(process.env, { AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE', AWS_REGION: 'eu-west-1' });
    expect(settingsOf({ defaultsMode: 'auto' }).connectTimeout).toBe(1100);
    expect(settingsOf({ defaultsMode: 'auto', region: 'us-east-1' }).connectTimeout).toBe(3100);
  });

  test('userAgentAppId and customUserAgent stand in the user-agent', async () => {
    const server = await start();
    const customUserAgent = [['LibreChat', '0.8']];
    await client(server, { userAgentAppId: async () => 'chat', customUserAgent }).converse(ask());
    process.env.AWS_SDK_UA_APP_ID = 'of-the-environment';
    await client(server).converse(ask());
    const [own, environment] = server.requests.map(({ headers }) => headers['user-agent']);
    expect(own).toMatch(/^bedrock-profile-client\/\S+ .* app\/chat LibreChat\/0\.8$/);
    expect(environment).toMatch(/ app\/of-the-environment$/);
  });

  test('systemClockOffset sets the clock that signs', async () => {
    const hours = 2 * 60 * 60 * 1000;
    const server = await start({ now: () => Date.now() + hours });
    const { $metadata } = await client(server, { systemClockOffset: hours }).converse(ask());
    expect($metadata.attempts).toBe(1);
  });

  test('credentialDefaultProvider stands for the default chain', async () => {
    const server = await start();
    const provider = jest.fn(async () => server.credentials);
    const credentialDefaultProvider = jest.fn(() => provider);
    const options = { credentials: undefined, credentialDefaultProvider };
    for (let n = 0; n < 2; n += 1) await client(server, options).converse(ask());
    expect(credentialDefaultProvider).toHaveBeenCalledTimes(1);
    expect(provider).toHaveBeenCalledTimes(1);
    const { callerClientConfig } = provider.mock.calls[0][0];
    expect(await callerClientConfig.region()).toBe(server.region);
    await client(server, { credentialDefaultProvider: jest.fn() }).converse(ask());
  });
});

describe('the adaptive mode', () => {
  /** The delay of one retry after throttling, and how long the next call takes. */
  async function throttled(retryMode) {
    const server = await start();
    server.fail('throttle');
    const delays = [];
    const durations = [];
    for (let n = 0; n < 2; n += 1) {
      const made = client(server, { retryMode });
      made.on('retry', ({ delay }) => delays.push(delay));
      made.on('call', ({ duration }) => durations.push(duration));
      await made.converse(ask());
    }
    return { delay: delays[0], next: durations[1], attempts: server.requests.length };
  }

  test('limits the rate of requests once AWS throttles, for all clients of the credentials', async () => {
    const { delay, next, attempts } = await throttled('adaptive');
    // One request was measured: between half a request a second, which is always allowed, and 1.12.
    expect(delay).toBeGreaterThanOrEqual(800);
    expect(delay).toBeLessThan(2500);
    expect(next).toBeGreaterThan(200);
    expect(attempts).toBe(3);
  }, 20_000);

  test('the standard mode does not', async () => {
    const { delay, next } = await throttled('standard');
    expect(delay).toBeLessThanOrEqual(1000);
    expect(next).toBeLessThan(200);
  }, 20_000);

  test('may come from AWS_RETRY_MODE', () => {
    process.env.AWS_RETRY_MODE = 'adaptive';
    expect(settingsOf({}).retryMode).toBe('adaptive');
    expect(settingsOf({ retryMode: 'standard' }).retryMode).toBe('standard');
  });
});
