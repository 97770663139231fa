'use strict';

// Compiles initialize.ts as it is, and as `librechat patch` changes it, strictly.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const parser = require('@babel/parser');
const { patch } = require('../../../lib/patch/initialize.js');

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

/** Compiles files below the package, so that it and its development packages are found from there. */
function compile(sources) {
  fs.mkdirSync(path.join(root, 'target'), { recursive: true });
  const folder = fs.mkdtempSync(path.join(root, 'target', 'librechat-'));
  const files = Object.keys(sources);
  for (const name of files) fs.writeFileSync(path.join(folder, name), sources[name]);
  fs.writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: COMPILER, files }),
  );
  try {
    execFileSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
  } catch (error) {
    throw new Error(`${files.join(', ')}: does not compile:\n${error.stdout}`, { cause: error });
  }
  return folder;
}

/**
 * The files of both, compiled: `register` as it is, `patch` with the patch.
 *
 * @returns {{ register: string, patch: string, folder: string }}
 */
function build() {
  const source = fs.readFileSync(path.join(__dirname, 'initialize.ts'), 'utf8');
  const folder = compile({ 'register.ts': source, 'patch.ts': patch(parser, source) });
  const at = (name) => path.join(folder, name);
  return { register: at('register.js'), patch: at('patch.js'), folder };
}

module.exports = { build, compile };
