'use strict';

// Compiles initialize.ts as it is, and with the patch of docs/librechat.md applied, strictly.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..', '..', '..');
const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const COMPILER = {
  target: 'es2022',
  lib: ['es2022'],
  module: 'node16',
  moduleResolution: 'node16',
  strict: true,
  // What other packages' types leave open is not ours to judge.
  skipLibCheck: true,
  types: ['node'],
};

/** The hunks of the page's one diff: what was, and what is to be. */
function hunks() {
  const page = fs.readFileSync(path.join(root, 'docs', 'librechat.md'), 'utf8');
  const [, diff] = page.match(/```diff\n(.*?)```/s);
  return diff.split(/^@@\n/m).map((hunk) => {
    const lines = hunk.trimEnd().split('\n');
    const side = (sign) =>
      lines.filter((line) => line === '' || line[0] === ' ' || line[0] === sign);
    const text = (sign) =>
      side(sign)
        .map((line) => line.slice(1))
        .join('\n');
    return { before: text('-'), after: text('+') };
  });
}

/** A source with the patch applied; each hunk must fit in one place. */
function patched(source) {
  return hunks().reduce((text, { before, after }) => {
    const parts = text.split(before);
    if (parts.length !== 2)
      throw new Error(`A hunk fits in ${parts.length - 1} places:\n${before}`);
    return parts.join(after);
  }, source);
}

/**
 * The files of both, compiled: `register` as it is, `patch` with the patch.
 *
 * @returns {{ register: string, patch: string }}
 */
function build() {
  // Below the package, so that it and its development packages are found from there.
  fs.mkdirSync(path.join(root, 'target'), { recursive: true });
  const folder = fs.mkdtempSync(path.join(root, 'target', 'librechat-'));
  const source = fs.readFileSync(path.join(__dirname, 'initialize.ts'), 'utf8');
  fs.writeFileSync(path.join(folder, 'register.ts'), source);
  fs.writeFileSync(path.join(folder, 'patch.ts'), patched(source));
  const files = ['register.ts', 'patch.ts'];
  fs.writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: COMPILER, files }),
  );
  try {
    execFileSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
  } catch (error) {
    throw new Error(`initialize.ts does not compile:\n${error.stdout}`, { cause: error });
  }
  const at = (name) => path.join(folder, name);
  return { register: at('register.js'), patch: at('patch.js'), folder };
}

module.exports = { build };
