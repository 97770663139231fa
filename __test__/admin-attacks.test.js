'use strict';

/** Who must not get in, or not get something out, of the API of administration. */

const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const { admin, description, temporary, HEADERS, MOUNTS } = require('./support/admin');
const { SONNET, client, start } = require('./support/bedrock');
const { startAdminServer } = require('../lib/admin/server');

/** A request in which everything can be said, with its answer. */
async function raw(
  port,
  { method = 'GET', target = '/api/session', host = `127.0.0.1:${port}`, headers = {}, body } = {},
) {
  const request = http.request({
    port,
    host: '127.0.0.1',
    method,
    path: target,
    setHost: false,
    headers: { Host: host, ...headers },
  });
  request.end(body);
  const [response] = await once(request, 'response');
  let text = '';
  for await (const piece of response.setEncoding('utf8')) text += piece;
  return {
    status: response.statusCode,
    headers: response.headers,
    text,
    type: text.startsWith('{') ? JSON.parse(text).type?.split(':').at(-1) : undefined,
  };
}

const servers = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** The server of `ui`, with a session. */
async function ui(options = {}) {
  const bedrock = await start();
  const server = await startAdminServer({
    client: client(bedrock, { store: 'memory' }),
    ...options,
  });
  servers.push(server);
  const url = server.oneTimeUrl();
  const signIn = () => raw(server.port, { target: url.slice(server.url.length) });
  return { ...server, signIn };
}

const cookieOf = ({ headers }) => headers['set-cookie'][0].split(';')[0];

describe('without `authorize`', () => {
  test('nobody is let in but who opens the one-time URL, once', async () => {
    const { port, signIn, url } = await ui();
    expect(await raw(port)).toMatchObject({ status: 401, type: 'not-signed-in' });
    expect(await raw(port, { target: '/sign-in?token=guess' })).toMatchObject({
      status: 401,
      type: 'token-not-valid',
    });
    const opened = await signIn();
    expect([opened.status, opened.headers['set-cookie'][0]]).toEqual([
      303,
      expect.stringMatching(/; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/),
    ]);
    const cookie = cookieOf(opened);
    expect(await raw(port, { headers: { Cookie: cookie } })).toMatchObject({ status: 200 });
    const again = await signIn();
    expect([again.status, JSON.parse(again.text).detail]).toEqual([
      401,
      expect.stringContaining('used already'),
    ]);
    expect(await raw(port, { headers: { Cookie: `${cookie}x` } })).toMatchObject({
      status: 401,
      type: 'session-over',
    });
    const ended = await raw(port, { method: 'DELETE', headers: { Cookie: cookie, ...HEADERS } });
    expect([ended.status, ended.headers['set-cookie'][0]]).toEqual([
      204,
      expect.stringContaining('Max-Age=0'),
    ]);
    expect(await raw(port, { headers: { Cookie: cookie } })).toMatchObject({
      status: 401,
      type: 'session-over',
    });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:/);
  });

  test.each([
    ['Forwarded', 'for=127.0.0.1'],
    ['X-Forwarded-For', '127.0.0.1'],
    ['X-Forwarded-Host', 'localhost'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Anything', ''],
    ['X-Real-IP', '::1'],
    ['Via', '1.1 proxy'],
  ])('a request with %s is not of this machine', async (name, value) => {
    const { port, signIn } = await ui();
    const cookie = cookieOf(await signIn());
    expect(await raw(port, { headers: { Cookie: cookie, [name]: value } })).toMatchObject({
      status: 403,
      type: 'not-loopback',
    });
  });

  test.each([
    'evil.example',
    'evil.example:80',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '127.0.0.1@evil.example',
    '[::2]',
    '0.0.0.0',
    '10.0.0.1',
    '2130706433',
    '127.1',
    '',
    'localhost:x',
  ])('a name that was pointed here (%j) is refused', async (host) => {
    const { port, signIn } = await ui();
    const cookie = cookieOf(await signIn());
    const { status } = await raw(port, { host, headers: { Cookie: cookie } });
    expect([400, 403]).toContain(status);
    const token = await raw(port, { host, target: '/sign-in?token=x' });
    expect([400, 403]).toContain(token.status);
  });

  test.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.0.0.2', '[::1]'])(
    '%s is this machine',
    async (name) => {
      const { port, signIn } = await ui();
      const cookie = cookieOf(await signIn());
      expect(
        await raw(port, { host: `${name}:${port}`, headers: { Cookie: cookie } }),
      ).toMatchObject({ status: 200 });
    },
  );
});

