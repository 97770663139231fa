'use strict';

/**
 * The published tables. A reader says which package it reads, which of the catalog's sources the
 * package is, and `read` turns its files into rows `{ model, field, value }`, in catalog terms: a
 * row without a field only says that the model is listed, one with `has` that a list holds a value,
 * one with `partial` some of a list.
 * `model` is the id as it is published, or `class:<name>`.
 */

const fs = require('node:fs');
const path = require('node:path');
const { filesOf } = require('../fetch');

const READERS = [
  require('./litellm'),
  require('./langchain'),
  require('./botocore'),
  require('./genai-prices'),
  require('./ai-sdk'),
  require('./ai-sdk-bedrock'),
  require('./librechat'),
  require('./roo'),
  require('./models-dev'),
];

/** Without `--sources`; the last two are slow to follow Bedrock and serve for comparison. */
const DEFAULTS = READERS.map(({ name }) => name).slice(0, -2);

/** Readers for the words of `--sources`, each with the version that was asked for. */
function select(words = DEFAULTS) {
  const selected = new Map();
  for (const word of words) {
    const [, name, version] = /^([^@]+)(?:@(\d[\w.]*))?$/.exec(word) ?? [];
    const readers = READERS.filter(
      (reader) => reader.name === name || (name === 'ai-sdk' && reader.name === 'ai-sdk-bedrock'),
    );
    if (readers.length === 0) {
      const known = READERS.map((reader) => reader.name).join(', ');
      throw new Error(`--sources: ${word} is none; there are ${known}, each also as name@version`);
    }
    for (const reader of readers) selected.set(reader.name, { reader, version });
  }
  return [...selected.values()];
}

/** Rows by the catalog's models: of several ids of one model the first to speak of a fact. */
class Table {
  constructor(reader, version, rows, catalog) {
    this.reader = reader;
    this.version = version;
    /** Model of the catalog, or class → field → row. */
    this.published = new Map();
    /** Base id that the catalog does not have → field → row. */
    this.strange = new Map();
    for (const { model, ...row } of rows) {
      const known = model.startsWith('class:') ? model : catalog.names.find(model);
      const home = known ? this.published : this.strange;
      const id = known ?? catalog.names.split(model).base;
      if (!home.has(id)) home.set(id, new Map());
      if (row.field && !home.get(id).has(row.field)) home.get(id).set(row.field, row);
    }
  }

  get count() {
    return [...this.published.values()].reduce((sum, facts) => sum + facts.size, 0);
  }
}

/** Reads the table of a package that lies in `folder`. */
function readTable(reader, { folder, version, catalog }) {
  const named = `${reader.package.name} ${version}`;
  const files = (pattern) => filesOf(folder, [pattern]).map((name) => path.join(folder, name));
  const one = (pattern) => {
    const [file] = files(pattern);
    if (!file) {
      throw new Error(
        `reader ${reader.name} found no file ${pattern} in ${named}: layout changed?`,
      );
    }
    return file;
  };
  let rows;
  try {
    rows = reader.read({
      text: (pattern) => fs.readFileSync(one(pattern), 'utf8'),
      texts: (pattern) => files(pattern).map((file) => fs.readFileSync(file, 'utf8')),
      bytes: (pattern) => fs.readFileSync(one(pattern)),
      names: catalog.names,
      ids: catalog.ids,
      says: (id, field) => {
        const model = catalog.names.find(id);
        return model !== undefined && catalog.fact(model, field).value !== null;
      },
    });
  } catch (error) {
    if (error.message.includes('layout changed?')) throw error;
    throw new Error(
      `reader ${reader.name} cannot read ${named}: ${error.message}; layout changed?`,
      { cause: error },
    );
  }
  const table = new Table(reader, version, rows, catalog);
  if (table.published.size === 0) {
    throw new Error(`reader ${reader.name} found 0 models in ${named}: layout changed?`);
  }
  for (const field of reader.fields) {
    if (!catalog.paths.includes(field)) throw new Error(`${reader.name}: no such fact: ${field}`);
  }
  const missing = reader.fields.filter(
    (field) => ![...table.published.values()].some((facts) => facts.has(field)),
  );
  return { table, missing };
}

module.exports = { DEFAULTS, READERS, Table, readTable, select };
