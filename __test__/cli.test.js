'use strict';

/** The command line: `bedrock-profile-client`. */

const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const path = require('node:path');
const { main } = require('../lib/cli');
const { startLocalBedrock } = require('../local-bedrock');

const CLI = path.join(__dirname, '..', 'lib', 'cli.js');

class Sink {
  text = '';
  write(text) {
    this.text += text;
    this.onWrite?.();
  }
  async until(pattern) {
    while (!pattern.test(this.text)) {
      await new Promise((resolve) => {
        this.onWrite = resolve;
      });
    }
    return this.text;
  }
}

const io = () => {
  const stop = new AbortController();
  return { stdout: new Sink(), stderr: new Sink(), signal: stop.signal, stop };
};

test.each([
  [['--version'], 0, /^\d+\.\d+\.\d+\n$/, /^$/],
  [['--help'], 0, /Commands:\n {2}local/, /^$/],
  [['local', '--help'], 0, /--pace MS/, /^$/],
  [['ui', '--help'], 0, /one|once/, /^$/],
  [['ui', '--port', '70000'], 2, /^$/, /--port must be a whole number from 0 to 65535/],
  [[], 2, /^$/, /Usage:/],
  [['lokal'], 2, /^$/, /unknown command lokal; commands are local/],
  [['--port'], 2, /^$/, /unknown option --port/],
  [['constructor'], 2, /^$/, /unknown command constructor/],
  [['local', '--prot', '1'], 2, /^$/, /Unknown option '--prot'/],
  [['local', 'x'], 2, /^$/, /Unexpected argument 'x'/],
  [['local', '--port', '-1'], 2, /^$/, /--port/],
  [['local', '--port', 'x'], 2, /^$/, /--port must be a whole number, not "x"/],
  [['local', '--port', '70000'], 2, /^$/, /port must be a whole number from 0 to 65535/],
  [['local', '--pace', '1.5'], 2, /^$/, /--pace must be a whole number/],
  [['local', '--fault', 'boom'], 2, /^$/, /unknown kind "boom"/],
])('%j', async (argv, code, stdout, stderr) => {
  const streams = io();
  expect(await main(argv, streams)).toBe(code);
  expect(streams.stdout.text).toMatch(stdout);
  expect(streams.stderr.text).toMatch(stderr);
});

test('local says how to reach it, logs requests, and stops', async () => {
  const streams = io();
  const ended = main(['local', '--pace', '0', '--fault', 'throttle'], streams);
  const said = await streams.stdout.until(/\n\n$/);
  const [, url] = /listens on (http:\S+)/.exec(said);
  expect(said).toContain(`export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=${url}`);
  expect(said).toContain('application-inference-profile/sonnet46team');
  const [, token] = /AWS_BEARER_TOKEN_BEDROCK=(\S+)/.exec(said);
  const call = (body) =>
    fetch(`${url}/model/amazon.nova-pro-v1:0/converse`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
  const request = { messages: [{ role: 'user', content: [{ text: 'hi' }] }] };
  expect((await call(request)).status).toBe(429);
  expect((await call({ ...request, inferenceConfig: { maxTokens: 99_999 } })).status).toBe(400);
  await streams.stderr.until(/refused by T1/);
  expect(streams.stderr.text).toMatch(
    /^Converse +429 +fault throttle +HTTP\/1\.1\nConverse +amazon\.nova-pro-v1:0 +400 +refused by T1/,
  );
  streams.stop.abort();
  expect(await ended).toBe(0);
  await expect(call(request)).rejects.toThrow();
});

test('a port that is taken is said', async () => {
  const server = await startLocalBedrock();
  const streams = io();
  expect(await main(['local', '--port', String(server.port)], streams)).toBe(2);
  expect(streams.stderr.text).toContain('EADDRINUSE');
  await server.close();
});

test('as a program it prints JSON, and ends on a signal', async () => {
  const child = spawn(
    process.execPath,
    [CLI, 'local', '--json', '--deny', 'bedrock:GetInferenceProfile'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  for await (const chunk of child.stdout) {
    text += chunk;
    if (text.endsWith('\n')) break;
  }
  const said = JSON.parse(text);
  expect(said.env).toMatchObject({ AWS_ENDPOINT_URL_BEDROCK: said.url, AWS_REGION: 'us-east-1' });
  const { arn } = said.profiles[0];
  const response = await fetch(`${said.url}/inference-profiles/${encodeURIComponent(arn)}`, {
    headers: { authorization: `Bearer ${said.bearerToken}` },
  });
  expect(response.status).toBe(403);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('the file can be run by its name', () => {
  const { status } = spawnSync(CLI, ['--version']);
  expect(process.platform === 'win32' || status === 0).toBe(true);
});

test('ui prints a one-time URL on its first line, serves the API, and stops', async () => {
  const streams = io();
  const ended = main(['ui', '--region', 'us-east-1'], streams);
  const said = await streams.stdout.until(/\n.*\n/);
  const [first] = said.split('\n');
  expect(first).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/sign-in\?token=[\w-]{32}$/);
  const opened = await fetch(first, { redirect: 'manual' });
  const { origin } = new URL(first);
  const headers = { cookie: opened.headers.get('set-cookie').split(';')[0] };
  const { actor } = await (await fetch(`${origin}/api/session`, { headers })).json();
  expect(actor).toBe('loopback');
  streams.stop.abort();
  expect(await ended).toBe(0);
});
