'use strict';

/** What is said where the addon's binary is missing, or is there and cannot be loaded. */

const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.join(__dirname, '..');
const FLAVOR = `${process.platform}-${process.arch}-gnu`;
const OTHER = process.arch === 'x64' ? 'arm64' : 'x64';
const addon = path.join(root, `bedrock-profile-client.${FLAVOR}.node`);

const NAME = 'bedrock-profile-client';
const { version, napi } = require('../package.json');

let project;
let folder;
let binary;
beforeEach(() => {
  project = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'load-'));
  folder = path.join(project, 'node_modules', NAME);
  for (const name of ['index.js', 'native.js', 'package.json', 'lib']) {
    fs.cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  }
  // What is published names the packages with the binaries.
  const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  manifest.optionalDependencies = { [`${NAME}-${FLAVOR}`]: version };
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest));
  binary = path.join(folder, path.basename(addon));
});
afterEach(() => fs.rmSync(project, { recursive: true }));

/** What a program that requires the package's copy is told. */
function told(env = {}, setup = '') {
  const program = `${setup}
    try { require('./lib/load.js'); console.log('loaded'); } catch (error) { console.log(error.message); }`;
  const options = { cwd: folder, encoding: 'utf8', env: { ...process.env, ...env } };
  return spawnSync(process.execPath, ['-e', program], options).stdout.trim();
}

/** A copy of the real binary, changed. */
function put(change, file = binary) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, change(fs.readFileSync(addon)));
}

/** A shared library by the machine's own compiler, which the addon's linker is. */
function compile(source, words, file = binary) {
  const from = path.join(folder, 'source.c');
  fs.writeFileSync(from, source);
  execFileSync('cc', ['-shared', '-fPIC', '-o', file, from, ...words], { stdio: 'pipe' });
}

/** One that needs a library of this name, and not this system's libc. */
function needing(library) {
  const stub = path.join(folder, 'stub.so');
  compile('void stub(void) {}', ['-nostdlib', `-Wl,-soname,${library}`], stub);
  compile('void stub(void); void start(void) { stub(); }', ['-nostdlib', stub]);
  fs.rmSync(stub);
}

test('the unchanged binary is loaded from a copy of the package', () => {
  put((bytes) => bytes);
  expect(told()).toBe('loaded');
});

test.each([
  ['empty', () => Buffer.alloc(0), 'file too short'],
  ['cut within its header', (bytes) => bytes.subarray(0, 40), 'file too short'],
  // The system would map these two, and end the process when it touches what is missing.
  ['cut within its table of segments', (bytes) => bytes.subarray(0, 70), 'only 70 of '],
  ['cut behind its header', (bytes) => bytes.subarray(0, 4096), 'only 4096 of '],
  ['cut in the middle', (bytes) => bytes.subarray(0, bytes.length >> 3), 'only '],
])('a binary that is %s is said to be incomplete', (_, change, loader) => {
  put(change);
  const { size } = fs.statSync(binary);
  expect(told()).toContain(`the binary ${binary} cannot be loaded: ${binary}: ${loader}`);
  expect(told()).toContain(`The file is incomplete (${size} bytes)`);
  expect(told()).not.toContain('no binary');
});

