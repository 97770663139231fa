'use strict';

/** The option `attribution`: whose cost a call is, in AWS's four ways. */

const { randomBytes } = require('node:crypto');
const { once } = require('node:events');
const net = require('node:net');
const {
  CLAUDE_37,
  SONNET,
  ask,
  client,
  collect,
  freshProfile,
  run,
  start,
  thrown,
  until,
  warnings,
} = require('./support/bedrock');

const KEY = 'a-secret-of-the-operator';
const bodies = (server) =>
  server.requests.filter(({ operation }) => /^(Converse|Invoke)/.test(operation));
const lastBody = (server) => bodies(server).at(-1).body;
const wayOf = (explained, name) => explained.attribution.find(({ way }) => way === name);

describe('requestMetadata', () => {
  test('has what the call is attributed to, people as pseudonyms that stay the same', async () => {
    const server = await start();
    const attribution = {
      user: 'mary@example.com',
      team: 'research',
      conversation: 'c1',
      key: KEY,
    };
    await client(server, { attribution }).converse(ask());
    const { requestMetadata } = lastBody(server);
    expect(requestMetadata).toMatchObject({ team: 'research' });
    expect(requestMetadata.user).toMatch(/^[\w-]{22}$/);
    expect(JSON.stringify(requestMetadata)).not.toMatch(/mary|c1/);
    await client(server, { attribution: { ...attribution, team: undefined } }).converse(ask());
    expect(lastBody(server).requestMetadata.user).toBe(requestMetadata.user);
    await client(server, { attribution: { ...attribution, key: `${KEY} 2` } }).converse(ask());
    expect(lastBody(server).requestMetadata.user).not.toBe(requestMetadata.user);
    await client(server, { attribution: { ...attribution, plain: ['user'] } }).converse(ask());
    expect(lastBody(server).requestMetadata.user).toBe('mary@example.com');
  });

  test('keeps the caller’s own pairs, in all four operations', async () => {
    const server = await start();
    const made = client(server, { attribution: { team: 'research', project: 'p1' } });
    await made.converse(ask('a', { requestMetadata: { team: 'own' } }));
    expect(lastBody(server).requestMetadata).toEqual({ team: 'own', project: 'p1' });
    const { stream } = await made.converseStream(ask());
    await collect(stream);
    expect(lastBody(server).requestMetadata).toEqual({ team: 'research', project: 'p1' });
    const body = JSON.stringify({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 10,
      messages: [{ role: 'user', content: 'Good day' }],
    });
    await made.invokeModel({ modelId: SONNET, body });
    const { headers } = bodies(server).at(-1);
    expect(JSON.parse(headers['x-amzn-bedrock-request-metadata'])).toEqual({
      team: 'research',
      project: 'p1',
    });
  });

  test('a function of the call that throws, rejects or hangs costs its value and not the call', async () => {
    const server = await start();
    const { heard, logger } = warnings();
    const attribution = {
      user: () => {
        throw new Error('no user');
      },
      team: () => Promise.reject(new Error('no team')),
      project: () => new Promise(() => {}),
      conversation: ({ operation, modelId }) => `${operation} ${modelId}`,
      plain: ['conversation'],
    };
    await client(server, { attribution, logger }).converse(ask());
    expect(lastBody(server).requestMetadata).toEqual({ conversation: `Converse ${SONNET}` });
    expect(heard.filter((text) => text.includes('options.attribution'))).toHaveLength(3);
  });

  test('is seen by listeners to `call`, as it went out', async () => {
    const server = await start();
    const calls = [];
    const made = client(server, { attribution: { user: 'mary', team: 'research', key: KEY } });
    made.on('call', (call) => calls.push(call));
    await made.converse(ask());
    expect(calls[0].attribution).toEqual(lastBody(server).requestMetadata);
  });
});

