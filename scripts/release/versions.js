'use strict';

// A second version of the packages, and both in one process. Node's built-ins only.

const fs = require('node:fs');
const path = require('node:path');

const { npmCli, outcome } = require('./consumers.js');
const { NAME, platforms, version } = require('./platforms.js');
const { must, temporary } = require('./run.js');

/** A version of the same length: the binary's own text of it is changed in its place. */
const OTHER = version.replace(/\d+$/, (digits) => '9'.repeat(digits.length));

let published = false;

/** Publishes the packages once more, as another version; its number. */
function publishOther({ registry, staged, files }) {
  if (published) return OTHER;
  published = true;
  const folder = temporary('other');
  const own = platforms().filter(({ name }) => fs.statSync(files.get(name)).size > 1e6);
  const wanted = new Set(['main', ...own.map(({ name }) => name)]);
  for (const { name, folder: from } of staged.filter((one) => wanted.has(one.name))) {
    const copy = path.join(folder, name);
    fs.cpSync(from, copy, { recursive: true });
    const manifest = path.join(copy, 'package.json');
    const text = fs.readFileSync(manifest, 'utf8').replaceAll(`"${version}"`, `"${OTHER}"`);
    fs.writeFileSync(manifest, text);
    for (const file of fs.readdirSync(copy).filter((one) => one.endsWith('.node'))) {
      renumber(path.join(copy, file));
    }
    registry.publish(copy);
  }
  return OTHER;
}

/** Changes the version that a binary says it was built from. */
function renumber(file) {
  const bytes = fs.readFileSync(file);
  const at = bytes.indexOf(`${NAME} ${version}`);
  if (at < 0) throw new Error(`${file}: no version in it`);
  bytes.write(`${NAME} ${OTHER}`, at);
  fs.writeFileSync(file, bytes);
}

const BOTH = `'use strict';
const { main } = require('./job.cjs');
const one = require('one').BedrockProfileClient;
const other = require('other').BedrockProfileClient;
if (one === other) throw new Error('there is one copy only');
main(one, other);
`;

/** Two copies in one process: of one version, of two, and in worker threads besides. */
function twoVersions(context) {
  const cases = [
    ['two versions in one process', () => publishOther(context), 'main.cjs'],
    ['two versions in one process and its workers', () => publishOther(context), 'worker.cjs'],
  ];
  return cases.map(([name, prepare, file]) => [
    name,
    (make) => {
      const other = prepare();
      const made = make('npm');
      const words = [`one@npm:${NAME}@${version}`, `other@npm:${NAME}@${other}`];
      must(process.execPath, [npmCli(), 'install', '--no-audit', ...words], made.options);
      fs.writeFileSync(path.join(made.folder, 'main.cjs'), BOTH);
      const ended = made.script(process.execPath, [file]);
      const { ok, why } = outcome(ended);
      const jobs = ended.stdout.match(/^\{"model".*\}$/gm)?.length;
      const wanted = file === 'worker.cjs' ? 6 : 2;
      if (!ok || jobs !== wanted) throw new Error(`${jobs} of ${wanted} jobs were done\n${why}`);
    },
  ]);
}

module.exports = { publishOther, twoVersions };
