#!/usr/bin/env node
// The folders that are published: `node scripts/release/packages.js FOLDER`. FOLDER/main is the main
// package, which names those of the platforms as optional dependencies; FOLDER/<platform> has the binary of
// npm/<platform>/, a licence, a README and a bill of materials. Node's built-ins only.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { whyPage } = require('../demo/prepare.js');
const { GLIBC, NAME, platforms, root, version } = require('./platforms.js');
const { must, write } = require('./run.js');
const { cargoSbom, npmSbom } = require('./sbom.js');

const manifest = require('../../package.json');

/** What concerns this checkout only. */
const OWN = ['devDependencies', 'overrides', 'scripts'];
const SHARED = ['version', 'license', 'author', 'repository', 'homepage', 'bugs', 'engines'];
const pick = (names) =>
  Object.fromEntries(
    names.filter((name) => name in manifest).map((name) => [name, manifest[name]]),
  );

const SYSTEMS = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' };
const NEEDS = { glibc: ` with glibc ${GLIBC} or newer`, musl: ' with musl 1.2 or newer (Alpine)' };

const described = ({ os, cpu, libc }) => `${SYSTEMS[os]} ${cpu}${NEEDS[libc] ?? ''}`;

/** The package of one platform. */
function stagePlatform(folder, platform, binary) {
  const { name, file, os, cpu, libc } = platform;
  write(folder, {
    'package.json': {
      name: platform.package,
      ...pick(SHARED),
      description: `The binary of ${NAME} for ${described(platform)}`,
      main: file,
      files: [file, 'sbom.cdx.json'],
      os: [os],
      cpu: [cpu],
      ...(libc && { libc: [libc] }),
    },
    'README.md': `# ${platform.package}

The binary of [${NAME}](https://www.npmjs.com/package/${NAME}) for ${described(platform)}. Install
\`${NAME}\`, which brings it where it fits. Both must be of the same version, ${version}.

\`sbom.cdx.json\` lists the crates that are in it (CycloneDX).
`,
    'sbom.cdx.json': cargoSbom(platform),
  });
  fs.copyFileSync(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'));
  fs.copyFileSync(binary, path.join(folder, file));
  return { name, folder };
}

/** The main package: what `npm pack` would take of the checkout, without a binary. */
function stageMain(folder) {
  if (whyPage(root)) must(process.execPath, [path.join(root, 'scripts', 'page.js')], { cwd: root });
  const words = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const [{ files }] = JSON.parse(must('npm', words, { cwd: root }).stdout);
  for (const name of manifest.bundleDependencies ?? []) {
    if (files.some(({ path: file }) => file.startsWith(`node_modules/${name}/`))) continue;
    throw new Error(
      `${name} is to be in the package, and is not installed: run npm ci --omit=dev.`,
    );
  }
  for (const { path: file } of files) {
    if (file.endsWith('.node')) continue;
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.copyFileSync(path.join(root, file), path.join(folder, file));
  }
  const kept = Object.entries(manifest).filter(([name]) => !OWN.includes(name));
  write(folder, {
    'package.json': {
      ...Object.fromEntries(kept),
      files: [...manifest.files.filter((file) => !file.endsWith('.node')), 'sbom.cdx.json'],
      optionalDependencies: Object.fromEntries(platforms().map((one) => [one.package, version])),
    },
    'sbom.cdx.json': npmSbom(),
  });
  return { name: 'main', folder };
}

/**
 * Stages all packages, the platforms' first: the main package must never be there without them.
 *
 * @param {string} folder
 * @param {(platform: import('./platforms.js').Platform) => string} binaryOf the file of its binary
 */
function stage(folder, binaryOf) {
  const staged = platforms().map((platform) =>
    stagePlatform(path.join(folder, platform.name), platform, binaryOf(platform)),
  );
  return [...staged, stageMain(path.join(folder, 'main'))];
}

/** Where the builds put a platform's binary. */
function built({ name, file }) {
  const binary = path.join(root, 'npm', name, file);
  if (fs.existsSync(binary)) return binary;
  throw new Error(`${path.relative(root, binary)} is not there: a release has every platform.`);
}

module.exports = { stage, stageMain };

if (require.main === module) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) {
    console.error('Usage: node scripts/release/packages.js FOLDER');
    process.exit(2);
  }
  fs.rmSync(folder, { recursive: true, force: true });
  for (const { folder: staged } of stage(folder, built)) console.log(staged);
}