test.each([
  ['a pointer of Git LFS', 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n'],
  ['a page of a proxy', `<!doctype html><title>Sign in</title>${' '.repeat(200)}`],
])('%s in the place of the binary is no binary', (_, text) => {
  put(() => Buffer.from(text));
  expect(told()).toMatch(/cannot be loaded: .*: (invalid ELF header|file too short)\. /);
  expect(told()).toContain(`The file is not a binary (${text.length} bytes).`);
});

test('a folder that is named as the binary', () => {
  const said = told({ NAPI_RS_NATIVE_LIBRARY_PATH: folder });
  expect(said).toContain(`NAPI_RS_NATIVE_LIBRARY_PATH is ${folder}, and that is not a file.`);
});

test('a binary for another CPU', () => {
  put((bytes) => {
    bytes.writeUInt16LE(OTHER === 'arm64' ? 183 : 62, 18);
    return bytes;
  });
  expect(told()).toContain(`cannot be loaded: ${binary}: cannot open shared object file`);
  expect(told()).toContain(`It is for ${OTHER}, and this Node.js is for ${process.arch}.`);
  expect(told()).toContain('--platform');
});

test.each([
  ['darwin', 'cffaedfe0c000001'],
  ['win32', `${'4d5a'.padEnd(0x78, '0') + '40000000'.padEnd(8, '0')}504500006486`],
])('a binary for %s', (system, bytes) => {
  put(() => Buffer.concat([Buffer.from(bytes, 'hex'), Buffer.alloc(512)]));
  expect(told()).toContain('invalid ELF header');
  expect(told()).toContain(`It is for ${system}, and this is ${process.platform}.`);
});

test.each(['libc.musl-x86_64.so.1', 'libc.so'])(
  'a binary that needs %s is for musl, which this system has not',
  (library) => {
    needing(library);
    expect(told()).toMatch(
      /cannot be loaded: (libc\.musl-x86_64\.so\.1: cannot open|\S+libc\.so: invalid ELF)/,
    );
    expect(told()).toContain('It is for musl (Alpine), and this Node.js uses glibc: it needs');
    expect(told()).toContain(`bedrock-profile-client-${FLAVOR}.`);
  },
);

// As Alpine's files are: its loader, and what its `ldd` is.
const ALPINE = `const fs = require('node:fs');
  fs.readFileSync = ((read) => (file, ...rest) =>
    file === '/usr/bin/ldd' ? 'musl libc' : read(file, ...rest))(fs.readFileSync);
  fs.existsSync = ((exists) => (file) => /^.lib.ld-musl-/.test(file) || exists(file))(fs.existsSync);`;

test('a process of musl with a binary for glibc', () => {
  // As Alpine's Node.js reports itself; what its loader says cannot be had from this system's.
  const musl = `process.report.getReport = () => ({ header: {}, sharedObjects: ['/lib/ld-musl-x86_64.so.1'] });
    ${ALPINE}`;
  put((bytes) => bytes);
  const said = told({}, musl);
  expect(said).toContain(`no binary for this platform (${process.platform} ${process.arch}, musl`);
  expect(said).toContain(`${binary} is another platform's.`);
  expect(said).toContain('in its image');
});

test('a Node.js of another libc than the system’s own is told how to name its binary', () => {
  put((bytes) => bytes);
  expect(told({}, ALPINE)).toContain(
    `${binary} is for it: set NAPI_RS_NATIVE_LIBRARY_PATH to that path.`,
  );
});

test('a library that the system lacks is named', () => {
  needing('libnothing.so.7');
  expect(told()).toContain('The system lacks the library libnothing.so.7.');
});

test('a binary that needs a newer glibc says which, and that this system has an older one', () => {
  const [stub, map] = ['stub.so', 'stub.map'].map((name) => path.join(folder, name));
  fs.writeFileSync(map, 'GLIBC_9.99 { global: tomorrow; };');
  const words = ['-nostdlib', '-Wl,-soname,libc.so.6', `-Wl,--version-script=${map}`];
  compile('void tomorrow(void) {}', words, stub);
  compile('void tomorrow(void); void start(void) { tomorrow(); }', ['-nostdlib', stub]);
  fs.rmSync(stub);
  expect(told()).toMatch(
    /libc\.so\.6: version `GLIBC_9\.99' not found .*glibc is older than the binary needs \(GLIBC_9\.99\)/,
  );
  // What there is: the message of a loader does not say it.
  expect(told()).toMatch(/This system has glibc \d+\.\d+\./);
});

test('a symbol of a newer Node.js is said to be missing from this one', () => {
  compile('void napi_of_tomorrow(void); void start(void) { napi_of_tomorrow(); }', [
    '-Wl,-z,now',
    '-Wl,--unresolved-symbols=ignore-all',
  ]);
  expect(told()).toMatch(/undefined symbol: napi_of_tomorrow\. .* lacks what the addon calls/);
});

test('a library that is no addon', () => {
  compile('void start(void) {}', []);
  expect(told()).toContain('Module did not self-register');
  expect(told()).toContain('It may be another addon');
});

test('another addon is not taken for this one', () => {
  compile('void *napi_register_module_v1(void *env, void *exports) { return exports; }', []);
  expect(told()).toMatch(/was loaded, and lacks Hub, NativeClient, .*another addon/);
});

test('a binary on a file system that is mounted with noexec', () => {
  // Mounting one needs a privilege that a test has not: the loader's own words.
  put((bytes) => bytes);
  const denied = `require('node:module')._extensions['.node'] = (module, file) => {
    throw Object.assign(new Error(file + ': failed to map segment from shared object'), { code: 'ERR_DLOPEN_FAILED' });
  };`;
  expect(told({}, denied)).toContain('must not be mounted with noexec');
});

test.each([
  [
    'The process cannot access the file because it is being used by another process.',
    'such as an antivirus, holds it',
  ],
  ['Operation did not complete because the file contains a virus', 'an antivirus, holds it'],
  ['x.node: cannot open shared object file: Operation not permitted', 'an antivirus, holds it'],
  ['The specified module could not be found.', 'a library that it needs is missing'],
  ['is not a valid Win32 application.', 'It is for another CPU than this Node.js'],
  ['Access is denied.', 'the file must be readable'],
  ["mach-o file, but is an incompatible architecture (have 'x86_64')", 'It is for another CPU'],
  ['code signature in (x.node) not valid for use in process', 'macOS refuses its signature'],
])('what the loaders of Windows and macOS say is explained: %s', (text, help) => {
  // Their own words: neither system is at hand here.
  put((bytes) => bytes);
  const refused = `require('node:module')._extensions['.node'] = (module, file) => {
    throw Object.assign(new Error(${JSON.stringify(text)} + ' ' + file), { code: 'ERR_DLOPEN_FAILED' });
  };`;
  expect(told({}, refused)).toContain(help);
});

test('a package without its binary is said to be incomplete, and not to be missing', () => {
  const name = `${NAME}-${FLAVOR}`;
  const place = path.join(folder, 'node_modules', name);
  fs.mkdirSync(place, { recursive: true });
  fs.writeFileSync(path.join(place, 'package.json'), JSON.stringify({ name, main: 'x.node' }));
  expect(told()).toContain('it is there without its binary');
  expect(told()).toContain('rm -rf node_modules && npm install');
});

test('a truncated binary of the platform package is named by its own path', () => {
  const name = `bedrock-profile-client-${FLAVOR}`;
  const place = path.join(folder, 'node_modules', name);
  const file = path.join(place, 'x.node');
  put((bytes) => bytes.subarray(0, 1000), file);
  fs.writeFileSync(path.join(place, 'package.json'), JSON.stringify({ name, main: 'x.node' }));
  expect(told()).toContain(`the binary ${fs.realpathSync(file)} cannot be loaded`);
});

describe('without any binary', () => {
  const MISSING = `The package ${NAME}-${FLAVOR}@${version} should have been installed: `;

  test('this platform and the package that should have been installed are named', () => {
    expect(told()).toMatch(
      /there is no binary for this platform \(\w+ \w+, glibc \d+\.\d+, Node\.js v\d+\.\d+\.\d+\)\. /,
    );
    expect(told()).toContain(MISSING);
  });

  test.each([
    ['package-lock.json', 'npm install --include=optional'],
    ['pnpm-lock.yaml', 'pnpm install --force'],
    ['yarn.lock', 'yarn install'],
    ['bun.lock', 'bun install --force'],
    ['deno.lock', 'deno install'],
  ])('the command is that of the package manager whose %s is there', (lock, command) => {
    const entry = `"node_modules/${NAME}-${FLAVOR}" ${NAME}-${FLAVOR}@${version}`;
    fs.writeFileSync(path.join(project, lock), `${NAME} ${entry}`);
    expect(told()).toContain(`optional packages were left out`);
    expect(told()).toMatch(new RegExp(`In ${project}: ${command}$`));
  });

  test('a lock file in a workspace’s root is found', () => {
    fs.writeFileSync(path.join(project, 'pnpm-lock.yaml'), `${NAME} ${NAME}-${FLAVOR}@${version}`);
    const inner = path.join(project, 'packages', 'one', 'node_modules', NAME);
    fs.cpSync(folder, inner, { recursive: true });
    folder = inner;
    expect(told()).toContain(`In ${project}: pnpm install --force`);
  });

  test('a lock file of another system is replaced', () => {
    // npm lists what the main package wants, and has entries for what it installed.
    const wanted = `${NAME} ${NAME}-${FLAVOR} "node_modules/${NAME}-darwin-arm64"`;
    fs.writeFileSync(path.join(project, 'package-lock.json'), wanted);
    expect(told()).toContain(
      `${MISSING}package-lock.json does not list it, since it was made on another system. ` +
        `In ${project}: rm -rf node_modules package-lock.json && npm install --include=optional`,
    );
  });

  test.each([
    ['pnpm-workspace.yaml', 'supportedArchitectures:\n  os: [darwin]\n', 'pnpm'],
    ['.yarnrc.yml', 'supportedArchitectures:\n  os: [darwin]\n', 'yarn'],
  ])('supportedArchitectures of %s is named', (file, text, manager) => {
    fs.writeFileSync(path.join(project, manager === 'pnpm' ? 'pnpm-lock.yaml' : 'yarn.lock'), '');
    fs.writeFileSync(path.join(project, file), text);
    const [os_, cpu] = [process.platform, process.arch];
    expect(told()).toContain(
      `supportedArchitectures in ${file} leaves this platform out. Add ${os_}, ${cpu}, glibc to it. ` +
        `In ${project}: rm -rf node_modules && ${manager} install`,
    );
  });

  test.each([
    [
      'package-lock.json',
      /npm builds it where Rust is installed .* without ignore-scripts\. /,
      'npm install ',
    ],
    [
      'pnpm-lock.yaml',
      /pnpm builds it .* once allowBuilds in pnpm-workspace\.yaml names it\. /,
      'pnpm add ',
    ],
    ['yarn.lock', /yarn builds it .* once enableScripts in \.yarnrc\.yml is true\. /, 'yarn add '],
    ['bun.lock', /bun builds no packages from git\. /, 'bun add '],
    ['deno.lock', /deno builds no packages from git\. /, 'deno add npm:'],
  ])(
    'a copy from git that was not built, with %s, is told what builds it',
    (lock, how, command) => {
      fs.copyFileSync(path.join(root, 'package.json'), path.join(folder, 'package.json'));
      fs.writeFileSync(path.join(project, lock), '');
      expect(told()).toMatch(how);
      expect(told()).toContain(
        'comes from git or a checkout, where there is no binary before it is built',
      );
      expect(told()).not.toContain('should have been installed');
      expect(told().endsWith(`In ${project}: ${command}${NAME}@${version}`)).toBe(true);
    },
  );

  test('a copy of the whole machine is installed by npm for the whole machine', () => {
    const lib = path.join(project, 'lib');
    fs.mkdirSync(path.join(project, 'bin'));
    fs.writeFileSync(path.join(project, 'bin', NAME), '');
    fs.cpSync(folder, path.join(lib, 'node_modules', NAME), { recursive: true });
    folder = path.join(lib, 'node_modules', NAME);
    const install = `npm install --include=optional --global --prefix ${project} ${NAME}@${version}`;
    expect(told()).toContain('optional packages were left out (--omit=optional)');
    expect(told().endsWith(`In ${lib}: ${install}`)).toBe(true);
    const half = path.join(folder, 'node_modules', `${NAME}-${FLAVOR}`);
    fs.mkdirSync(half, { recursive: true });
    fs.writeFileSync(path.join(half, 'package.json'), '{ "main": "x.node" }');
    expect(told()).toContain(`: npm uninstall --global --prefix ${project} ${NAME} && ${install}`);
    // A project whose folder has that name is none.
    fs.writeFileSync(path.join(lib, 'package.json'), '{}');
    expect(told()).toContain('rm -rf node_modules && npm install');
  });

  test('in a checkout it is built', () => {
    const checkout = fs.mkdtempSync(path.join(project, 'checkout-'));
    fs.cpSync(folder, checkout, { recursive: true });
    folder = checkout;
    expect(told()).toMatch(/In a checkout run `npm run build`\.$/);
  });

  test('a platform for which nothing is published is told what there is', () => {
    const said = told({}, "Object.defineProperty(process, 'arch', { value: 'riscv64' });");
    expect(said).toContain('The published ones are linux-x64-gnu, ');
    expect(said).toContain('npm run build:release');
  });

  test('every name that a message can have is a target', () => {
    const { flavors } = require('../lib/platform.js');
    const { platforms } = require('../scripts/release/platforms.js');
    expect(flavors()).toEqual(platforms().map(({ name }) => name));
    expect(flavors()).toHaveLength(napi.targets.length);
    expect(flavors()).toContain(FLAVOR);
  });
});

describe('a binary of another version than the package', () => {
  /** What both were built from; the binary's own text of it is changed, to the same length. */
  const other = version.replace(/\d+$/, (digits) => '9'.repeat(digits.length));
  const older = (bytes) => {
    const changed = Buffer.from(bytes);
    const marker = `${NAME} ${version}`;
    const at = changed.indexOf(marker);
    if (at < 0) throw new Error(`the addon has no ${marker}`);
    changed.write(`${NAME} ${other}`, at);
    return changed;
  };

  test('is refused, and both are named', () => {
    put(older);
    expect(told()).toContain(
      `the binary ${binary} is of version ${other}, and this package is ${version}. Both must be of ` +
        `the same version (${NAME}-${FLAVOR}@${version}).`,
    );
    expect(told()).toContain(`In ${project}: rm -rf node_modules && npm install`);
  });

  test('is refused where it was named by the operator', () => {
    const NAPI_RS_NATIVE_LIBRARY_PATH = path.join(project, 'own.node');
    put(older, NAPI_RS_NATIVE_LIBRARY_PATH);
    expect(told({ NAPI_RS_NATIVE_LIBRARY_PATH })).toContain(
      `Unset NAPI_RS_NATIVE_LIBRARY_PATH, or name the binary of ${version}.`,
    );
  });
});

test('NAPI_RS_NATIVE_LIBRARY_PATH with nothing there, and with something broken', () => {
  const NAPI_RS_NATIVE_LIBRARY_PATH = path.join(folder, 'own.node');
  expect(told({ NAPI_RS_NATIVE_LIBRARY_PATH })).toContain(
    `NAPI_RS_NATIVE_LIBRARY_PATH is ${NAPI_RS_NATIVE_LIBRARY_PATH}, and there is no such file.`,
  );
  put((bytes) => bytes.subarray(0, 5000), NAPI_RS_NATIVE_LIBRARY_PATH);
  expect(told({ NAPI_RS_NATIVE_LIBRARY_PATH })).toContain(
    `the binary ${NAPI_RS_NATIVE_LIBRARY_PATH} cannot be loaded`,
  );
});
