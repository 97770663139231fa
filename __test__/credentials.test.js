'use strict';

/** Credentials and signing: keys, bearer tokens, providers, LibreChat's variables, and what each error says. */

const { ConverseCommand } = require('@aws-sdk/client-bedrock-runtime');
const { ask, awsClient, client, failure, start } = require('./support/bedrock');

describe('credentials and signing', () => {
  test('a bearer token of the environment wins over keys', async () => {
    const server = await start();
    process.env.AWS_BEARER_TOKEN_BEDROCK = server.bearerToken;
    await client(server).converse(ask());
    expect(server.requests[0].headers.authorization).toBe(`Bearer ${server.bearerToken}`);
    expect(server.requests[0].auth).toMatchObject({ kind: 'bearer' });
  });

  test('an empty token is none', async () => {
    const server = await start();
    process.env.AWS_BEARER_TOKEN_BEDROCK = '';
    await client(server).converse(ask());
    expect(server.requests[0].headers.authorization).toMatch(/^AWS4-HMAC-SHA256 /);
  });

  test.each([
    ['alone', {}],
    ['with authSchemePreference, over keys', { authSchemePreference: ['httpBearerAuth'] }],
  ])('the option token signs %s', async (_how, more) => {
    const server = await start();
    const credentials = more.authSchemePreference ? server.credentials : undefined;
    const token = { token: server.bearerToken };
    await client(server, { credentials, token, ...more }).converse(ask());
    expect(server.requests[0].headers.authorization).toBe(`Bearer ${server.bearerToken}`);
  });

  test('the option token may be a function', async () => {
    const server = await start();
    const token = async () => ({ token: server.bearerToken });
    await client(server, { credentials: undefined, token }).converse(ask());
    expect(server.requests[0].headers.authorization).toBe(`Bearer ${server.bearerToken}`);
  });

  test('a token function is asked once, however many call', async () => {
    const server = await start();
    const token = jest.fn(async () => ({ token: server.bearerToken }));
    const made = client(server, { credentials: undefined, token });
    await Promise.all([1, 2, 3, 4].map(() => made.converse(ask())));
    await client(server, { credentials: undefined, token }).converse(ask());
    expect(token).toHaveBeenCalledTimes(1);
  });

  test('a token function is asked again before the token ends', async () => {
    const server = await start({ bearerToken: ['first-token', 'second-token'] });
    const soon = () => new Date(Date.now() + 60_000);
    const token = jest
      .fn()
      .mockResolvedValueOnce({ token: 'first-token', expiration: soon() })
      .mockResolvedValueOnce({
        token: 'second-token',
        expiration: new Date(Date.now() + 3_600_000),
      });
    const made = client(server, { credentials: undefined, token });
    for (let n = 0; n < 3; n += 1) await made.converse(ask());
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer first-token',
      'Bearer second-token',
      'Bearer second-token',
    ]);
    expect(token).toHaveBeenCalledTimes(2);
  });

  test.each([
    [
      'that rejects',
      () => Promise.reject(new RangeError('the vault is locked')),
      'RangeError: the vault is locked',
    ],
    ['that gives a text', async () => 'text', "the provider's answer has no token"],
    [
      'that gives an empty token',
      async () => ({ token: '' }),
      "the provider's answer has no token",
    ],
  ])('a token function %s fails the call', async (_how, token, text) => {
    const server = await start();
    const error = await failure(
      client(server, { token, authSchemePreference: ['httpBearerAuth'] }).converse(ask()),
    );
    expect(error.name).toBe('TokenProviderError');
    expect(error.message).toContain(text);
    expect(error.hint).toContain('AWS_BEARER_TOKEN_BEDROCK');
    expect(server.requests).toHaveLength(0);
  });

  test.each([
    ['the option', { token: { token: 'of-the-option' } }, {}, 'of-the-option'],
    ['the preference for sigv4', { authSchemePreference: ['sigv4'] }, {}, undefined],
    ['no preference', { authSchemePreference: [] }, {}, undefined],
    ['nothing', {}, {}, 'of-the-environment'],
    [
      'a preference of the environment',
      {},
      { AWS_AUTH_SCHEME_PREFERENCE: 'sigv4' },
      'of-the-environment',
    ],
  ])(
    '%s goes with a token of the environment as in the AWS SDK',
    async (_what, options, env, token) => {
      const server = await start({ bearerToken: ['of-the-option', 'of-the-environment'] });
      Object.assign(process.env, { AWS_BEARER_TOKEN_BEDROCK: 'of-the-environment', ...env });
      await client(server, options).converse(ask());
      await awsClient(server, options).send(new ConverseCommand(ask()));
      const [ours, theirs] = server.requests.map(({ headers }) => headers.authorization);
      expect(ours.split('/')[0]).toBe(theirs.split('/')[0]);
      if (token) expect(ours).toBe(`Bearer ${token}`);
      else expect(ours).toMatch(/^AWS4-HMAC-SHA256 /);
    },
  );

  test("LibreChat's keys of the environment sign", async () => {
    const server = await start();
    process.env.BEDROCK_AWS_ACCESS_KEY_ID = server.credentials.accessKeyId;
    process.env.BEDROCK_AWS_SECRET_ACCESS_KEY = server.credentials.secretAccessKey;
    process.env.AWS_ACCESS_KEY_ID = 'AKIAOTHEROTHEROTHERO';
    process.env.AWS_SECRET_ACCESS_KEY = 'other';
    await client(server, { credentials: undefined }).converse(ask());
    expect(server.requests[0].headers.authorization).toContain(server.credentials.accessKeyId);
  });

  test("LibreChat's bearer token of the environment signs, before its keys", async () => {
    const server = await start();
    process.env.BEDROCK_AWS_BEARER_TOKEN = server.bearerToken;
    process.env.BEDROCK_AWS_ACCESS_KEY_ID = server.credentials.accessKeyId;
    process.env.BEDROCK_AWS_SECRET_ACCESS_KEY = server.credentials.secretAccessKey;
    await client(server, { credentials: undefined }).converse(ask());
    expect(server.requests[0].headers.authorization).toBe(`Bearer ${server.bearerToken}`);
  });

  test("LibreChat's user_provided is no key", async () => {
    const server = await start();
    process.env.BEDROCK_AWS_ACCESS_KEY_ID = 'user_provided';
    process.env.BEDROCK_AWS_SECRET_ACCESS_KEY = 'user_provided';
    process.env.AWS_ACCESS_KEY_ID = server.credentials.accessKeyId;
    process.env.AWS_SECRET_ACCESS_KEY = server.credentials.secretAccessKey;
    await client(server, { credentials: undefined }).converse(ask());
    expect(server.requests[0].headers.authorization).toContain(server.credentials.accessKeyId);
  });

  test('a session token goes along', async () => {
    const credentials = {
      accessKeyId: 'ASIALOCALBEDROCK0000',
      secretAccessKey: 'temporary-secret',
      sessionToken: 'the-session-token',
    };
    const server = await start({ credentials });
    await client(server).converse(ask());
    expect(server.requests[0].headers['x-amz-security-token']).toBe('the-session-token');
  });

  test('half a key in the environment is named', async () => {
    const server = await start();
    process.env.BEDROCK_AWS_ACCESS_KEY_ID = 'AKIAHALF';
    const error = await failure(client(server, { credentials: undefined }).converse(ask()));
    expect(error.message).toBe(
      'BEDROCK_AWS_SECRET_ACCESS_KEY is not set although the other half of the key is. Set both.',
    );
    expect(server.requests).toHaveLength(0);
  });

  test('a provider is asked once for calls at the same time', async () => {
    const server = await start();
    const credentials = jest.fn(async () => server.credentials);
    const made = client(server, { credentials });
    await Promise.all([1, 2, 3, 4].map(() => made.converse(ask())));
    await made.converse(ask());
    expect(credentials).toHaveBeenCalledTimes(1);
    expect(server.requests).toHaveLength(5);
  });

  test('a provider is asked once for all clients that have it', async () => {
    const server = await start();
    const credentials = jest.fn(async () => server.credentials);
    for (let n = 0; n < 3; n += 1) await client(server, { credentials }).converse(ask());
    expect(credentials).toHaveBeenCalledTimes(1);
  });

  test('providers of two clients are two, however alike', async () => {
    const server = await start();
    const providers = [1, 2].map(() => jest.fn(async () => server.credentials));
    for (const credentials of providers) await client(server, { credentials }).converse(ask());
    for (const provider of providers) expect(provider).toHaveBeenCalledTimes(1);
  });

  test('a provider whose keys have no end is asked once, one whose keys end soon again', async () => {
    const server = await start();
    const minutes = (count) => new Date(Date.now() + count * 60_000);
    const asked = async (...ends) => {
      const credentials = jest.fn(async () => ({
        ...server.credentials,
        expiration: ends.shift(),
      }));
      const made = client(server, { credentials });
      for (let n = 0; n < 3; n += 1) await made.converse(ask());
      return credentials.mock.calls.length;
    };
    expect(await asked(undefined, undefined, undefined)).toBe(1);
    expect(await asked(minutes(60))).toBe(1);
    expect(await asked(minutes(1), minutes(60))).toBe(2);
  });

  test('the name of what a provider rejects with is shown', async () => {
    const server = await start();
    const credentials = () =>
      Promise.reject(Object.assign(new Error('sealed'), { name: 'VaultError' }));
    const error = await failure(client(server, { credentials }).converse(ask()));
    expect(error.message).toContain('VaultError: sealed');
  });

  test('a provider whose keys have ended is asked again', async () => {
    const server = await start();
    const credentials = jest.fn(async () => ({
      ...server.credentials,
      expiration: new Date(Date.now() - 60_000),
    }));
    const made = client(server, { credentials });
    await made.converse(ask());
    await made.converse(ask());
    expect(credentials.mock.calls.length).toBeGreaterThanOrEqual(2);
  });

  test.each([
    ['that rejects', () => Promise.reject(new Error('the vault is locked')), 'the vault is locked'],
    [
      'that throws',
      () => {
        throw new Error('the vault is gone');
      },
      'the vault is gone',
    ],
    ['that gives nothing', async () => undefined, 'accessKeyId and secretAccessKey'],
    ['that gives half a key', async () => ({ accessKeyId: 'AKIA' }), 'secretAccessKey'],
    ['that gives numbers', async () => ({ accessKeyId: 1, secretAccessKey: 2 }), 'accessKeyId'],
  ])('a provider %s fails the call', async (_how, credentials, text) => {
    const server = await start();
    const error = await failure(client(server, { credentials }).converse(ask()));
    expect(error.name).toBe('CredentialsProviderError');
    expect(error.message).toContain(text);
    expect(error.hint).toContain('BEDROCK_AWS_ACCESS_KEY_ID');
    expect(server.requests).toHaveLength(0);
  });
});

