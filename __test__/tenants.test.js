'use strict';

/** Several users in one process: what is one's own, and what all share. */

const { randomBytes } = require('node:crypto');
const http = require('node:http');
const { writeFileSync } = require('node:fs');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const {
  CLAUDE_37,
  ROOT,
  ask,
  client,
  failure,
  freshProfile,
  preamble,
  run,
  start,
  user,
} = require('./support/bedrock');
const { folder } = require('./support/certificates');
const { inferences, startUnknown } = require('./support/learning');

const keysOf = ({ accessKeyId, secretAccessKey }) => ({ accessKeyId, secretAccessKey });
const questions = (server) =>
  server.requests.filter(({ operation }) => operation === 'GetInferenceProfile');

describe('what is behind an ARN', () => {
  test('a mistyped secret poisons nothing for the right one', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const credentials = { ...server.credentials, secretAccessKey: 'mistyped' };
    expect((await client(server, { credentials }).resolve(arn)).model).toBeNull();
    expect((await client(server).resolve(arn)).model).toBe(CLAUDE_37);
  });

  test('what one gateway says is not believed of another', async () => {
    const id = randomBytes(6).toString('hex');
    const credentials = user();
    const [one, two] = [await start({ credentials }), await start({ credentials })];
    const { arn } = one.addProfile({ region: 'us-east-1', id, from: `us.${CLAUDE_37}` });
    two.addProfile({ region: 'us-east-1', id, from: 'amazon.nova-pro-v1:0' });
    expect((await client(one).resolve(arn)).model).toBe(CLAUDE_37);
    expect(client(two).resolveSync(arn)).toBeUndefined();
    expect((await client(two).resolve(arn)).model).toBe('amazon.nova-pro-v1:0');
    expect((await client(one).resolve(arn)).model).toBe(CLAUDE_37);
  });

  test('a user without permission reads neither the name nor what the gateway told another', async () => {
    const users = [user(), user()];
    const server = await start({ credentials: users });
    const { arn } = server.addProfile({
      region: 'us-east-1',
      id: randomBytes(6).toString('hex'),
      from: `us.${CLAUDE_37}`,
      name: 'secret project',
    });
    const [one, two] = users.map((credentials) => client(server, { credentials }));
    expect(await one.resolve(arn)).toMatchObject({ model: CLAUDE_37, name: 'secret project' });
    server.deny('bedrock:GetInferenceProfile');
    expect(await two.resolve(arn)).toMatchObject({ model: null, name: null });
    expect(two.resolveSync(arn)).toBeUndefined();
    expect(await one.resolve(arn)).toMatchObject({ name: 'secret project' });
  });

  test('keys of one account are one user, whichever they are', async () => {
    const accountId = '123456789012';
    const users = [user({ accountId }), user({ accountId }), user({ accountId: '210987654321' })];
    const server = await start({ credentials: users });
    const { arn } = freshProfile(server);
    const [one, two, other] = users.map((keys) =>
      client(server, { credentials: async () => keys }),
    );
    for (const made of [one, two, other]) await made.converse(ask());
    const { name } = await one.resolve(arn);
    expect(await two.resolve(arn)).toMatchObject({ model: CLAUDE_37, name, source: 'cache' });
    expect(questions(server)).toHaveLength(1);
    expect(await other.resolve(arn)).toMatchObject({ model: CLAUDE_37, source: 'aws' });
  });

  test('the account that AWS’s own chain says is the tenant', async () => {
    const users = [user(), user(), user()];
    const server = await start({ credentials: users });
    const { arn } = freshProfile(server);
    const accounts = ['123456789012', '123456789012', '210987654321'];
    const profiles = users.map(
      ({ accessKeyId, secretAccessKey }, at) => `[user${at}]
        aws_access_key_id = ${accessKeyId}
        aws_secret_access_key = ${secretAccessKey}
        aws_account_id = ${accounts[at]}`,
    );
    const file = path.join(folder(), 'credentials');
    writeFileSync(file, profiles.join('\n').replaceAll(/^ +/gm, ''));
    const script = `${preamble(server, { credentials: undefined })}
      (async () => {
        const region = ${JSON.stringify(server.region)};
        const endpoint = ${JSON.stringify(server.url)};
        const told = [];
        for (const profile of ['user0', 'user1', 'user2']) {
          const made = new BedrockProfileClient({ region, endpoint, profile });
          await made.converse(input);
          told.push((await made.resolve(${JSON.stringify(arn)})).source);
        }
        console.log(told.join());
      })();
    `;
    const ended = await run(script, { env: { AWS_SHARED_CREDENTIALS_FILE: file } });
    expect(ended).toMatchObject({ code: 0, stdout: 'aws,cache,aws\n' });
  });

  test('who says to be of another’s account reads nothing of it', async () => {
    const accountId = '123456789012';
    const [own, stranger] = [user(), user()];
    const server = await start({ credentials: [own, stranger] });
    const { arn } = server.addProfile({
      region: 'us-east-1',
      id: randomBytes(6).toString('hex'),
      from: `us.${CLAUDE_37}`,
      name: 'secret project',
    });
    const one = client(server, { credentials: async () => ({ ...own, accountId }) });
    await one.converse(ask());
    expect(await one.resolve(arn)).toMatchObject({ name: 'secret project' });
    server.deny('bedrock:GetInferenceProfile');
    for (const credentials of [
      { ...stranger, accountId },
      { ...own, secretAccessKey: 'mistyped', accountId },
    ]) {
      const made = client(server, { credentials });
      expect(made.resolveSync(arn)).toBeUndefined();
      expect(await made.resolve(arn)).toMatchObject({ model: null, name: null });
    }
  });

  test('the operator says that users are one', async () => {
    const users = [user(), user()];
    const server = await start({ credentials: users });
    const { arn } = freshProfile(server);
    const [one, two] = users.map((credentials) => client(server, { credentials, tenant: 'we' }));
    const { name } = await one.resolve(arn);
    expect(await two.resolve(arn)).toMatchObject({ model: CLAUDE_37, name, source: 'cache' });
    for (const tenant of ['', 5, null, {}]) {
      expect(() => client(server, { tenant })).toThrow(/options\.tenant must be /);
    }
  });

  test('a failure that is known is not waited for again', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const made = client(server, { controlEndpoint: 'http://127.0.0.1:9', maxAttempts: 1 });
    expect((await made.resolve(arn)).model).toBeNull();
    const { attempts, profile } = (await made.converse(ask('Hi', { modelId: arn }))).$metadata;
    expect({ attempts, model: profile.model }).toEqual({ attempts: 1, model: null });
    // Nor by the next, who goes the same way.
    const server2 = { ...server, credentials: user() };
    const started = performance.now();
    await client(server2, { controlEndpoint: 'http://127.0.0.1:9' }).resolve(arn);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('a failure to ask is told for what it is', () => {
  test.each([
    [
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match',
      'credentials',
      /Check that the access key id/,
    ],
    [
      'InvalidSignatureException',
      'The request signature we calculated does not match',
      'credentials',
      /Check that the access key id/,
    ],
    [
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
      'credentials',
      /Check that the access key id/,
    ],
    [
      'IncompleteSignature',
      'Authorization header requires existence of either',
      'credentials',
      /Check that the access key id/,
    ],
    [
      'ExpiredTokenException',
      'The security token included in the request is expired',
      'expired',
      /Sign in again/,
    ],
    ['InvalidSignatureException', 'Signature expired: 20261127T101500Z', 'clock', /Set the clock/],
    [
      'AccessDeniedException',
      'User: u is not authorized to perform: bedrock:GetInferenceProfile',
      'accessDenied',
      /Allow bedrock:GetInferenceProfile/,
    ],
  ])('%s (%s): %s', async (type, message, cause, advice) => {
    const server = await start();
    const { arn } = freshProfile(server);
    const operation = 'GetInferenceProfile';
    server.fail({ kind: 'status', operation, status: 403, type, message, times: 3 });
    const { warnings } = await client(server, { maxAttempts: 1 }).resolve(arn);
    expect(warnings).toEqual([{ cause, message: expect.stringMatching(advice) }]);
    if (cause !== 'accessDenied') expect(warnings[0].message).not.toMatch(/bedrock:[A-Z]/);
  });

  test('a gateway’s 403 is no missing permission', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const gateway = http.createServer((request, response) => {
      response.writeHead(403, { 'content-type': 'text/html' }).end('<html>Forbidden</html>');
    });
    await new Promise((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    const controlEndpoint = `http://127.0.0.1:${gateway.address().port}`;
    const { warnings } = await client(server, { controlEndpoint }).resolve(arn);
    await new Promise((resolve) => gateway.close(resolve));
    expect(warnings).toEqual([
      { cause: 'refused', message: expect.stringContaining('gateway or proxy') },
    ]);
    expect(warnings[0].message).not.toContain('bedrock:Get');
  });
});

describe('lessons', () => {
  const TEXT =
    "This model doesn't support the temperature field. Remove temperature and try again.";
  const refuses = ({ body }) => body.inferenceConfig?.temperature && { error: { message: TEXT } };
  const input = (modelId) => ask('Hi', { modelId, inferenceConfig: { temperature: 0.5 } });
  const attemptsOf = async (made, modelId) =>
    (await made.converse(input(modelId))).$metadata.attempts;

  test('of one user are no other’s, unless the operator says that they are one', async () => {
    const users = [user(), user(), user(), user()];
    const unknown = await startUnknown('amazon.nova-pro-v1:0', {
      credentials: users,
      script: refuses,
    });
    const { server, arn } = unknown;
    const made = (at, more) => client(server, { credentials: keysOf(users[at]), ...more });
    expect(await attemptsOf(made(0), arn)).toBe(2);
    expect(await attemptsOf(made(0), arn)).toBe(1);
    expect(await attemptsOf(made(1), arn)).toBe(2);
    expect(await attemptsOf(made(2, { tenant: 'we' }), arn)).toBe(2);
    expect(await attemptsOf(made(3, { tenant: 'we' }), arn)).toBe(1);
  });

  test('of one gateway are no other’s', async () => {
    const credentials = user();
    const { server, arn, model } = await startUnknown('amazon.nova-pro-v1:0', {
      credentials,
      script: refuses,
    });
    const other = await start({
      credentials,
      script: refuses,
      models: { [model]: 'amazon.nova-pro-v1:0' },
    });
    expect(await attemptsOf(client(server), arn)).toBe(2);
    expect(await attemptsOf(client(other), model)).toBe(2);
  });
});

describe('clients', () => {
  test('requestTimeout of a call makes no new client and asks no provider again', async () => {
    const server = await start();
    const credentials = jest.fn(async () => server.credentials);
    const made = client(server, { credentials });
    for (let n = 0; n < 20; n += 1) await made.converse(ask(), { requestTimeout: 10_000 + n });
    expect(credentials).toHaveBeenCalledTimes(1);
  });

  test('requestTimeout of a call goes with that call alone', async () => {
    const server = await start();
    const made = client(server, { maxAttempts: 1 });
    server.fail('stall-headers');
    const error = await failure(made.converse(ask(), { requestTimeout: 50 }));
    expect(error.name).toBe('TimeoutError');
    expect((await made.converse(ask())).stopReason).toBe('end_turn');
  });

  test('with one provider tell it each its own region', async () => {
    const server = await start();
    const regions = [];
    const credentials = async ({ callerClientConfig }) => {
      regions.push(await callerClientConfig.region());
      return server.credentials;
    };
    for (const region of ['us-east-1', 'us-west-2', 'us-east-1']) {
      await client(server, { credentials, region }).converse(ask());
    }
    expect(regions).toEqual(['us-east-1', 'us-west-2']);
  });

  test('however many, each sign with their own keys', async () => {
    const users = Array.from({ length: 200 }, () => user());
    const server = await start({ credentials: users });
    process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS = JSON.stringify(
      Object.fromEntries(
        Array.from({ length: 300 }, (_, n) => [
          `arn:aws:bedrock:us-east-1:123456789123:application-inference-profile/many${n}`,
          CLAUDE_37,
        ]),
      ),
    );
    await Promise.all(
      users.map((credentials) =>
        client(server, { credentials: keysOf(credentials) }).converse(ask()),
      ),
    );
    const signed = server.requests.map(({ auth }) => auth.accessKeyId);
    expect(signed.toSorted()).toEqual(users.map(({ accessKeyId }) => accessKeyId).toSorted());
  });

  test('ten thousand with keys of their own are small, and leave when they are no longer used', async () => {
    const mappings = JSON.stringify(
      Object.fromEntries(
        Array.from({ length: 300 }, (_, n) => [
          `arn:aws:bedrock:us-east-1:123456789123:application-inference-profile/many${n}`,
          CLAUDE_37,
        ]),
      ),
    );
    const script = `
      const { BedrockProfileClient } = require('./index.js');
      const open = (n) => {
        const credentials = { accessKeyId: 'AKIA' + n, secretAccessKey: 'secret-of-' + n };
        const client = new BedrockProfileClient({ region: 'us-east-1', credentials });
        client.resolveSync(${JSON.stringify(CLAUDE_37)});
        return client;
      };
      const settled = async () => {
        for (let n = 0; n < 4; n += 1) {
          gc();
          await new Promise(setImmediate);
        }
        const { heapUsed, rss } = process.memoryUsage();
        return { heapUsed, rss };
      };
      const round = async () => {
        const before = await settled();
        let clients = Array.from({ length: 10_000 }, (_, n) => open(n));
        const during = await settled();
        clients = undefined;
        const after = await settled();
        const each = (what) => (during[what] - before[what]) / 10_000;
        return { each: [each('heapUsed'), each('rss')], left: after.heapUsed - before.heapUsed, rss: after.rss };
      };
      (async () => {
        const first = await round();
        // The process itself grows until it is warm.
        const warm = await round();
        const last = await round();
        console.log(JSON.stringify({ first, warm, last }));
      })();
    `;
    const ended = await run(script, {
      env: { BEDROCK_INFERENCE_PROFILE_MAPPINGS: mappings },
      flags: ['--expose-gc'],
      timeout: 60_000,
    });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const { first, warm, last } = JSON.parse(ended.stdout);
    expect(first.each[0]).toBeLessThan(8 * 1024);
    expect(first.each[1]).toBeLessThan(16 * 1024);
    expect(last.left).toBeLessThan(1024 * 1024);
    expect(last.rss - warm.rss).toBeLessThan(32 * 1024 * 1024);
  }, 70_000);

  test('hear of each change of the environment, also one that was taken back', async () => {
    const script = `
      const assert = require('node:assert');
      const { BedrockProfileClient } = require('./index.js');
      const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' };
      const region = () =>
        new BedrockProfileClient({ credentials }).resolveSync('anthropic.claude-sonnet-4-6').region;
      const follows = () => {
        process.env.AWS_REGION = 'eu-west-1';
        assert.equal(region(), 'eu-west-1');
        assert.equal(region(), 'eu-west-1');
        process.env.AWS_REGION = 'eu-west-2';
        assert.equal(region(), 'eu-west-2');
        process.env.BEDROCK_AWS_DEFAULT_REGION = 'eu-west-3';
        assert.equal(region(), 'eu-west-3');
        delete process.env.BEDROCK_AWS_DEFAULT_REGION;
        assert.equal(region(), 'eu-west-2');
        process.env.AWS_REGION = 'eu-west-1';
        assert.equal(region(), 'eu-west-1');
      };
      follows();
      // Whoever replaces it has a copy, and so has a worker.
      process.env = { ...process.env };
      follows();
      process.env = new Proxy(process.env, {
        get: (env, name) => (name === 'AWS_REGION' ? 'ap-south-1' : env[name]),
      });
      assert.equal(region(), 'ap-south-1');
      const { Worker, isMainThread, SHARE_ENV } = require('node:worker_threads');
      const source = region + ';const credentials = ' + JSON.stringify(credentials) + ';' +
        'const { BedrockProfileClient } = require(' + JSON.stringify(require.resolve('./index.js')) + ');' +
        'const assert = require("node:assert"); const follows = ' + follows + '; follows();';
      for (const env of [undefined, SHARE_ENV]) {
        const worker = new Worker('const region = ' + source, { eval: true, env });
        worker.once('error', (error) => { console.error(error); process.exitCode = 1; });
      }
    `;
    expect(await run(script)).toMatchObject({ code: 0, stderr: '' });
  });

  test('of worker threads ask each their own provider', async () => {
    const users = Array.from({ length: 3 }, () => user());
    const server = await start({ credentials: users });
    const inWorker = (credentials) =>
      new Promise((resolve, reject) => {
        const worker = new Worker(
          `const { workerData } = require('node:worker_threads');
          const { BedrockProfileClient } = require(workerData.root);
          const { credentials, input, ...options } = workerData;
          const client = new BedrockProfileClient({
            region: options.region, endpoint: options.url, credentials: async () => credentials,
          });
          Promise.all([1, 2, 3].map(() => client.converse(input)));`,
          {
            eval: true,
            workerData: {
              root: ROOT,
              region: server.region,
              url: server.url,
              credentials,
              input: ask(),
            },
          },
        );
        worker.on('error', reject);
        worker.on('exit', resolve);
      });
    const [own, ...others] = users;
    const made = client(server, { credentials: async () => own });
    await Promise.all([made.converse(ask()), ...others.map(inWorker)]);
    const signed = (accessKeyId) =>
      inferences(server).filter(({ auth }) => auth.accessKeyId === accessKeyId).length;
    expect(users.map(({ accessKeyId }) => signed(accessKeyId))).toEqual([1, 3, 3]);
  });
});
