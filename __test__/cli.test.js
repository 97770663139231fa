'use strict';

/** The command line: `bedrock-profile-client`. */

const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Readable } = require('node:stream');
const { gzipSync } = require('node:zlib');
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
  [['--help'], 0, /Commands:\n {2}doctor/, /^$/],
  [['local', '--help'], 0, /--pace <ms>/, /^$/],
  [['librechat', 'patch', '--help'], 0, /--undo/, /^$/],
  [['ui', '--help'], 0, /one-time|once/, /^$/],
  [['ui', '--port', '70000'], 2, /^$/, /--port must be a whole number from 0 to 65535/],
  [['ui', '--port', 'x'], 2, /^$/, /--port must be a whole number/],
  [[], 2, /^$/, /Usage:/],
  [['lokal'], 2, /^$/, /unknown command 'lokal'\n\(Did you mean local\?\)/],
  [['--port'], 2, /^$/, /unknown option '--port'/],
  [['constructor'], 2, /^$/, /unknown command 'constructor'/],
  [['local', '--prot', '1'], 2, /^$/, /unknown option '--prot'\n\(Did you mean --port\?\)/],
  [['local', 'x'], 2, /^$/, /too many arguments/],
  [['resolve'], 2, /^$/, /missing required argument 'id'/],
  [['resolve', ''], 1, /^$/, /id/],
  [['local', '--port', '-1'], 2, /^$/, /--port/],
  [['local', '--port', 'x'], 2, /^$/, /--port must be a whole number, not "x"/],
  [['local', '--port', '70000'], 2, /^$/, /port must be a whole number from 0 to 65535/],
  [['local', '--pace', '1.5'], 2, /^$/, /--pace must be a whole number/],
  [['local', '--fault', 'boom'], 2, /^$/, /unknown kind "boom"/],
  [['discover', '--format', 'xml'], 2, /^$/, /--format must be one of table, env, yaml, json/],
  [['chat', 'x', '--thinking', '-'], 2, /^$/, /--thinking must be a number of tokens or an effort/],
  [
    ['chat', 'x', '--max-tokens', '0'],
    2,
    /^$/,
    /--max-tokens must be a whole number of at least 1/,
  ],
  [['explain', '/no/such/file'], 2, /^$/, /\/no\/such\/file cannot be read \(ENOENT\)/],
  [
    ['doctor', '--env-file', '/no/such/file'],
    2,
    /^$/,
    /--env-file \/no\/such\/file cannot be read/,
  ],
  [['doctor', '--endpoint', 'nowhere'], 2, /^$/, /options\.endpoint must be a URL/],
  [['completion', 'csh'], 2, /^$/, /there are scripts for bash, zsh, fish, not for "csh"/],
])('%j', async (argv, code, stdout, stderr) => {
  const streams = io();
  expect(await main(argv, streams)).toBe(code);
  expect(streams.stdout.text).toMatch(stdout);
  expect(streams.stderr.text).toMatch(stderr);
});

