'use strict';

// Projects that install the package as its users do, and run the main job. Node's built-ins only.

const fs = require('node:fs');
const path = require('node:path');

const { NAME, root } = require('./platforms.js');
const { last, must, run, temporary, write } = require('./run.js');
const { npmCli, tool } = require('./tools.js');

const JOB = path.join(__dirname, 'job');
const TSC = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');

/** The setting of npm for a registry; without one it is npm's own. */
const npmrc = (registry) => (registry ? `registry=${registry}\n` : '');

/**
 * The package managers: how a project is set up for a registry, what installs, and what runs a script of it.
 * `by` is a Node.js or another program that runs scripts.
 */
const INSTALLERS = {
  npm: {
    files: ({ registry }) => ({ '.npmrc': npmrc(registry) }),
    version: () => must(process.execPath, [npmCli(), '--version']).stdout.trim(),
    install: ({ of }) => [process.execPath, npmCli(), 'install', '--no-audit', '--no-fund', of],
  },
  pnpm: {
    files: ({ registry, home }) => ({
      '.npmrc': npmrc(registry),
      // A package that was published a moment ago is what is tried here.
      'pnpm-workspace.yaml': `storeDir: ${path.join(home, 'pnpm')}\nminimumReleaseAge: 0\n`,
    }),
    program: () => [tool('pnpm', 'pnpm', 'bin', 'pnpm.mjs')],
    install: ({ program, of }) => [...program, 'add', of],
  },
  'yarn (node_modules)': yarn('node-modules'),
  'yarn (PnP)': {
    ...yarn('pnp'),
    wrap: (by, words) => [by, '--require', './.pnp.cjs', ...words],
  },
  bun: {
    files: ({ registry }) => ({
      'bunfig.toml': `[install]\n${registry ? `registry = "${registry}"\n` : ''}minimumReleaseAge = 0\n`,
    }),
    program: () => [tool('bun', 'bun', 'bin', 'bun.exe')],
    install: ({ program, of }) => [...program, 'add', of],
    runner: () => ({ name: 'Bun', by: tool('bun', 'bun', 'bin', 'bun.exe'), words: [] }),
  },
  deno: {
    files: ({ registry }) => ({
      '.npmrc': npmrc(registry),
      'deno.json': { nodeModulesDir: 'auto', minimumDependencyAge: 0 },
    }),
    program: () => [denoProgram()],
    install: ({ program, of }) => [...program, 'add', `npm:${of}`],
    runner: () => ({ name: 'Deno', by: denoProgram(), words: ['run', '--allow-all'] }),
  },
};

/** npm's package of Deno has its binary in a package of the platform. */
function denoProgram() {
  const folder = path.dirname(tool('deno', 'deno', 'package.json'));
  const name = process.platform === 'win32' ? 'deno.exe' : 'deno';
  const own = path.join(folder, '..', '@deno');
  const [found] = fs.readdirSync(own).map((one) => path.join(own, one, name));
  return found;
}

function yarn(linker) {
  return {
    files: ({ registry, home }) => ({
      '.yarnrc.yml': [
        ...(registry
          ? [`npmRegistryServer: "${registry}"`, 'unsafeHttpWhitelist: ["127.0.0.1"]']
          : []),
        `nodeLinker: ${linker}`,
        'pnpEnableEsmLoader: true',
        'enableTelemetry: false',
        'enableGlobalCache: false',
        `globalFolder: "${path.join(home, 'yarn')}"`,
        'npmMinimalAgeGate: 0',
        '',
      ].join('\n'),
      'yarn.lock': '',
    }),
    program: () => [tool('yarn', '@yarnpkg', 'cli-dist', 'bin', 'yarn.js')],
    install: ({ program, of }) => [...program, 'add', of],
  };
}

const isScript = (file) => /\.[cm]?js$/.test(file);
const command = (words) => (isScript(words[0]) ? [process.execPath, ...words] : words);

/** The version of a package manager. */
function versionOf(name) {
  const installer = INSTALLERS[name];
  if (installer.version) return installer.version();
  const [file, ...words] = command(installer.program());
  return /\d+\.\d+\.\d+/.exec(must(file, [...words, '--version']).stdout)?.[0] ?? 'unknown';
}

/**
 * An empty project for a package manager.
 *
 * @param {string} name of INSTALLERS
 * @param {{ registry?: string, version: string, env: (home: string) => object, extra?: object }} options
 */
