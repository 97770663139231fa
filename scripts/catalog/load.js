'use strict';

/**
 * The catalog as the client reads it: the layering of `core/src/model/catalog.rs` in JavaScript.
 * A test holds the two together for every model.
 */

const fs = require('node:fs');
const path = require('node:path');
const { names } = require('./names');

const FOLDER = path.join(__dirname, '..', '..', 'core', 'src', 'model');
const CATALOG = path.join(FOLDER, 'catalog.json');
const SCHEMA = path.join(FOLDER, 'catalog.schema.json');

const readJson = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));

/** Paths of all facts (`contextWindow`, `reasoning.efforts`), in the schema's order. */
function factPaths(schema) {
  const properties = Object.entries(schema.$defs.facts.properties);
  return properties.flatMap(([name, { type, properties: below }]) =>
    type === 'object' ? Object.keys(below).map((member) => `${name}.${member}`) : [name],
  );
}

/** The value at a path of an object of facts; `undefined` where the object does not say. */
function at(facts, factPath) {
  return factPath.split('.').reduce((value, name) => value?.[name], facts);
}

/** The sources that a block names for a fact, a parent standing for all below it. */
function sourcesOf(block, factPath) {
  const [group] = factPath.split('.');
  return Object.entries(block.sources ?? {})
    .filter(([, paths]) => paths.split(' ').some((each) => each === factPath || each === group))
    .map(([source]) => source);
}

/**
 * `preview`, `active`, `legacy` or `eol` on a day (`YYYY-MM-DD`), as `lifecycle.rs` derives it;
 * `undefined` where no fact tells.
 */
function statusOf({ preview, legacyDate, eolDate }, day) {
  if (eolDate && eolDate <= day) return 'eol';
  if (legacyDate ? legacyDate <= day : eolDate) return 'legacy';
  if (preview === true) return 'preview';
  return preview === false || legacyDate ? 'active' : undefined;
}

const today = () => new Date().toISOString().slice(0, 10);

class Catalog {
  /**
   * @param {object} file `catalog.json`, parsed
   * @param {object} schema `catalog.schema.json`, parsed
   */
  constructor(file, schema) {
    this.file = file;
    this.schema = schema;
    this.paths = factPaths(schema);
    this.names = names(file);
    this.byId = new Map(file.models.map((model) => [model.id, model]));
  }

  static load(file = CATALOG, schema = SCHEMA) {
    return new Catalog(readJson(file), readJson(schema));
  }

  get ids() {
    return [...this.byId.keys()];
  }

  /** Classes and what they extend, in the order their facts are laid. */
  linear(classes, out = [], above = []) {
    for (const name of classes) {
      if (out.includes(name)) continue;
      const block = this.file.classes[name];
      if (!block) throw new Error(`class ${name} is extended, but is not in the catalog`);
      if (above.includes(name)) throw new Error(`class ${name} extends itself`);
      this.linear(block.extends ?? [], out, [...above, name]);
      out.push(name);
    }
    return out;
  }

  /** Blocks of a model with their names, in the order their facts are laid, the model's own last. */
  layers(id) {
    const model = this.byId.get(id);
    if (!model) throw new Error(`${id} is not in the catalog`);
    const classes = this.linear(model.extends);
    return [
      ...classes.map((name) => ({ name: `class:${name}`, block: this.file.classes[name] })),
      { name: id, block: model },
    ];
  }

  /**
   * One fact: its value, the block that says it last, and the sources named there. `said` is false
   * where no block speaks of it; a `null` that is said is a decision.
   */
  fact(id, factPath) {
    const last = this.layers(id).findLast(({ block }) => at(block.facts, factPath) !== undefined);
    if (!last) return { value: null, said: false, sources: [] };
    return {
      value: at(last.block.facts, factPath),
      said: true,
      where: last.name,
      sources: sourcesOf(last.block, factPath),
    };
  }

  /** Who made a model. */
  provider(id) {
    const [label] = id.split('.');
    return this.file.providers[label] ?? label;
  }

  /** What `client.capabilities(id)` answers, values only. */
  values(id) {
    const laid = { provider: this.provider(id) };
    for (const { block } of this.layers(id)) {
      for (const [name, value] of Object.entries(block.facts ?? {})) {
        const group = value !== null && typeof value === 'object' && !Array.isArray(value);
        laid[name] = group ? { ...laid[name], ...value } : value;
      }
    }
    return laid;
  }

  /** What `client.capabilities(id)` answers on a day: every fact as `{ value, source }`. */
  capabilities(id, day = today()) {
    const values = this.values(id);
    const fact = (value) => ({
      value: value ?? null,
      source: (value ?? null) === null ? 'assumed' : 'catalog',
    });
    const out = { model: id, provider: fact(values.provider) };
    for (const factPath of this.paths) {
      const [name, member] = factPath.split('.');
      if (member === undefined) out[name] = fact(values[name]);
      else (out[name] ??= {})[member] = fact(values[name]?.[member]);
    }
    out.status = fact(statusOf(values, day));
    return out;
  }
}

module.exports = { Catalog, CATALOG, SCHEMA, at, factPaths, readJson, sourcesOf, statusOf };
