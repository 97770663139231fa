'use strict';

/** `endpoints.bedrock.inferenceProfiles` of librechat.yaml: lib/librechat-yaml.js. */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { run } = require('./support/bedrock.js');

const ARN = 'arn:aws:bedrock:eu-west-1:123456789123:application-inference-profile/abc123def456';
const ALIAS = 'team-a.anthropic.claude-sonnet-4-6';

let folder;
let warned;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'librechat-yaml-'));
  warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(() => {
  warned.mockRestore();
  fs.rmSync(folder, { recursive: true });
  for (const name of ['CONFIG_PATH', 'TEAM_A']) delete process.env[name];
});

/** As a process reads it that starts with this file. */
function load(text, read = (librechat) => librechat.loadInferenceProfiles()) {
  if (text !== undefined) {
    process.env.CONFIG_PATH = path.join(folder, 'librechat.yaml');
    fs.writeFileSync(process.env.CONFIG_PATH, text);
  }
  let librechat;
  jest.isolateModules(() => {
    librechat = require('../lib/librechat.js');
  });
  return read(librechat);
}

const yaml = (entries) =>
  [
    'endpoints:',
    '  bedrock:',
    '    inferenceProfiles:',
    ...entries.map((line) => `      ${line}`),
  ].join('\n');
const said = () => warned.mock.calls.map(([message]) => message);

test('names and their ARNs, several for one model, and variables', () => {
  process.env.TEAM_A = ARN;
  const text = yaml([
    `${ALIAS}: ${'$'}{TEAM_A}`,
    `team-b.anthropic.claude-sonnet-4-6: ${ARN}b`,
    `us.amazon.nova-pro-v1:0: "arn:aws:bedrock:eu-west-1:${'$'}{NUMBER}:application-inference-profile/c"`,
  ]);
  process.env.NUMBER = '123456789123';
  expect(load(text)).toEqual({
    [ALIAS]: ARN,
    'team-b.anthropic.claude-sonnet-4-6': `${ARN}b`,
    'us.amazon.nova-pro-v1:0':
      'arn:aws:bedrock:eu-west-1:123456789123:application-inference-profile/c',
  });
  delete process.env.NUMBER;
  expect(said()).toEqual([]);
});

test('everything that LibreChat asks knows them', () => {
  const answers = load(yaml([`${ALIAS}: ${ARN}`]), (librechat) => [
    librechat.resolveInferenceProfile(ALIAS),
    librechat.detectBedrockInferenceProfileModel(ARN),
    librechat.getModelMaxTokens(ARN, 'bedrock'),
    librechat.loadBedrockInferenceProfileMappings(),
  ]);
  expect(answers).toEqual([
    expect.objectContaining({
      model: 'anthropic.claude-sonnet-4-6',
      arn: ARN,
      region: 'eu-west-1',
    }),
    'anthropic.claude-sonnet-4-6',
    1_000_000,
    { [ALIAS]: 'anthropic.claude-sonnet-4-6' },
  ]);
});

test('they go before the mappings of the environment, name by name', () => {
  process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS = JSON.stringify({
    [ALIAS]: `${ARN}old`,
    other: { profiles: [`${ARN}other`], model: 'amazon.nova-pro-v1:0' },
    [ARN]: 'anthropic.claude-opus-4-7',
  });
  const [listed, other] = load(yaml([`${ALIAS}: ${ARN}`]), (librechat) =>
    [ALIAS, 'other'].map(librechat.resolveInferenceProfile),
  );
  // What the mappings say of the ARN itself holds.
  expect(listed).toMatchObject({ arn: ARN, model: 'anthropic.claude-opus-4-7' });
  expect(other).toMatchObject({ arn: `${ARN}other`, model: 'amazon.nova-pro-v1:0' });
});

