#!/usr/bin/env node
// Builds a published Linux binary on Debian or Ubuntu, x64: `node scripts/build-linux.js PLATFORM [--dev]`,
// with PLATFORM one of linux-x64-gnu, linux-x64-musl, linux-arm64-gnu and linux-arm64-musl. The binary is
// put into npm/PLATFORM. Takes some minutes; needs python3 with pip and, where rustup has not brought the
// target, apt-get and dpkg. Nothing is installed outside target/linux. Node's built-ins only.
//
// zig links: against glibc 2.17 for gnu, which is Rust's own floor, and against musl. Rust's standard
// library for other targets is not in Debian's packages, but its sources are (rust-web-src, which follows
// the browsers' security updates), and cargo builds it from them.
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { GLIBC, platforms, root } = require('./release/platforms.js');

const tools = path.join(root, 'target', 'linux');
const LINKER = path.join(__dirname, 'linker.txt');
const PACKAGES = ['rustc-web', 'cargo-web', 'rust-web-src'];

class Missing extends Error {}

/** Runs a program to its end; its output, where that is wanted. */
function run(command, words, { quiet = false, ...options } = {}) {
  const ended = spawnSync(command, words, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    ...options,
  });
  if (ended.error?.code === 'ENOENT') throw new Missing(`${command} was not found.`);
  if (ended.status !== 0) {
    const said = `${ended.stderr ?? ''}`.trim().split('\n').slice(-5).join('\n');
    throw new Error(`${command} ${words.slice(0, 3).join(' ')} … failed.\n${said}`);
  }
  return ended.stdout;
}

function need(command, why, remedy) {
  if (spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined) return;
  throw new Missing(`${command} was not found: it ${why}. ${remedy}`);
}

/** Does work once: a folder that is there was finished. */
function once(folder, work) {
  if (fs.existsSync(folder)) return;
  const unfinished = `${folder}.unfinished`;
  fs.rmSync(unfinished, { recursive: true, force: true });
  fs.mkdirSync(unfinished, { recursive: true });
  work(unfinished);
  fs.renameSync(unfinished, folder);
}

/** zig and cargo-zigbuild, from PyPI, in a folder of their own; the folder of their programs. */
function linker() {
  const folder = path.join(tools, 'zig');
  once(folder, (place) => {
    need('python3', 'installs zig', 'apt-get install python3 python3-pip');
    console.log('Installing zig and cargo-zigbuild …');
    const words = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--require-hashes'];
    run('python3', [...words, '--target', place, '-r', LINKER]);
    const zig = path.join(place, 'bin', 'zig');
    fs.writeFileSync(zig, '#!/bin/sh\nexec "$(dirname "$0")/../ziglang/zig" "$@"\n', {
      mode: 0o755,
    });
  });
  return path.join(folder, 'bin');
}

/** Whether rustup has brought the standard library of the target. */
function rustupHas(triple) {
  const { status, stdout } = spawnSync('rustup', ['target', 'list', '--installed'], {
    encoding: 'utf8',
  });
  return status === 0 && stdout.split('\n').includes(triple);
}

/** Debian's Rust with the sources of its library, unpacked and not installed; its environment. */
function debianRust() {
  const folder = path.join(tools, 'rust');
  once(folder, (place) => {
    need(
      'apt-get',
      'fetches Rust',
      'This script is for Debian and Ubuntu; elsewhere: rustup target add.',
    );
    need('dpkg', 'unpacks Rust', 'This script is for Debian and Ubuntu.');
    console.log('Fetching Rust with the sources of its library …');
    const debs = path.join(place, 'debs');
    fs.mkdirSync(debs);
    run('apt-get', ['download', ...wanted()], { cwd: debs, quiet: true });
    for (const deb of fs.readdirSync(debs)) run('dpkg', ['-x', path.join(debs, deb), place]);
    fs.rmSync(debs, { recursive: true });
    for (const program of ['rustc', 'cargo']) wrap(place, program);
  });
  checkVersion(folder);
  return {
    RUSTC: path.join(folder, 'rustc'),
    CARGO: path.join(folder, 'cargo'),
    // The sources of the library may only be built by a compiler that is told so.
    RUSTC_BOOTSTRAP: '1',
  };
}

