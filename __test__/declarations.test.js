'use strict';

/**
 * One thing is declared in one place; what else must know of it is generated from there, or held to
 * it here. A failure names the file to change.
 */

const fs = require('node:fs');
const path = require('node:path');

const { operations } = require('../lib/load.js');
const { BedrockProfileClient } = require('..');
const { client, start } = require('./support/bedrock');

const root = path.join(__dirname, '..');
const read = (...parts) => fs.readFileSync(path.join(root, ...parts), 'utf8');

/** The members of an interface of a declaration file, by name, with their types. */
function members(source, name) {
  const body = new RegExp(`interface ${name}(?: extends [\\w, ]+)? \\{\\n(.*?)\\n\\}`, 's').exec(
    source,
  )[1];
  const bare = body.replace(/\/\*\*.*?\*\//gs, '');
  const found = new Map();
  for (const [, member, type] of bare.matchAll(/^ {2}(\w+)\??:\s*(\{.*?\n {2}\}|.*?);$/gms)) {
    found.set(member, type.trim());
  }
  return found;
}

/** What is missing in a file that must know of it. */
const missing = (file, wanted, has) =>
  wanted.filter((one) => !has(one)).map((one) => `${file} lacks ${one}`);

describe('an operation (core/src/operation.rs)', () => {
  const native = JSON.parse(operations());
  const names = native.map(({ operation }) => operation);
  const methodOf = (name) => name[0].toLowerCase() + name.slice(1);

  test('is a method of the client, and of its types', () => {
    const types = read('index.d.ts');
    const methods = names.map(methodOf);
    expect(
      missing('lib/client.js', methods, (name) => name in BedrockProfileClient.prototype),
    ).toEqual([]);
    const declared = (name) => new RegExp(`^ {2}${name}\\(`, 'm').test(types);
    expect(missing('index.d.ts', methods, declared)).toEqual([]);
  });

  test('has shapes, a page and an answer of the stand-in', async () => {
    const shapes = JSON.parse(read('core', 'src', 'bedrock', 'shapes.json')).operations;
    expect(Object.keys(shapes).sort()).toEqual([...names].sort());
    const readme = read('README.md');
    expect(
      missing('README.md', names.map(methodOf), (name) => readme.includes(`${name}(input`)),
    ).toEqual([]);
    const page = read('docs', 'commands.md');
    expect(
      missing('docs/commands.md', names, (name) => page.includes(`\`${name}Command\``)),
    ).toEqual([]);
    const server = await start();
    const unanswered = [];
    for (const { operation, labels } of native) {
      const input = Object.fromEntries(labels.map((label) => [label, 'x']));
      const made = client(server, { maxAttempts: 1 });
      await made[methodOf(operation)](input).catch(() => {});
      if (server.requests.at(-1)?.operation !== operation) unanswered.push(operation);
    }
    expect(unanswered.map((operation) => `local-bedrock/ lacks ${operation}`)).toEqual([]);
  });
});

describe('a capability (core/src/model/capabilities.rs)', () => {
  const types = read('lib', 'types', 'profile.d.ts');
  const aliases = new Map();

  /** Paths of the facts that the types declare below an interface. */
  function declared(name) {
    const paths = [];
    for (const [member, type] of members(types, name)) {
      if (type.startsWith('Fact<')) paths.push(member);
      else if (type.startsWith('{')) {
        const inner = [...type.matchAll(/^ {4}(\w+):/gm)].map(([, below]) => `${member}.${below}`);
        paths.push(...inner);
      } else if (/^[A-Z]\w+$/.test(type)) {
        if (!aliases.has(type)) aliases.set(type, declared(type));
        paths.push(...aliases.get(type).map((below) => `${member}.${below}`));
      }
    }
    return paths;
  }

  /** Paths of the facts that are told at run time. */
  function told(facts, prefix = '') {
    return Object.entries(facts).flatMap(([name, fact]) => {
      if (typeof fact !== 'object' || fact === null) return [];
      return 'source' in fact ? [`${prefix}${name}`] : told(fact, `${prefix}${name}.`);
    });
  }

  test('is declared in lib/types/profile.d.ts', async () => {
    const server = await start();
    const known = await client(server, { discovery: false }).capabilities(
      'anthropic.claude-sonnet-4-6',
    );
    const facts = declared('ModelCapabilities');
    const run = told(known);
    expect(missing('lib/types/profile.d.ts', run, (fact) => facts.includes(fact))).toEqual([]);
    expect(missing('core/src/model/capabilities.rs', facts, (fact) => run.includes(fact))).toEqual(
      [],
    );
  });
});

describe('an option (lib/options.js)', () => {
  test('is read by lib/settings.js or lib/client.js', () => {
    const table = read('lib', 'options.js').match(/const OPTIONS = \{(.*?)\n\};/s)[1];
    const options = [...table.matchAll(/^ {2}(\w+): \[/gm)].map(([, name]) => name);
    const readers = fs
      .readdirSync(path.join(root, 'lib'))
      .filter((file) => file.endsWith('.js') && file !== 'options.js');
    const sources = readers.map((file) => read('lib', file)).join('\n');
    const isRead = (name) => new RegExp(`\\b${name}\\b`).test(sources);
    expect(missing('lib/settings.js', options, isRead)).toEqual([]);
  });

  test('reaches the core under one name (lib/settings.js, core/src/settings.rs)', () => {
    const struct = read('core', 'src', 'settings.rs').match(/pub struct Settings \{(.*?)\n\}/s)[1];
    const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
    const fields = [...struct.matchAll(/^ {4}pub (\w+):/gm)].map(([, name]) => camel(name));
    const source = read('lib', 'settings.js');
    const known = source.match(/const known = \{\n(.*?\n {4}\.\.\.connection.*?)\n {2}\};/s)[1];
    const parts = source.match(/function connection\(.*?return \{\n(.*?)\n {2}\};/s)[1];
    const sent = [known, parts].flatMap((lines) =>
      [...lines.matchAll(/^ {4}(\w+)(?=[:,])/gm)].map(([, name]) => name),
    );
    expect(fields.length).toBeGreaterThan(25);
    expect(missing('core/src/settings.rs', sent, (name) => fields.includes(name))).toEqual([]);
    expect(missing('lib/settings.js', fields, (name) => sent.includes(name))).toEqual([]);
  });
});

describe('a geo prefix (geographies of core/src/model/catalog.json)', () => {
  test('is known to the stand-in, with the regions that it is called from', () => {
    const { geographies } = JSON.parse(read('core', 'src', 'model', 'catalog.json'));
    const table = read('local-bedrock', 'models.js').match(/const SOURCES = \{(.*?)\n\};/s)[1];
    const served = [...table.matchAll(/^ {2}'?([\w-]+)'?: \//gm)].map(([, name]) => name);
    const named = Object.keys(geographies);
    expect(missing('local-bedrock/models.js', named, (geo) => served.includes(geo))).toEqual([]);
    expect(missing('core/src/model/catalog.json', served, (geo) => named.includes(geo))).toEqual(
      [],
    );
  });
});
