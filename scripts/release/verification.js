'use strict';

// What the workflows run on every system (verify.js), run here: from the registry on loopback, on this
// machine and on a musl Node.js. Node's built-ins only.

const fs = require('node:fs');
const path = require('node:path');

const { machine } = require('./machines.js');
const { root } = require('./platforms.js');
const { environment, last, run, temporary } = require('./run.js');

const SCRIPT = path.join(__dirname, 'verify.js');
const DONE = /verify: \d+ passed, 0 failed/;

function demand({ status, output }) {
  if (status !== 0 || !DONE.test(output)) throw new Error(last(output, 40));
}

/** @returns {Generator<{ name: string, where: object, work: () => void }>} */
function* verifications({ registry, short, built }) {
  const words = [SCRIPT, '--registry', registry.url, '--with', 'npm'];
  const options = { timeout: 1_200_000, cwd: root };
  yield {
    name: 'what verify.yml runs, with npm alone',
    where: { kind: 'publication' },
    work: () => demand(run(process.execPath, words, options)),
  };
  yield {
    name: 'what verify.yml reports where nothing can be installed',
    where: { kind: 'publication' },
    work: () => {
      const report = path.join(temporary('report'), 'report.md');
      const nowhere = [SCRIPT, '--registry', `${registry.url}nowhere/`, '--report', report];
      const ended = run(process.execPath, nowhere, options);
      if (ended.status !== 1) throw new Error(last(ended.output));
      const text = fs.readFileSync(report, 'utf8');
      if (!/^## linux .*\n\n### installation of [^]*E404/.test(text)) throw new Error(text);
    },
  };
  if (short || !built.some(({ cpu, libc }) => cpu === process.arch && libc === 'musl')) return;
  yield {
    name: 'what verify.yml runs on Alpine, with npm alone',
    where: { kind: 'publication' },
    work: () => {
      const there = machine({ cpu: process.arch, libc: 'musl', node: '24.19.0' });
      const home = temporary('home');
      const env = environment(home, { npm_execpath: there.npm });
      demand(there.run(words, { ...options, env, shared: [root, home] }));
    },
  };
}

module.exports = { verifications };
