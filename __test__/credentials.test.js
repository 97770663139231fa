'use strict';

/** Who signs: keys, bearer tokens, providers, LibreChat's variables, and what each error says. */

const { ask, client, failure, start } = require('./support/bedrock');

describe('who signs', () => {
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
