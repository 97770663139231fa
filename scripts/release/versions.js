'use strict';

// A second version of the packages, and both in one process. Node's built-ins only.

const fs = require('node:fs');
const path = require('node:path');

const { outcome } = require('./consumers.js');
const { NAME, version } = require('./platforms.js');
const { must, temporary } = require('./run.js');
const { npmCli } = require('./tools.js');

/** A version of the same length: the binary's own text of it is changed in its place. */
const OTHER = version.replace(/\d+$/, (digits) => '9'.repeat(digits.length));

let otherStaged;

/** The packages once more, as another version. */
function stageOther({ staged }) {
  if (otherStaged !== undefined) return otherStaged;
  const folder = temporary('other');
  for (const { name, folder: from } of staged) {
    const copy = path.join(folder, name);
    fs.cpSync(from, copy, { recursive: true });
    const manifest = path.join(copy, 'package.json');
    const text = fs.readFileSync(manifest, 'utf8').replaceAll(`"${version}"`, `"${OTHER}"`);
    fs.writeFileSync(manifest, text);
    for (const file of fs.readdirSync(copy).filter((one) => one.endsWith('.node'))) {
      renumber(path.join(copy, file));
    }
  }
  otherStaged = folder;
  return folder;
}

/** Publishes them; their version. */
function publishOther(context) {
  context.registry.publish(stageOther(context));
  return OTHER;
}

/** A publication that was interrupted goes on where it ended, and one that was not does nothing again. */
const publications = (context) => [
  {
    name: 'a publication that was interrupted is done again',
    where: { kind: 'publication' },
    work: () => {
      const { registry } = context;
      const folder = stageOther(context);
      const names = fs.readdirSync(folder).filter((name) => name !== 'main');
      for (const name of names.slice(2)) registry.publishOne(path.join(folder, name));
      const rest = registry.publish(folder);
      if (rest.length !== 3 || rest.at(-1) !== NAME) throw new Error(`it published ${rest}`);
      const again = registry.publish(folder);
      if (again.length > 0) throw new Error(`it published ${again} again`);
    },
  },
  {
    name: 'packages that are not whole are not published',
    where: { kind: 'publication' },
    work: () => {
      const folder = temporary('partial');
      fs.cpSync(context.staged.at(-1).folder, path.join(folder, 'main'), { recursive: true });
      let why;
      try {
        context.registry.publish(folder);
      } catch (error) {
        why = error.message;
      }
      if (!/ is not there; /.test(why)) throw new Error(`it was published: ${why}`);
    },
  },
];

/** Changes the version that a binary says it was built from. */
function renumber(file) {
  const bytes = fs.readFileSync(file);
  const at = bytes.indexOf(`${NAME} ${version}`);
  // What could not be built here has none.
  if (at < 0 && bytes.length < 1e6) return;
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
  const other = () => publishOther(context);
  const cases = [
    ['two copies of one version in one process', () => version, 'main.cjs'],
    ['two copies of one version in one process and its workers', () => version, 'worker.cjs'],
    ['two versions in one process', other, 'main.cjs'],
    ['two versions in one process and its workers', other, 'worker.cjs'],
  ];
  return cases.map(([name, prepare, file]) => [
    name,
    (make) => {
      const words = [`one@npm:${NAME}@${version}`, `other@npm:${NAME}@${prepare()}`];
      const made = make('npm');
      // Each with a binary of its own below it, also where both are of one version.
      const nested = ['--no-audit', '--install-strategy=nested'];
      must(process.execPath, [npmCli(), 'install', ...nested, ...words], made.options);
      fs.writeFileSync(path.join(made.folder, 'main.cjs'), BOTH);
      const ended = made.script(process.execPath, [file]);
      const { ok, why } = outcome(ended);
      const jobs = ended.stdout.match(/^\{"model".*\}$/gm)?.length;
      const wanted = file === 'worker.cjs' ? 6 : 2;
      if (!ok || jobs !== wanted) throw new Error(`${jobs} of ${wanted} jobs were done\n${why}`);
    },
  ]);
}

module.exports = { publications, publishOther, twoVersions };