describe('a project', () => {
  test('is named beside a model and never beside an application profile', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const made = client(server, { attribution: { project: 'proj-1' } });
    await made.converse(ask());
    expect(lastBody(server).projectIdentifier).toBe('proj-1');
    await made.converse(ask('x', { modelId: arn }));
    expect(lastBody(server).projectIdentifier).toBeUndefined();
    const mapped = client(server, {
      attribution: { project: 'proj-1' },
      mappings: { chat: { model: CLAUDE_37, profiles: [arn] } },
    });
    const explained = await mapped.explain(ask('x', { modelId: 'chat' }));
    expect(wayOf(explained, 'project')).toEqual({
      way: 'project',
      applied: false,
      reason: expect.stringContaining('application inference profile'),
    });
  });

  test('can be switched off, as each way can, and `explain` says so', async () => {
    const server = await start();
    const ways = { project: false, requestMetadata: false, profile: false, sessionTags: false };
    const made = client(server, { attribution: { project: 'proj-1', team: 'a', ways } });
    const explained = await made.explain(ask());
    expect(explained.attribution.map(({ way, applied }) => [way, applied]).sort()).toEqual([
      ['profile', false],
      ['project', false],
      ['requestMetadata', false],
      ['sessionTags', false],
    ]);
    expect(explained.request.body).not.toMatch(/proj-1|requestMetadata/);
  });
});

test('the profile whose tags say it is called in place of the id', async () => {
  const server = await start();
  const [a, b] = [freshProfile(server).arn, freshProfile(server).arn];
  const profile = { team: { research: { [CLAUDE_37]: a }, sales: { [CLAUDE_37]: b } } };
  for (const [team, arn] of [
    ['research', a],
    ['sales', b],
    ['other', CLAUDE_37],
  ]) {
    const made = client(server, { attribution: { team, ways: { profile } } });
    const { $metadata } = await made.converse(ask('x', { modelId: CLAUDE_37 }));
    expect($metadata.profile).toMatchObject({ requestedId: CLAUDE_37 });
    expect(bodies(server).at(-1).modelId).toBe(arn === CLAUDE_37 ? $metadata.profile.callId : arn);
  }
});

describe('the environment', () => {
  test('says it where the options do not, and what is wrong with it is named', async () => {
    const server = await start();
    process.env.BEDROCK_PROFILE_ATTRIBUTION = JSON.stringify({ team: 'from the environment' });
    await client(server).converse(ask());
    expect(lastBody(server).requestMetadata).toEqual({ team: 'from the environment' });
    await client(server, { attribution: { team: 'option' } }).converse(ask());
    expect(lastBody(server).requestMetadata).toEqual({ team: 'option' });
    process.env.BEDROCK_PROFILE_ATTRIBUTION = '{';
    await expect(client(server).converse(ask())).rejects.toThrow(
      /^BEDROCK_PROFILE_ATTRIBUTION is no JSON/,
    );
    process.env.BEDROCK_PROFILE_ATTRIBUTION = '{"tema":"x"}';
    await expect(client(server).converse(ask())).rejects.toThrow(
      'BEDROCK_PROFILE_ATTRIBUTION.tema means nothing; there are user, team',
    );
  });
});

test.each([
  [{ tema: 'x' }, '.tema means nothing; there are user, team, project, conversation'],
  ['research', ' must be an object'],
  [{ team: 7 }, '.team must be a text'],
  [{ key: 'short' }, '.key must be a secret text of at least 16'],
  [{ plain: ['team'] }, '.plain must be an array of "user" and "conversation"'],
  [{ ways: { tags: true } }, '.ways.tags is no way'],
  [{ ways: { project: 'x' } }, '.ways.project must be a boolean'],
  [{ ways: { profile: { team: { a: 'arn' } } } }, '.ways.profile must be false, or an object'],
  [{ ways: { sessionTags: { roleArn: 'bedrock' } } }, '.roleArn must be the ARN of a role'],
  [
    { ways: { sessionTags: { roleArn: 'arn:aws:iam::123456789012:role/r', by: [] } } },
    '.by must be an array',
  ],
  [
    { ways: { sessionTags: { roleArn: 'arn:aws:iam::123456789012:role/r', durationSeconds: 1 } } },
    '.durationSeconds must be a whole number from 900 to 43200',
  ],
])('%j is refused with what would be right', (attribution, message) => {
  const error = thrown(() => client({ region: 'us-east-1' }, { attribution }));
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toContain('options.attribution');
  expect(error.message).toContain(message);
});

