#!/usr/bin/env node
// `npm run release:rehearse`: what a release is, on this machine alone. Builds the Linux binaries, packs all
// packages, publishes them into a registry on loopback, installs them as users do with each package
// manager, runs the main job on every Node.js and libc that can be had here, breaks installations and reads
// what is said. Writes docs/platforms.md. Node's built-ins only.
//
//   --short      with the addon that is already built, on this machine's platform alone; what CI runs
//   --no-build   with the binaries that are in npm/; what is not there is left out
//   --only TEXT  only checks whose name contains it, or one of several; docs/platforms.md has the others as
//                they last ended
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { checks } = require('./checks.js');
const { inspect } = require('./inspect.js');
const { stage } = require('./packages.js');
const { here, platforms, root } = require('./platforms.js');
const { carryOut } = require('./outcome.js');
const { startRegistry } = require('./registry.js');
const { writeReport } = require('./report.js');
const { remember } = require('./results.js');
const { environment, must, temporary } = require('./run.js');
const { startStandIn } = require('./stand-in.js');

const options = {
  short: { type: 'boolean', default: false },
  'no-build': { type: 'boolean', default: false },
  only: { type: 'string', multiple: true },
};

/** What cannot be built here is published as a file that is no binary: nobody may install it. */
const ELSEWHERE = 'Built on the system it is for; the rehearsal has none of it.\n';

/** The binary of each platform, and what was found out about the real ones. */
function binaries({ short, 'no-build': noBuild }) {
  const folder = temporary('binaries');
  const none = path.join(folder, 'none');
  fs.writeFileSync(none, ELSEWHERE);
  const files = new Map(platforms().map(({ name }) => [name, none]));
  if (short) {
    const { name, file } = here();
    const copy = path.join(folder, file);
    // Without its debugging information, which would be copied many times.
    must('strip', ['--strip-debug', '-o', copy, path.join(root, file)]);
    files.set(name, copy);
    return { files, sizes: [] };
  }
  const sizes = [];
  for (const { name, os, file } of platforms()) {
    if (os !== 'linux') continue;
    const binary = path.join(root, 'npm', name, file);
    if (!noBuild) {
      console.log(`Building ${name} …`);
      const words = [path.join(root, 'scripts', 'build-linux.js'), name];
      must(process.execPath, words, { timeout: 3_600_000, cwd: root });
    }
    if (!fs.existsSync(binary)) {
      console.log(`${name} is not built: its package has no binary.`);
      continue;
    }
    files.set(name, binary);
    const built = fs.statSync(binary).mtime.toISOString().slice(0, 16).replace('T', ' ');
    sizes.push({ name, built, ...inspect(binary) });
  }
  return { files, sizes };
}

async function main() {
  const { values } = parseArgs({ options });
  const rows = [];
  let all;
  const { files, sizes } = binaries(values);
  for (const { name, problems } of sizes) {
    rows.push(
      await carryOut({
        name: `binary of ${name}`,
        where: { kind: 'binary' },
        work: () => {
          if (problems.length > 0) throw new Error(problems.join('; '));
        },
      }),
    );
  }
  const packages = temporary('packages');
  const staged = stage(packages, ({ name }) => files.get(name));
  const registry = await startRegistry();
  const standIn = await startStandIn(root);
  try {
    registry.publish(packages);
    const env = (home) => environment(home, standIn.env);
    const built = platforms().filter(({ name }) => sizes.some((one) => one.name === name));
    all = [...checks({ registry, env, short: values.short, staged, files, built })];
    for (const check of all) {
      if (values.only?.some((text) => check.name.includes(text)) ?? true) {
        rows.push(await carryOut(check));
      }
    }
  } finally {
    await standIn.stop();
    await registry.stop();
  }
  if (!values.short) {
    const whole = values.only === undefined && !values['no-build'];
    const names = new Set([...rows, ...all].map(({ name }) => name));
    writeReport(remember({ rows, sizes }, { whole, names }));
  }
  const failed = rows.filter(({ result }) => result === 'failed').length;
  console.log(`\nrelease: ${rows.length - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

main().catch((error) => {
  console.error(error.stack);
  process.exitCode = 1;
});
