'use strict';

/**
 * `doctor` and the causes of the table of hints: every text that was seen of the service, and every fault on
 * the way to it, over TLS too, is the one thing that the report names.
 */

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');

const { hintTable } = require('../native.js');
const { start, startBare } = require('./support/bedrock');
const { selfSigned, signedBy } = require('./support/certificates');
const { startConnectProxy } = require('./support/connect-proxy');

const SEEN = require('../core/tests/fixtures/hints.json');

const ROOT = path.join(__dirname, '..');
const CLI = path.join(ROOT, 'lib', 'cli.js');
const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';

/** The environment that leads to a server. */
const leading = (url, server) => ({
  PATH: process.env.PATH,
  HOME: os.tmpdir(),
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
  AWS_ENDPOINT_URL_BEDROCK: url,
  AWS_ENDPOINT_URL_STS: url,
  AWS_ENDPOINT_URL_SERVICE_QUOTAS: server.url,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
  AWS_MAX_ATTEMPTS: '1',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
  BEDROCK_PROFILE_STORE: 'memory',
  BEDROCK_AWS_MODELS: HAIKU,
});

async function run(words, env) {
  const child = spawn(process.execPath, words, { env, cwd: os.tmpdir() });
  const told = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => {
      told[name] += text;
    });
  }
  const [code] = await once(child, 'close');
  return { code, ...told };
}

/** What the report names as wrong. */
const named = ({ checks }) =>
  checks.flatMap(({ id, findings }) =>
    findings
      .filter(({ status }) => status === 'warning' || status === 'failure')
      .map((finding) => ({ check: id, ...finding })),
  );

async function doctor(env) {
  const { stdout, stderr } = await run([CLI, 'doctor', '--json'], env);
  expect(stderr).not.toMatch(/^ +at /m);
  return named(JSON.parse(stdout));
}

