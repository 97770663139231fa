'use strict';

/** `librechat patch`: what it does to code of LibreChat's shapes, and where it refuses. */

const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const parser = require('@babel/parser');

const { version } = require('../package.json');
const { UnknownCode, patch, patched, unpatch } = require('../lib/patch/initialize.js');
const { add, remove } = require('../lib/patch/manifest.js');
const { compile } = require('./support/librechat/build.js');

const root = path.join(__dirname, '..');
const support = (...parts) => path.join(__dirname, 'support', 'librechat', ...parts);
const read = (...parts) => fs.readFileSync(support(...parts), 'utf8');
const SHAPES = {
  'with a bearer token (0.8.6)': read('initialize.ts'),
  'for a proxy only (0.8.3 to 0.8.5)': read('shapes', 'only-proxy.ts'),
  'with parameters in one (0.8.7 and later)': read('shapes', 'params.ts'),
  'with bedrock-mantle': read('shapes', 'mantle.ts'),
};
const INITIALIZE = 'packages/api/src/endpoints/bedrock/initialize.ts';

const folders = [];
const folder = () => {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'librechat-patch-'));
  folders.push(made);
  return made;
};
afterAll(() => folders.forEach((made) => fs.rmSync(made, { recursive: true })));

describe.each(Object.entries(SHAPES))('a client %s', (_name, source) => {
  test('is patched, and the patch is taken back to the byte', () => {
    const changed = patch(parser, source);
    expect([patched(parser, source), patched(parser, changed)]).toEqual([false, true]);
    expect(unpatch(parser, changed)).toBe(source);
  });

  test('keeps every line that the patch has nothing to do with', () => {
    const changed = patch(parser, source).split('\n');
    const gone = source.split('\n').filter((line) => !changed.includes(line));
    expect(gone.length).toBeLessThan(9);
  });

  test('is patched whatever its indentation, its line ends and its comments are', () => {
    const other = source.replace(/^( +)/gm, '\t').replaceAll(' = await', ' /* a */ = await');
    expect(unpatch(parser, patch(parser, other))).toBe(other);
    const crlf = source.replaceAll('\n', '\r\n');
    expect(unpatch(parser, patch(parser, crlf))).toBe(crlf);
  });
});

describe('the patched shapes', () => {
  const shape = (name) => patch(parser, read('shapes', `${name}.ts`));
  let built;
  beforeAll(() => {
    const names = ['only-proxy', 'params', 'mantle'];
    built = compile({
      ...Object.fromEntries(names.map((name) => [`${name}.ts`, shape(name)])),
      'types.ts': read('shapes', 'types.ts'),
      'elsewhere.ts': read('shapes', 'elsewhere.ts'),
    });
  }, 60_000);
  afterAll(() => fs.rmSync(built, { recursive: true }));

  const ARN = 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc123def456';
  const MAPPINGS = {
    'team-a.openai.gpt-5.5': { profiles: [ARN], model: 'openai.gpt-5.5' },
    'team-a.anthropic.claude-sonnet-4-6': ARN.replace('abc', 'def'),
  };

  /** What the compiled shapes make of models, in a process of their own. */
  function settings(name, models, env = {}) {
    const script = `
      const { initializeBedrock } = require(${JSON.stringify(path.join(built, `${name}.js`))});
      const req = {};
      (async () => {
        const all = [];
        for (const model of ${JSON.stringify(models)}) {
          const made = await initializeBedrock({ req, model_parameters: { model } });
          const { client, ...rest } = made.llmConfig ?? {};
          all.push({ ...made, llmConfig: rest, client: client?.constructor.name });
        }
        console.log(JSON.stringify(all));
      })();`;
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        BEDROCK_AWS_DEFAULT_REGION: 'us-east-1',
        BEDROCK_AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
        BEDROCK_AWS_SECRET_ACCESS_KEY: 'unused',
        BEDROCK_INFERENCE_PROFILE_MAPPINGS: JSON.stringify(MAPPINGS),
        ...env,
      },
    });
    try {
      return JSON.parse(stdout);
    } catch (cause) {
      throw new Error(stderr, { cause });
    }
  }

  test.each(['only-proxy', 'params', 'mantle'])('%s: every call is this package’s', (name) => {
    const alias = 'team-a.anthropic.claude-sonnet-4-6';
    const models = [alias, 'us.amazon.nova-pro-v1:0'];
    for (const env of [{}, { PROXY: 'http://127.0.0.1:9' }]) {
      const [profile, plain] = settings(name, models, env);
      expect(profile.client).toBe('BedrockProfileClient');
      expect(profile.llmConfig).toMatchObject({ model: alias, region: 'eu-west-1' });
      expect(plain.client).toBe('BedrockProfileClient');
      expect(plain.llmConfig).toMatchObject({ model: models[1], region: 'us-east-1' });
    }
  });

  test('an alias or an ARN of OpenAI’s model goes where the model goes', () => {
    const given = ['openai.gpt-5.5', 'team-a.openai.gpt-5.5', ARN, 'openai.gpt-oss-120b-1:0'];
    const [plain, alias, arn, open] = settings('mantle', given);
    expect(plain).toMatchObject({
      endpoint: 'bedrock-mantle',
      model_parameters: { model: given[0] },
    });
    expect(plain.model_parameters.region).toBeUndefined();
    for (const made of [alias, arn]) {
      expect(made).toMatchObject({
        endpoint: 'bedrock-mantle',
        model_parameters: { model: 'openai.gpt-5.5', region: 'eu-west-1' },
      });
    }
    expect(open.endpoint).toBeUndefined();
    expect(open.client).toBe('BedrockProfileClient');
  });
});

