'use strict';

// The bills of materials that the packages carry, as CycloneDX 1.5: for a binary the crates that are in
// it, from `cargo metadata`; for the main package what npm says. Node's built-ins only.

const fs = require('node:fs');
const path = require('node:path');

const { NAME, root, version } = require('./platforms.js');
const { must } = require('./run.js');

/** Checksums of crates, as Cargo.lock has them: `name version` → SHA-256. */
function checksums() {
  const lock = fs.readFileSync(path.join(root, 'Cargo.lock'), 'utf8');
  const entries = lock.matchAll(
    /^\[\[package\]\]\nname = "(.+)"\nversion = "(.+)"\nsource = .+\nchecksum = "(.+)"/gm,
  );
  return new Map([...entries].map(([, name, of, sum]) => [`${name} ${of}`, sum]));
}

/** The ids of what a crate is made of: not what only builds or tests it. */
const parts = ({ deps }) =>
  deps
    .filter(({ dep_kinds: kinds }) => kinds.some(({ kind }) => kind === null))
    .map(({ pkg }) => pkg);

function reachable(nodes, from) {
  const found = new Set();
  const open = [from];
  while (open.length > 0) {
    const id = open.pop();
    if (found.has(id)) continue;
    found.add(id);
    open.push(...parts(nodes.get(id)));
  }
  return found;
}

const purl = ({ name, version: of }) => `pkg:cargo/${name}@${of}`;

function component(crate, sums) {
  const { name, version: of, license, source } = crate;
  const sum = sums.get(`${name} ${of}`);
  return {
    type: 'library',
    'bom-ref': purl(crate),
    name,
    version: of,
    ...(license && { licenses: [{ expression: license.replaceAll('/', ' OR ') }] }),
    ...(source && { purl: purl(crate) }),
    ...(sum && { hashes: [{ alg: 'SHA-256', content: sum }] }),
  };
}

/**
 * The crates in the binary of a platform.
 *
 * @param {import('./platforms.js').Platform} platform
 */
function cargoSbom(platform) {
  const words = [
    'metadata',
    '--format-version=1',
    '--locked',
    '--filter-platform',
    platform.triple,
  ];
  const { packages, resolve } = JSON.parse(must('cargo', words, { cwd: root }).stdout);
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const crates = new Map(packages.map((crate) => [crate.id, crate]));
  const own = packages.find(({ name, source }) => name === NAME && source === null);
  const sums = checksums();
  const ids = [...reachable(nodes, own.id)].sort();
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: {
        type: 'library',
        'bom-ref': purl(own),
        name: platform.package,
        version,
        licenses: [{ expression: own.license }],
        purl: `pkg:npm/${platform.package}@${version}`,
      },
    },
    components: ids.filter((id) => id !== own.id).map((id) => component(crates.get(id), sums)),
    dependencies: ids.map((id) => ({
      ref: purl(crates.get(id)),
      dependsOn: parts(nodes.get(id))
        .map((part) => purl(crates.get(part)))
        .sort(),
    })),
  };
}

/** What the main package brings from npm, by npm itself. */
function npmSbom() {
  const words = ['sbom', '--sbom-format=cyclonedx', '--omit=dev', '--package-lock-only'];
  const bom = JSON.parse(must('npm', words, { cwd: root }).stdout);
  // npm has the name of the folder.
  bom.metadata.component.name = NAME;
  return bom;
}

module.exports = { cargoSbom, npmSbom };
