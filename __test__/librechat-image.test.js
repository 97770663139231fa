'use strict';

/** docs/librechat-image.md: what can be held to the package without Docker. */

const fs = require('node:fs');
const path = require('node:path');
const { execFileSync } = require('node:child_process');

const yaml = require('js-yaml');

const { bin, exports: entries, napi } = require('../package.json');
const { platforms } = require('../scripts/release/platforms.js');

const root = path.join(__dirname, '..');
const page = fs.readFileSync(path.join(root, 'docs', 'librechat-image.md'), 'utf8');
const blocks = (language) =>
  [...page.matchAll(/```(\w+)\n(.*?)```/gs)]
    .filter(([, of]) => of === language)
    .map(([, , text]) => text);

const REGISTER = entries['./register'].default.slice(2);
const PLACE = '/opt/bedrock/node_modules/bedrock-profile-client';

test('what is preloaded is where both Dockerfiles install it', () => {
  const [{ services }] = blocks('yaml').map((text) => yaml.load(text));
  expect(services.api.environment.NODE_OPTIONS).toBe(`--require ${PLACE}/${REGISTER}`);
  expect(blocks('dockerfile')).toHaveLength(2);
  for (const file of blocks('dockerfile')) {
    expect(file).toContain('npm install --prefix /opt/bedrock ');
    expect(file.trimEnd()).toMatch(/USER node$/);
  }
  expect(page).toContain(`require('${PLACE}')`);
});

test('the stage that builds calls what there is, and copies what that makes', () => {
  const [, file] = blocks('dockerfile');
  for (const [script] of file.matchAll(/scripts\/[\w.-]+\.js/g)) {
    expect(fs.existsSync(path.join(root, script))).toBe(true);
  }
  const [, platform] = file.match(/build-linux\.js "([^"]+)"/);
  const built = platforms().filter(({ libc }) => libc === 'musl');
  expect(built.map(({ name }) => name).sort()).toEqual(
    ['arm64', 'x64'].map((cpu) => platform.replace('$(node -p process.arch)', cpu)),
  );
  expect(file).toContain(`/src/npm/linux-*-musl/*.node ${PLACE}/`);
  expect(napi.targets.filter((target) => target.endsWith('-musl'))).toHaveLength(2);
  expect(Object.values(bin)).toEqual(['lib/cli.js']);
  const ignored = fs.readFileSync(path.join(root, '.dockerignore'), 'utf8').split('\n');
  expect(ignored).toEqual(expect.arrayContaining(['node_modules', 'target', '*.node', 'npm']));
});

test('its shell commands are shell', () => {
  for (const block of blocks('sh')) execFileSync('sh', ['-n', '-c', block]);
});

test.each([
  'there is no binary for this platform',
  'and this Node.js uses',
  'and this Node.js is for',
  'file is incomplete',
  'mounted with noexec',
])('the line of a log with “%s” is explained, and said', (words) => {
  const files = ['load-failure.js', 'load-missing.js'];
  const source = files
    .map((name) => fs.readFileSync(path.join(root, 'lib', name), 'utf8'))
    .join('');
  expect(page).toContain(words);
  expect(source.replace(/' \+\s*'/g, '')).toContain(words);
});
