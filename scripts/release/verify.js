#!/usr/bin/env node
// After a release, what the rehearsal did before it, from the real registry and on the system at hand:
// `node scripts/release/verify.js`. Installs the version of package.json with every package manager and
// runs the main job. Writes what failed as Markdown to the file that --report names; --registry names another
// registry than npm's own. Node's built-ins only.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { forms, installers } = require('./checks.js');
const { project } = require('./consumers.js');
const { carryOut } = require('./outcome.js');
const { NAME, version } = require('./platforms.js');
const { environment } = require('./run.js');
const { startStandIn } = require('./stand-in.js');

/** What failed, for a person who was not there. */
function report(failed) {
  const system = `${process.platform} ${process.arch}, Node.js ${process.version}`;
  const parts = failed.map(({ name, note }) => `### ${name}\n\n\`\`\`\n${note}\n\`\`\`\n`);
  return `## ${system}\n\n${parts.join('\n')}`;
}

async function main() {
  const { values } = parseArgs({
    options: { report: { type: 'string' }, registry: { type: 'string' } },
  });
  const { registry } = values;
  // The stand-in comes from the package that is verified: the checkout has no addon.
  const source = project('npm', { registry, version, env: environment });
  source.install();
  const standIn = await startStandIn(path.join(source.folder, 'node_modules', NAME));
  const rows = [];
  try {
    const env = (home) => environment(home, standIn.env);
    // The Node.js at hand is one of several that the workflow brings.
    const context = { registry: { url: registry }, env, short: true };
    for (const check of [...installers(context), ...forms(context)]) {
      rows.push(await carryOut(check));
    }
  } finally {
    await standIn.stop();
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