test('every command has a help with its options, and all but models an example', async () => {
  const streams = io();
  await main(['--help'], streams);
  const names = [...streams.stdout.text.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
  expect(names).toEqual([
    ...['doctor', 'resolve', 'capabilities', 'explain', 'models', 'discover', 'cost'],
    ...['chat', 'librechat', 'local', 'ui', 'completion'],
  ]);
  for (const name of names) {
    const one = io();
    const words = name === 'librechat' ? [name, 'patch'] : [name];
    expect(await main([...words, '--help'], one)).toBe(0);
    expect(one.stdout.text).toContain('Options:');
    if (name !== 'models') expect(one.stdout.text).toMatch(/Examples?:\n {2}\$ /);
  }
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

describe('against the stand-in', () => {
  const SONNET = 'anthropic.claude-sonnet-4-6';
  let server;
  let arn;
  const before = { ...process.env };
  beforeEach(async () => {
    server = await startLocalBedrock({ pace: 0 });
    ({ arn } = server.profiles.find(({ model }) => model === SONNET));
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: server.url,
      AWS_ENDPOINT_URL_BEDROCK: server.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
    });
  });
  afterEach(async () => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
    await server.close();
  });
  const run = async (argv, more = {}) => {
    const streams = { ...io(), ...more };
    const code = await main(argv, streams);
    return { code, out: streams.stdout.text, err: streams.stderr.text };
  };
  const file = (text) => {
    const name = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'cli-')), 'input.json');
    fs.writeFileSync(name, text);
    return name;
  };

  test('resolve', async () => {
    const told = await run(['resolve', arn]);
    expect(told).toMatchObject({ code: 0, err: '' });
    expect(told.out).toMatch(/model +anthropic\.claude-sonnet-4-6\n/);
    const { code, out } = await run(['resolve', '--json', arn]);
    expect([code, JSON.parse(out).model]).toEqual([0, SONNET]);
  });

  test('resolve of what nobody knows ends with 1', async () => {
    const unknown = arn.replace(/[^/]+$/, 'nosuchprofil');
    const { code, out } = await run(['resolve', unknown]);
    expect(code).toBe(1);
    expect(out).toMatch(/model +not known/);
    expect(out).toMatch(/warning .*AWS does not know it/);
  });

  test('capabilities', async () => {
    const { code, out } = await run(['capabilities', arn]);
    expect(code).toBe(0);
    expect(out).toMatch(/reasoning\.supported +true +catalog\n/);
    const json = await run(['capabilities', '--json', arn]);
    expect(JSON.parse(json.out).model).toBe(SONNET);
  });

  const input = { messages: [{ role: 'user', content: [{ text: 'Hi' }] }] };

  test('explain shows what is changed', async () => {
    const name = file(
      JSON.stringify({ ...input, modelId: arn, inferenceConfig: { temperature: 1, topP: 0.9 } }),
    );
    const { code, out } = await run(['explain', name, '--stream']);
    expect(code).toBe(0);
    expect(out).toMatch(/drop inferenceConfig\.topP \(S1\)/);
    expect(out).toMatch(/POST http.*converse-stream/);
    const json = await run(['explain', name, '--json', '--gating', 'off']);
    expect(JSON.parse(json.out).changes).toEqual([]);
  });

  test.each([
    ['{\n  "modelId": "x",\n  oops\n}', 'line 3, column 3'],
    ['{"a": [1, 2}', 'line 1, column 12'],
    ['{"a": "b', 'line 1, column 9'],
    ['', 'line 1, column 1'],
    ['nul', 'line 1, column 4'],
    ['{"a":1} x', 'line 1, column 9'],
  ])('explain tells where %j is no JSON', async (text, place) => {
    const { code, err } = await run(['explain', file(text)]);
    expect([code, err]).toEqual([2, expect.stringContaining(`is not JSON: ${place}.`)]);
  });

  test('explain of an input that is none', async () => {
    const { code, err } = await run(['explain', file('[]')]);
    expect(code).toBe(1);
    expect(err).toMatch(/^bedrock-profile-client: ValidationException: /);
  });

  test('discover', async () => {
    const { code, out } = await run(['discover']);
    expect(code).toBe(0);
    expect(out).toMatch(/^name +type +region +model +arn\n/);
    expect(out).toContain(arn);
    expect((await run(['discover', '--format', 'env'])).out).toMatch(/^BEDROCK_AWS_MODELS=/);
    expect((await run(['discover', '--format', 'yaml'])).out).toMatch(/^endpoints:/);
    expect(JSON.parse((await run(['discover', '--json'])).out).profiles.length).toBeGreaterThan(1);
  });

  test('discover tells what was denied, and ends with 1', async () => {
    server.deny('bedrock:ListTagsForResource');
    const { code, err } = await run(['discover']);
    expect([code, err]).toEqual([1, expect.stringContaining('bedrock:ListTagsForResource')]);
  });

  test('models', async () => {
    expect(await run(['models'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('BEDROCK_AWS_MODELS'),
    });
    process.env.BEDROCK_AWS_MODELS = `${arn},amazon.nova-lite-v1:0`;
    const { code, out } = await run(['models']);
    expect(code).toBe(0);
    expect(out).toMatch(/application-inference-profile\/\S+ +anthropic\.claude-sonnet-4-6 /);
    const all = await run(['models', '--all']);
    expect(all.out.split('\n').length).toBeGreaterThan(50);
  });

  test('a .env file gives what the environment does not', async () => {
    delete process.env.AWS_REGION;
    const name = file(
      `AWS_REGION=eu-west-1\nAWS_ACCESS_KEY_ID=other\nBEDROCK_INFERENCE_PROFILE_MAPPINGS='{\n"a": "${SONNET}" }'\n`,
    );
    const { out } = await run(['resolve', '--json', 'a', '--env-file', name]);
    expect(JSON.parse(out)).toMatchObject({ model: SONNET, region: 'eu-west-1' });
    expect(process.env.AWS_ACCESS_KEY_ID).toBe(server.credentials.accessKeyId);
  });

  const chatting = (lines, words = []) =>
    run(['chat', arn, ...words], { stdin: Readable.from(lines.map((line) => `${line}\n`)) });

  test('chat keeps the conversation, and shows thinking and usage', async () => {
    await server.close();
    server = await startLocalBedrock({
      pace: 0,
      script: () => ({ reasoning: 'Let me see.', signature: 'c2ln', text: 'Good \u001b[31mday' }),
    });
    process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME = server.url;
    process.env.AWS_ENDPOINT_URL_BEDROCK = server.url;
    const { code, out, err } = await chatting(
      ['Hello', '', 'Again', '/quit', 'never'],
      ['--thinking', '2048', '--system', 'Be brief'],
    );
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^Let me see\.\n\nGood \?\[31mday\n\[\d+ tokens in, \d+ out, [\d.]+ s\]\n/);
    const sent = server.requests.filter(({ operation }) => operation === 'ConverseStream');
    expect(sent).toHaveLength(2);
    expect(sent[1].body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(sent[1].body.messages[1].content).toEqual([
      { reasoningContent: { reasoningText: { text: 'Let me see.', signature: 'c2ln' } } },
      { text: 'Good \u001b[31mday' },
    ]);
    expect(sent[1].body.system).toEqual([{ text: 'Be brief' }]);
    expect(sent[1].body.additionalModelRequestFields.thinking).toBeDefined();
  });

  test('chat goes on after an error, and ends with 1 where the last turn failed', async () => {
    process.env.AWS_MAX_ATTEMPTS = '1';
    server.fail('throttle');
    const { code, out, err } = await chatting(['Hello', 'Again']);
    expect(code).toBe(0);
    expect(err).toMatch(/^ThrottlingException: Too many requests.*\nThe account calls/);
    expect(out).toMatch(/tokens in/);
    server.fail('throttle');
    expect((await chatting(['Hello'])).code).toBe(1);
  });

  test("AWS's errors are a line with what helps, and exit code 1", async () => {
    delete process.env.AWS_REGION;
    const name = file(JSON.stringify({ ...input, modelId: 'amazon.nova-lite-v1:0' }));
    process.env.AWS_EC2_METADATA_DISABLED = 'true';
    process.env.AWS_CONFIG_FILE = '/dev/null';
    const { code, err } = await run(['explain', name]);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^bedrock-profile-client: ValidationException: Region is missing\nGive the client/,
    );
  });
});

