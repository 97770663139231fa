'use strict';

/** The option `accounts`: who signs what concerns ARNs of other accounts. */

const { BedrockProfileClient } = require('..');
const { ask, client, failure, preamble, run, start, thrown } = require('./support/bedrock');

const OWN = '123456789012';
const OTHER = '210987654321';
const THIRD = '555555555555';
const ROLE = `arn:aws:iam::${OTHER}:role/teams/reader`;
const MODEL = 'anthropic.claude-sonnet-4-6';

const keysOf = (account) => ({
  accessKeyId: `AKIA${account}`,
  secretAccessKey: `secret-of-${account}`,
  account,
});
const bare = ({ accessKeyId, secretAccessKey }) => ({ accessKeyId, secretAccessKey });

let made = 0;
/** A profile that no other test knows, of an account. */
function profileOf(server, account, region = 'us-east-1') {
  made += 1;
  const id = `acct${process.pid.toString(36)}${made}`.padEnd(12, '0').slice(-12);
  return server.addProfile({ region, id, from: `us.${MODEL}`, account });
}

const signers = (server, operation) =>
  server.requests
    .filter((request) => operation === undefined || request.operation === operation)
    .map(({ auth }) => auth?.account);

describe('credentials of an account', () => {
  test.each([
    ['keys', (keys) => bare(keys)],
    ['a provider', (keys) => async () => bare(keys)],
  ])('%s: sign its lookups and its calls, and nothing else', async (_how, given) => {
    const [own, other] = [keysOf(OWN), keysOf(OTHER)];
    const server = await start({ credentials: [own, other] });
    const [mine, theirs] = [profileOf(server, OWN), profileOf(server, OTHER)];
    const accounts = { [OTHER]: { credentials: given(other) } };
    const one = client(server, { credentials: bare(own), accounts });
    for (const { arn } of [mine, theirs]) {
      expect(await one.resolve(arn)).toMatchObject({ model: MODEL, source: 'aws' });
      const { $metadata } = await one.converse(ask('Good day', { modelId: arn }));
      expect($metadata.profile.callId).toBe(arn);
    }
    await one.converse(ask());
    expect(signers(server, 'GetInferenceProfile')).toEqual([OWN, OTHER]);
    expect(signers(server, 'Converse')).toEqual([OWN, OTHER, OWN]);
  });

  test('an alias is signed for what it stands for', async () => {
    const [own, other] = [keysOf(OWN), keysOf(OTHER)];
    const server = await start({ credentials: [own, other] });
    const { arn } = profileOf(server, OTHER);
    const one = client(server, {
      credentials: bare(own),
      accounts: { [OTHER]: { credentials: bare(other) } },
      mappings: { theirs: arn },
    });
    await one.converse(ask('Good day', { modelId: 'theirs' }));
    expect(signers(server)).toEqual([OTHER, OTHER]);
  });

  test('without them an ARN of another account is refused, once, and the call says why', async () => {
    const own = keysOf(OWN);
    const server = await start({ credentials: own });
    const { arn } = profileOf(server, OTHER);
    const accounts = { [THIRD]: { credentials: bare(keysOf(THIRD)) } };
    const one = client(server, { credentials: bare(own), accounts, logger: { warn() {} } });
    expect((await one.resolve(arn)).warnings).toMatchObject([{ cause: 'accessDenied' }]);
    const error = await failure(one.converse(ask('Good day', { modelId: arn })));
    expect(error.name).toBe('AccessDeniedException');
    expect(signers(server)).toEqual([OWN, OWN]);
  });

  test('what the one account may not ask, the other may', async () => {
    const [own, other] = [keysOf(OWN), keysOf(OTHER)];
    const server = await start({ credentials: [own, other] });
    server.deny('bedrock:GetInferenceProfile', { account: OWN });
    const [mine, theirs] = [profileOf(server, OWN), profileOf(server, OTHER)];
    const accounts = { [OTHER]: { credentials: bare(other) } };
    const logger = { warn() {} };
    const one = client(server, { credentials: bare(own), accounts, logger });
    expect((await one.resolve(mine.arn)).model).toBeNull();
    expect((await one.resolve(theirs.arn)).model).toBe(MODEL);
  });
});

