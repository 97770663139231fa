'use strict';

/** What a release is made of: one list of targets, one version, binaries that hold to their limits. */

const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const yaml = require('js-yaml');

const { problemsOf, released } = require('../scripts/release/changelog.js');
const { inspect } = require('../scripts/release/inspect.js');
const { GLIBC, LARGEST, platforms } = require('../scripts/release/platforms.js');
const { cargoSbom } = require('../scripts/release/sbom.js');
const { napi, version, engines } = require('../package.json');

const root = path.join(__dirname, '..');
const read = (name) => fs.readFileSync(path.join(root, name), 'utf8');
const workflow = (name) => yaml.load(read(`.github/workflows/${name}.yml`));

let folder;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'release-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

describe('targets', () => {
  test('are Linux with both libcs, macOS and Windows, each for both CPUs', () => {
    expect(
      platforms()
        .map(({ name }) => name)
        .sort(),
    ).toEqual([
      'darwin-arm64',
      'darwin-x64',
      'linux-arm64-gnu',
      'linux-arm64-musl',
      'linux-x64-gnu',
      'linux-x64-musl',
      'win32-arm64-msvc',
      'win32-x64-msvc',
    ]);
  });

  test('are the same in the release’s workflow, in deny.toml and on the page of platforms', () => {
    const { jobs } = workflow('release');
    const built = jobs.build.strategy.matrix.include;
    expect(built.map(({ target }) => target)).toEqual(napi.targets);
    expect(built.map(({ platform }) => platform)).toEqual(platforms().map(({ name }) => name));
    const tried = ['install', 'install-alpine'].map((name) => jobs[name].strategy.matrix);
    expect(tried.flatMap(({ target }) => target).sort()).toEqual([...napi.targets].sort());
    for (const { node, target, include } of tried) {
      expect(node).toEqual([20, 22, 24, 26]);
      expect(include.map((one) => one.target)).toEqual(target);
    }
    const targets = /^targets = \[\n([^\]]*)\]/m.exec(read('deny.toml'))[1];
    expect([...targets.matchAll(/"(.+)"/g)].map(([, target]) => target)).toEqual(napi.targets);
    for (const { package: name } of platforms()) expect(read('docs/platforms.md')).toContain(name);
  });

  test('the names are those of the generated loader', () => {
    for (const { package: name, file } of platforms()) {
      expect(read('native.js')).toContain(`require('${name}')`);
      expect(read('native.js')).toContain(`require('./${file}')`);
    }
  });
});