describe('cost', () => {
  const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
  const NO_PRICE = 'mistral.mistral-7b-instruct-v0:2';
  let server;
  let where;
  const before = { ...process.env };
  beforeAll(async () => {
    server = await startLocalBedrock({
      pace: 0,
      script: () => ({
        text: 'a',
        usage: { inputTokens: 1e6, outputTokens: 1e5, totalTokens: 1.1e6 },
      }),
    });
    where = fs.mkdtempSync(path.join(os.tmpdir(), 'cost-'));
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: server.url,
      AWS_ENDPOINT_URL_BEDROCK: server.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
      BEDROCK_PROFILE_STORE: `file:${path.join(where, 'store.json')}`,
      BEDROCK_PROFILE_COSTS: 'true',
      BEDROCK_PROFILE_BUDGETS: JSON.stringify({
        limits: [
          { name: 'all', period: 'month', limit: 500 },
          { name: 'each', user: '*', period: 'day', limit: 5 },
        ],
      }),
    });
    // Another process has made the calls, as LibreChat does.
    const script = `const { BedrockProfileClient } = require(${JSON.stringify(path.join(__dirname, '..'))});
      const client = new BedrockProfileClient({ attribution: { user: 'u', plain: ['user'] } });
      const ask = (modelId) => client.converse({ modelId, messages: [{ role: 'user', content: [{ text: 'x' }] }] });
      (async () => { await ask('${HAIKU}'); await ask('${HAIKU}'); await ask('${NO_PRICE}'); })();`;
    const child = spawn(process.execPath, ['-e', script], {
      env: process.env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    expect(await once(child, 'close')).toEqual([0, null]);
  });
  afterAll(async () => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
    fs.rmSync(where, { recursive: true });
    await server.close();
  });

  const run = async (words) => {
    const to = io();
    const code = await main(['cost', ...words], to);
    return { code, out: to.stdout.text, err: to.stderr.text };
  };

  test('what was spent, by day, profile and model, and budgets', async () => {
    const { code, out, err } = await run([]);
    expect([code, err]).toEqual([0, '']);
    // 1 USD for a million tokens of input, 5 for output, a tenth of it, and ten percent for the geography.
    expect(out).toMatch(/^period +profile +model +calls +errors +input +output .*cost\n/);
    expect(out).toMatch(
      /\d{4}-\d\d-\d\d +\S+ +anthropic\.claude-haiku-4-5-20251001-v1:0 +2 +0 +2,000,000 +200,000 .*\$3\.30\n/,
    );
    expect(out).toMatch(/mistral\.mistral-7b-instruct-v0:2 +1 .*unknown\n/);
    expect(out).toMatch(/\$3\.30 in all, without 1 calls whose price is not known\n/);
    expect(out).toMatch(/all +\d{4}-\d\d +\$3\.30 +\$500\.00 +0 % +refuse\n/);
    expect(out).toMatch(/each +\S+ +each by itself +\$5\.00 +– +refuse\n/);
    expect(out).not.toMatch(/\$0\.00/);
  });

  test('a sum of what is known and of what is not says so', async () => {
    const { out } = await run(['--by', 'user', '--from', '2020-01-01']);
    expect(out).toMatch(/\n\S+ +3 .*\$3\.30 \+ unknown\n/);
  });

  test('as JSON and as CSV, where unknown is null and empty', async () => {
    const { out } = await run(['--json', '--by', 'model']);
    const { rows, budgets, complete } = JSON.parse(out);
    expect(complete).toBe(true);
    expect(rows.map(({ model, cost, unpricedCalls }) => [model, cost, unpricedCalls])).toEqual([
      ['anthropic.claude-haiku-4-5-20251001-v1:0', 3.3, 0],
      [NO_PRICE, null, 1],
    ]);
    expect(budgets.map(({ name, spent }) => [name, spent])).toEqual([
      ['all', 3.3],
      ['each', null],
    ]);
    const csv = await run(['--csv', '--by', 'day,model']);
    expect(csv.out.split('\n')[0]).toMatch(/^period,model,calls/);
    expect(csv.out).toContain('3.3');
  });

  test('nothing in a time is said, and hours go by themselves', async () => {
    expect((await run(['--from', '2026-01-01', '--to', '2026-01-02'])).out).toMatch(
      /^No call was counted in this time\.\n/,
    );
    expect((await run(['--resolution', 'hour'])).out).toMatch(/\d{4}-\d\d-\d\dT\d\d +/);
  });

  test.each([
    [
      ['--by', 'planet'],
      /--by must be of period, profile, model, user, team, with commas between, not "planet"/,
    ],
    [['--from', 'soon'], /--from must be a time such as 2026-11-01, not "soon"/],
    [['--resolution', 'week'], /--resolution must be one of minute, hour, day/],
    [['--resolution', 'hour', '--by', 'day'], /contradict each other/],
    [['--resolution', 'hour', '--by', 'user'], /query\.by must be an array of/],
    [['--json', '--csv'], /contradict each other/],
  ])('%j is misuse', async (words, text) => {
    const { code, out, err } = await run(words);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(text);
  });

  test('where nothing is counted it says how to', async () => {
    const { BEDROCK_PROFILE_COSTS, BEDROCK_PROFILE_BUDGETS } = process.env;
    delete process.env.BEDROCK_PROFILE_BUDGETS;
    delete process.env.BEDROCK_PROFILE_COSTS;
    const { code, err } = await run([]);
    Object.assign(process.env, { BEDROCK_PROFILE_COSTS, BEDROCK_PROFILE_BUDGETS });
    expect(code).toBe(2);
    expect(err).toMatch(/nothing is counted: set BEDROCK_PROFILE_COSTS=true/);
  });
});

