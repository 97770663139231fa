#!/usr/bin/env node
// Publishes what packages.js has staged: `node scripts/release/publish.js FOLDER`. The platforms' packages go
// first: the main one must never be there without them. What the registry has already is left alone, so that
// a publication that was interrupted can be done again. Node's built-ins only.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { last, must, run } = require('./run.js');
const { npmCli } = require('./tools.js');

/**
 * The staged packages, the main one last. Throws where they are not whole.
 *
 * @param {string} folder
 * @returns {{ folder: string, name: string, version: string }[]}
 */
function staged(folder) {
  const packages = fs.readdirSync(folder).map((entry) => {
    const place = path.join(folder, entry);
    const manifest = JSON.parse(fs.readFileSync(path.join(place, 'package.json'), 'utf8'));
    return { folder: place, ...manifest };
  });
  const main = packages.find(({ optionalDependencies }) => optionalDependencies !== undefined);
  if (main === undefined) throw new Error(`${folder} has no main package.`);
  const wanted = Object.entries(main.optionalDependencies);
  const others = wanted.map(([name, version]) => {
    const found = packages.find((one) => one.name === name);
    if (found?.version === version && version === main.version) return found;
    const what = found ? `is of version ${found.version}` : 'is not there';
    throw new Error(`${folder}: ${name} ${what}; ${main.name} is ${main.version}.`);
  });
  return [...others, main];
}

/** Whether a registry has a version of a package. */
function isPublished({ name, version }, options) {
  const words = ['view', `${name}@${version}`, 'version', '--json'];
  const { status, stdout, output } = run(process.execPath, [npmCli(), ...words], options);
  if (status === 0) return stdout.includes(version);
  if (/E404/.test(output)) return false;
  throw new Error(`npm view ${name}: exit code ${status}\n${last(output)}`);
}

/**
 * Publishes all packages below a folder that are not published yet; their names.
 *
 * @param {string} folder
 * @param {object} [options] of the process: `cwd`, `env`
 */
function publish(folder, options = {}) {
  const missing = staged(folder).filter((one) => !isPublished(one, options));
  for (const { folder: place } of missing) {
    must(process.execPath, [npmCli(), 'publish', place, '--access', 'public'], {
      timeout: 600_000,
      ...options,
    });
  }
  return missing.map(({ name }) => name);
}

module.exports = { publish };

if (require.main === module) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) {
    console.error('Usage: node scripts/release/publish.js FOLDER');
    process.exit(2);
  }
  // npm takes a folder that is not named as one for a repository of GitHub.
  const names = publish(path.resolve(folder));
  for (const name of names) console.log(`published ${name}`);
  if (names.length === 0) console.log('The registry has all of them.');
}
