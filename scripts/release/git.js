'use strict';

// Installed from git, and from a checkout as docs/librechat-image.md does. Package managers prepare such a
// package in a clone of their own, with what it is built with from npm; cargo compiles it there, quickly
// rather than well. Node's built-ins only.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { INSTALLERS, outcome, project } = require('./consumers.js');
const { follow, told } = require('./failures.js');
const { machine } = require('./machines.js');
const { NAME, platforms, root, version } = require('./platforms.js');
const { last, must, run, temporary, write } = require('./run.js');

const TARGET = path.join(root, 'target', 'from-git');

/** As fast to compile as may be: what is optimised is tried elsewhere. */
const COMPILER = {
  CARGO_TARGET_DIR: TARGET,
  CARGO_PROFILE_RELEASE_LTO: 'off',
  CARGO_PROFILE_RELEASE_OPT_LEVEL: '0',
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '256',
};

/** What each package manager must be told before it builds a package of git. */
const ALLOWED = {
  npm: () => ({}),
  pnpm: ({ files }, url) => ({
    'pnpm-workspace.yaml': `${files['pnpm-workspace.yaml']}allowBuilds:\n  '${NAME}@${url}': true\n  ${NAME}: true\n`,
  }),
  'yarn (node_modules)': ({ files }) => ({
    '.yarnrc.yml': `${files['.yarnrc.yml']}enableScripts: true\napprovedGitRepositories: ['**']\n`,
  }),
};

/** yarn takes no repository without a host: git itself is told where this one is. */
const HOSTED = 'https://git.example/bedrock-profile-client.git';

/** The files of this checkout, as they are now, in a repository of their own; its URL. */
function repository() {
  const folder = temporary('repository');
  const git = (...words) => must('git', words, { cwd: folder });
  const names = must('git', ['ls-files', '-z', '-co', '--exclude-standard'], { cwd: root }).stdout;
  for (const name of names
    .split('\0')
    .filter((one) => one && fs.existsSync(path.join(root, one)))) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.copyFileSync(path.join(root, name), path.join(folder, name));
  }
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '--quiet', '-m', 'All');
  return { folder, url: `git+file://${folder}` };
}

/** A PATH on which cargo is not. */
function withoutRust() {
  const folder = temporary('programs');
  for (const place of (process.env.PATH ?? '').split(path.delimiter).reverse()) {
    if (!fs.existsSync(place)) continue;
    for (const name of fs.readdirSync(place).filter((one) => !/^(cargo|rust)/.test(one))) {
      fs.rmSync(path.join(folder, name), { force: true });
      fs.symlinkSync(path.join(place, name), path.join(folder, name));
    }
  }
  return folder;
}

/** Adds the package to a project from git. */
function add(name, made, { url, folder }, env = {}) {
  const installer = INSTALLERS[name];
  const program = installer.program?.();
  const words = installer.install({
    program,
    of: name === 'npm' ? url : `${NAME}@${name.startsWith('yarn') ? HOSTED : url}`,
  });
  const script = /\.[cm]?js$/.test(words[0]) ? [process.execPath, ...words] : words;
  return run(script[0], script.slice(1), {
    ...made.options,
    timeout: 3_600_000,
    env: {
      ...made.options.env,
      // Rust's own programs look for their toolchain in the home of the person.
      CARGO_HOME: process.env.CARGO_HOME ?? path.join(os.homedir(), '.cargo'),
      RUSTUP_HOME: process.env.RUSTUP_HOME ?? path.join(os.homedir(), '.rustup'),
      ...COMPILER,
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.file://${folder}.insteadOf`,
      GIT_CONFIG_VALUE_0: HOSTED,
      ...env,
    },
  });
}

/** What cargo keeps of a clone that is gone. */
function forget() {
  if (!fs.existsSync(TARGET)) return;
  for (const entry of fs.readdirSync(TARGET, { recursive: true })) {
    if (/bedrock.profile/.test(path.basename(entry))) {
      fs.rmSync(path.join(TARGET, entry), { recursive: true, force: true });
    }
  }
}

/** @returns {Generator<{ name: string, where: object, work: () => void }>} */
function* fromGit({ registry, env, files }) {
  let source;
  const from = () => (source ??= repository());
  const make = (name, extra) => project(name, { registry: undefined, version, env, extra });
  const allowed = (name) => {
    const first = make(name);
    const configured = Object.fromEntries(
      ['pnpm-workspace.yaml', '.yarnrc.yml']
        .filter((file) => fs.existsSync(path.join(first.folder, file)))
        .map((file) => [file, fs.readFileSync(path.join(first.folder, file), 'utf8')]),
    );
    write(first.folder, ALLOWED[name]({ files: configured }, from().url));
    return first;
  };
  for (const name of Object.keys(ALLOWED)) {
    yield {
      name: `${name}: from git`,
      where: { kind: 'git' },
      work: () => {
        const made = allowed(name);
        const ended = add(name, made, from());
        if (ended.status !== 0) throw new Error(last(ended.output, 40));
        const { ok, why } = outcome(made.script(process.execPath, ['main.cjs']));
        forget();
        if (!ok) throw new Error(why);
      },
    };
    yield {
      name: `${name}: from git, without Rust`,
      where: { kind: 'git' },
      work: () => {
        const made = allowed(name);
        const ended = add(name, made, from(), { PATH: withoutRust() });
        // yarn keeps what a build said in a file, and names it.
        const log = /(\/\S+\.log)\b/.exec(ended.output)?.[1];
        const output = `${ended.output}${log && fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : ''}`;
        if (ended.status === 0) throw new Error(`it was installed:\n${last(output)}`);
        if (!/cargo was not found\. Install Rust/.test(output)) throw new Error(last(output, 40));
      },
    };
  }
  yield {
    name: 'bun: from git, which it does not build',
    where: { kind: 'git' },
    work: () => {
      const made = project('bun', { registry: registry.url, version, env });
      const ended = add('bun', made, from());
      if (ended.status !== 0) throw new Error(last(ended.output));
      const text = told(made);
      if (!/bun builds no packages from git/.test(text)) throw new Error(text);
      follow(made, text);
    },
  };
  const platform = platforms().find(({ cpu, libc }) => cpu === process.arch && libc === 'musl');
  if (fs.statSync(files.get(platform.name)).size < 1e6) return;
  yield {
    name: 'from a checkout, as the Dockerfile of docs/librechat-image.md',
    where: { kind: 'git' },
    work: () => {
      const made = make('npm');
      // What the package brings in itself must be there; what builds it is tried above.
      const bring = ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
      must('npm', bring, { cwd: from().folder, timeout: 600_000 });
      const { stdout } = must('npm', ['pack', '--silent'], { cwd: from().folder });
      const tarball = path.join(from().folder, stdout.trim());
      const alpine = machine({ cpu: process.arch, libc: 'musl', node: '24.19.0' });
      const options = { ...made.options, shared: [made.folder, made.home, from().folder] };
      const words = ['--omit=dev', '--no-audit', '--no-fund', '--offline', tarball];
      const ended = alpine.run([alpine.npm, 'install', '--prefix', made.folder, ...words], options);
      if (ended.status !== 0) throw new Error(last(ended.output));
      const place = path.join(made.folder, 'node_modules', NAME);
      fs.copyFileSync(files.get(platform.name), path.join(place, platform.file));
      const { ok, why } = outcome(alpine.run(['main.cjs'], options));
      if (!ok) throw new Error(why);
    },
  };
}

module.exports = { fromGit };
