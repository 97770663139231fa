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
      found?.built ?? '',
    ];
  });
  return table(['Platform', 'Package', 'Size', 'glibc that it needs', 'Built (UTC)'], rows);
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

function cases(rows, of) {
  const found = rows.filter(({ kind }) => kind === of);
  return table(
    ['Case', 'Result'],
    found.map(({ name, result }) => [name, result === 'passed' ? 'passed' : '**failed**']),
  );
}

const page = ({ rows, sizes }) => `# Platforms

<!-- Written by \`npm run release:rehearse\`: change scripts/release/report.js. -->

Which binaries are published, and what of a release has been tried. \`npm run release:rehearse\` wrote this
page for ${version}. It publishes all packages into a registry on loopback, with those of the Linux binaries whose
size stands below, installs them as users do, and runs the main job against the [local stand-in](local-bedrock.md): resolve an
application inference profile by the control plane, fit a request, Converse, ConverseStream, an abort, and
the process ends by itself with exit code 0 and no open handle. It may run in parts (\`--no-build\`,
\`--only\`): each result is the last one.

## Packages

\`npm install ${NAME}\` brings the binary that fits, as an optional dependency. Each package has
\`os\`, \`cpu\` and on Linux \`libc\`, a licence, and a bill of materials (\`sbom.cdx.json\`, CycloneDX 1.5).
Binaries are stripped, and none is larger than ${megabytes(LARGEST)}; \`node scripts/release/inspect.js\` holds
them to it, to the glibc and to the libraries that they may need.

${published(sizes)}

glibc ${GLIBC} is the floor of Rust itself; Node.js's own binaries need 2.28.

### What makes them small

- One crate type, link-time optimisation over all crates, one codegen unit, no symbols.
- Of the AWS SDK for Rust there are its credentials, endpoints and signatures; its HTTP client is left out,
  since connections are made in core/src/bedrock. deny.toml refuses it.
- No span or event of \`tracing\` is compiled in (\`release_max_level_off\`): nobody would listen.
- What only looks for credentials or reads files of mappings, and the client of Redis, are compiled for size
  (\`opt-level = "s"\`): calls never go through it. The core, HTTP, TLS, JSON and signatures are compiled for speed.
- AWS-LC's code for AVX-512 is left out: any processor with AES-NI encrypts gigabytes in a second without it, and no
  network takes as much. Where it was built with \`cargo\` alone, it is there.

What each gave, or would give, measured on Linux x64:

| What                                                    | MB    | How it was measured                                                                   |
| ------------------------------------------------------- | ----- | ------------------------------------------------------------------------------------- |
| no symbols, and none of the standard library's debugging | 8.0  | the same link with \`strip=none\`: 20.7 and 12.7                                        |
| no AVX-512 code of AWS-LC                               | 0.68  | \`nm -S\`: two functions of AES-GCM. AES-256-GCM seals 4.5 instead of 9.2 GB/s (16 KiB) |
| the client of Redis, if it were left out                | 0.52  | \`nm -S\`                                                                              |

What is in it (\`nm -S\` before symbols are stripped, 12.7 MB): this package's own code 2.8 MB; AWS-LC 2.6, now 1.9;
credentials and signatures of the AWS SDK 1.5; HTTP and TLS 1.0; Rust's library 0.6; Redis 0.5; tokio 0.5; JSON
0.3; the rest 0.6. Beside code, the tables that unwind a panic are 1.3 MB and relocations 0.4.

Not done: \`panic = "abort"\`, because a panic in a call must be that call's error and not the end of the
process; relative relocations (RELR), which need glibc 2.36; leaving out TLS 1.2 or the post-quantum key
exchange, which servers and AWS ask for. What \`cargo tree -d\` finds twice are \`digest\` and what belongs to it,
which the AWS SDK's \`sha1\` needs in the version before.

## What ran

${ran(rows, ['node', 'installer', 'form'])}

esbuild and webpack bundle this package's JavaScript; the packages with the binary stay external
(\`${NAME}-*\` and \`*.node\`).

Processes of Electron's kind, as far as that goes without Electron: its \`process.versions\` and
\`process.type\`; in the renderer a page's globals, whose timers have no \`unref\`, and no workers; and
Node-API's functions that put memory of the addon's own into a buffer refuse, as V8's memory cage makes
them.

${ran(rows, ['electron'])}

Other machines are root folders of their own with another libc or CPU; npm installed in them as on any
machine. ARM is emulated by qemu-user.

${ran(rows, ['machine'])}

## From git and from a checkout

\`npm install github:…\` and a checkout build the addon, with Rust, a C compiler and what npm brings; the
package manager says what is missing. pnpm builds it only where \`allowBuilds\` in pnpm-workspace.yaml names
it, yarn only with \`enableScripts: true\` and, from 4.14, \`approvedGitRepositories\` in .yarnrc.yml. Bun and
Deno build nothing from git, and are told so when the addon is loaded. Here from a repository on disk
(\`git+file:\`), compiled by cargo without optimisation.

${cases(rows, 'git')}

## Publishing, and the script of the workflows

\`scripts/release/publish.js\` publishes what was staged, the main package last. \`scripts/release/verify.js\` is what the
workflows run on every system: before a release with the staged packages, after it with those of npm.

${cases(rows, 'publication')}

## Installations that go wrong

Each was produced for real. The message was read and, where it names a command, the command was run and
the job after it.

${cases(rows, 'failure')}

## What was not run

- macOS and Windows: their binaries need their systems' own linkers. \`.github/workflows/release.yml\` builds
  them there, installs the staged packages and runs the main job; \`verify.yml\` does the same with what was
  published. Windows for ARM needs clang-cl, which GitHub's image has, as it says.
- The workflows themselves, npm's trusted publishing and provenance: read, and checked by actionlint. Their
  script runs here, on glibc and on musl.
- jest's tests on macOS, Windows and Alpine: they need programs of Linux and glibc. There it is the main job that runs.
- Electron itself. npm's \`electron\` has no binary in it: it fetches one from GitHub when it is first used, which
  failed here, and no package of npm, PyPI or Debian was found that carries it. The addon uses Node-API 9
  only, which Electron has. An application in an asar archive must leave the package with the binary outside of
  it (\`asarUnpack\`).
- The messages of the loaders of macOS and Windows, also where an antivirus holds the file: their texts only.
- Node.js 26 on musl: no package registry has one. \`release.yml\` and \`verify.yml\` run it in Alpine's image.
- ARM hardware, and other versions of Node.js there: emulated, with one.
- Docker: the steps of docs/librechat-image.md were run without it.
`;

function writeReport(found) {
  fs.writeFileSync(PAGE, page(found));
  const prettier = path.join(root, 'node_modules', 'prettier', 'bin', 'prettier.cjs');
  must(process.execPath, [prettier, '--write', PAGE]);
}

module.exports = { writeReport };