/** A package that is older than what the addon needs is fetched again the next time. */
function checkVersion(folder) {
  const [version] = run(path.join(folder, 'rustc'), ['--version'], { quiet: true }).match(
    /\d+\.\d+/,
  );
  const manifest = fs.readFileSync(path.join(root, 'Cargo.toml'), 'utf8');
  const [, needed] = manifest.match(/^rust-version = "(\d+\.\d+)"/m);
  const number = (text) => text.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0);
  if (number(version) >= number(needed)) return;
  fs.rmSync(folder, { recursive: true });
  throw new Error(
    `${PACKAGES[0]} is Rust ${version}, and ${needed} is needed. Run apt-get update: newer ones come ` +
      'with the security updates.',
  );
}

/** What apt-get would install, and is not installed. */
function wanted() {
  const words = ['install', '-s', '--no-install-recommends', ...PACKAGES];
  let plan;
  try {
    plan = run('apt-get', words, { quiet: true });
  } catch (cause) {
    throw new Error(
      `apt-get does not know ${PACKAGES.join(', ')}. They are in Debian 12 and later, main and ` +
        'security; run apt-get update.',
      { cause },
    );
  }
  const names = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name);
  // What is installed already is unpacked here all the same.
  return [...new Set([...names, ...PACKAGES])];
}

/** A program of the unpacked packages, with the libraries that came with it. */
function wrap(place, program) {
  const script = `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
libraries=$(echo "$here"/usr/lib/*-linux-gnu)
LD_LIBRARY_PATH="$libraries\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$here/usr/bin/${program}" "$@"
`;
  fs.writeFileSync(path.join(place, program), script, { mode: 0o755 });
}

/** The options of the command line. */
function chosenBy(words) {
  const chosen = { dev: false };
  for (const word of words) {
    if (word === '--dev') chosen.dev = true;
    else if (word.startsWith('-')) throw new Missing(`There is no option ${word}; there is --dev.`);
    else chosen.platform = word;
  }
  const known = platforms().filter(({ os }) => os === 'linux');
  const found = known.find(({ name }) => name === chosen.platform);
  if (found === undefined) {
    const names = known.map(({ name }) => name).join(', ');
    throw new Missing(
      `Name one platform: ${names}${chosen.platform ? `, not ${chosen.platform}` : ''}.`,
    );
  }
  return { ...chosen, ...found };
}

function main() {
  const { name, triple, libc, dev } = chosenBy(process.argv.slice(2));
  if (process.platform !== 'linux') throw new Missing('This script runs on Linux.');
  const bin = linker();
  const own = rustupHas(triple);
  const rust = own ? {} : debianRust();
  const output = path.join(root, 'npm', name);
  fs.mkdirSync(output, { recursive: true });
  const words = [
    path.join(__dirname, 'build.js'),
    ...(dev ? [] : ['--release']),
    '--target',
    libc === 'glibc' ? `${triple}.${GLIBC}` : triple,
    '--target-dir',
    path.join(tools, 'target'),
    '--output-dir',
    output,
    '--cross-compile',
    '--',
    '--locked',
    ...(own ? [] : ['-Zbuild-std=std,panic_unwind']),
  ];
  console.log(`Building for ${triple}${own ? '' : ', the standard library too'} …`);
  const env = {
    ...process.env,
    ...rust,
    PATH: `${bin}${path.delimiter}${process.env.PATH}`,
    // A library that Node.js loads must share its libc.
    RUSTFLAGS:
      `${process.env.RUSTFLAGS ?? ''} ${libc === 'musl' ? '-C target-feature=-crt-static' : ''}`.trim(),
  };
  run(process.execPath, words, { env });
  for (const file of fs.readdirSync(output).filter((entry) => !entry.endsWith('.node'))) {
    fs.rmSync(path.join(output, file));
  }
  const binary = path.join(output, `bedrock-profile-client.${name}.node`);
  console.log(`${path.relative(root, binary)}: ${fs.statSync(binary).size} bytes`);
}

try {
  main();
} catch (error) {
  console.error(error.message);
  process.exit(error instanceof Missing ? 2 : 1);
}