describe('keys with whitespace', () => {
  const id = 'AKIALOCALBEDROCK0000';

  test.each(['\n', '\r\n', ' ', '\t'])(
    '%j around what the environment says is no part of it',
    async (end) => {
      const server = await start();
      const { accessKeyId, secretAccessKey } = server.credentials;
      process.env.BEDROCK_AWS_ACCESS_KEY_ID = accessKeyId + end;
      process.env.BEDROCK_AWS_SECRET_ACCESS_KEY = end + secretAccessKey + end;
      process.env.BEDROCK_AWS_DEFAULT_REGION = server.region + end;
      process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME = server.url + end;
      await client(server, {
        region: undefined,
        endpoint: undefined,
        credentials: undefined,
      }).converse(ask());
      // LibreChat reads the variables itself and hands them on.
      const credentials = {
        accessKeyId: process.env.BEDROCK_AWS_ACCESS_KEY_ID,
        secretAccessKey: process.env.BEDROCK_AWS_SECRET_ACCESS_KEY,
      };
      await client(server, { credentials }).converse(ask());
      await client(server, { credentials: async () => credentials }).converse(ask());
      expect(server.requests).toHaveLength(3);
    },
  );

  test.each(['AWS_BEARER_TOKEN_BEDROCK', 'BEDROCK_AWS_BEARER_TOKEN'])(
    'a line break at the end of %s is no part of it',
    async (name) => {
      const server = await start({ bearerToken: 'the-token' });
      process.env[name] = 'the-token\n';
      await client(server, { credentials: undefined }).converse(ask());
      expect(server.requests[0].headers.authorization).toBe('Bearer the-token');
    },
  );

  test.each([
    ['access key id', 'a line break', { accessKeyId: `${id}\n` }],
    ['access key id', 'a carriage return', { accessKeyId: `HIDDEN\r${id}` }],
    ['access key id', 'the character U+00E9', { accessKeyId: 'HIDDENé' }],
    ['secret access key', 'the character U+0000', { secretAccessKey: 'HIDDEN\u0000' }],
    ['secret access key', 'a space', { secretAccessKey: 'HIDDEN HIDDEN' }],
    ['session token', 'a line break', { sessionToken: 'HIDDEN\nHIDDEN' }],
  ])('%s with %s is an error that does not show it', async (what, character, wrong) => {
    const server = await start();
    const credentials = { ...server.credentials, ...wrong };
    for (const given of [credentials, async () => credentials]) {
      const error = await failure(client(server, { credentials: given }).converse(ask()));
      expect(error.name).toBe('CredentialsProviderError');
      expect(error.message).toContain(`the ${what} has ${character} at position`);
      expect(`${error.message}${error.stack}`).not.toMatch(/HIDDEN|AKIA/);
    }
    expect(server.requests).toHaveLength(0);
  });

  test('a bearer token with a character that none can have is an error that does not show it', async () => {
    const server = await start();
    for (const token of [{ token: 'HIDDEN\u0007' }, async () => ({ token: 'HIDDEN\nx' })]) {
      const made = client(server, { credentials: undefined, token });
      const error = await failure(made.converse(ask()));
      expect(error.name).toBe('TokenProviderError');
      expect(error.message).toMatch(/the bearer token has (the character U\+0007|a line break) at/);
      expect(`${error.message}${error.stack}`).not.toContain('HIDDEN');
    }
  });

  test('a space at the end of an endpoint is no part of it', async () => {
    const server = await start();
    await client(server, { endpoint: `${server.url} ` }).converse(ask());
    expect(server.requests).toHaveLength(1);
  });
});