describe('session tags', () => {
  const OWN = '123456789012';
  const OTHER = '210987654321';
  const KEYS = { accessKeyId: 'AKIABASE000000000000', secretAccessKey: 'base-secret' };
  const ROLE = { arn: `arn:aws:iam::${OTHER}:role/bedrock`, externalId: 'ext' };
  const asks = (server) => server.requests.filter(({ operation }) => operation === 'AssumeRole');
  const signers = (server) =>
    server.requests
      .filter(({ operation }) => operation === 'Converse')
      .map(({ auth }) => auth.session?.tags ?? auth.accessKeyId ?? auth.kind);

  /** Calls as these teams, a new client for each, in a process whose STS is the stand-in. */
  async function callAs(teams, server, { credentials = KEYS, modelId, ...more } = {}) {
    const script = `
      const { BedrockProfileClient } = require('.');
      const how = ${JSON.stringify({ region: server.region, endpoint: server.url, credentials, ...more })};
      const sessionTags = ${JSON.stringify({ roleArn: ROLE.arn, externalId: ROLE.externalId })};
      (async () => {
        for (const team of ${JSON.stringify(teams)}) {
          const client = new BedrockProfileClient({ ...how, attribution: { team, ways: { sessionTags } } });
          const answer = await client.converse(${JSON.stringify(ask('Good day', modelId && { modelId }))});
          console.log(answer.stopReason);
          client.destroy();
        }
      })();`;
    return run(script, { env: { AWS_ENDPOINT_URL_STS: server.url, AWS_MAX_ATTEMPTS: '1' } });
  }

  test('calls are signed by a session per set of tags, asked for once', async () => {
    const server = await start({ credentials: KEYS, roles: [ROLE] });
    const teams = ['red', 'blue', 'red', 'red', 'blue'];
    expect(await callAs(teams, server)).toMatchObject({ code: 0, stderr: '' });
    expect(signers(server)).toEqual(teams.map((team) => ({ team })));
    expect(asks(server)).toHaveLength(2);
    expect(asks(server)[0]).toMatchObject({
      body: { RoleArn: ROLE.arn, RoleSessionName: 'red', ExternalId: 'ext' },
      auth: { accessKeyId: KEYS.accessKeyId },
    });
  });

  test('a role that cannot be taken costs the tags and not the calls, and is told once', async () => {
    const server = await start({ credentials: KEYS });
    const ended = await callAs(['red', 'red', 'red'], server);
    expect(ended).toMatchObject({ code: 0, stdout: 'end_turn\n'.repeat(3) });
    expect(ended.stderr.match(/could not be had/g)).toHaveLength(1);
    expect(ended.stderr).toContain('AccessDenied');
    expect(ended.stderr).not.toContain('base-secret');
    expect(asks(server)).toHaveLength(1);
  });

  test('STS that does not answer is waited for three seconds, by nobody after that', async () => {
    const server = await start({ credentials: KEYS, roles: [ROLE] });
    const silent = net.createServer((socket) => socket.on('error', () => {}));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const script = `
      const { BedrockProfileClient } = require('.');
      const how = ${JSON.stringify({ region: server.region, endpoint: server.url, credentials: KEYS })};
      const sessionTags = ${JSON.stringify({ roleArn: ROLE.arn })};
      const call = async (team) => {
        const began = Date.now();
        const client = new BedrockProfileClient({ ...how, attribution: { team, ways: { sessionTags } } });
        await client.converse(${JSON.stringify(ask())});
        return Date.now() - began;
      };
      (async () => {
        const first = await Promise.all([call('red'), call('blue')]);
        const second = await Promise.all([call('red'), call('green')]);
        console.log(JSON.stringify([Math.max(...first), Math.max(...second)]));
        process.exit();
      })();`;
    const env = { AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${silent.address().port}` };
    const { stdout, stderr } = await run(script, { env });
    silent.close();
    const [first, second] = JSON.parse(stdout);
    expect(first).toBeLessThan(6000);
    expect(second).toBeLessThan(1500);
    expect(stderr.match(/STS has not answered within 3 s/g)).toHaveLength(1);
    expect(signers(server)).toEqual(Array(4).fill(KEYS.accessKeyId));
  });

  test('a bearer token cannot take it, which is told once', async () => {
    const server = await start({ roles: [ROLE] });
    const token = { token: server.bearerToken };
    const more = { credentials: undefined, token, authSchemePreference: ['httpBearerAuth'] };
    const ended = await callAs(['red', 'red'], server, more);
    expect(ended).toMatchObject({ code: 0, stdout: 'end_turn\n'.repeat(2) });
    expect(ended.stderr.match(/a bearer token cannot assume the role/g)).toHaveLength(1);
    expect(asks(server)).toEqual([]);
    const attribution = { team: 'red', ways: { sessionTags: { roleArn: ROLE.arn } } };
    const explained = await client(server, { ...more, attribution }).explain(ask());
    expect(wayOf(explained, 'sessionTags')).toMatchObject({ applied: false });
  });

  describe('with the option `accounts`', () => {
    const reader = { arn: `arn:aws:iam::${OTHER}:role/reader` };
    const otherKeys = { accessKeyId: 'AKIAOTHER00000000000', secretAccessKey: 'other-secret' };
    const startBoth = () =>
      start({
        credentials: [
          { ...KEYS, account: OWN },
          { ...otherKeys, account: OTHER },
        ],
        roles: [ROLE, reader],
      });
    const profileOfOther = (server) =>
      server.addProfile({
        region: 'us-east-1',
        id: randomBytes(6).toString('hex'),
        from: `us.${CLAUDE_37}`,
        account: OTHER,
      }).arn;

    test('the role of the account is assumed with the tags', async () => {
      const server = await startBoth();
      const more = {
        accounts: { [OTHER]: { roleArn: reader.arn } },
        modelId: profileOfOther(server),
      };
      expect(await callAs(['red', 'blue'], server, more)).toMatchObject({ code: 0, stderr: '' });
      expect(signers(server)).toEqual([{ team: 'red' }, { team: 'blue' }]);
      const tagged = asks(server).filter(
        ({ body }) => body.RoleSessionName !== 'bedrock-profile-client',
      );
      expect(tagged.map(({ body }) => [body.RoleArn, body.ExternalId])).toEqual([
        [reader.arn, undefined],
        [reader.arn, undefined],
      ]);
    });

    test('credentials of the account sign without the tags, and `explain` says so', async () => {
      const server = await startBoth();
      const accounts = { [OTHER]: { credentials: otherKeys } };
      const modelId = profileOfOther(server);
      const ended = await callAs(['red'], server, { accounts, modelId });
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      expect(signers(server)).toEqual([otherKeys.accessKeyId]);
      const attribution = { team: 'red', ways: { sessionTags: { roleArn: ROLE.arn } } };
      const made = client(server, { credentials: KEYS, accounts, attribution });
      expect(wayOf(await made.explain(ask('x', { modelId })), 'sessionTags')).toEqual({
        way: 'sessionTags',
        applied: false,
        reason: 'What is called is of an account that has credentials of its own.',
      });
    });
  });
});

test('bytes that the caller changes while a function is asked go out as they were', async () => {
  const server = await start();
  const bytes = Buffer.from('the text of a document');
  const content = [
    { text: 'Read this.' },
    { document: { name: 'doc', format: 'txt', source: { bytes } } },
  ];
  const before = bytes.toString('base64');
  const attribution = { team: async () => 'red' };
  const made = client(server, { attribution });
  const called = made.converse(ask('x', { messages: [{ role: 'user', content }] }));
  bytes.fill(0);
  await called;
  expect(JSON.stringify(lastBody(server))).toContain(before);
});

describe('in LangChain', () => {
  test('user and conversation are those of the run, where LibreChat has them', async () => {
    const { RunnableLambda } = require('@langchain/core/runnables');
    require('@langchain/langgraph'); // as LibreChat's agents do, it keeps a run's configuration at hand
    const server = await start();
    const made = client(server, {
      attribution: { team: { configurable: 'user.role' }, plain: ['user', 'conversation'] },
    });
    const called = RunnableLambda.from(() => made.converse(ask()));
    const configurable = { user_id: 'u1', thread_id: 't1', user: { role: 'staff' } };
    await Promise.all([
      called.invoke('', { configurable }),
      called.invoke('', { configurable: { ...configurable, user_id: 'u2' } }),
    ]);
    await until(() => bodies(server).length === 2);
    const seen = bodies(server).map(({ body }) => body.requestMetadata);
    expect(seen.map(({ user }) => user).sort()).toEqual(['u1', 'u2']);
    expect(seen[0]).toMatchObject({ conversation: 't1', team: 'staff' });
  });
});