test.each([
  [
    yaml([`${ALIAS}: ${'$'}{TEAM_A}`]),
    `entry "${ALIAS}": ${'$'}{TEAM_A} is not set in the environment; it must be an ARN`,
  ],
  [yaml([`${ALIAS}: 7`]), `entry "${ALIAS}": the value is of type number; it must be an ARN`],
  [yaml([`${ALIAS}:`]), `entry "${ALIAS}": it has no value; it must be an ARN`],
  [yaml([`${ALIAS}: ""`]), `entry "${ALIAS}": the value is empty; it must be an ARN`],
  [yaml([`${ALIAS}: [a]`]), `entry "${ALIAS}": the value is a list; it must be an ARN`],
])('a bad value leaves out its entry (%#)', (text, message) => {
  expect(load(`${text}\n      good: ${ARN}`)).toEqual({ good: ARN });
  expect(said()).toEqual([expect.stringContaining(message)]);
  expect(said()[0]).toContain(path.join(folder, 'librechat.yaml'));
});

test.each([
  [
    'endpoints:\n  bedrock:\n    inferenceProfiles: [a]',
    'they must be a map of model names to ARNs',
  ],
  ['key: secret123\ninferenceProfiles: [', 'it is not YAML at line 2'],
])('a file that is of no use (%#)', (text, message) => {
  expect(load(text)).toEqual({});
  expect(said()).toEqual([expect.stringContaining(message)]);
  expect(said()[0]).toContain('BEDROCK_INFERENCE_PROFILE_MAPPINGS');
  expect(said()[0]).not.toContain('secret123');
});

test.each([
  'endpoints: {}',
  'a: [',
  '',
  'endpoints:\n  bedrock:\n    # inferenceProfiles\n    x: 1',
])('a file without them is LibreChat’s business (%#)', (text) => {
  expect(load(text)).toEqual({});
  expect(said()).toEqual([]);
});

test('no file is no profiles; a URL and a file that is not there are told', () => {
  expect(load()).toEqual({});
  expect(said()).toEqual([]);
  process.env.CONFIG_PATH = 'https://example.com/librechat.yaml';
  expect(load()).toEqual({});
  process.env.CONFIG_PATH = path.join(folder, 'none.yaml');
  expect(load()).toEqual({});
  expect(said()).toEqual([
    expect.stringContaining('CONFIG_PATH is a URL'),
    expect.stringContaining('the file cannot be read (ENOENT)'),
  ]);
});

test('it is found above the program, and without js-yaml one line says so', async () => {
  fs.writeFileSync(path.join(folder, 'librechat.yaml'), yaml([`${ALIAS}: ${ARN}`]));
  fs.mkdirSync(path.join(folder, 'api', 'server'), { recursive: true });
  const program = path.join(folder, 'api', 'server', 'index.js');
  const librechat = JSON.stringify(require.resolve('../lib/librechat.js'));
  fs.writeFileSync(
    program,
    `const { loadInferenceProfiles } = require(${librechat});
     process.chdir('/');
     console.log(JSON.stringify([loadInferenceProfiles(), loadInferenceProfiles()]));`,
  );
  const start = `require('node:child_process').execFile(process.execPath, [${JSON.stringify(program)}],
    (error, stdout, stderr) => console.log(JSON.stringify({ stdout, stderr })));`;
  const without = JSON.parse((await run(start)).stdout);
  expect(JSON.parse(without.stdout)).toEqual([{}, {}]);
  expect(without.stderr.match(/js-yaml, which reads the file, was not found/g)).toHaveLength(1);

  const place = path.join(folder, 'node_modules', 'js-yaml');
  fs.mkdirSync(path.dirname(place));
  fs.symlinkSync(path.dirname(require.resolve('js-yaml/package.json')), place, 'junction');
  const found = JSON.parse((await run(start)).stdout);
  expect(JSON.parse(found.stdout)).toEqual([{ [ALIAS]: ARN }, { [ALIAS]: ARN }]);
  expect(found.stderr).toBe('');
});

test('a client of its own reads no file', async () => {
  fs.writeFileSync(path.join(folder, 'librechat.yaml'), yaml([`${ALIAS}: ${ARN}`]));
  const index = JSON.stringify(require.resolve('..'));
  const { stdout } = await run(`
    process.chdir(${JSON.stringify(folder)});
    const { BedrockProfileClient } = require(${index});
    const client = new BedrockProfileClient({ region: 'us-east-1', discovery: false, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
    client.resolve(${JSON.stringify(ALIAS)}).then(({ callId }) => console.log(callId));`);
  expect(stdout.trim()).toBe(ALIAS);
});