describe.each(Object.keys(MOUNTS))('with %s', (mount) => {
  const evil = [
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Origin: 'http://127.0.0.1:1' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { 'X-Requested-With': 'XMLHttpRequest' },
  ];
  test.each(evil)('what another site has sent (%j) changes nothing', async (headers) => {
    const { call, file } = await admin({ mount, mappings: { a: SONNET } });
    const before = fs.readFileSync(file, 'utf8');
    for (const [method, address, body] of [
      ['PUT', '/mappings', { mappings: {} }],
      ['POST', '/try', { modelId: SONNET, prompt: 'x' }],
      ['DELETE', '/session'],
    ]) {
      const answer = await call(method, address, {
        body,
        headers: { 'If-Match': '*', ...headers },
      });
      expect([address, answer.status, answer.body?.type]).toEqual([
        address,
        403,
        expect.stringContaining('cross-site'),
      ]);
    }
    expect(fs.readFileSync(file, 'utf8')).toBe(before);
  });

  test('its own page may', async () => {
    const { call, origin } = await admin({ mount, mappings: {} });
    const headers = { Origin: origin, 'Sec-Fetch-Site': 'same-origin', 'If-Match': '*' };
    expect((await call('PATCH', '/mappings', { body: {}, headers })).status).toBe(200);
  });

  test('no other site may read, and none is told that it may', async () => {
    const { base, call } = await admin({ mount, mappings: {} });
    expect(
      (await call('GET', '/mappings', { headers: { Origin: 'https://evil.example' } })).status,
    ).toBe(403);
    const asked = await fetch(`${base}/api/mappings`, {
      method: 'OPTIONS',
      headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'PUT' },
    });
    expect(asked.status).toBeGreaterThanOrEqual(400);
    expect([...asked.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual(
      [],
    );
  });

  test('every response has the headers of security', async () => {
    const { base } = await admin({ mount, mappings: {} });
    for (const [method, address] of [
      ['GET', '/api/'],
      ['GET', '/api/nothing'],
      ['GET', '/nothing'],
      ['PUT', '/api/mappings'],
      ['GET', '/api/mappings/export'],
    ]) {
      const { headers } = await fetch(`${base}${address}`, { method });
      expect(headers.get('content-security-policy')).toMatch(
        /default-src 'none'.*frame-ancestors 'none'/,
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.has('x-powered-by')).toBe(false);
    }
  });

  test('huge bodies are refused, declared or not', async () => {
    const { base, port } = await admin({ mount, mappings: {} });
    const target = new URL(`${base}/api/discovery`).pathname;
    const headers = { ...HEADERS, 'Content-Type': 'application/json' };
    const declared = await raw(port, {
      method: 'POST',
      target,
      headers: { ...headers, 'Content-Length': 50_000_000 },
    });
    expect([declared.status, declared.type, declared.headers.connection]).toEqual([
      413,
      'too-large',
      'close',
    ]);
    const request = http.request({
      port,
      method: 'POST',
      path: target,
      headers: { ...headers, 'Transfer-Encoding': 'chunked' },
    });
    request.on('error', () => {});
    const answered = once(request, 'response');
    for (let at = 0; at < 40; at += 1) request.write(Buffer.alloc(64 * 1024, 32));
    const [response] = await answered;
    expect(response.statusCode).toBe(413);
    request.destroy();
  });

  test('slow bodies are given up', async () => {
    const { base, port } = await admin({ mount, mappings: {}, router: { bodyTimeout: 100 } });
    const target = new URL(`${base}/api/discovery`).pathname;
    const socket = net.connect(port, '127.0.0.1');
    socket.write(
      `POST ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Requested-With: bedrock-profile-client\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
    );
    let text = '';
    for await (const piece of socket) text += piece;
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('who may not is refused, whatever `authorize` does', async () => {
    for (const answer of [false, undefined, null, 0, '', {}, { actor: '' }, 1]) {
      const { call, client: made } = await admin({
        mount,
        router: { authorize: async () => answer },
      });
      expect((await call('GET', '/profiles')).status).toBe(403);
      made.destroy();
    }
    const heard = [];
    const { call } = await admin({
      mount,
      router: {
        logger: { error: (message) => heard.push(message) },
        authorize: () => {
          throw new Error('the database is away');
        },
      },
    });
    const { status, text } = await call('GET', '/profiles');
    expect([status, text.includes('database'), heard.length]).toEqual([500, false, 1]);
  });

  test('`authorize` hears what is wanted', async () => {
    const heard = [];
    const authorize = (_req, { operation, access }) => {
      heard.push([operation, access]);
      return access === 'read';
    };
    const { call } = await admin({ mount, mappings: {}, router: { authorize } });
    expect((await call('GET', '/mappings')).status).toBe(200);
    expect(
      (await call('PATCH', '/mappings', { body: {}, headers: { 'If-Match': '*' } })).status,
    ).toBe(403);
    expect((await call('POST', '/try', { body: {} })).status).toBe(403);
    expect(heard).toEqual([
      ['listMappings', 'read'],
      ['patchMappings', 'write'],
      ['tryRequest', 'try'],
    ]);
  });

  test('files of the page are served, and no others', async () => {
    const folder = temporary();
    fs.mkdirSync(path.join(folder, 'dist', 'assets'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'secret.txt'), 'not for you');
    fs.writeFileSync(path.join(folder, 'dist', 'index.html'), '<!doctype html><title>page</title>');
    fs.writeFileSync(path.join(folder, 'dist', 'assets', 'a.js'), 'export {}');
    fs.writeFileSync(path.join(folder, 'dist', 'assets', 'a.js.br'), 'brotli');
    fs.writeFileSync(path.join(folder, 'dist', 'assets', 'a.js.gz'), 'gzip');
    const { base, port } = await admin({
      mount,
      router: { pageFolder: path.join(folder, 'dist') },
    });
    const prefix = new URL(base).pathname.replace(/\/$/, '');
    const page = await raw(port, { target: `${prefix}/` });
    expect([page.status, page.text, page.headers['content-security-policy']]).toEqual([
      200,
      expect.stringContaining('page'),
      expect.stringContaining("script-src 'self'"),
    ]);
    const script = await raw(port, { target: `${prefix}/assets/a.js` });
    expect([
      script.status,
      script.headers['content-type'],
      script.headers['cache-control'],
    ]).toEqual([200, 'text/javascript; charset=utf-8', expect.stringContaining('immutable')]);
    for (const [accepted, encoding, text] of [
      ['gzip, br', 'br', 'brotli'],
      ['gzip', 'gzip', 'gzip'],
      ['br;q=0, gzip', 'gzip', 'gzip'],
      ['identity', undefined, 'export {}'],
    ]) {
      const packed = await raw(port, {
        target: `${prefix}/assets/a.js`,
        headers: { 'Accept-Encoding': accepted },
      });
      expect([packed.headers['content-encoding'], packed.text, packed.headers.vary]).toEqual([
        encoding,
        text,
        'Accept-Encoding',
      ]);
    }
    const view = await raw(port, {
      target: `${prefix}/profiles/x`,
      headers: { Accept: 'text/html' },
    });
    expect(view.text).toContain('page');
    for (const target of [
      '/../secret.txt',
      '/assets/../../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/..%5c..%5csecret.txt',
      '/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
      '/index.html%00.js',
      '//etc/passwd',
      '/assets/',
    ]) {
      const { status, text } = await raw(port, { target: prefix + target });
      expect([target, text.includes('not for you'), status >= 300]).toEqual([target, false, true]);
    }
  });
});

test('where nobody has built the page, its address says how', async () => {
  const { port, base } = await admin({ router: { pageFolder: temporary() } });
  const { pathname } = new URL(base);
  const page = await raw(port, { target: `${pathname}/`, headers: { Accept: 'text/html' } });
  expect([page.status, page.headers['content-type'], page.text]).toEqual([
    503,
    'text/plain; charset=utf-8',
    expect.stringContaining('npm run build:page'),
  ]);
});

test('keys of prototypes are keys, and nothing is polluted', async () => {
  const { call } = await admin({ mappings: {} });
  const body =
    '{"set":{"__proto__":"amazon.nova-pro-v1:0","constructor":"amazon.nova-pro-v1:0","a":{"model":"amazon.nova-pro-v1:0","__proto__":{"polluted":1}}}}';
  const answer = await call('PATCH', '/mappings', { body, headers: { 'If-Match': '*' } });
  expect({}.polluted).toBeUndefined();
  expect(Object.prototype.model).toBeUndefined();
  if (answer.status === 200) {
    const { body: page } = await call('GET', '/mappings');
    expect(page.items.map(({ key }) => key)).toEqual(['__proto__', 'a', 'constructor']);
  } else expect(answer.status).toBe(422);
});

test('no response of any route holds a secret', async () => {
  const secrets = {
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    BEDROCK_AWS_SESSION_TOKEN: 'FwoGZXIvYXdzEJr//////////wEaDsecretsession',
    REDIS_PASSWORD: 'redis-pass-phrase-1',
    CREDS_KEY: 'f34be427ebb29de8d88c107a71546019685ed8b241d8f2ed00c3df97ad2566f0',
    MY_DB: 'postgres://user:db-pass-word-77@db:5432/x',
    HTTPS_PROXY_OF_OURS: 'http://proxyuser:proxy-pass-42@proxy:3128',
  };
  Object.assign(process.env, secrets);
  const keys = {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'option-secret-access-key-0123456789',
    sessionToken: 'option-session-token-9876543210',
  };
  const bedrock = await start({ credentials: [keys] });
  const needles = [
    ...Object.values(secrets).slice(0, 4),
    'db-pass-word-77',
    'proxy-pass-42',
    ...Object.values(keys),
  ];
  const everything = needles.join(' ');
  const stuffed = {
    a: { model: 'amazon.nova-pro-v1:0', label: everything.slice(0, 190) },
    b: { model: 'amazon.nova-pro-v1:0', label: everything.slice(150, 330) },
    [needles[0].replaceAll('/', '-')]: 'amazon.nova-pro-v1:0',
  };
  const leaking = async () => {
    throw new Error(`it broke: ${everything}`);
  };
  const { call } = await admin({
    bedrock,
    mappings: stuffed,
    client: { credentials: keys },
    router: {
      metrics: { read: leaking },
      cost: {
        read: async () => ({ from: everything, to: '', currency: 'USD', groupBy: [], rows: [] }),
        budgets: leaking,
      },
      doctor: {
        run: async () => ({
          at: '',
          ok: true,
          checks: [
            {
              id: 'x',
              title: everything,
              status: 'ok',
              data: { [everything]: Buffer.from('x') },
            },
          ],
        }),
      },
      logger: { error: (message) => texts.push(message) },
    },
  });
  const texts = [];
  const bodies = {
    discover: {},
    explain: { modelId: SONNET, prompt: everything },
    tryRequest: { modelId: SONNET, prompt: everything },
    patchMappings: { set: { c: { model: 'amazon.nova-pro-v1:0', label: needles[2] } } },
    replaceMappings: { mappings: stuffed },
    importMappings: { text: `nonsense ${everything}` },
    validateMappings: { text: `{"a": ${everything}`, format: 'json' },
    diffMappings: { mappings: { x: everything } },
    replaceOverrides: { overrides: { x: { maxOutputTokens: everything } } },
    previewOverrides: { overrides: { x: { family: everything } }, id: 'x' },
    undoChange: { id: 'x' },
  };
  for (const [address, item] of Object.entries(description.paths)) {
    for (const [method, { operationId, parameters = [] }] of Object.entries(item)) {
      const query = parameters.some(
        ({ name, required, in: where }) => where === 'query' && name === 'id' && required,
      )
        ? `?id=${encodeURIComponent(everything)}`
        : '';
      const { text, headers } = await call(method.toUpperCase(), address + query, {
        body: bodies[operationId],
        headers: { 'If-Match': '*' },
        raw: true,
      });
      texts.push(`${address} ${text} ${JSON.stringify([...headers])}`);
    }
  }
  expect(texts.length).toBeGreaterThan(25);
  for (const text of texts) {
    for (const needle of needles) {
      const shown =
        text.includes(needle) ||
        text.includes(JSON.stringify(needle).slice(1, -1)) ||
        text.includes(encodeURIComponent(needle));
      expect([text.slice(0, 40), needle, shown]).toEqual([text.slice(0, 40), needle, false]);
    }
  }
  expect(texts.some((text) => text.includes('[redacted]'))).toBe(true);
});
