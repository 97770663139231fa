#!/usr/bin/env node
// `npm test`: installs what is missing, then every test there is. Node's built-ins only.
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { prepare, root } = require('./prepare.js');
const { node24 } = require('./node24.js');

const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const total = { passed: 0, failed: 0, skipped: 0 };

function run(title, command, words, options = {}) {
  console.log(`\n== ${title}`);
  const { status, error } = spawnSync(command, words, { cwd: root, stdio: 'inherit', ...options });
  if (error) console.error(error.message);
  return status === 0;
}

function step(title, command, words, options) {
  total[run(title, command, words, options) ? 'passed' : 'failed'] += 1;
}

/** cargo prints its own lines; they are counted as they pass. */
function cargoTests() {
  console.log('\n== cargo test');
  const words = ['test', '--workspace', '--no-fail-fast', '--color', 'never'];
  const { status, stdout } = spawnSync('cargo', words, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  process.stdout.write(stdout.replace(/^test .* \.\.\. ok\n/gm, ''));
  const lines = stdout.matchAll(/^test result: .* (\d+) passed; (\d+) failed; (\d+) ignored/gm);
  for (const [, passed, failed, ignored] of lines) {
    total.passed += Number(passed);
    total.failed += Number(failed);
    total.skipped += Number(ignored);
  }
  if (status !== 0 && total.failed === 0) total.failed += 1;
}

function jestTests(title, node) {
  const report = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'jest-')), 'report.json');
  const words = ['--expose-gc', jest, '--json', `--outputFile=${report}`, '--silent=false'];
  const passed = run(`jest on ${title}`, node, [...words, ...process.argv.slice(2)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let counted;
  try {
    counted = JSON.parse(fs.readFileSync(report, 'utf8'));
  } catch {
    total.failed += 1;
    return;
  }
  total.passed += counted.numPassedTests;
  total.failed += counted.numFailedTests + counted.numRuntimeErrorTestSuites;
  total.skipped += counted.numPendingTests + counted.numTodoTests;
  if (!passed && counted.numFailedTests + counted.numRuntimeErrorTestSuites === 0)
    total.failed += 1;
}

async function main() {
  await prepare();
  cargoTests();
  step('counts', process.execPath, [path.join('benches', 'counts', 'index.js')]);
  step('types', process.execPath, [tsc, '-p', path.join('__test__', 'types')]);
  jestTests(`Node.js ${process.versions.node}`, process.execPath);
  if (!process.versions.node.startsWith('24.')) {
    const other = node24();
    jestTests('Node.js 24', other);
  }
  step('page, in a browser', process.execPath, [path.join('scripts', 'test-page.js')]);
  const rehearsal = [path.join('scripts', 'release', 'rehearse.js'), '--short'];
  if (process.platform === 'linux') step('release, in short', process.execPath, rehearsal);
  // In CI everything that a test needs is installed: what is skipped was forgotten.
  const forgotten = process.env.CI && total.skipped > 0;
  if (forgotten) console.error('\nIn CI a skipped test is a failure.');
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exit(total.failed > 0 || forgotten ? 1 : 0);
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
