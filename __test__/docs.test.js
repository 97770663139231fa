'use strict';

// The pages say what the sources say: a rule, option, variable, fault or link that is missing or
// gone is a failure here.

const fs = require('node:fs');
const path = require('node:path');

const { faultKinds } = require('../local-bedrock');

const root = path.join(__dirname, '..');
const read = (...parts) => fs.readFileSync(path.join(root, ...parts), 'utf8');

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs/admin.md',
  'docs/architecture.md',
  'docs/cli.md',
  'docs/commands.md',
  'docs/configuration.md',
  'docs/cost.md',
  'docs/differences.md',
  'docs/discovery.md',
  'docs/failover.md',
  'docs/gating.md',
  'docs/librechat.md',
  'docs/librechat-image.md',
  'docs/local-bedrock.md',
  'docs/performance.md',
  'docs/platforms.md',
  'docs/telemetry.md',
  'docs/troubleshooting.md',
];

/** The constants of type `Rule` in the sources of the gate: constant → id and name. */
function rules() {
  const folder = path.join(root, 'core', 'src', 'gate');
  const found = new Map();
  for (const file of fs.readdirSync(folder, { recursive: true })) {
    if (!file.endsWith('.rs')) continue;
    const source = fs.readFileSync(path.join(folder, file), 'utf8');
    const constants =
      /const (\w+): (?:\w+::)*Rule = (?:\w+::)*Rule \{\s*id: "([^"]+)",\s*name: "([^"]+)"/g;
    for (const [, constant, id, name] of source.matchAll(constants))
      found.set(constant, [id, name]);
  }
  return found;
}

test('docs/gating.md lists the rules in the order they run', () => {
  const list = read('core', 'src', 'gate', 'mod.rs').match(/RULES: &\[Rule\] = &\[(.*?)\n\];/s)[1];
  const byConstant = rules();
  const inOrder = [...list.matchAll(/^\s*(?:\w+::)+(\w+),/gm)].map(([, name]) =>
    byConstant.get(name),
  );
  const rows = [...read('docs', 'gating.md').matchAll(/^- \*\*(\w+)\*\* `([a-z0-9-]+)`/gm)];
  expect(inOrder.length).toBeGreaterThan(50);
  expect(rows.map(([, id, name]) => [id, name])).toEqual(inOrder);
});

test('docs/configuration.md has a row for every option', () => {
  const table = read('lib', 'options.js').match(/const OPTIONS = \{(.*?)\n\};/s)[1];
  const options = [...table.matchAll(/^ {2}(\w+): \[/gm)].map(([, name]) => name);
  const rows = [...read('docs', 'configuration.md').matchAll(/^\| `(\w+)`(?: _fn_)? +\| /gm)];
  expect(options).toContain('region');
  expect(rows.map(([, name]) => name)).toEqual(expect.arrayContaining(options));
});

test('lib/types/options.d.ts declares every option', () => {
  const table = read('lib', 'options.js').match(/const OPTIONS = \{(.*?)\n\};/s)[1];
  const options = [...table.matchAll(/^ {2}(\w+): \[/gm)].map(([, name]) => name);
  const declared = read('lib', 'types', 'options.d.ts').match(
    /interface BedrockProfileClientOptions \{(.*?)\n\}/s,
  )[1];
  const names = [...declared.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name);
  expect(names.sort()).toEqual(options.sort());
});

test('docs/configuration.md names every environment variable that is read', () => {
  const variables = new Set(
    read('lib', 'environment.js').match(/\b[A-Z]+(?:_[A-Z]+)+\b|\bPROXY\b/g),
  );
  const page = read('docs', 'configuration.md');
  expect(variables.size).toBeGreaterThan(20);
  expect([...variables].filter((name) => !page.includes(`\`${name}`))).toEqual([]);
});

test('docs/local-bedrock.md names every kind of fault, and no other', () => {
  const section = read('docs', 'local-bedrock.md').match(/## Faults\n(.*?)\n## /s)[1];
  const cells = [...section.matchAll(/^\| (`.*?) +\| /gm)].map(([, cell]) => cell);
  const named = cells.flatMap((cell) => cell.match(/[a-z0-9-]+/g));
  expect(named.sort()).toEqual([...faultKinds].sort());
});

test.each(PAGES)('%s links to files and headings that exist', (page) => {
  const anchors = (text) =>
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
      title
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
  const text = read(page);
  const broken = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)].filter(
    ([, file, anchor]) => {
      const target =
        file === '' ? path.join(root, page) : path.join(root, path.dirname(page), file);
      if (!fs.existsSync(target)) return true;
      return anchor !== undefined && !anchors(fs.readFileSync(target, 'utf8')).includes(anchor);
    },
  );
  expect(broken.map(([link]) => link)).toEqual([]);
});

test('the files that docs/architecture.md and CONTRIBUTING.md name exist', () => {
  const named = ['docs/architecture.md', 'CONTRIBUTING.md'].flatMap((page) =>
    [...read(page).matchAll(/`((?:core|lib|src|scripts|local-bedrock|__test__)\/[\w./-]*)`/g)].map(
      ([, file]) => file,
    ),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((file) => !fs.existsSync(path.join(root, file)))).toEqual([]);
});