describe('half of a surrogate pair', () => {
  const HALF = 'AK\ud83eIA';

  test('in what a provider throws comes back as it was', async () => {
    const server = await start();
    const made = client(server, { credentials: () => Promise.reject(new Error(HALF)) });
    const { name, message } = await failure(made.converse(ask()));
    expect(name).toBe('CredentialsProviderError');
    expect(message).toBe(`Could not load credentials from any providers: ${HALF}`);
  });

  test.each([
    ['keys', { credentials: { accessKeyId: HALF, secretAccessKey: 's' } }],
    ['a provider', { credentials: async () => ({ accessKeyId: HALF, secretAccessKey: 's' }) }],
    ['a token', { credentials: undefined, token: { token: HALF } }],
    ['a provider of tokens', { credentials: undefined, token: async () => ({ token: HALF }) }],
  ])('in %s is named by its place, and sent nowhere', async (_what, options) => {
    const server = await start();
    const { name, message } = await failure(client(server, options).converse(ask()));
    expect(name).toMatch(/^(Credentials|Token)ProviderError$/);
    expect(message).toMatch(/has the character U\+FFFD at position 3; it has visible ASCII only/);
    expect(server.requests).toHaveLength(0);
  });

  test('in an option makes no settings unreadable', async () => {
    const server = await start();
    const region = await failure(
      client(server, { region: HALF, endpoint: undefined }).converse(ask()),
    );
    expect(region.message).toContain('No endpoint for region');
    await client(server, { tenant: HALF, customUserAgent: HALF }).converse(ask());
  });
});
