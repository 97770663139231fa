'use strict';

/** What docs/librechat.md tells people to write. Its patch is run in librechat-chain.test.js. */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const vm = require('node:vm');

const yaml = require('js-yaml');

const { client, warnings } = require('./support/bedrock.js');
const { exports: entries } = require('../package.json');

const page = fs.readFileSync(path.join(__dirname, '..', 'docs', 'librechat.md'), 'utf8');
const blocks = (language) =>
  [...page.matchAll(/```(\w+)\n(.*?)```/gs)]
    .filter(([, of]) => of === language)
    .map(([, , text]) => text);

const MODEL = 'anthropic.claude-sonnet-4-6';
const nobody = { region: 'us-east-1', url: undefined, credentials: undefined };

/** What a shell, or dotenv, makes of the block that sets variables. */
function environment() {
  const block = blocks('sh').find((text) => text.startsWith('BEDROCK_AWS_MODELS='));
  const script = `set -a; ${block}\n"${process.execPath}" -e 'process.stdout.write(JSON.stringify(process.env))'`;
  const { BEDROCK_AWS_MODELS, BEDROCK_INFERENCE_PROFILE_MAPPINGS } = JSON.parse(
    execFileSync('sh', ['-c', script], { encoding: 'utf8', env: { PATH: process.env.PATH } }),
  );
  return { BEDROCK_AWS_MODELS, BEDROCK_INFERENCE_PROFILE_MAPPINGS };
}

test('the variables name a model for each alias, without a warning and without asking', () => {
  Object.assign(process.env, environment());
  const { heard, logger } = warnings();
  const asked = client(nobody, { logger });
  const models = process.env.BEDROCK_AWS_MODELS.split(',');
  expect(models.map((id) => asked.resolveSync(id)?.model)).toEqual([
    MODEL,
    MODEL,
    'amazon.nova-pro-v1:0',
  ]);
  for (const id of models.slice(0, 2)) {
    const { callId } = asked.resolveSync(id);
    expect(callId).toMatch(/:application-inference-profile\//);
    const [, , , region] = callId.split(':');
    const called = client({ ...nobody, region }, { logger });
    expect(called.resolveSync(callId).model).toBe(MODEL);
  }
  expect(heard).toEqual([]);
});

test('its YAML is YAML, and the profiles in it are read', () => {
  const read = blocks('yaml').map((text) => yaml.load(text));
  expect(read.length).toBeGreaterThan(3);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'librechat-docs-'));
  const at = read.findIndex(({ endpoints }) => endpoints?.bedrock?.inferenceProfiles);
  process.env.CONFIG_PATH = path.join(folder, 'librechat.yaml');
  process.env.TEAM_A_CLAUDE_37_ARN = 'arn:aws:bedrock:eu-west-1:123456789123:x';
  fs.writeFileSync(process.env.CONFIG_PATH, blocks('yaml')[at]);
  try {
    const { inferenceProfiles } = read[at].endpoints.bedrock;
    const { loadInferenceProfiles } = require('../lib/librechat.js');
    expect(loadInferenceProfiles()).toEqual({
      ...inferenceProfiles,
      'us.anthropic.claude-3-7-sonnet-20250219-v1:0': process.env.TEAM_A_CLAUDE_37_ARN,
    });
  } finally {
    delete process.env.CONFIG_PATH;
    delete process.env.TEAM_A_CLAUDE_37_ARN;
    fs.rmSync(folder, { recursive: true });
  }
});

test('what is preloaded is where the package is installed, and exists', () => {
  const register = entries['./register'].default.slice(2);
  const preloaded = [...page.matchAll(/--require (\S+\/bedrock-profile-client\/)(\S+?)"?\s/g)];
  expect(preloaded.length).toBeGreaterThan(2);
  for (const [, place, file] of preloaded) {
    expect([place, file]).toEqual(['/opt/bedrock/node_modules/bedrock-profile-client/', register]);
  }
  const compose = blocks('yaml').map((text) => yaml.load(text)?.services?.api);
  for (const api of compose.filter(Boolean)) {
    expect(api.environment.NODE_OPTIONS).toMatch(/^--require \/opt\/bedrock\//);
    if (api.volumes) expect(api.volumes).toEqual(['./bedrock:/opt/bedrock:ro']);
  }
  expect(blocks('dockerfile')[0]).toContain('--prefix /opt/bedrock ');
});

test('its patch is what the command changes', () => {
  const { written } = require('../scripts/librechat-patch.js');
  expect(page).toBe(written(page));
  expect(blocks('diff')).toHaveLength(1);
});

test('its shell commands are shell, and the scripts that it names exist', () => {
  for (const block of blocks('sh')) execFileSync('sh', ['-n', '-c', block]);
  const scripts = page.match(/scripts\/[\w.-]+\.js/g);
  expect(scripts.filter((file) => !fs.existsSync(path.join(__dirname, '..', file)))).toEqual([]);
});

test('its functions give what stands beside them', () => {
  Object.assign(process.env, environment());
  const [alias, arn] = Object.entries(
    JSON.parse(process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS),
  )[0];
  const [block] = blocks('js');
  const said = [...block.matchAll(/^(\w+\(.*\)); \/\/ ([^,\n]+)/gm)];
  expect(said).toHaveLength(4);
  const [imports] = block.split(';');
  const run = (expression) =>
    vm.runInNewContext(`${imports}; ${expression}`, {
      require: (name) => {
        expect(name).toBe('bedrock-profile-client/librechat');
        return require('../lib/librechat.js');
      },
      arn,
      alias,
    });
  for (const [, expression, value] of said.slice(0, 3)) {
    expect(JSON.stringify(run(expression))).toBe(value.replaceAll("'", '"'));
  }
  expect(run('resolveInferenceProfile(alias)')).toMatchObject({ model: MODEL, arn });
});
