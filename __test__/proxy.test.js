'use strict';

/** Proxies: a real one on loopback, which the client is told of in each way there is. */

const https = require('node:https');
const { HttpsProxyAgent } = require('https-proxy-agent');
const { NodeHttpHandler } = require('@smithy/node-http-handler');

const { ask, client, collect, failure, preamble, run, start } = require('./support/bedrock');
const { selfSigned, signedBy } = require('./support/certificates');
const { startConnectProxy } = require('./support/connect-proxy');

const authority = selfSigned({ subject: '/CN=authority', san: 'keyUsage=keyCertSign' });
const tls = signedBy(authority);

const open = [];
afterEach(async () => {
  for (const proxy of open.splice(0)) await proxy.close();
});

async function startProxy(options) {
  const started = await startConnectProxy(options);
  open.push(started);
  return started;
}

const withUser = (url, user) => url.replace('//', `//${user}@`);
const hostOf = (bedrock) => new URL(bedrock.url).host;

/** Calls both operations over TLS, with the agent that LibreChat would make. */
async function throughAgent(bedrock, url, options) {
  // The authority is trusted by the environment: the agent has no ca, as LibreChat's has none.
  process.env.AWS_CA_BUNDLE = authority.file;
  const requestHandler = new NodeHttpHandler({ httpsAgent: new HttpsProxyAgent(url, options) });
  const made = client(bedrock, { requestHandler });
  await made.converse(ask());
  await collect((await made.converseStream(ask())).stream);
}