describe('in a terminal', () => {
  const { Progress, styles, wantsColour } = require('../lib/cli/terminal.js');

  test.each([
    [{ isTTY: true }, {}, true],
    [{ isTTY: false }, {}, false],
    [{ isTTY: true }, { NO_COLOR: '1' }, false],
    [{ isTTY: true }, { NO_COLOR: '' }, true],
    [{ isTTY: true }, { TERM: 'dumb' }, false],
    [{ isTTY: false }, { FORCE_COLOR: '1' }, true],
    [{ isTTY: true }, { FORCE_COLOR: '0' }, false],
    [{ isTTY: true }, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ])('%j with %j has colours: %s', (stream, env, wanted) => {
    expect(wantsColour(stream, env)).toBe(wanted);
  });

  test('without colours a style changes nothing', () => {
    expect(styles({}).red('a')).toBe('a');
  });

  test.each([true, false])('progress is shown after a second (terminal: %s)', (isTTY) => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    try {
      let Timed;
      jest.isolateModules(() => {
        jest.doMock('node:timers', () => globalThis);
        ({ Progress: Timed } = require('../lib/cli/terminal.js'));
      });
      const sink = Object.assign(new Sink(), { isTTY, columns: 40 });
      const progress = new Timed(sink);
      progress.on('Asking AWS');
      jest.advanceTimersByTime(900);
      expect(sink.text).toBe('');
      jest.advanceTimersByTime(200);
      expect(sink.text).toContain('Asking AWS');
      progress.done();
      expect(sink.text.endsWith(isTTY ? '\r\u001b[K' : 'Asking AWS …\n')).toBe(true);
    } finally {
      jest.useRealTimers();
      jest.dontMock('node:timers');
    }
    expect(Progress).toBeDefined();
  });
});