describe('what Bedrock refuses', () => {
  let reports;
  beforeAll(async () => {
    // In one process: it is the examination that counts.
    const script = `
      const { startLocalBedrock } = require('./local-bedrock');
      const { BedrockProfileClient } = require('.');
      const { examine } = require('./lib/doctor');
      (async () => {
        const server = await startLocalBedrock({ pace: 0 });
        for (const name of ['BEDROCK', 'BEDROCK_RUNTIME', 'STS', 'SERVICE_QUOTAS']) process.env['AWS_ENDPOINT_URL_' + name] = server.url;
        const reports = [];
        for (const [, type, status, message] of require('./core/tests/fixtures/hints.json')) {
          const options = { credentials: server.credentials, region: 'us-east-1', logger: { warn() {} } };
          const client = new BedrockProfileClient(options);
          const text = /^HTTP \\d+ with a body that is not AWS's: (.*)$/.exec(message);
          const body = text && { body: text[1], headers: { 'content-type': 'text/html' } };
          server.fail({ kind: 'status', status, type, message, ...body, modelId: '${HAIKU}', times: 2 });
          reports.push(await examine({ client, options, names: ['${HAIKU}'] }));
          while (server.pendingFaults > 0) await client.converse({ modelId: '${HAIKU}', messages: [{ role: 'user', content: [{ text: 'x' }] }] }).catch(() => {});
          client.destroy();
        }
        await server.close();
        process.stdout.write(JSON.stringify(reports));
      })();`;
    const child = spawn(process.execPath, ['-e', script], {
      cwd: ROOT,
      env: {
        ...leading('http://127.0.0.1:9', { url: '', credentials: {} }),
        NODE_NO_WARNINGS: '1',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text;
    });
    expect(await once(child, 'close')).toEqual([0, null]);
    reports = JSON.parse(out);
  }, 120_000);

  test.each(SEEN.map((row, at) => [at, ...row]))('%i %s', (at, id, name, _, text) => {
    expect(named(reports[at])).toEqual([
      expect.objectContaining({ hint: id, remedy: expect.any(String) }),
    ]);
    const [finding] = named(reports[at]);
    expect(finding.text).toContain(text.replace(/\d{8}(\d{4})(?=:)/g, '…$1').slice(0, 60));
    expect(finding.text).toContain(name);
  });
});

const authority = selfSigned({ subject: '/CN=authority', san: 'keyUsage=keyCertSign' });
const good = signedBy(authority);
const servers = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** A stand-in over TLS whose certificate is trusted. */
async function secure(tls = good) {
  const server = await start({ tls });
  return {
    server,
    env: {
      ...leading(server.url, server),
      AWS_CA_BUNDLE: authority.file,
      NODE_EXTRA_CA_CERTS: authority.file,
    },
  };
}

async function proxied(options) {
  const through = await startConnectProxy(options);
  servers.push(through);
  return through.url;
}

/** A server of another kind at the endpoint: `{ url }`, reached without TLS. */
async function instead(answer) {
  const { url } = await startBare(answer);
  return url;
}

/** Loopback is reached without a proxy; this host is asked of the proxy alone. */
const FAR = { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'https://bedrock.example.com' };

const ON_THE_WAY = [
  [
    'proxy',
    'a proxy that is away',
    async ({ env }) => ({ ...env, ...FAR, HTTPS_PROXY: 'http://127.0.0.1:9' }),
  ],
  [
    'proxy',
    'a proxy that wants credentials',
    async ({ env }) => ({ ...env, ...FAR, HTTPS_PROXY: await proxied({ credentials: 'u:p' }) }),
  ],
  [
    'certificate-untrusted',
    'a certificate that nobody trusts',
    async ({ env: { AWS_CA_BUNDLE: _, NODE_EXTRA_CA_CERTS: __, ...env } }) => env,
  ],
  [
    'certificate-name',
    'a certificate for another host',
    async ({ env }) => env,
    () => signedBy(authority, { san: 'subjectAltName=DNS:elsewhere.example' }),
  ],
  [
    'certificate-expired',
    'a certificate that has expired',
    async ({ env }) => env,
    () => signedBy(authority, { days: -1 }),
  ],
  [
    'tls',
    'no TLS where it is expected',
    async ({ env }) => {
      const plain = http.createServer((_, response) => response.end());
      plain.listen(0, '127.0.0.1');
      await once(plain, 'listening');
      servers.push({ close: () => new Promise((resolve) => plain.close(resolve)) });
      return {
        ...env,
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME: `https://127.0.0.1:${plain.address().port}`,
      };
    },
  ],
  [
    'unknown-host',
    'a host that DNS does not know',
    async ({ env }) => ({
      ...env,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'https://bedrock.no-such-host.invalid',
    }),
  ],
  [
    'refused-connection',
    'nobody who listens',
    async ({ env }) => ({ ...env, AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'https://127.0.0.1:9' }),
  ],
  [
    'closed-connection',
    'a server that hangs up',
    async ({ env }) => ({
      ...env,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: await instead((request) => request.socket.destroy()),
    }),
  ],
  [
    'gateway',
    'a gateway that answers by itself',
    async ({ env }) => ({
      ...env,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: await instead((_, response) => {
        response.writeHead(502, { 'content-type': 'text/html' });
        response.end('<html>Bad gateway</html>');
      }),
    }),
  ],
  [
    'unknown-operation',
    'an UnknownOperationException in a 200',
    async ({ env, server }) => {
      server.fail({
        kind: 'html-200',
        headers: { 'content-type': 'application/json' },
        body: '{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}',
        modelId: HAIKU,
        times: 2,
      });
      return env;
    },
  ],
];

describe('what fails on the way', () => {
  test('nothing over TLS that is as it should be', async () => {
    const { env } = await secure();
    expect(await doctor(env)).toEqual([]);
  });

  test.each(ON_THE_WAY)('%s: %s', async (...row) => {
    const [id, , break_, tls] = row;
    const made = await secure(tls?.());
    const found = await doctor(await break_(made));
    expect(found).toEqual([expect.objectContaining({ hint: id, remedy: expect.any(String) })]);
  });
});

test('every cause of the table is tried, here or in doctor.test.js', () => {
  const tried = new Set([...SEEN.map(([id]) => id), ...ON_THE_WAY.map(([id]) => id)]);
  const all = JSON.parse(hintTable()).map(({ id }) => id);
  expect(all.filter((id) => !tried.has(id))).toEqual([
    // What this client refuses by itself: budgets and destinations have checks of their own.
    ...['budget-exceeded', 'budget-unavailable', 'nothing-allowed'],
    // In doctor.test.js, or of the caller's options alone.
    ...['role', 'no-token', 'no-credentials'],
    // No network of a test is like that; the core's tests have them.
    ...['unreachable', 'connect-timeout', 'timeout'],
    // They follow from what is known of the call.
    ...['trusted-access', 'unknown-model'],
  ]);
});
