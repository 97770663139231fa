'use strict';

/** The types where the AWS SDK is not installed; where it is, `tsc -p __test__/types` proves them. */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.join(__dirname, '..');
const project = path.join(__dirname, 'types', 'without-aws');
const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');

/** What npm would install: package.json and the types that it names. */
function install(folder) {
  const types = (from) => fs.statSync(from).isDirectory() || /\.d\.ts$/.test(from);
  for (const part of ['package.json', 'index.d.ts', 'lib', 'local-bedrock']) {
    const filter = part === 'package.json' ? undefined : types;
    fs.cpSync(path.join(root, part), path.join(folder, part), { recursive: true, filter });
  }
}

/** What the compiler complains of. */
function compile(folder) {
  try {
    return execFileSync(process.execPath, [tsc, '-p', folder], { cwd: folder, encoding: 'utf8' });
  } catch (error) {
    return error.stdout || error.message;
  }
}

test('compile in strict mode, with library checks, where there is no AWS SDK', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'types-'));
  try {
    fs.cpSync(project, folder, { recursive: true });
    install(path.join(folder, 'node_modules', 'bedrock-profile-client'));
    const node = path.join('node_modules', '@types', 'node');
    fs.mkdirSync(path.dirname(path.join(folder, node)));
    fs.symlinkSync(path.join(root, node), path.join(folder, node), 'junction');
    expect(compile(folder)).toBe('');
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
