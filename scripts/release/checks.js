'use strict';

// What the rehearsal checks, one after the other. Node's built-ins only.

const fs = require('node:fs');
const path = require('node:path');

const { FORMS, INSTALLERS, outcome, project, versionOf } = require('./consumers.js');
const { electron } = require('./electron.js');
const { failures } = require('./failures.js');
const { fromGit } = require('./git.js');
const { machine } = require('./machines.js');
const { NAME, platforms, root, version } = require('./platforms.js');
const { must } = require('./run.js');
const { NODES, node, tool } = require('./tools.js');
const { verifications } = require('./verification.js');
const { publications } = require('./versions.js');

/** Node.js versions that the package is for. */
const MAJORS = [20, 22, 24, 26];

/** Linux machines with Node.js from PyPI. */
const MACHINES = [
  { cpu: 'x64', libc: 'musl', node: '20.18.0' },
  { cpu: 'x64', libc: 'musl', node: '22.20.0' },
  { cpu: 'x64', libc: 'musl', node: '24.19.0' },
  { cpu: 'arm64', libc: 'glibc', node: '24.19.0' },
  { cpu: 'arm64', libc: 'musl', node: '24.19.0' },
];

function demand({ ok, why }) {
  if (!ok) throw new Error(why);
}

const nodeName = (by) => `Node.js ${must(by, ['--version']).stdout.trim().slice(1)}`;

/** Each package manager, and what runs the job in its project. */
function* installers({ registry, env, short, managers = Object.keys(INSTALLERS) }) {
  for (const name of managers) {
    const { runner } = INSTALLERS[name];
    let made;
    const installed = () => {
      made ??= project(name, { registry: registry.url, version, env });
      if (!made.done) made.install();
      made.done = true;
      return made;
    };
    const by = short ? process.execPath : node(24);
    const what = `${name} ${versionOf(name)}`;
    const where = { kind: 'installer', installer: what };
    for (const [form, file] of [
      ['CommonJS', 'main.cjs'],
      ['ES module', 'main.mjs'],
    ]) {
      // Plug'n'Play needs a loader for ES modules besides.
      const words =
        name === 'yarn (PnP)' && file.endsWith('.mjs')
          ? ['--experimental-loader', './.pnp.loader.mjs', file]
          : [file];
      yield {
        name: `${what}: ${form} on ${nodeName(by)}`,
        where: { ...where, runtime: nodeName(by), form },
        work: () => demand(outcome(installed().script(by, words))),
      };
    }
    if (runner) {
      yield {
        name: `${what}: ES module on ${runner().name} itself`,
        where: { ...where, runtime: what, form: 'ES module' },
        work: () => {
          const { by: own, words } = runner();
          demand(outcome(installed().script(own, [...words, 'main.mjs'])));
        },
      };
    }
  }
}

/** The job on every Node.js, in every form, in projects of npm. */
function* nodes({ registry, env, short }) {
  const majors = short ? [24] : MAJORS;
  let made;
  for (const major of majors) {
    for (const form of ['CommonJS', 'ES module', 'worker threads']) {
      yield {
        name: `Node.js ${NODES[major]}: ${form}`,
        where: { kind: 'node', runtime: `Node.js ${NODES[major]}`, form },
        work: () => {
          made ??= project('npm', { registry: registry.url, version, env });
          if (!made.done) made.install();
          made.done = true;
          demand(outcome(made.script(node(major), FORMS[form](made))));
        },
      };
    }
  }
}

/** What is compiled or bundled; `everywhere` in worker threads, too, on the Node.js at hand. */
function* forms({ registry, env, everywhere = false }) {
  const done = ['CommonJS', 'ES module', ...(everywhere ? [] : ['worker threads'])];
  for (const form of Object.keys(FORMS).filter((one) => !done.includes(one))) {
    yield {
      name: `${form} on ${nodeName(process.execPath)}`,
      where: { kind: 'form', runtime: nodeName(process.execPath), form },
      work: () => {
        const made = project('npm', { registry: registry.url, version, env });
        made.install();
        demand(outcome(made.script(process.execPath, FORMS[form](made))));
      },
    };
  }
}

const PRELOADED = 'LibreChat’s packages, with --require bedrock-profile-client/register';
const CHAIN = path.join(root, '__test__', 'support', 'librechat', 'chain.js');