describe('a role of an account', () => {
  const options = (more) => ({ [OTHER]: { roleArn: ROLE, ...more } });

  /** Runs a script in a process whose STS is the stand-in; `arns` are there. */
  async function inProcess(server, { accounts, credentials = keysOf(OWN), script, env }) {
    const arns = [profileOf(server, OTHER).arn, profileOf(server, OTHER).arn];
    const text = `${preamble(server, { credentials: bare(credentials), accounts })}
      const arns = ${JSON.stringify(arns)};
      const ask = (modelId) => client.converse({ ...input, modelId });
      const settings = ${JSON.stringify({
        region: server.region,
        endpoint: server.url,
        credentials: bare(credentials),
        accounts,
      })};
      (async () => { ${script} })().catch((error) => console.log(error.name + ': ' + error.message));
    `;
    const ended = await run(text, { env: { AWS_ENDPOINT_URL_STS: server.url, ...env } });
    return { ...ended, arns };
  }

  test('is assumed once for lookups and calls of all clients', async () => {
    const server = await start({ credentials: keysOf(OWN), roles: [{ arn: ROLE }] });
    const ended = await inProcess(server, {
      accounts: options(),
      script: `
        await Promise.all(arns.map(ask));
        for (let n = 0; n < 3; n += 1) await new BedrockProfileClient(settings).converse({ ...input, modelId: arns[0] });
        await client.converse(input);
        console.log('done');`,
    });
    expect(ended).toMatchObject({ stdout: 'done\n', stderr: '' });
    expect(signers(server, 'AssumeRole')).toEqual([OWN]);
    expect(signers(server, 'GetInferenceProfile')).toEqual([OTHER, OTHER]);
    expect(signers(server, 'Converse')).toEqual([OTHER, OTHER, OTHER, OTHER, OTHER, OWN]);
    const [assumed] = server.requests.filter(({ operation }) => operation === 'AssumeRole');
    expect(assumed.body).toMatchObject({
      RoleArn: ROLE,
      RoleSessionName: 'bedrock-profile-client',
    });
    expect(assumed.body).not.toHaveProperty('ExternalId');
  });

  test('a provider is asked once, for the role and for the client', async () => {
    const server = await start({ credentials: keysOf(OWN), roles: [{ arn: ROLE }] });
    const ended = await inProcess(server, {
      accounts: options(),
      script: `
        let asked = 0;
        const credentials = async () => { asked += 1; return settings.credentials; };
        const one = new BedrockProfileClient({ ...settings, credentials });
        await Promise.all(arns.map((modelId) => one.converse({ ...input, modelId })));
        await one.converse(input);
        console.log(asked);`,
    });
    expect(ended).toMatchObject({ stdout: '1\n', stderr: '' });
    expect(signers(server, 'AssumeRole')).toEqual([OWN]);
  });

  test('with its external id and session name, at STS of its region', async () => {
    const role = { arn: ROLE, externalId: 'team-a:1' };
    const server = await start({ credentials: keysOf(OWN), roles: [role] });
    const more = { externalId: 'team-a:1', sessionName: 'chat@example', region: 'eu-west-1' };
    const ended = await inProcess(server, {
      accounts: options(more),
      script: 'console.log((await ask(arns[0])).stopReason);',
    });
    expect(ended.stdout).toBe('end_turn\n');
    const [assumed, , called] = server.requests;
    expect(assumed).toMatchObject({ operation: 'AssumeRole', region: 'eu-west-1' });
    expect(assumed.body).toMatchObject({ ExternalId: 'team-a:1', RoleSessionName: 'chat@example' });
    expect(called.auth.session).toMatchObject({ role: ROLE, name: 'chat@example' });
  });

  test('a session that ends is replaced', async () => {
    const server = await start({
      credentials: keysOf(OWN),
      roles: [{ arn: ROLE, seconds: 2 }],
    });
    const ended = await inProcess(server, {
      accounts: options(),
      script: `
        await ask(arns[0]);
        const until = Date.now() + 2500;
        while (Date.now() < until) await ask(arns[0]);
        console.log('done');`,
    });
    expect(ended.stdout).toBe('done\n');
    expect(signers(server, 'AssumeRole').length).toBeGreaterThan(1);
    expect(server.requests.filter(({ status }) => status !== 200)).toEqual([]);
  });

  test.each([
    ['that does not trust', [], {}, 'is not authorized to perform: sts:AssumeRole on resource: '],
    ['without its external id', [{ arn: ROLE, externalId: 'x1' }], {}, 'sts:AssumeRole'],
    ['with another external id', [{ arn: ROLE, externalId: 'x1' }], { externalId: 'x2' }, 'sts:'],
  ])('%s: the call fails with what STS said', async (_what, roles, more, said) => {
    const server = await start({ credentials: keysOf(OWN), roles });
    const ended = await inProcess(server, {
      accounts: options(more),
      script: `console.log((await client.resolve(arns[0])).warnings[0].message);
        await ask(arns[0]);`,
    });
    const [warning, error] = ended.stdout.trim().split('\n');
    expect(warning).toContain(`the role ${ROLE} cannot be assumed`);
    expect(error).toMatch(/^CredentialsProviderError: /);
    expect(error).toContain(`the role ${ROLE} cannot be assumed`);
    expect(error).toContain(said);
    expect(ended.stdout).not.toContain('secret-of-');
    // What can be called without the role goes on working.
    expect(signers(server, 'Converse')).toEqual([]);
  });

  test('is not assumed with a bearer token', async () => {
    const server = await start({ roles: [{ arn: ROLE }] });
    const ended = await inProcess(server, {
      accounts: options(),
      env: { AWS_BEARER_TOKEN_BEDROCK: server.bearerToken },
      script: 'await ask(arns[0]);',
    });
    expect(ended.stdout).toContain('a bearer token cannot assume the role');
    expect(server.requests).toEqual([]);
  });

  test('and profiles of the account are discovered with it', async () => {
    const server = await start({ credentials: keysOf(OWN), roles: [{ arn: ROLE }] });
    const ended = await inProcess(server, {
      accounts: options(),
      script: `const found = await client.discover({ types: ['APPLICATION'] }).result();
        console.log(arns.every((arn) => found.profiles.some((one) => one.arn === arn)), found.failures.length);`,
    });
    expect(ended.stdout).toBe('true 0\n');
  });
});

