'use strict';

// docs/platforms.md: what the last whole rehearsal found. Node's built-ins only.

const fs = require('node:fs');
const path = require('node:path');

const { GLIBC, LARGEST, NAME, platforms, root, version } = require('./platforms.js');
const { must } = require('./run.js');

const PAGE = path.join(root, 'docs', 'platforms.md');
const SYSTEMS = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' };

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

function table(heads, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The packages and their binaries. */
function published(sizes) {
  const rows = platforms().map((platform) => {
    const found = sizes.find(({ name }) => name === platform.name);
    const libc =
      { glibc: `, glibc ${GLIBC} or newer`, musl: ', musl (Alpine)' }[platform.libc] ?? '';
    return [
      `${SYSTEMS[platform.os]} ${platform.cpu}${libc}`,
      `\`${platform.package}\``,
      found ? megabytes(found.size) : 'not built here',
      found ? (found.glibc ?? 'none') : '',
    ];
  });
  return table(['Platform', 'Package', 'Size', 'glibc that it needs'], rows);
}

/** One row for what shares everything but its form. */
function ran(rows, kinds) {
  const groups = new Map();
  for (const row of rows.filter(({ kind }) => kinds.includes(kind))) {
    const { platform = 'glibc x64', installer = 'npm', runtime, form, result } = row;
    const key = [platform, installer, runtime].join('\n');
    const forms = groups.get(key) ?? [];
    groups.set(key, [...forms, result === 'passed' ? form : `${form}: **failed**`]);
  }
  const lines = [...groups].map(([key, forms]) => [...key.split('\n'), forms.join(', ')]);
  return table(['Linux', 'Installed with', 'Run by', 'As'], lines);
}

function failed(rows) {
  const cases = rows.filter(({ kind }) => kind === 'failure');
  return table(
    ['Case', 'Result'],
    cases.map(({ name, result }) => [name, result === 'passed' ? 'passed' : '**failed**']),
  );
}

const page = ({ rows, sizes }) => `# Platforms

<!-- Written by \`npm run release:rehearse\`: change scripts/release/report.js. -->

Which binaries are published, and what of a release has been tried. \`npm run release:rehearse\` wrote this
page for ${version}. It publishes all packages into a registry on loopback, with those of the Linux binaries whose
size stands below, installs them as users do, and runs the main job against the [local stand-in](local-bedrock.md): resolve an
application inference profile by the control plane, fit a request, Converse, ConverseStream, an abort, and
the process ends by itself with exit code 0 and no open handle.

## Packages

\`npm install ${NAME}\` brings the binary that fits, as an optional dependency. Each package has
\`os\`, \`cpu\` and on Linux \`libc\`, a licence, and a bill of materials (\`sbom.cdx.json\`, CycloneDX 1.5).
Binaries are stripped, and none is larger than ${megabytes(LARGEST)}; \`node scripts/release/inspect.js\` holds
them to it, to the glibc and to the libraries that they may need.

${published(sizes)}

glibc ${GLIBC} is the floor of Rust itself; Node.js's own binaries need 2.28.

## What ran

${ran(rows, ['node', 'installer', 'form'])}

esbuild and webpack bundle this package's JavaScript; the packages with the binary stay external
(\`${NAME}-*\` and \`*.node\`).

Other machines are root folders of their own with another libc or CPU; npm installed in them as on any
machine. ARM is emulated by qemu-user.

${ran(rows, ['machine'])}

## Installations that go wrong

Each was produced for real. The message was read and, where it names a command, the command was run and
the job after it.

${failed(rows)}

## What was not run

- macOS and Windows: their binaries need their systems' own linkers. \`.github/workflows/release.yml\`
  builds and tests them there, \`verify.yml\` installs and runs what was published.
- The workflows themselves, npm's trusted publishing and provenance: read, and checked by actionlint.
- Electron: its binary comes from no package registry. The addon uses Node-API 9 only, which Electron has.
- A file that an antivirus holds, and the messages of the loaders of macOS and Windows: their texts only.
- ARM hardware: emulated only.
`;

function writeReport(found) {
  fs.writeFileSync(PAGE, page(found));
  const prettier = path.join(root, 'node_modules', 'prettier', 'bin', 'prettier.cjs');
  must(process.execPath, [prettier, '--write', PAGE]);
}

module.exports = { writeReport };