describe('a tunnel for TLS', () => {
  test('through the proxy of an HttpsProxyAgent', async () => {
    const [bedrock, through] = [await start({ tls }), await startProxy()];
    await throughAgent(bedrock, through.url);
    expect(bedrock.requests).toHaveLength(2);
    expect(through.connects.map(({ target }) => target)).toContain(hostOf(bedrock));
    expect(through.connects.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  test("with the credentials of the proxy's URL, and its headers", async () => {
    const [bedrock, through] = [
      await start({ tls }),
      await startProxy({ credentials: 'me:p@ss word' }),
    ];
    const url = withUser(through.url, 'me:p%40ss%20word');
    await throughAgent(bedrock, url, { headers: { 'x-team': 'blue' } });
    expect(bedrock.requests).toHaveLength(2);
    expect(through.connects[0].headers['x-team']).toBe('blue');
    expect(bedrock.requests[0].headers['x-team']).toBeUndefined();
    expect(bedrock.requests[0].headers['proxy-authorization']).toBeUndefined();
  });

  test('with HTTP/2 inside, where nothing forbids it', async () => {
    const [bedrock, through] = [await start({ tls }), await startProxy()];
    process.env.AWS_CA_BUNDLE = authority.file;
    const requestHandler = { httpsAgent: new HttpsProxyAgent(through.url) };
    await client(bedrock, { requestHandler }).converse(ask());
    expect(bedrock.requests[0].protocol).toBe('2');
    expect(through.connects).toHaveLength(1);
  });

  test.each([
    [{ refuse: 407 }, 'it asks for credentials (407); give them in its URL'],
    [{ refuse: 502 }, 'it answered "HTTP/1.1 502 Bad Gateway"'],
    [{ refuse: 403 }, 'it answered "HTTP/1.1 403 Forbidden"'],
  ])('a proxy that refuses (%j) is named, and asked once', async (options, text) => {
    const [bedrock, through] = [await start({ tls }), await startProxy(options)];
    const error = await failure(throughAgent(bedrock, through.url));
    expect(error.message).toContain(
      `the proxy ${through.url}/ opens no connection to ${hostOf(bedrock)}: ${text}`,
    );
    expect(error.$metadata.attempts).toBe(1);
    expect(through.connects).toHaveLength(1);
    expect(bedrock.connections).toBe(0);
  });

  test('credentials that the proxy does not accept are not shown', async () => {
    const [bedrock, through] = [
      await start({ tls }),
      await startProxy({ credentials: 'me:right' }),
    ];
    const error = await failure(throughAgent(bedrock, withUser(through.url, 'me:SECRET')));
    expect(error.message).toContain('it does not accept the credentials (407)');
    expect(`${error.message}${error.stack}`).not.toContain('SECRET');
  });

  test('a proxy that nobody listens at is named', async () => {
    const [bedrock, through] = [await start({ tls }), await startConnectProxy()];
    await through.close();
    const error = await failure(throughAgent(bedrock, through.url));
    expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect' });
    expect(error.message).toContain(`the proxy ${through.url}/ cannot be reached`);
    expect(error.$metadata.attempts).toBe(3);
  });
});

describe('a proxy of the environment', () => {
  const script = (bedrock, endpoint = bedrock.url) => `
    ${preamble(bedrock, { endpoint })}
    client.converse(input).then((answer) => console.log(answer.stopReason),
      (error) => console.log(error.message));
  `;
  /** Calls a host that only the proxy can reach: loopback never goes through one. */
  async function call(env, scheme = 'https') {
    const bedrock = await start(scheme === 'https' ? { tls } : {});
    const { port } = new URL(bedrock.url);
    const through = await startProxy();
    const values = Object.entries(env).map(([name, value]) => [
      name,
      value.replaceAll('<proxy>', through.url).replaceAll('<port>', port),
    ]);
    const ended = await run(script(bedrock, `${scheme}://bedrock.test.invalid:${port}`), {
      env: { AWS_CA_BUNDLE: authority.file, AWS_MAX_ATTEMPTS: '1', ...Object.fromEntries(values) },
    });
    return { ...ended, targets: through.connects.map(({ target }) => target), port };
  }

  test.each([
    ['PROXY', 'https'],
    ['proxy', 'https'],
    ['HTTPS_PROXY', 'https'],
    ['https_proxy', 'https'],
    ['HTTP_PROXY', 'http'],
    ['http_proxy', 'http'],
  ])('%s is used for %s', async (name, scheme) => {
    const { targets, port } = await call({ [name]: '<proxy>' }, scheme);
    const target = `bedrock.test.invalid:${port}`;
    expect(targets[0]).toContain(target);
  });

  test.each([
    ['HTTPS_PROXY', 'http', {}],
    ['NO_PROXY with the host', 'https', { NO_PROXY: 'bedrock.test.invalid' }],
    ['NO_PROXY with its domain', 'https', { NO_PROXY: 'other.org,.test.invalid' }],
    ['no_proxy with its port', 'https', { no_proxy: 'test.invalid:<port>' }],
    ['NO_PROXY with *', 'https', { NO_PROXY: '*' }],
  ])('%s: not for %s', async (_what, scheme, env) => {
    const { targets, stdout } = await call({ HTTPS_PROXY: '<proxy>', ...env }, scheme);
    expect(targets).toEqual([]);
    expect(stdout).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  test('NO_PROXY with another port lets it be', async () => {
    const env = { HTTPS_PROXY: '<proxy>', NO_PROXY: 'bedrock.test.invalid:1' };
    expect((await call(env)).targets).toHaveLength(1);
  });

  test('it is never used for loopback', async () => {
    const bedrock = await start();
    process.env.PROXY = 'http://127.0.0.1:1';
    await client(bedrock).converse(ask());
    expect(bedrock.requests).toHaveLength(1);
  });

  test.each(['socks5://me:SECRET@proxy:1080', 'http://me:SECRET@:x'])(
    'a URL of no HTTP proxy is named by its variable (%#)',
    async (url) => {
      const bedrock = await start();
      process.env.HTTPS_PROXY = url;
      process.env.PROXY = url;
      const error = await failure(client(bedrock).converse(ask()));
      expect(error.message).toBe(
        'PROXY must be the URL of an HTTP proxy such as "http://proxy.example.com:3128".',
      );
    },
  );
});

describe('without TLS', () => {
  test('the proxy passes the request itself on', async () => {
    const [bedrock, through] = [await start(), await startProxy({ credentials: 'me:secret' })];
    const url = withUser(through.url, 'me:secret');
    const httpAgent = new HttpsProxyAgent(url);
    const made = client(bedrock, { requestHandler: new NodeHttpHandler({ httpAgent }) });
    await made.converse(ask());
    await collect((await made.converseStream(ask())).stream);
    expect(bedrock.requests).toHaveLength(2);
    expect(through.connects[0].target).toMatch(`${bedrock.url}/model/`);
  });
});

describe('agents that cannot be honoured', () => {
  class Own extends https.Agent {}

  test.each([
    [
      'of a class of its own',
      () => new Own(),
      'options.requestHandler.httpsAgent is a Own, whose connections cannot be made here.',
    ],
    [
      'for SOCKS',
      () => ({ destroy() {}, proxy: { host: '127.0.0.1', port: 1080, type: 5 } }),
      'options.requestHandler.httpsAgent must be the URL of an HTTP proxy',
    ],
    [
      'with a check of its own',
      () => new https.Agent({ checkServerIdentity: () => undefined }),
      'options.requestHandler.httpsAgent has `checkServerIdentity`, which cannot be honoured.',
    ],
    [
      'with proxies of another environment',
      () => ({ proxyEnv: { HTTPS_PROXY: 'http://proxy.example.com' } }),
      'options.requestHandler.httpsAgent has a `proxyEnv` of its own',
    ],
    [
      'with TLS for the proxy itself',
      () => new HttpsProxyAgent('https://proxy.example.com', { rejectUnauthorized: false }),
      'options.requestHandler.httpsAgent has TLS options for the proxy itself',
    ],
  ])('one %s is refused', async (_what, make, text) => {
    const bedrock = await start();
    const requestHandler = { httpsAgent: make() };
    const error = await failure(client(bedrock, { requestHandler }).converse(ask()));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(text);
    expect(bedrock.connections).toBe(0);
  });
});