describe('bad input', () => {
  const keys = { accessKeyId: 'AKIA', secretAccessKey: 'SECRET' };
  test.each([
    ['no object', [], 'options.accounts must be an object of { roleArn } or { credentials }'],
    ['no account', { me: { credentials: keys } }, 'accounts["me"]: an account id has 12 digits'],
    [
      'nothing said',
      { [OTHER]: {} },
      `accounts["${OTHER}"] must have one of roleArn and credentials`,
    ],
    ['no object within', { [OTHER]: ROLE }, 'must be { roleArn } or { credentials }, not a string'],
    ['both', { [OTHER]: { roleArn: ROLE, credentials: keys } }, 'one of roleArn and credentials'],
    [
      'no role',
      { [OTHER]: { roleArn: 'reader' } },
      '.roleArn must be the ARN of a role, not another',
    ],
    [
      'a user',
      { [OTHER]: { roleArn: `arn:aws:iam::${OTHER}:user/x` } },
      '.roleArn must be the ARN',
    ],
    ['a role of another', { [OWN]: { roleArn: ROLE } }, `.roleArn is a role of account ${OTHER}`],
    ['a misspelling', { [OTHER]: { roleArn: ROLE, externalID: 'a' } }, '.externalID means nothing'],
    [
      'half a key',
      { [OTHER]: { credentials: { accessKeyId: 'AKIA' } } },
      '.credentials must be an',
    ],
    [
      'an external id',
      { [OTHER]: { roleArn: ROLE, externalId: 'ü' } },
      '.externalId must be a text',
    ],
    [
      'a session',
      { [OTHER]: { roleArn: ROLE, sessionName: 'a b' } },
      '.sessionName must be a text',
    ],
    [
      'a region',
      { [OTHER]: { roleArn: ROLE, region: 'Ohio' } },
      '.region must be the region of STS',
    ],
    ['undefined', { [OTHER]: undefined }, 'must be { roleArn } or { credentials }, not undefined'],
  ])('%s', (_what, accounts, text) => {
    const error = thrown(() => new BedrockProfileClient({ accounts }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(text);
    expect(error.message).not.toContain('SECRET');
  });
});