describe('workflows', () => {
  const names = fs.readdirSync(path.join(root, '.github', 'workflows'));

  test.each(names)('%s pins what it uses by the digest of a commit', (name) => {
    const used = [...read(`.github/workflows/${name}`).matchAll(/uses: (\S+)(.*)/g)];
    expect(used.length).toBeGreaterThan(0);
    for (const [, action, comment] of used) {
      expect(action).toMatch(/^actions\/[\w-]+@[0-9a-f]{40}$/);
      expect(comment).toMatch(/^ # v\d+\.\d+\.\d+$/);
    }
  });

  test('only the job that publishes can speak for this repository, and it installs nothing', () => {
    const { jobs, permissions } = workflow('release');
    expect(permissions).toEqual({ contents: 'read' });
    const able = Object.entries(jobs).filter(([, { permissions: own }]) => own?.['id-token']);
    expect(able.map(([name]) => name)).toEqual(['publish']);
    const ran = jobs.publish.steps.map(({ run }) => run ?? '').join('\n');
    expect(ran).not.toMatch(/npm (ci|install)|npx|cargo install|audit|deny/);
    expect(JSON.stringify(jobs.publish)).not.toMatch(/secrets\.|NODE_AUTH_TOKEN/);
    expect(jobs.publish.needs).toEqual(['test', 'install', 'install-alpine', 'scan']);
    expect(jobs.publish.if).toBe("startsWith(github.ref, 'refs/tags/')");
    expect(jobs.publish.env.NPM_CONFIG_PROVENANCE).toBe('true');
  });

  test('what is published is what was installed on every platform', () => {
    const { jobs } = workflow('release');
    const uses = (job, action) =>
      job.steps.filter(({ uses: of }) => of?.startsWith(`actions/${action}-artifact`));
    const { name, path: from } = uses(jobs.stage, 'upload')[0].with;
    expect(jobs.stage.steps.map(({ run }) => run)).toContain(
      `node scripts/release/packages.js ${from}`,
    );
    for (const of of ['install', 'install-alpine', 'publish']) {
      expect(uses(jobs[of], 'download').map((step) => step.with)).toEqual([{ name, path: from }]);
    }
    expect(jobs.publish.steps.at(-1).run).toBe(`node scripts/release/publish.js ${from}`);
  });

  test('after a release every system installs from the registry, and what fails becomes an issue', () => {
    const { jobs } = workflow('verify');
    const { host, node } = jobs.verify.strategy.matrix;
    for (const system of ['ubuntu', 'macos', 'windows']) {
      expect(host.filter((one) => one.startsWith(system))).not.toEqual([]);
    }
    expect(node).toEqual([20, 22, 24, 26]);
    const ran = ['verify', 'alpine'].map((name) => jobs[name].steps.map(({ run }) => run).join());
    for (const text of ran) expect(text).toContain('scripts/release/verify.js');
    expect(ran.join()).not.toContain('--packages');
    expect(jobs.tell.needs).toEqual(['verify', 'alpine']);
    expect(jobs.tell.steps.at(-1).run).toContain('gh issue create');
    expect(jobs.tell.permissions).toEqual({ contents: 'read', issues: 'write' });
  });

  test.each(['release', 'verify'])('no job of %s that may speak or write runs an image', (name) => {
    for (const { permissions, steps } of Object.values(workflow(name).jobs)) {
      const ran = steps.map(({ run }) => run ?? '').join('\n');
      const able = Object.values(permissions ?? {}).includes('write');
      expect(able && /docker|npm ci/.test(ran)).toBe(false);
    }
  });

  test('what links is pinned by its digest, and what compiles by a version that is new enough', () => {
    const text = read('scripts/linker.txt')
      .replace(/^#.*\n/gm, '')
      .replace(/\\\n\s*/g, '');
    for (const line of text.trim().split('\n')) {
      expect(line).toMatch(/^[\w-]+==\d+\.\d+\.\d+( --hash=sha256:[0-9a-f]{64}){2}$/);
    }
    const { RUST } = workflow('release').env;
    const [needed] = /(?<=^rust-version = ")[\d.]+/m.exec(read('Cargo.toml'));
    const number = (of) => of.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0);
    expect(number(RUST)).toBeGreaterThanOrEqual(number(`${needed}.0`));
  });
});

describe('versions', () => {
  test('are one', () => {
    expect(/^version = "(.+)"$/m.exec(read('Cargo.toml'))[1]).toBe(version);
    const locked = read('Cargo.lock').matchAll(/^name = "bedrock-profile-\w+"\nversion = "(.+)"/gm);
    for (const [, of] of locked) expect(of).toBe(version);
    expect(JSON.parse(read('package-lock.json')).version).toBe(version);
    const expected = read('native.js').matchAll(/mismatch, expected (\S+) but/g);
    expect(new Set([...expected].map(([, of]) => of))).toEqual(new Set([version]));
  });

  test('`npm version` changes all of them, and the changelog, in its commit', () => {
    const files = [
      ...['package.json', 'package-lock.json', 'Cargo.toml', 'Cargo.lock', 'native.js'],
      ...['CHANGELOG.md', 'docs/librechat.md'],
      ...['scripts/release/version.js', 'scripts/release/changelog.js'],
    ];
    for (const name of files) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.copyFileSync(path.join(root, name), path.join(folder, name));
    }
    const env = { ...process.env, GIT_CONFIG_GLOBAL: path.join(folder, '.gitconfig') };
    fs.writeFileSync(env.GIT_CONFIG_GLOBAL, '[user]\n  name = a\n  email = a@example.com\n');
    const git = (...words) => execFileSync('git', words, { cwd: folder, env, encoding: 'utf8' });
    git('init', '--quiet');
    git('add', ...files);
    git('commit', '--quiet', '-m', 'All');
    const npm = spawnSync('npm', ['version', '7.8.9'], { cwd: folder, env, encoding: 'utf8' });
    expect(npm.stderr).not.toContain('npm error');
    const of = (name) => git('show', `v7.8.9:${name}`);
    expect(JSON.parse(of('package.json')).version).toBe('7.8.9');
    expect(of('Cargo.toml')).toContain('\nversion = "7.8.9"');
    expect(
      of('Cargo.lock').match(/^name = "bedrock-profile-\w+"\nversion = "7\.8\.9"/gm),
    ).toHaveLength(3);
    expect(of('Cargo.lock').split('7.8.9')).toHaveLength(4);
    expect(of('native.js')).toContain('expected 7.8.9 but');
    expect(of('native.js')).not.toContain(version);
    expect(of('docs/librechat.md')).toContain('bedrock-profile-client-7.8.9.tgz');
    expect(problemsOf(of('CHANGELOG.md'), '7.8.9')).toEqual([]);
    expect(of('CHANGELOG.md')).toMatch(
      /## \[Unreleased\]\n\n## \[7\.8\.9\] - \d{4}-\d{2}-\d{2}\n\n### /,
    );
    expect(git('status', '--porcelain').trim()).toBe('?? .gitconfig');
  });
});

describe('the changelog', () => {
  const whole = (text) => problemsOf(`# Changelog\n\n## [Unreleased]\n${text}`, '1.0.0');

  test('of this package is one of Keep a Changelog', () => {
    expect(problemsOf(read('CHANGELOG.md'), version)).toEqual([]);
  });

  test.each([
    ['\n## [1.0.0] - 2026-13-01\n', 'must be [Unreleased] or'],
    ['\n## 1.0.0\n', 'must be [Unreleased] or'],
    ['\n### New\n', '"New" must be one of Added'],
    ['\n### Added\n\n### Added\n', 'has "Added" twice'],
    ['\n### Added\n\nA sentence.\n', 'must be an item of a list'],
    ['\n## [2.0.0] - 2026-01-01\n', 'the latest release is 2.0.0, and package.json is 1.0.0'],
    ['\n## [1.0.0] - 2026-01-01\n\n## [1.0.0] - 2025-01-01\n', 'is not older'],
    ['\n## [1.0.0] - 2026-01-01\n\n## [1.1.0] - 2025-01-01\n', 'is not older'],
    ['\n## [1.0.0] - 2026-01-01\n\n## [0.9.0] - 2026-02-01\n', 'is later than'],
    ['\n#### Deep\n', 'headings are of two levels'],
  ])('%j is found', (text, problem) => {
    expect(whole(text).join('\n')).toContain(problem);
  });

  test('a pre-release is older than its release', () => {
    expect(whole('\n## [1.0.0] - 2026-02-01\n\n## [1.0.0-rc.2] - 2026-01-01\n')).toEqual([]);
  });

  test('a release takes what was unreleased, once', () => {
    const text = '# Changelog\n\n## [Unreleased]\n\nTo become 1.0.0.\n\n### Added\n\n- All.\n';
    const done = released(text, '1.0.0', '2026-01-01');
    expect(done).toContain('## [Unreleased]\n\n## [1.0.0] - 2026-01-01\n\n### Added\n\n- All.\n');
    expect(released(done, '1.0.0', '2026-01-02')).toBe(done);
  });
});

describe('a binary', () => {
  const own = platforms().find(({ name }) => name === `${process.platform}-${process.arch}-gnu`);

  /** A library by the machine's own compiler, with what the inspection looks for in it. */
  function compile(source, words = ['-s']) {
    const file = path.join(folder, own.file);
    const from = path.join(folder, 'source.c');
    const text = `const char of[] = "bedrock-profile-client ${version}";\n${source}`;
    fs.writeFileSync(from, text);
    execFileSync('cc', ['-shared', '-fPIC', '-o', file, from, ...words], { stdio: 'pipe' });
    return file;
  }

  test('that is small, stripped and asks for little passes', () => {
    expect(inspect(compile('int f(void) { return 0; }'))).toMatchObject({ problems: [] });
    expect(GLIBC).toBe('2.17');
    expect(LARGEST).toBeLessThanOrEqual(13e6);
  });

  test.each([
    ['is not stripped', 'int f(void) { return 0; }', ['-g']],
    [
      'needs libcrypt.so.1',
      'char *crypt(); void *f(void) { return crypt; }',
      ['-s', '-l:libcrypt.so.1'],
    ],
    ['is not of version', 'int f(void) { return 0; }', ['-s']],
  ])('that %s is found', (problem, source, words) => {
    const file = compile(source, words);
    if (problem.startsWith('is not of')) {
      const bytes = fs.readFileSync(file);
      bytes.write('0.0.0', bytes.indexOf(`client ${version}`) + 'client '.length);
      fs.writeFileSync(file, bytes);
    }
    expect(inspect(file).problems.join('\n')).toContain(problem);
  });

  test('that needs a newer glibc is found', () => {
    // getrandom came with glibc 2.25.
    const file = compile('long getrandom(); long f(void *p) { return getrandom(p, 1, 0); }');
    expect(inspect(file).problems).toEqual(['needs glibc 2.25, newer than 2.17']);
    expect(inspect(file, { glibc: '2.25' }).problems).toEqual([]);
  });

  test('that is too large, cut off, for another CPU or named otherwise is found', () => {
    const file = compile('int f(void) { return 0; }');
    expect(inspect(file, { largest: 1000 }).problems[0]).toMatch(/^has \d+ bytes, more than 1000$/);
    const bytes = fs.readFileSync(file);
    fs.writeFileSync(file, bytes.subarray(0, 2000));
    expect(inspect(file).problems[0]).toMatch(/^only 2000 of/);
    bytes.writeUInt16LE(own.cpu === 'x64' ? 183 : 62, 18);
    fs.writeFileSync(file, bytes);
    expect(inspect(file).problems.join()).toContain(`, not ${own.cpu}`);
    expect(inspect(path.join(folder, 'x.node')).problems[0]).toContain('no platform has this name');
  });
});

test('a package that brings others in itself is not staged without them', () => {
  for (const name of ['scripts', 'lib', 'package.json', 'Cargo.toml', 'Cargo.lock', 'LICENSE']) {
    fs.cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  }
  const script = path.join(folder, 'scripts', 'release', 'packages.js');
  const program = `
    const main = require(${JSON.stringify(script)}).stageMain;
    try { main(${JSON.stringify(path.join(folder, 'out'))}); } catch (error) { console.log(error.message); }`;
  const ended = spawnSync(process.execPath, ['--eval', program], { cwd: folder, encoding: 'utf8' });
  expect(ended.stdout).toBe(
    'commander is to be in the package, and is not installed: run npm ci --omit=dev.\n',
  );
});

test('a bill of materials names the crates of the binary, and not what builds or tests it', () => {
  const bom = cargoSbom(platforms()[0]);
  const names = bom.components.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['bedrock-profile-core', 'rustls', 'napi']));
  expect(names).not.toContain('proptest');
  expect(names).not.toContain('napi-build');
  for (const { purl, name, licenses, hashes } of bom.components) {
    expect(licenses).toHaveLength(1);
    if (!name.startsWith('bedrock-profile-')) {
      expect(purl).toMatch(/^pkg:cargo\//);
      expect(hashes[0].content).toMatch(/^[0-9a-f]{64}$/);
    }
  }
  const refs = new Set(bom.dependencies.map(({ ref }) => ref));
  for (const { dependsOn } of bom.dependencies) {
    for (const ref of dependsOn) expect(refs.has(ref)).toBe(true);
  }
});