describe('completion', () => {
  const script = async (shell) => {
    const streams = io();
    await main(['completion', shell], streams);
    return streams.stdout.text;
  };

  test.each([
    [['res'], ['resolve']],
    [['librechat', 'pa'], ['patch']],
    [['librechat', 'patch', '--un'], ['--undo']],
    [['doctor', '--no'], ['--no-calls']],
    [['resolve', 'an-id', '--js'], ['--json']],
  ])('bash completes %j to %j', async (words, expected) => {
    const typed = ['bedrock-profile-client', ...words].map((word) => `'${word}'`).join(' ');
    const program = `${await script('bash')}
COMP_WORDS=(${typed}); COMP_CWORD=${words.length}
_bedrock_profile_client
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', program], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toEqual(expected);
  });

  test('fish and zsh have every command', async () => {
    for (const shell of ['fish', 'zsh']) {
      for (const name of ['doctor', 'resolve', 'patch', 'local']) {
        expect(await script(shell)).toContain(name);
      }
    }
  });
});

test('require() of the package, and of its parts, loads nothing of the command line', () => {
  const program = `for (const part of ['.', './librechat', './register', './local']) require('bedrock-profile-client' + part.slice(1));
    new (require('bedrock-profile-client').BedrockProfileClient)({ region: 'us-east-1' }).resolveSync('a.b');
    console.log(Object.keys(require.cache).filter((file) => /commander|[\\\\/]lib[\\\\/](cli[.\\\\/]|doctor)/.test(file)).join());`;
  const { stdout } = spawnSync(process.execPath, ['-e', program], {
    cwd: path.join(__dirname, '..'),
    encoding: 'utf8',
  });
  expect(stdout.trim().split('\n').at(-1)).toBe('');
});

test('the package is as large as docs/cli.md says', () => {
  const root = path.join(__dirname, '..');
  const words = ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error'];
  const { stdout } = spawnSync('npm', words, {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  const [{ files }] = JSON.parse(stdout);
  const isApart = (name) => name.endsWith('.node') || name.startsWith('admin/dist/');
  const own = files.filter(({ path: name }) => !isApart(name));
  const sizes = (list) => list.reduce((sum, { size }) => sum + size, 0);
  const packed = own.reduce(
    (sum, { path: name }) => sum + gzipSync(fs.readFileSync(path.join(root, name))).length,
    0,
  );
  const commander = own.filter(({ path: name }) => name.startsWith('node_modules/commander/'));
  expect(commander.length).toBeGreaterThan(3);
  const page = fs.readFileSync(path.join(root, 'docs', 'cli.md'), 'utf8');
  const most = (what) =>
    Number(new RegExp(`${what} +\\| +([\\d,]+) kB`).exec(page)[1].replace(',', '')) * 1000;
  expect(packed).toBeLessThan(most('packed'));
  expect(packed).toBeGreaterThan(most('packed') * 0.6);
  expect(sizes(own)).toBeLessThan(most('installed'));
  expect(sizes(own)).toBeGreaterThan(most('installed') * 0.6);
  expect(sizes(commander)).toBeLessThan(most('of which commander'));
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