/** One chat by the packages that LibreChat makes it with; what is wrong with it. */
function librechat(there, made, options) {
  const { JOB_ENDPOINT, JOB_KEY, JOB_SECRET, JOB_PROFILE } = options.env;
  const env = {
    BEDROCK_AWS_DEFAULT_REGION: 'us-east-1',
    BEDROCK_AWS_ACCESS_KEY_ID: JOB_KEY,
    BEDROCK_AWS_SECRET_ACCESS_KEY: JOB_SECRET,
    AWS_ENDPOINT_URL: JOB_ENDPOINT,
  };
  const calls = [{ parameters: { model: JOB_PROFILE, region: 'us-east-1' }, call: true }];
  const register = path.join(made.folder, 'node_modules', NAME, 'lib', 'register.js');
  const words = ['--require', register, CHAIN, JSON.stringify({ env, calls })];
  const ended = there.run(words, { ...options, shared: [...options.shared, root] });
  const works = /is at work for the Bedrock models of this process/.test(ended.output);
  const { ok, why } = outcome(ended);
  return { ok: ok && works, why: why ?? ended.output };
}

/** npm and the job inside of machines with another libc or CPU. */
function* machines({ registry, env, built }) {
  const isBuilt = ({ cpu, libc }) => built.some((one) => one.cpu === cpu && one.libc === libc);
  for (const of of MACHINES.filter(isBuilt)) {
    const emulated = of.cpu !== process.arch;
    const name = `${of.libc} ${of.cpu}${emulated ? ' (qemu-user)' : ''}`;
    let made;
    const preloaded = of.libc === 'musl' && !emulated && of.node.startsWith('24.');
    const wanted = ['CommonJS', 'ES module', 'worker threads', ...(preloaded ? [PRELOADED] : [])];
    for (const form of wanted) {
      yield {
        name: `${name}, Node.js ${of.node}: ${form}`,
        where: { kind: 'machine', platform: name, runtime: `Node.js ${of.node}`, form },
        work: () => {
          const there = machine(of);
          made ??= project('npm', { registry: registry.url, version, env });
          const options = {
            ...made.options,
            shared: [made.folder, made.home],
            timeout: emulated ? 600_000 : 120_000,
          };
          if (!made.done) {
            const words = ['install', '--no-audit', '--no-fund', `${NAME}@${version}`];
            const ended = there.run([there.npm, ...words], options);
            if (ended.status !== 0) throw new Error(ended.output);
          }
          made.done = true;
          if (form === PRELOADED) demand(librechat(there, made, options));
          else demand(outcome(there.run(FORMS[form](made), options)));
        },
      };
    }
  }
}

/** What each package carries besides its code. */
function* contents({ staged }) {
  for (const { name, folder } of staged) {
    yield {
      name: `package of ${name}: licence, README, bill of materials`,
      where: { kind: 'package' },
      work: async () => {
        for (const file of ['LICENSE', 'README.md', 'sbom.cdx.json']) {
          if (!fs.existsSync(path.join(folder, file))) throw new Error(`${file} is missing`);
        }
        const { os, cpu, libc } = JSON.parse(
          fs.readFileSync(path.join(folder, 'package.json'), 'utf8'),
        );
        const found = [os?.[0], cpu?.[0], libc?.[0]].join();
        const of = platforms().find((one) => one.name === name) ?? {};
        if (found !== [of.os, of.cpu, of.libc].join()) throw new Error(`it is for ${found}`);
        const { Spec, Validation } = require(tool('cyclonedx', '@cyclonedx', 'cyclonedx-library'));
        const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot5);
        const bom = fs.readFileSync(path.join(folder, 'sbom.cdx.json'), 'utf8');
        const problems = await validator.validate(bom);
        if (problems !== null) throw new Error(JSON.stringify(problems));
      },
    };
  }
}

/** All that is checked, in order. */
function* checks(context) {
  yield* contents(context);
  yield* publications(context);
  yield* verifications(context);
  yield* nodes(context);
  yield* installers(context);
  yield* forms(context);
  yield* electron(context);
  if (!context.short) {
    yield* machines(context);
    yield* fromGit(context);
  }
  yield* failures(context);
}

module.exports = { checks, forms, installers };
