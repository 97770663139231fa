'use strict';

// Installations that go wrong, each produced for real: what is said where the addon does not load, and
// whether the command that the message names helps. Node's built-ins only.

const fs = require('node:fs');
const path = require('node:path');

const { antivirus } = require('./antivirus.js');
const { INSTALLERS, outcome, project } = require('./consumers.js');
const { machine } = require('./machines.js');
const { NAME, here, platforms, version } = require('./platforms.js');
const { asRoot, last, must, run, temporary, write } = require('./run.js');
const { node, npmCli, tool } = require('./tools.js');
const { publishOther, twoVersions } = require('./versions.js');

const OWN = here();
/** Another system than this one: what npm is told, and how its binary's name ends. */
const ELSEWHERE = process.platform === 'darwin' ? ['win32', 'x64'] : ['darwin', 'arm64'];
const AWAY = ELSEWHERE.map((value, index) => `--${['os', 'cpu'][index]}=${value}`);
const FOREIGN = platforms().find(({ os, cpu }) => os === ELSEWHERE[0] && cpu === ELSEWHERE[1]);
const NOBODY = 65_534;
/** Says why the addon does not load. */
const TELL = `try { new (require('${NAME}').BedrockProfileClient)({ region: 'us-east-1' });
  console.log('loaded'); } catch (error) { console.log(error.message); }`;

const told = (made, by = process.execPath) => made.script(by, ['--eval', TELL]).output.trim();

function expect(text, ...patterns) {
  for (const pattern of patterns) {
    if (!pattern.test(text)) throw new Error(`${pattern} is not in:\n${last(text)}`);
  }
}

/** Package managers by their names, as a person's shell has them. */
function shellPath() {
  const folder = temporary('programs');
  const programs = {
    pnpm: [process.execPath, tool('pnpm', 'pnpm', 'bin', 'pnpm.mjs')],
    yarn: [process.execPath, tool('yarn', '@yarnpkg', 'cli-dist', 'bin', 'yarn.js')],
    bun: [tool('bun', 'bun', 'bin', 'bun.exe')],
    npm: [process.execPath, npmCli()],
  };
  for (const [name, words] of Object.entries(programs)) {
    const script = `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(' ')} "$@"\n`;
    fs.writeFileSync(path.join(folder, name), script, { mode: 0o755 });
  }
  return `${folder}${path.delimiter}${process.env.PATH}`;
}

/** Runs the command that a message names, where it says, and then the job. */
function follow(made, text) {
  const [, where, command] = /In (\S+): (.+?)(?: \S+ is read-only here.*)?$/.exec(text) ?? [];
  if (command === undefined) throw new Error(`no command in:\n${text}`);
  const env = { ...made.options.env, PATH: shellPath() };
  must('sh', ['-c', command], { ...made.options, cwd: where, env });
  const { ok, why } = outcome(made.script(process.execPath, ['main.cjs']));
  if (!ok) throw new Error(`after ${command}:\n${why}`);
}

const manifest = (more = {}) => ({
  'package.json': {
    ...{ name: 'consumer', version: '1.0.0', private: true },
    dependencies: { [NAME]: version },
    ...more,
  },
});

const binaryOf = (made) => path.join(made.folder, 'node_modules', OWN.package, OWN.file);

/** Runs a shell script in a mount namespace of its own. */
function mounted(script, options) {
  const [command, ...words] = [...asRoot(), 'unshare', '--mount', 'sh', '-c', script];
  return run(command, words, options);
}

/** Options of a process that may not do everything. */
const unprivileged = () => (process.getuid() === 0 ? { uid: NOBODY, gid: NOBODY } : {});

