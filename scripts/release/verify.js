#!/usr/bin/env node
// What the rehearsal does, on the system at hand: installs the version of package.json with the package
// managers and runs the main job. `node scripts/release/verify.js` takes the packages from the real registry, after
// a release; with `--packages FOLDER` they are those that packages.js staged there, from a registry on
// loopback, before it.
//
//   --report FILE    what failed is written there, as Markdown
//   --registry URL   another registry than npm's own
//   --with NAME      only this package manager; may be repeated
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { forms, installers } = require('./checks.js');
const { INSTALLERS, project } = require('./consumers.js');
const { electron } = require('./electron.js');
const { failures } = require('./failures.js');
const { NAME, here, version } = require('./platforms.js');
const { carryOut } = require('./outcome.js');
const { startRegistry } = require('./registry.js');
const { environment } = require('./run.js');
const { startStandIn } = require('./stand-in.js');

const options = {
  packages: { type: 'string' },
  registry: { type: 'string' },
  report: { type: 'string' },
  with: { type: 'string', multiple: true, default: Object.keys(INSTALLERS) },
};

/** What failed, for a person who was not there. */
function report(failed) {
  const system = `${process.platform} ${process.arch}, Node.js ${process.version}`;
  const parts = failed.map(({ name, note }) => `### ${name}\n\n\`\`\`\n${note}\n\`\`\`\n`);
  return `## ${system}\n\n${parts.join('\n')}`;
}

/** What is tried here; each system has its own. */
function* checks(context) {
  yield* installers(context);
  yield* forms(context);
  const { os, libc } = here() ?? {};
  // It replaces functions of glibc.
  if (libc === 'glibc') yield* electron(context);
  // What the messages name is run by a shell of POSIX, and with every package manager.
  const all = Object.keys(INSTALLERS).every((name) => context.managers.includes(name));
  if (all && os !== 'win32') yield* failures(context);
}

async function verified(registry, managers) {
  const rows = [];
  let standIn;
  const begin = {
    name: `installation of ${NAME} ${version}, and its local stand-in`,
    where: {},
    work: async () => {
      // The stand-in comes from the package that is verified: the checkout has no addon.
      const source = project('npm', { registry, version, env: environment });
      source.install();
      standIn = await startStandIn(path.join(source.folder, 'node_modules', NAME));
    },
  };
  rows.push(await carryOut(begin));
  if (standIn === undefined) return rows;
  try {
    const env = (home) => environment(home, standIn.env);
    // The Node.js at hand is one of several that the workflow brings.
    const context = { registry: { url: registry }, env, short: true, everywhere: true, managers };
    for (const check of checks(context)) rows.push(await carryOut(check));
  } finally {
    await standIn.stop();
  }
  return rows;
}

async function main() {
  const { values } = parseArgs({ options });
  const unknown = values.with.find((name) => !(name in INSTALLERS));
  if (unknown !== undefined) {
    console.error(`There is no "${unknown}"; there are: ${Object.keys(INSTALLERS).join(', ')}.`);
    process.exitCode = 2;
    return;
  }
  let registry = { url: values.registry, stop: () => {} };
  if (values.packages) {
    registry = await startRegistry();
    registry.publish(path.resolve(values.packages));
  }
  let rows;
  try {
    rows = await verified(registry.url, values.with);
  } finally {
    await registry.stop();
  }
  const failed = rows.filter(({ result }) => result === 'failed');
  console.log(`\nverify: ${rows.length - failed.length} passed, ${failed.length} failed`);
  if (failed.length === 0) return;
  process.exitCode = 1;
  if (values.report) fs.writeFileSync(values.report, report(failed));
}

main().catch((error) => {
  console.error(error.stack);
  process.exitCode = 1;
});