function project(name, { registry, version, env, extra = {} }) {
  const folder = temporary('project');
  const home = temporary('home');
  const installer = INSTALLERS[name];
  write(folder, {
    'package.json': { name: 'consumer', version: '1.0.0', private: true },
    ...installer.files({ registry, home }),
    ...extra,
  });
  fs.cpSync(JOB, folder, { recursive: true });
  const options = { cwd: folder, env: { ...env(home), npm_config_cache: path.join(home, 'npm') } };
  return {
    folder,
    home,
    options,
    install(more = [], { checked = true } = {}) {
      const of = `${NAME}@${version}`;
      const program = installer.program?.();
      const [file, ...words] = command([...installer.install({ program, of }), ...more]);
      return (checked ? must : run)(file, words, options);
    },
    /** Runs a script in the project; what it printed, and how it ended. */
    script(by, words, more = {}) {
      const [file, ...rest] = (installer.wrap ?? ((one, list) => [one, ...list]))(by, words);
      return run(file, rest, { ...options, ...more, env: { ...options.env, ...more.env } });
    },
  };
}

/** Whether the job was done to its end: by itself, with exit code 0 and its line. */
function outcome(ended) {
  let line;
  try {
    line = JSON.parse(ended.stdout.trim().split('\n').at(-1));
  } catch {
    line = undefined;
  }
  const ok = ended.status === 0 && line !== undefined;
  return { ok, ms: ended.ms, ...(ok ? {} : { why: last(ended.output) }) };
}

/** The forms of a program that uses the package, in a project of npm. */
const FORMS = {
  CommonJS: () => ['main.cjs'],
  'ES module': () => ['main.mjs'],
  'worker threads': () => ['worker.cjs'],
  'TypeScript (node16)': ({ folder }) => typescript(folder, 'node16', 'node16', 'node16'),
  'TypeScript (bundler)': ({ folder }) => {
    typescript(folder, 'bundler', 'preserve', 'bundler');
    return bundle(folder, 'typed.ts');
  },
  esbuild: ({ folder }) => bundle(folder, 'main.cjs'),
  webpack: ({ folder }) => pack(folder),
};

/** Compiles typed.ts with the types of the installed package; what to run. */
function typescript(folder, name, module, moduleResolution) {
  const types = path.join(root, 'node_modules', '@types');
  write(folder, {
    [`tsconfig.${name}.json`]: {
      compilerOptions: {
        target: 'es2022',
        module,
        moduleResolution,
        strict: true,
        skipLibCheck: false,
        outDir: name,
        typeRoots: [types],
        types: ['node'],
      },
      files: ['typed.ts'],
    },
  });
  const manifest = path.join(folder, 'package.json');
  const json = JSON.parse(fs.readFileSync(manifest, 'utf8'));
  // The file has a top-level await.
  write(folder, { 'package.json': { ...json, type: 'module' } });
  must(process.execPath, [TSC, '-p', `tsconfig.${name}.json`], { cwd: folder });
  return [path.join(name, 'typed.js')];
}

/** What stays outside of a bundle: the binaries, in their packages. */
const PACKAGES = new RegExp(`^${NAME}-`);

/** Runs a script of a bundler in a project; it prints nothing where all is well. */
function bundler(folder, name, script) {
  const words = ['--eval', script.replace('BUNDLER', JSON.stringify(tool('bundlers', name)))];
  const { output } = must(process.execPath, words, { cwd: folder });
  if (output.trim() !== '') throw new Error(`${name}: ${last(output)}`);
}

/** By esbuild, with the JavaScript of this package in the bundle. */
function bundle(folder, entry) {
  const [format, ending] = entry.endsWith('.ts') ? ['esm', 'mjs'] : ['cjs', 'cjs'];
  const outfile = `bundled.${ending}`;
  const external = format === 'esm' ? [NAME] : [`${NAME}-*`, '*.node', '*.wasi.cjs'];
  bundler(
    folder,
    'esbuild',
    `require(BUNDLER).buildSync(${JSON.stringify({
      ...{ entryPoints: [entry], bundle: true, platform: 'node', target: 'node20' },
      ...{ format, external, outfile, logLevel: 'warning' },
    })})`,
  );
  return [outfile];
}

/** By webpack, with the JavaScript of this package in the bundle. */
function pack(folder) {
  bundler(
    folder,
    'webpack',
    `require(BUNDLER)({ mode: 'production', target: 'node20', context: process.cwd(),
      entry: './main.cjs', output: { path: process.cwd(), filename: 'packed.cjs' },
      externals: [({ request }, done) =>
        ${PACKAGES}.test(request) || /\\.node$|\\.wasi\\.cjs$/.test(request)
          ? done(null, 'commonjs ' + request) : done()] },
      (error, stats) => {
        if (error ?? stats.hasErrors()) console.error(error ?? stats.toString({ all: false, errors: true }));
      })`,
  );
  return ['packed.cjs'];
}

module.exports = { FORMS, INSTALLERS, outcome, project, versionOf };