/** @returns {[string, (made: (name: string, extra?: object) => object) => void][]} */
const CASES = (context) => [
  [
    'npm install --omit=optional',
    (make) => {
      const made = make('npm');
      made.install(['--omit=optional']);
      const text = told(made);
      expect(
        text,
        new RegExp(`${OWN.package}@${version} should have been installed`),
        /--omit=opt/,
      );
      follow(made, text);
    },
  ],
  [
    'npm --global, for another system',
    (make) => {
      const made = make('npm');
      const prefix = path.join(made.home, 'prefix');
      Object.assign(made.options.env, {
        NODE_PATH: path.join(prefix, 'lib', 'node_modules'),
        // The project's .npmrc is not read.
        ...(context.registry.url && { npm_config_registry: context.registry.url }),
      });
      const words = ['install', '--global', '--prefix', prefix, ...AWAY, '--no-audit'];
      must(process.execPath, [npmCli(), ...words, `${NAME}@${version}`], made.options);
      const text = told(made);
      expect(text, new RegExp(`${FOREIGN.file} is another platform's\\.`));
      expect(text, new RegExp(`npm uninstall --global --prefix ${prefix} ${NAME} && npm install `));
      follow(made, text);
    },
  ],
  [
    'optional: omit=optional in .npmrc',
    (make) => {
      const made = make('npm');
      fs.appendFileSync(path.join(made.folder, '.npmrc'), 'omit=optional\n');
      made.install();
      const text = told(made);
      expect(text, /optional packages were left out \(--omit=optional\)/);
      follow(made, text);
    },
  ],
  [
    'pnpm install --no-optional',
    (make) => {
      const made = make('pnpm', manifest());
      must(
        process.execPath,
        [tool('pnpm', 'pnpm', 'bin', 'pnpm.mjs'), 'install', '--no-optional'],
        made.options,
      );
      const text = told(made);
      expect(text, /optional packages were left out \(--no-optional\)/);
      follow(made, text);
    },
  ],
  [
    'bun install --omit=optional',
    (make) => {
      const made = make('bun', manifest());
      must(tool('bun', 'bun', 'bin', 'bun.exe'), ['install', '--omit=optional'], made.options);
      const text = told(made);
      expect(text, /optional packages were left out \(--omit=optional\)/);
      follow(made, text);
    },
  ],
  [
    'a lock file of another system (npm)',
    (make) => {
      const made = make('npm');
      made.install(AWAY);
      // As npm writes it where node_modules is there and the lock file is not (npm/cli#4828).
      const lock = path.join(made.folder, 'package-lock.json');
      const json = JSON.parse(fs.readFileSync(lock, 'utf8'));
      for (const name of Object.keys(json.packages)) {
        if (name.startsWith(`node_modules/${NAME}-`) && !name.endsWith(FOREIGN.package)) {
          delete json.packages[name];
        }
      }
      fs.writeFileSync(lock, JSON.stringify(json));
      fs.rmSync(path.join(made.folder, 'node_modules'), { recursive: true });
      // A newer npm notices, and refuses.
      must(process.execPath, [tool('npm', 'npm', 'bin', 'npm-cli.js'), 'ci'], made.options);
      const text = told(made);
      expect(text, /package-lock\.json does not list it, since it was made on another system/);
      follow(made, text);
    },
  ],
  [
    'node_modules of another system',
    (make) => {
      const made = make('npm');
      made.install(AWAY);
      const text = told(made);
      expect(text, new RegExp(`${FOREIGN.file} is another platform's\\.`));
      follow(made, text);
    },
  ],
  [
    'supportedArchitectures of pnpm',
    (make) => {
      const made = make('pnpm', manifest());
      const file = path.join(made.folder, 'pnpm-workspace.yaml');
      const usual = fs.readFileSync(file, 'utf8');
      fs.writeFileSync(
        file,
        `${usual}supportedArchitectures:\n  os: [${ELSEWHERE[0]}]\n  cpu: [${ELSEWHERE[1]}]\n`,
      );
      must(process.execPath, [tool('pnpm', 'pnpm', 'bin', 'pnpm.mjs'), 'install'], made.options);
      const text = told(made);
      expect(text, /supportedArchitectures in pnpm-workspace\.yaml leaves this platform out/);
      fs.writeFileSync(
        file,
        `${usual}supportedArchitectures:\n  os: [${ELSEWHERE[0]}, ${OWN.os}]\n  cpu: [arm64, x64]\n  libc: [${OWN.libc ?? 'glibc'}]\n`,
      );
      follow(made, text);
    },
  ],
  [
    'supportedArchitectures of yarn',
    (make) => {
      const made = make('yarn (node_modules)', manifest());
      const file = path.join(made.folder, '.yarnrc.yml');
      const usual = fs.readFileSync(file, 'utf8');
      fs.writeFileSync(
        file,
        `${usual}supportedArchitectures:\n  os: [${ELSEWHERE[0]}]\n  cpu: [${ELSEWHERE[1]}]\n`,
      );
      must(
        process.execPath,
        [tool('yarn', '@yarnpkg', 'cli-dist', 'bin', 'yarn.js'), 'install'],
        made.options,
      );
      const text = told(made);
      expect(text, /supportedArchitectures in \.yarnrc\.yml leaves this platform out/);
      fs.writeFileSync(file, usual);
      follow(made, text);
    },
  ],
  [
    'supportedArchitectures of yarn (PnP)',
    (make) => {
      const made = make('yarn (PnP)', manifest());
      const file = path.join(made.folder, '.yarnrc.yml');
      const usual = fs.readFileSync(file, 'utf8');
      fs.writeFileSync(
        file,
        `${usual}supportedArchitectures:\n  os: [${ELSEWHERE[0]}]\n  cpu: [${ELSEWHERE[1]}]\n`,
      );
      const yarn = tool('yarn', '@yarnpkg', 'cli-dist', 'bin', 'yarn.js');
      must(process.execPath, [yarn, 'install'], made.options);
      // Wherever the process is started from.
      const cwd = path.parse(made.folder).root;
      const pnp = path.join(made.folder, '.pnp.cjs');
      const tell = path.join(made.folder, 'tell.cjs');
      fs.writeFileSync(tell, TELL);
      const text = run(process.execPath, ['--require', pnp, tell], { ...made.options, cwd });
      expect(text.output, /supportedArchitectures in \.yarnrc\.yml leaves this platform out/);
      fs.writeFileSync(file, usual);
      follow(made, text.output.trim());
    },
  ],
  [
    'a download of the binary that failed',
    (make) => {
      const tarball = path.join(
        context.registry.storage,
        OWN.package,
        `${OWN.package}-${version}.tgz`,
      );
      const made = make('npm');
      fs.renameSync(tarball, `${tarball}.away`);
      try {
        made.install();
        expect(told(made), /or its download failed/);
      } finally {
        fs.renameSync(`${tarball}.away`, tarball);
      }
      // npm remembers no failure.
      follow(made, told(made));
    },
  ],
  [
    'no network',
    (make) => {
      const made = make('npm');
      made.install();
      fs.rmSync(path.join(made.folder, 'node_modules'), { recursive: true });
      const nowhere = ['--registry=http://127.0.0.1:9', '--fetch-retries=0', '--no-audit'];
      // What npm has in its cache is enough …
      must(process.execPath, [npmCli(), 'ci', '--offline', ...nowhere], made.options);
      if (told(made) !== 'loaded') throw new Error(told(made));
      // … and without it nothing is half installed.
      const bare = make('npm');
      const ended = bare.install(nowhere, { checked: false });
      expect(ended.output, /ECONNREFUSED|FetchError|network/);
      if (ended.status === 0 || fs.existsSync(path.join(bare.folder, 'node_modules', NAME))) {
        throw new Error('npm installed something');
      }
    },
  ],
  [
    'a truncated binary',
    (make) => {
      const made = make('npm');
      made.install();
      fs.truncateSync(binaryOf(made), 100_000);
      const text = told(made);
      expect(text, /The file is incomplete \(100000 bytes\)/);
      follow(made, text);
    },
  ],
  [
    'a truncated binary in Deno’s own cache',
    (make) => {
      const made = make('deno', {
        'deno.json': { nodeModulesDir: 'none', minimumDependencyAge: 0 },
      });
      const { by, words } = INSTALLERS.deno.runner();
      const program = `try {
        const { BedrockProfileClient } = await import('npm:${NAME}@${version}');
        new BedrockProfileClient({ region: 'us-east-1' });
        console.log('loaded');
      } catch (error) { console.log(error.message); }`;
      write(made.folder, { 'tell.mjs': program });
      made.options.env.DENO_DIR = path.join(made.home, 'deno');
      const tell = () => must(by, [...words, 'tell.mjs'], made.options).stdout.trim();
      if (tell() !== 'loaded') throw new Error(tell());
      const names = fs.readdirSync(made.options.env.DENO_DIR, { recursive: true });
      const binary = names.find((name) => path.basename(name) === OWN.file);
      fs.truncateSync(path.join(made.options.env.DENO_DIR, binary), 100_000);
      const text = tell();
      expect(text, /The file is incomplete \(100000 bytes\)/);
      const [, command] = /: (deno cache --reload \S+)$/.exec(text) ?? [];
      if (command === undefined) throw new Error(`no command in:\n${text}`);
      must(by, command.split(' ').slice(1), made.options);
      if (tell() !== 'loaded') throw new Error(`after ${command}:\n${tell()}`);
    },
  ],
  [
    'no permission to read the binary',
    (make) => {
      const made = make('npm');
      made.install();
      fs.chmodSync(binaryOf(made), 0);
      fs.chmodSync(made.folder, 0o755);
      const ended = made.script(process.execPath, ['--eval', TELL], unprivileged());
      expect(ended.output, /the file must be readable/);
    },
  ],
  [
    'no permission to write',
    (make) => {
      const made = make('npm');
      fs.chmodSync(made.folder, 0o555);
      fs.chmodSync(made.home, 0o777);
      const words = [npmCli(), 'install', `${NAME}@${version}`];
      const ended = run(process.execPath, words, { ...made.options, ...unprivileged() });
      expect(ended.output, /EACCES|permission/i);
      if (ended.status === 0) throw new Error('npm installed something');
    },
  ],
  [
    'a full disk',
    (make) => {
      const made = make('npm', manifest());
      const install = `'${process.execPath}' '${npmCli()}' install --no-audit`;
      // Room for the main package, which is there first, and not for the binary.
      const script = `mkdir -p node_modules && mount -t tmpfs -o size=6m none node_modules && ${install} --omit=optional && { ${install}; echo "npm $?"; } &&
        '${process.execPath}' --eval "$TELL"`;
      const ended = mounted(script, { ...made.options, env: { ...made.options.env, TELL } });
      expect(
        ended.output,
        /ENOSPC|no space left/i,
        /npm [1-9]|(it is there without its binary|is incomplete|should have been installed)/,
      );
      if (/^loaded$/m.test(ended.stdout)) throw new Error('loaded');
    },
  ],
  [
    'a file system without execution',
    (make) => {
      const made = make('npm');
      made.install();
      const script = `cp -r node_modules copy && mount -t tmpfs -o noexec none node_modules && cp -r copy/. node_modules/ &&
        '${process.execPath}' --eval "$TELL"`;
      const ended = mounted(script, { ...made.options, env: { ...made.options.env, TELL } });
      expect(ended.output, /must not be mounted with noexec/);
    },
  ],
  [
    'a read-only image',
    (make) => {
      const made = make('npm');
      made.install(['--omit=optional']);
      const script = `mount --bind . . && mount -o remount,ro,bind . && cd "$PWD" && '${process.execPath}' --eval "$TELL"`;
      const ended = mounted(script, { ...made.options, env: { ...made.options.env, TELL } });
      expect(
        ended.output,
        /is read-only here: run it where node_modules is made, such as in the Dockerfile/,
      );
      follow(made, ended.output.trim());
    },
  ],
  [
    'a binary for glibc on Alpine',
    (make) => {
      const made = make('npm');
      made.install();
      const alpine = machine({ cpu: process.arch, libc: 'musl', node: '24.19.0' });
      const options = { ...made.options, shared: [made.folder, made.home] };
      const text = () => alpine.run(['--eval', TELL], options).output.trim();
      expect(
        text(),
        /there is no binary for this platform \(linux \w+, musl \(Alpine\), Node\.js v24/,
        /is another platform's/,
      );
      // By its name, the system's own loader refuses it.
      const env = { ...options.env, NAPI_RS_NATIVE_LIBRARY_PATH: binaryOf(made) };
      expect(
        alpine.run(['--eval', TELL], { ...options, env }).output,
        /Error loading shared library|Error relocating/,
        /It is for glibc, and this Node\.js uses musl/,
      );
    },
  ],
  ...[14, 16, 18].map((major) => [
    `Node.js ${major}`,
    (make) => {
      const made = make('npm');
      made.install();
      expect(
        told(made, node(major)),
        new RegExp(`needs Node\\.js 20\\.3\\.0 or newer, and this is v${major}\\.`),
      );
    },
  ]),
  [
    'packages of different versions',
    (make) => {
      const other = publishOther(context);
      const made = make('npm', manifest({ overrides: { [OWN.package]: other } }));
      must(process.execPath, [npmCli(), 'install', '--no-audit'], made.options);
      const text = told(made);
      expect(text, new RegExp(`is of version ${other}, and this package is ${version}\\.`));
      write(made.folder, manifest());
      follow(made, text);
    },
  ],
  antivirus({ binaryOf, told, expect }),
  ...twoVersions(context),
];

/** Those that need no more than the package managers and a shell. */
const EVERYWHERE =
  /^(?:npm install|pnpm install|bun install|npm --global|optional: |a lock file|node_modules of|supportedArch)/;

/** @returns {Generator<{ name: string, where: object, work: () => void }>} */
function* failures(context) {
  const make = (name, extra) =>
    project(name, { registry: context.registry.url, version, env: context.env, extra });
  for (const [name, work] of CASES(context)) {
    if (context.everywhere && !EVERYWHERE.test(name)) continue;
    yield { name, where: { kind: 'failure' }, work: () => work(make) };
  }
}

module.exports = { failures, follow, told };