describe('code that is not known', () => {
  const [source] = Object.values(SHAPES);
  test.each([
    ['no function', 'initializeBedrock(', 'startBedrock(', 'a function initializeBedrock'],
    [
      'another parser',
      'bedrockOutputParser(',
      'parseBedrock(',
      'bedrockOutputParser(bedrockInputParser.parse(',
    ],
    [
      'another input parser',
      'bedrockInputParser.parse(',
      'parseInput(',
      'is called with bedrockInputParser.parse',
    ],
    [
      'parameters that are made elsewhere',
      'removeNullishValues({',
      'given({',
      'an object with the request’s parameters',
    ],
    [
      'something behind the parameters',
      '...(model_parameters ?? {}),',
      '...(model_parameters ?? {}), a: 1,',
      'nothing stands behind',
    ],
    [
      'no profiles of librechat.yaml',
      /inferenceProfiles\?\.\[model\]\)/,
      'profiles?.[model])',
      'reads inferenceProfiles',
    ],
    ['another client', 'new BedrockRuntimeClient(', 'makeClient(', 'new BedrockRuntimeClient(…)'],
    [
      'two clients',
      'llmConfig.client = customClient;',
      'llmConfig.client = new BedrockRuntimeClient({});',
      'found 2 times',
    ],
    [
      'a client beside the condition',
      /if \(PROXY \|\| hasBearerToken\) \{([^]*)\n {2}\} else \{/,
      'for (;;) {$1\n  }\n  {',
      'within an `if`',
    ],
    [
      'a name that is taken',
      'const model =',
      'const inferenceProfile = 1;\n  const model =',
      'the name inferenceProfile is free',
    ],
    [
      'an import of everything',
      /import \{ BedrockRuntimeClient \}/,
      'import * as sdk',
      'one import of BedrockRuntimeClient',
    ],
  ])('%s: the place is named', (_name, from, to, sought) => {
    const other = source.replace(from, to);
    expect(other).not.toBe(source);
    let error;
    try {
      patch(parser, other);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(UnknownCode);
    expect(error.message).toContain(sought);
  });

  test('a proxy that is needed in another place than its agent', () => {
    const shape = SHAPES['for a proxy only (0.8.3 to 0.8.5)'];
    const other = shape.replace(
      'const customClient',
      'console.log(PROXY);\n    const customClient',
    );
    expect(() => patch(parser, other)).toThrow('what needs PROXY within this `if`');
  });
});

describe('the dependency', () => {
  const manifest = (names, more = '') =>
    `{\n  "name": "x",\n  "dependencies": {\n${names.map((name) => `    "${name}": "^1.0.0"`).join(',\n')}\n  }${more}\n}\n`;
  test.each([
    ['last', ['@aws-sdk/client-bedrock-runtime']],
    ['behind others of an @', ['@a/b', '@aws-sdk/client-bedrock-runtime', '@z/z']],
    ['before others', ['@aws-sdk/client-bedrock-runtime', '@z/z', 'axios', 'cors']],
  ])('stands in its place: %s', (_name, names) => {
    const text = manifest(names);
    const added = add(text, 'bedrock-profile-client', '^0.1.0');
    const keys = Object.keys(JSON.parse(added).dependencies);
    expect(keys).toEqual([...names, 'bedrock-profile-client'].sort());
    expect(add(added, 'bedrock-profile-client', '^9.0.0')).toBe(added);
    expect(remove(added, 'bedrock-profile-client')).toBe(text);
    const crlf = text.replaceAll('\n', '\r\n');
    expect(add(crlf, 'bedrock-profile-client', '^0.1.0')).toBe(added.replaceAll('\n', '\r\n'));
  });

  test('is a peer where the AWS SDK is one', () => {
    const text = manifest(
      ['x'],
      ',\n  "peerDependencies": {\n    "@aws-sdk/client-bedrock-runtime": "^3.0.0",\n    "zod": "^3.0.0"\n  }',
    );
    const added = add(text, 'bedrock-profile-client', 'file:../x.tgz');
    expect(JSON.parse(added).peerDependencies['bedrock-profile-client']).toBe('file:../x.tgz');
    expect(JSON.parse(added).dependencies).toEqual({ x: '^1.0.0' });
  });

  test('has no place where the AWS SDK is not', () => {
    expect(add(manifest(['x']), 'bedrock-profile-client', '^0.1.0')).toBeUndefined();
  });
});

describe('the command', () => {
  const manifest = (section) =>
    `${JSON.stringify({ name: 'x', [section]: { '@aws-sdk/client-bedrock-runtime': '^3.0.0', zod: '3' } }, null, 2)}\n`;

  function checkout(source = SHAPES['with parameters in one (0.8.7 and later)']) {
    const place = folder();
    const files = {
      'package.json': '{ "name": "LibreChat", "version": "v0.8.7" }',
      'api/package.json': manifest('dependencies'),
      'packages/api/package.json': manifest('peerDependencies'),
      [INITIALIZE]: source,
    };
    for (const [file, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(place, file)), { recursive: true });
      fs.writeFileSync(path.join(place, file), text);
    }
    const now = () =>
      Object.fromEntries(
        Object.keys(files).map((file) => [file, fs.readFileSync(path.join(place, file), 'utf8')]),
      );
    return { place, files, now };
  }

  const cli = (words, { from = path.join(root, 'lib', 'cli.js'), ...options } = {}) => {
    const made = spawnSync(process.execPath, [from, 'librechat', ...words], {
      encoding: 'utf8',
      ...options,
    });
    return { code: made.status, out: made.stdout, err: made.stderr };
  };

  test('checks, patches once, and takes it back', () => {
    const { place, files, now } = checkout();
    expect(cli(['patch', place, '--check'])).toMatchObject({
      code: 1,
      out: expect.stringContaining(INITIALIZE),
    });
    expect(now()).toEqual(files);
    expect(cli(['patch', place])).toMatchObject({
      code: 0,
      out: expect.stringContaining('npm install'),
    });
    const once = now();
    expect(once[INITIALIZE]).toContain("from 'bedrock-profile-client'");
    expect(JSON.parse(once['api/package.json']).dependencies['bedrock-profile-client']).toBe(
      `^${version}`,
    );
    expect(cli(['patch', place, '--check'])).toMatchObject({ code: 0, err: '' });
    expect(cli(['patch', place])).toMatchObject({
      code: 0,
      out: expect.stringContaining('patched already'),
    });
    expect(now()).toEqual(once);
    expect(cli(['patch', place, '--undo']).code).toBe(0);
    expect(now()).toEqual(files);
    expect(cli(['patch', place, '--undo']).out).toContain('is not patched');
  });

  test('completes what is patched in part', () => {
    const { place, files, now } = checkout();
    cli(['patch', place]);
    const whole = now();
    fs.writeFileSync(path.join(place, 'api/package.json'), files['api/package.json']);
    expect(cli(['patch', place, '--check'])).toMatchObject({
      code: 1,
      out: expect.not.stringContaining(INITIALIZE),
    });
    expect(cli(['patch', place]).code).toBe(0);
    expect(now()).toEqual(whole);
  });

  test('writes the package that it is told to', () => {
    const { place, now } = checkout();
    cli(['patch', place, '--package', 'file:../bedrock.tgz']);
    expect(now()['packages/api/package.json']).toContain(
      '"bedrock-profile-client": "file:../bedrock.tgz"',
    );
  });

  test('changes nothing where it does not know the code, and says where', () => {
    const { place, files, now } = checkout(
      read('shapes', 'params.ts').replace('removeNullishValues({', 'given({'),
    );
    const { code, err } = cli(['patch', place]);
    expect(code).toBe(1);
    expect(err).toMatch(
      /initialize\.ts: the code is not known here\. Sought: line \d+: what is parsed/,
    );
    expect(now()).toEqual(files);
  });

  test('does not take back what somebody has changed since', () => {
    const { place, now } = checkout();
    cli(['patch', place]);
    const file = path.join(place, INITIALIZE);
    fs.writeFileSync(
      file,
      fs.readFileSync(file, 'utf8').replace('bearerToken,\n', 'bearerToken: undefined,\n'),
    );
    const changed = now();
    for (const words of [['--undo'], ['--check'], []]) {
      const { code, err } = cli(['patch', place, ...words]);
      expect([code, err]).toEqual([1, expect.stringContaining('git -C')]);
    }
    expect(now()).toEqual(changed);
  });

  test.each([
    ['no folder', () => path.join(os.tmpdir(), 'no-such-folder'), 'it is no checkout of LibreChat'],
    [
      'another package',
      (place) => fs.rmSync(path.join(place, 'packages'), { recursive: true }),
      'has no packages/api',
    ],
    [
      'code that is no TypeScript',
      (place) => fs.writeFileSync(path.join(place, INITIALIZE), 'const ='),
      'Unexpected token',
    ],
    [
      'a package.json that is no JSON',
      (place) => fs.writeFileSync(path.join(place, 'api/package.json'), '{'),
      'api/package.json is not JSON',
    ],
    [
      'a package.json without the AWS SDK',
      (place) => fs.writeFileSync(path.join(place, 'api/package.json'), '{}'),
      'the AWS SDK',
    ],
  ])('%s: one line, exit code 1', (_name, spoil, words) => {
    const { place } = checkout();
    const other = spoil(place);
    const { code, err } = cli(['patch', typeof other === 'string' ? other : place]);
    expect([code, err.trimEnd().split('\n').length]).toEqual([1, 1]);
    expect(err).toContain(words);
  });

  test.each([
    [[]],
    [['patch']],
    [['unpatch', '.']],
    [['patch', '.', 'x']],
    [['patch', '.', '--check', '--undo']],
    [['patch', '.', '--package', '']],
  ])('misuse: %j', (words) => {
    expect(cli(words)).toMatchObject({ code: 2, out: '' });
  });

  test('--help says what it does', () => {
    expect(cli(['patch', '--help'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('--undo'),
    });
  });

  test('the installed package reads the code with the parser of LibreChat’s own installation', () => {
    const installed = folder();
    for (const name of ['lib', 'node_modules/commander', 'package.json']) {
      fs.cpSync(path.join(root, name), path.join(installed, name), { recursive: true });
    }
    const from = path.join(installed, 'lib', 'cli.js');
    const { place } = checkout();
    const without = cli(['patch', place], { from });
    expect(without.code).toBe(1);
    expect(without.err).toContain(`run \`npm ci\` in ${place} first`);
    expect(without.err).toContain(`npx -p bedrock-profile-client -p @babel/parser`);
    fs.mkdirSync(path.join(place, 'node_modules', '@babel'), { recursive: true });
    fs.symlinkSync(
      path.dirname(require.resolve('@babel/parser/package.json')),
      path.join(place, 'node_modules', '@babel', 'parser'),
    );
    expect(cli(['patch', place], { from })).toMatchObject({ code: 0, err: '' });
  });

  test('the package has no dependency for it, and nothing else loads it', () => {
    const { dependencies, optionalDependencies, peerDependencies } = require('../package.json');
    expect({ dependencies, optionalDependencies }).toEqual({
      dependencies: { commander: expect.any(String) }, // of the command line
    });
    expect(Object.keys(peerDependencies)).toEqual(['@opentelemetry/api']);
    const script = `require('./lib/librechat.js'); require('./lib/register.js'); require('./lib/cli.js');
      console.log(Object.keys(require.cache).filter((file) => /patch|babel/.test(file.slice(process.cwd().length))).length);`;
    expect(
      execFileSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' }).trim(),
    ).toBe('0');
  });
});