test('a Node.js that is too old is told so before anything else is loaded', () => {
  const needed = engines.node.slice(2);
  for (const [found, refused] of [
    ['20.2.9', true],
    ['18.20.8', true],
    ['9.9.9', true],
    [needed, false],
    ['20.10.0', false],
    ['26.0.0', false],
  ]) {
    const program = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${found}' } });
      require('./lib/node-version.js');`;
    const ended = spawnSync(process.execPath, ['-e', program], { cwd: root, encoding: 'utf8' });
    expect(ended.stderr.includes(`needs Node.js ${needed} or newer`)).toBe(refused);
  }
});

describe('from git', () => {
  const prepare = (env) =>
    spawnSync(process.execPath, [path.join(root, 'scripts', 'release', 'from-git.js')], {
      cwd: root,
      encoding: 'utf8',
      env: { ...env },
    });

  test('a checkout of one’s own is left alone', () => {
    expect(prepare({ PATH: process.env.PATH })).toMatchObject({ status: 0, stderr: '' });
  });

  test.each([
    ['no Rust', undefined, 'cargo was not found. Install Rust'],
    ['an old Rust', 'cargo 1.70.0', 'cargo is 1.70.0, and '],
  ])('with %s what is needed is said', (_, said, message) => {
    if (said)
      fs.writeFileSync(path.join(folder, 'cargo'), `#!/bin/sh\necho ${said}\n`, { mode: 0o755 });
    const ended = prepare({ PATH: folder, _PACOTE_NO_PREPARE_: '' });
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain(message);
    expect(ended.stderr).toContain('npm install bedrock-profile-client');
  });

  test('with Rust and no C compiler it is the compiler that is asked for', () => {
    fs.writeFileSync(path.join(folder, 'cargo'), '#!/bin/sh\necho cargo 9.0.0\n', { mode: 0o755 });
    const ended = prepare({ PATH: folder, _PACOTE_NO_PREPARE_: '' });
    expect(ended.status).toBe(1);
    expect(ended.stderr).toMatch(
      /it cannot be built: no C compiler was found\. Install one \(.+\)\. Or/,
    );
  });
});

describe('a build in a checkout, as in a Dockerfile', () => {
  const build = (env) => {
    const script = path.join('scripts', 'build.js');
    for (const name of [script, path.join('scripts', 'toolchain.js'), 'Cargo.toml']) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.copyFileSync(path.join(root, name), path.join(folder, name));
    }
    const options = { cwd: folder, encoding: 'utf8', env };
    return spawnSync(process.execPath, [script, '--release'], options);
  };

  test('without Rust says what is needed', () => {
    const ended = build({ PATH: folder });
    expect(ended.status).toBe(1);
    expect(ended.stderr).toMatch(
      /^The addon cannot be built: cargo was not found\. Install Rust \d+\.\d+ or newer \(https:\/\/rustup\.rs\) and a C compiler/,
    );
  });

  test('without what npm brings says so', () => {
    const ended = build(process.env);
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain('run `npm ci` first');
  });
});
