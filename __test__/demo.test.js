'use strict';

/** The demo's presentation, with a client that is none, and its preparations. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { play, showError } = require('../scripts/demo/show');
const { Terminal, Flow, wrap } = require('../scripts/demo/terminal');
const { inputFor, script, PROMPT } = require('../scripts/demo/scenes');
const prepare = require('../scripts/demo/prepare');
const { startLocalBedrock } = require('../local-bedrock');

class Screen {
  text = '';
  constructor(options = {}) {
    Object.assign(this, options);
  }
  write(text) {
    this.text += text;
    return true;
  }
}

const ARN = 'arn:aws:bedrock:us-west-2:123456789012:application-inference-profile/opus50coding';
const CHANGES = [
  {
    path: 'inferenceConfig.temperature',
    action: 'drop',
    from: 0.7,
    rule: 'S2',
    reason: 'This model refuses it.',
  },
  {
    path: 'additionalModelRequestFields.thinking',
    action: 'rewrite',
    from: { type: 'enabled', budget_tokens: 4096 },
    to: { type: 'adaptive' },
    rule: 'R8',
    reason: 'A budget is refused.',
  },
  {
    path: 'toolConfig',
    action: 'add',
    to: { tools: [] },
    rule: 'M1',
    reason: 'The history has tools.',
  },
];
const EVENTS = [
  { messageStart: { role: 'assistant' } },
  {
    contentBlockDelta: {
      delta: { reasoningContent: { text: 'Let me think' } },
      contentBlockIndex: 0,
    },
  },
  {
    contentBlockDelta: { delta: { reasoningContent: { signature: 'c2ln' } }, contentBlockIndex: 0 },
  },
  { contentBlockDelta: { delta: { text: 'The sky ' }, contentBlockIndex: 1 } },
  { contentBlockDelta: { delta: { text: 'is \u001b[31mblue.' }, contentBlockIndex: 1 } },
  { messageStop: { stopReason: 'end_turn' } },
  { metadata: { usage: { inputTokens: 7, outputTokens: 20, cacheReadInputTokens: 3 } } },
];

const fakeClient = (changes = CHANGES, events = EVENTS) => ({
  explain: async ({ modelId }) => ({
    resolved: {
      requestedId: modelId,
      callId: 'us.x',
      model: 'anthropic.claude-opus-5',
      region: 'us-west-2',
      source: 'aws',
    },
    changes,
  }),
  converseStream: async () => ({
    stream: (async function* each() {
      yield* events;
    })(),
  }),
});

async function scene(screen, stage = {}, env = {}) {
  let time = 0;
  const terminal = new Terminal(screen, env);
  const facts = await play(
    { title: 'A scene', note: 'A note', input: inputFor(ARN) },
    { client: fakeClient(), terminal, now: () => (time += 100), ...stage },
  );
  return { text: screen.text, facts };
}

describe('a scene', () => {
  test('shows what was asked, what became of it, and the answer', async () => {
    const { text, facts } = await scene(new Screen({ columns: 110 }));
    expect(text).toContain(ARN);
    expect(text).toContain('temperature 0.7 · topP 0.9 · top_k 40');
    expect(text).toMatch(/Resolved +anthropic\.claude-opus-5/);
    expect(text).toContain('in us-west-2, known from aws, 100 ms, called as us.x');
    expect(text).toContain('3 changes');
    expect(text).toMatch(/S2 +drop +inferenceConfig\.temperature +0\.7\n +This model refuses it\./);
    expect(text).toMatch(/R8 +rewrite +additionalModelRequestFields\.thinking +\{"type":"enabled"/);
    expect(text).toContain('Thinking\n  Let me think\nAnswer\n  The sky is [31mblue.\n');
    expect(text).toContain('7 in · 20 out · 3 from the cache · stopped by end_turn');
    expect(facts).toMatchObject({ stopReason: 'end_turn', usage: { outputTokens: 20 } });
  });

  test('is without colours where there is no terminal, or none are wanted', async () => {
    const esc = '\u001b';
    expect((await scene(new Screen({ columns: 100 }))).text).not.toContain(esc);
    expect(
      (await scene(new Screen({ columns: 100, isTTY: true }), {}, { NO_COLOR: '1' })).text,
    ).not.toContain(esc);
    const coloured = (await scene(new Screen({ columns: 100, isTTY: true }), {}, {})).text;
    expect(coloured).toContain(`${esc}[2mLet${esc}[22m`);
    // What the model says cannot colour the terminal.
    expect(coloured).not.toContain(`${esc}[31mblue`);
  });

  test.each([20, 40, 60, 80, 110, 400])('fits into %i columns', async (columns) => {
    const { text } = await scene(new Screen({ columns }));
    const width = Math.max(40, Math.min(110, columns - 1));
    expect(text.split('\n').filter((line) => line.length > width)).toEqual([]);
    expect(text.replace(/\s+/g, '')).toContain('additionalModelRequestFields.thinking');
  });

  test('says so where nothing had to be changed', async () => {
    const { text } = await scene(new Screen(), { client: fakeClient([]) });
    expect(text).toContain('nothing: the model takes the request as it stands');
  });

  test('shows what Bedrock says without gating', async () => {
    const refusal = Object.assign(new Error('`temperature` is deprecated for this model.'), {
      name: 'ValidationException',
      $metadata: { httpStatusCode: 400 },
    });
    const refused = await scene(new Screen(), {
      ungated: { converse: () => Promise.reject(refusal) },
    });
    expect(refused.text).toContain(
      '✗ 400 ValidationException: `temperature` is deprecated for this model.',
    );
    const accepted = await scene(new Screen(), { ungated: { converse: async () => ({}) } });
    expect(accepted.text).toContain('✓ accepted');
  });

  test('survives an answer without text, usage or end', async () => {
    const { text } = await scene(new Screen(), { client: fakeClient([], []) });
    expect(text).toContain('? in · ? out · stopped by nothing');
    expect(text).toContain('first token none');
  });

  test('an error shows its hint', () => {
    const screen = new Screen();
    showError(new Terminal(screen, {}), Object.assign(new Error('no'), { hint: 'allow it' }));
    expect(screen.text).toMatch(/✗ Error: no\n +allow it/);
  });
});

test('what the demo asks is refused as it stands, and its answer is its own', async () => {
  const server = await startLocalBedrock({ pace: 0, script });
  try {
    const send = async ({ modelId, ...body }) => {
      const response = await fetch(`${server.url}/model/${encodeURIComponent(modelId)}/converse`, {
        method: 'POST',
        headers: { authorization: `Bearer ${server.bearerToken}` },
        body: JSON.stringify(body),
      });
      return [response.status, await response.json()];
    };
    expect((await send(inputFor(ARN)))[0]).toBe(400);
    const asked = { modelId: ARN, messages: inputFor(ARN).messages };
    const [, plain] = await send(asked);
    expect(plain.output.message.content[0].text).toContain('opaque id');
    const [, thought] = await send({
      ...asked,
      additionalModelRequestFields: { thinking: { type: 'adaptive' } },
    });
    expect(thought.output.message.content).toHaveLength(2);
    const [, other] = await send({
      modelId: ARN,
      messages: inputFor(ARN, 'Something else').messages,
    });
    expect(other.output.message.content.at(-1).text).toContain('Something else');
    expect(PROMPT).toMatch(/\?$/);
  } finally {
    await server.close();
  }
});

describe('text', () => {
  test('wraps at spaces, and within words that are too long', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('abcdefghij kl', 4)).toEqual(['abcd', 'efgh', 'ij', 'kl']);
    expect(wrap('', 5)).toEqual(['']);
  });

  test('flows whatever its pieces are', () => {
    const whole = 'The quick brown fox\n\njumps over the lazy dog, again and again and again.';
    const flow = (size) => {
      const screen = new Screen({ columns: 41 });
      const writer = new Flow(new Terminal(screen, {}));
      for (let at = 0; at < whole.length; at += size) writer.write(whole.slice(at, at + size));
      writer.end();
      return screen.text;
    };
    expect(flow(1)).toBe(flow(1000));
    expect(flow(3)).toBe(
      '  The quick brown fox\n\n  jumps over the lazy dog, again and\n  again and again.\n',
    );
  });
});

describe('preparations', () => {
  let root;
  beforeEach(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), 'demo-'));
  });
  afterEach(() => fs.rmSync(root, { recursive: true }));

  const put = (name, content, seconds) => {
    const file = path.join(root, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    if (seconds) fs.utimesSync(file, seconds, seconds);
  };
  const lock = (packages) => ({ packages: { '': { name: 'x' }, ...packages } });

  test('packages are installed where they are missing or others', () => {
    put(
      'package-lock.json',
      lock({
        'node_modules/a': { version: '1.0.0' },
        'node_modules/b': { version: '1.0.0', optional: true },
      }),
    );
    expect(prepare.whyInstall(root)).toBe('node_modules is missing');
    put('node_modules/.package-lock.json', { packages: {} });
    expect(prepare.whyInstall(root)).toBe('a is missing');
    put('node_modules/.package-lock.json', {
      packages: { 'node_modules/a': { version: '0.9.0' } },
    });
    expect(prepare.whyInstall(root)).toBe('a is 0.9.0, not 1.0.0');
    put('node_modules/.package-lock.json', {
      packages: { 'node_modules/a': { version: '1.0.0' } },
    });
    expect(prepare.whyInstall(root)).toBeUndefined();
  });

  test('the addon is built where it is missing or older than a source', () => {
    put('src/lib.rs', '', 100);
    put('core/src/gate/mod.rs', '', 100);
    expect(prepare.whyBuild(root)).toBe('it has not been built yet');
    put('x.linux-x64-gnu.node', '', 200);
    expect(prepare.whyBuild(root)).toBe('it has not been built yet');
    put('native.js', '');
    expect(prepare.whyBuild(root)).toBeUndefined();
    put('core/src/gate/mod.rs', '', 300);
    expect(prepare.whyBuild(root)).toBe('core/src is newer than it');
  });

  test('progress is read from cargo', () => {
    expect(prepare.countCrates('[[package]]\nname = "a"\n\n[[package]]\nname = "b"\n')).toBe(2);
    expect(prepare.compiling('   Compiling aws-sdk-sts v1.2.3')).toBe('aws-sdk-sts');
    expect(prepare.compiling('    Finished dev')).toBeUndefined();
    expect(prepare.progress({ done: 213, total: 312, crate: 'aws-sdk-sts', ms: 192_000 })).toBe(
      'building 213/312  aws-sdk-sts  3m12s',
    );
    expect(prepare.progress({ done: 0, total: 312, ms: 999 })).toBe(
      'building 0/312  starting cargo  0s',
    );
  });

  test('what is missing is installed and built, and then left alone', async () => {
    put('package.json', { name: 'x', scripts: { build: 'node build.js' } });
    put('Cargo.lock', '[[package]]\n[[package]]\n');
    put(
      'build.js',
      "console.error('   Compiling a v1'); for (const n of ['native.js', 'x.node']) require('fs').writeFileSync(n, '');",
    );
    put('package-lock.json', {
      name: 'x',
      lockfileVersion: 3,
      requires: true,
      packages: { '': { name: 'x' } },
    });
    const screen = new Screen();
    await prepare.prepare(root, new Terminal(screen, {}));
    expect(screen.text).toContain('Building the addon (it has not been built yet)');
    expect(screen.text).toMatch(/Built in \d+s\./);
    put('node_modules/.package-lock.json', { packages: {} });
    const again = new Screen();
    await prepare.prepare(root, new Terminal(again, {}));
    expect(again.text).toBe('');
  }, 60_000);

  test('a build that fails shows the end of its output', async () => {
    put('package.json', { name: 'x', scripts: { build: 'node build.js' } });
    put('build.js', "console.error('error[E0308]: mismatched types'); process.exit(3);");
    const failure = await prepare.runNpm(root, ['run', 'build'], () => {}).catch((error) => error);
    expect(failure.message).toMatch(/^npm run build ended with exit code 3/);
    expect(failure.output).toContain('error[E0308]');
  }, 60_000);

  test('where cargo is missing, it is said where to get it', async () => {
    put('node_modules/.package-lock.json', { packages: {} });
    const before = process.env.PATH;
    process.env.PATH = root;
    try {
      await expect(prepare.prepare(root, new Terminal(new Screen(), {}))).rejects.toThrow(
        'https://rustup.rs',
      );
    } finally {
      process.env.PATH = before;
    }
  });

  test('options that do not exist are refused, and help helps', () => {
    const demo = path.join(__dirname, '..', 'scripts', 'demo.js');
    const wrong = spawnSync(process.execPath, [demo, '--model', 'x'], { encoding: 'utf8' });
    expect([wrong.status, wrong.stderr]).toEqual([
      2,
      expect.stringContaining("Unknown option '--model'"),
    ]);
    const help = spawnSync(process.execPath, [demo, '--help'], { encoding: 'utf8' });
    expect([help.status, help.stdout]).toEqual([0, expect.stringContaining('--arn ARN')]);
  });
});
