'use strict';

/**
 * Checks the catalog before it is written: `catalog.schema.json`, and what `core/tests/catalog`
 * checks besides (order, sources, no repetition). Only the keywords that the schema uses; any other
 * is an error, so that none is passed over.
 */

const { Catalog, at } = require('./load');

const typeOf = (value) => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (Number.isInteger(value)) return 'integer';
  return typeof value;
};

const isObject = (value) => typeOf(value) === 'object';
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Each: what is wrong with a value, in words, or nothing. */
const KEYWORDS = {
  type: (value, types) => {
    const is = typeOf(value);
    const fits = [types]
      .flat()
      .some((type) => type === is || (type === 'number' && is === 'integer'));
    return fits ? [] : [`expected ${[types].flat().join(' or ')}, found ${JSON.stringify(value)}`];
  },
  enum: (value, values) =>
    values.includes(value)
      ? []
      : [
          `expected one of ${values.map((each) => JSON.stringify(each)).join(', ')}, found ${JSON.stringify(value)}`,
        ],
  const: (value, is) => (same(value, is) ? [] : [`expected ${JSON.stringify(is)}`]),
  pattern: (value, pattern) =>
    typeof value !== 'string' || new RegExp(pattern, 'u').test(value)
      ? []
      : [`${JSON.stringify(value)} does not match ${pattern}`],
  format: (value, format) => {
    if (format !== 'regex') throw new Error(`format ${format} is not known to the check`);
    try {
      new RegExp(value, 'u');
      return [];
    } catch (error) {
      return [error.message];
    }
  },
  minLength: (value, least) =>
    typeof value === 'string' && value.length < least ? [`shorter than ${least}`] : [],
  minimum: (value, least) =>
    typeof value === 'number' && value < least ? [`${value} is below ${least}`] : [],
  maximum: (value, most) =>
    typeof value === 'number' && value > most ? [`${value} is above ${most}`] : [],
  minItems: (value, least) =>
    Array.isArray(value) && value.length < least ? [`fewer than ${least} items`] : [],
  uniqueItems: (value, unique) =>
    unique &&
    Array.isArray(value) &&
    new Set(value.map((each) => JSON.stringify(each))).size < value.length
      ? ['an item stands twice']
      : [],
  minProperties: (value, least) =>
    isObject(value) && Object.keys(value).length < least ? [`fewer than ${least} members`] : [],
  required: (value, members) =>
    isObject(value)
      ? members.filter((name) => !Object.hasOwn(value, name)).map((name) => `${name} is missing`)
      : [],
};

const IGNORED = new Set(['$schema', '$defs', 'title', 'description', 'properties']);

/** What a JSON Schema says is wrong, each with the path of the place. */
function complaints(value, schema, root = schema, place = '') {
  const out = [];
  const below = (inner, innerSchema, name) =>
    out.push(...complaints(inner, innerSchema, root, `${place}/${name}`));
  for (const [keyword, operand] of Object.entries(schema)) {
    if (IGNORED.has(keyword)) continue;
    if (Object.hasOwn(KEYWORDS, keyword)) {
      out.push(
        ...KEYWORDS[keyword](value, operand).map((problem) => `${place || '/'}: ${problem}`),
      );
    } else if (keyword === '$ref') {
      const target = operand.split('/').slice(1);
      out.push(
        ...complaints(
          value,
          target.reduce((node, name) => node[name], root),
          root,
          place,
        ),
      );
    } else if (keyword === 'allOf') {
      for (const each of operand) out.push(...complaints(value, each, root, place));
    } else if (keyword === 'items') {
      if (Array.isArray(value)) value.forEach((item, index) => below(item, operand, index));
    } else if (keyword === 'propertyNames') {
      if (isObject(value)) for (const name of Object.keys(value)) below(name, operand, name);
    } else if (keyword !== 'additionalProperties') {
      throw new Error(`the schema's keyword ${keyword} is not known to the check (schema.js)`);
    }
  }
  if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      const known = schema.properties?.[name];
      if (known) below(member, known, name);
      else if (schema.additionalProperties === false) out.push(`${place}/${name}: no such member`);
      else if (isObject(schema.additionalProperties))
        below(member, schema.additionalProperties, name);
    }
  }
  return out;
}

const isSorted = (names) => names.every((name, index) => index === 0 || names[index - 1] < name);

/** Facts of a block: path and value. */
function* factsOf(catalog, block) {
  for (const factPath of catalog.paths) {
    const value = at(block.facts, factPath);
    if (value !== undefined) yield [factPath, value];
  }
}

/** What is wrong with the sources of a block. */
function* sourceComplaints(catalog, name, block) {
  const covered = new Map();
  for (const [source, paths] of Object.entries(block.sources ?? {})) {
    if (!catalog.file.sources[source]) yield `${name}: what is ${source}?`;
    for (const each of paths.split(' ')) covered.set(each, false);
  }
  for (const [factPath, value] of factsOf(catalog, block)) {
    let known = value === null;
    for (const each of [factPath, factPath.split('.')[0]]) {
      if (!covered.has(each)) continue;
      covered.set(each, true);
      known = true;
    }
    if (!known) yield `${name}: where is ${factPath} known from?`;
  }
  for (const [each, stands] of covered) {
    if (!stands) yield `${name}: a source for ${each}, which is not there`;
  }
}

/** All that is wrong with a catalog file. */
function check(file, schema) {
  const wrong = complaints(file, schema);
  if (wrong.length > 0) return wrong;
  const catalog = new Catalog(file, schema);
  if (!isSorted(file.models.map(({ id }) => id))) wrong.push('models are not sorted by id');
  for (const member of ['sources', 'providers', 'geographies', 'classes', 'families']) {
    if (!isSorted(Object.keys(file[member]))) wrong.push(`${member} are not sorted`);
  }
  const blocks = [
    ...Object.entries(file.classes),
    ...Object.entries(file.families),
    ...file.models.map((model) => [model.id, model]),
    ...file.models.flatMap(({ id, geographies = {} }) =>
      Object.entries(geographies).map(([geo, block]) => [`${id} in ${geo}`, block]),
    ),
  ];
  for (const [name, block] of blocks) wrong.push(...sourceComplaints(catalog, name, block));
  const used = new Set(blocks.flatMap(([, block]) => Object.keys(block.sources ?? {})));
  for (const source of Object.keys(file.sources)) {
    if (!used.has(source)) wrong.push(`source ${source} is never named`);
  }
  for (const { id, facts, geographies = {} } of file.models) {
    const named = [...(facts.inferenceProfilePrefixes ?? []), ...Object.keys(geographies)];
    for (const geo of named.filter((each) => !Object.hasOwn(file.geographies, each))) {
      wrong.push(`${id}: ${geo} is none of the geographies`);
    }
    if (facts.successor && !catalog.byId.has(facts.successor)) {
      wrong.push(`${id}: the successor ${facts.successor} is not in the catalog`);
    }
  }
  for (const model of file.models) {
    const inherited = new Catalog(
      { ...file, models: [{ ...model, facts: {}, sources: {} }] },
      schema,
    );
    for (const [factPath, value] of factsOf(catalog, model)) {
      const { value: said, said: spoken } = inherited.fact(model.id, factPath);
      if (spoken && same(said, value)) {
        wrong.push(`${model.id}: ${factPath} repeats what its classes say`);
      }
    }
  }
  return wrong;
}

module.exports = { check, complaints, same };
