'use strict';

// Holds a request to the schemas of the API's description: what is wrong, where, and what would be right.
// The part of JSON Schema that the description uses; the tests hold it to ajv.

const { Problem } = require('./problem.js');

/** How many problems are told of one request. */
const MOST = 20;

const TYPES = {
  string: ['a text', (value) => typeof value === 'string'],
  number: ['a number', (value) => Number.isFinite(value)],
  integer: ['a whole number', (value) => Number.isInteger(value)],
  boolean: ['true or false', (value) => typeof value === 'boolean'],
  object: [
    'an object',
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  ],
  array: ['an array', Array.isArray],
  null: ['null', (value) => value === null],
};

const kindOf = (value) => {
  if (value === undefined) return 'missing';
  const [, found] =
    Object.entries(TYPES).find(([name, [, fits]]) => name !== 'integer' && fits(value)) ?? [];
  return found?.[0] ?? 'no JSON';
};

const characters = (text) => {
  const pairs = text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0;
  return text.length - pairs;
};

const escaped = (name) => name.replaceAll('~', '~0').replaceAll('/', '~1');
const listed = (values) => values.map((value) => JSON.stringify(value)).join(', ');

class Checker {
  #schemas;
  problems = [];

  /** @param {Record<string, object>} schemas those that `$ref` may name */
  constructor(schemas) {
    this.#schemas = schemas;
  }

  #wrong(pointer, detail, remedy) {
    if (this.problems.length < MOST) this.problems.push({ pointer, detail, remedy });
  }

  /** What a schema says, with its `$ref` followed. */
  #read(schema) {
    if (schema.$ref === undefined) return schema;
    return this.#read(this.#schemas[schema.$ref.split('/').at(-1)]);
  }

  check(given, value, pointer = '') {
    const schema = this.#read(given);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices && !this.#choice(choices, value, pointer, schema)) return;
    if (schema.const !== undefined && value !== schema.const) {
      this.#wrong(
        pointer,
        `It is ${kindOf(value)}.`,
        `It must be ${JSON.stringify(schema.const)}.`,
      );
      return;
    }
    if (schema.enum && !schema.enum.includes(value)) {
      this.#wrong(
        pointer,
        'It is none of the values that are possible.',
        `Write one of ${listed(schema.enum)}.`,
      );
      return;
    }
    const types = [schema.type ?? []].flat();
    if (types.length > 0 && !types.some((type) => TYPES[type][1](value))) {
      const wanted = types.map((type) => TYPES[type][0]).join(' or ');
      this.#wrong(pointer, `It is ${kindOf(value)}.`, `It must be ${wanted}.`);
      return;
    }
    if (typeof value === 'string') this.#text(schema, value, pointer);
    if (typeof value === 'number') this.#number(schema, value, pointer);
    if (Array.isArray(value)) this.#array(schema, value, pointer);
    else if (TYPES.object[1](value)) this.#object(schema, value, pointer);
  }

  /** Whether one of them fits; what is wrong with the one of the same type is told. */
  #choice(choices, value, pointer, { description }) {
    const tried = choices.map((choice) => {
      const checker = new Checker(this.#schemas);
      checker.check(choice, value, pointer);
      return { choice: this.#read(choice), problems: checker.problems };
    });
    if (tried.some(({ problems }) => problems.length === 0)) return true;
    const fits = ({ choice }) => [choice.type ?? []].flat().some((type) => TYPES[type][1](value));
    // Of several that are objects, the one that was probably meant: it knows most of the members.
    const known = ({ choice }) =>
      Object.keys(Object(value)).filter((name) => Object.hasOwn(choice.properties ?? {}, name))
        .length;
    const [alike] = tried.filter(fits).sort((one, other) => known(other) - known(one));
    if (alike)
      for (const { pointer: at, detail, remedy } of alike.problems) this.#wrong(at, detail, remedy);
    else {
      const wanted = tried.flatMap(({ choice }) =>
        [choice.type ?? []].flat().map((type) => TYPES[type][0]),
      );
      this.#wrong(
        pointer,
        `It is ${kindOf(value)}.`,
        `It must be ${[...new Set(wanted)].join(' or ') || description}.`,
      );
    }
    return false;
  }

  #text({ minLength = 0, maxLength = Infinity, pattern, description }, value, pointer) {
    const length = characters(value);
    if (length < minLength)
      this.#wrong(
        pointer,
        minLength === 1 ? 'It is empty.' : `It has ${length} characters.`,
        `It needs ${minLength} or more characters.`,
      );
    if (length > maxLength)
      this.#wrong(pointer, `It has ${length} characters.`, `At most ${maxLength} are possible.`);
    if (pattern && !new RegExp(pattern, 'u').test(value)) {
      this.#wrong(
        pointer,
        'It does not have the right form.',
        `It must match ${pattern}${description ? `: ${description}` : ''}`,
      );
    }
  }

  #number({ minimum = -Infinity, maximum = Infinity }, value, pointer) {
    if (value < minimum || value > maximum) {
      this.#wrong(pointer, `It is ${value}.`, `It must be from ${minimum} to ${maximum}.`);
    }
  }

  #array({ items, minItems = 0, maxItems = Infinity }, value, pointer) {
    if (value.length < minItems || value.length > maxItems) {
      this.#wrong(
        pointer,
        `It has ${value.length} items.`,
        `${minItems} to ${maxItems} are possible.`,
      );
      return;
    }
    if (items)
      for (const [at, item] of value.entries()) this.check(items, item, `${pointer}/${at}`);
  }

  #object(schema, value, pointer) {
    const { properties = {}, required = [], additionalProperties = true, propertyNames } = schema;
    const names = Object.keys(value);
    const most = schema.maxProperties ?? Infinity;
    if (names.length > most) {
      this.#wrong(pointer, `It has ${names.length} members.`, `At most ${most} are possible.`);
      return;
    }
    for (const name of required) {
      if (!Object.hasOwn(value, name))
        this.#wrong(
          `${pointer}/${escaped(name)}`,
          'It is missing.',
          `Add ${JSON.stringify(name)}.`,
        );
    }
    for (const name of names) {
      const at = `${pointer}/${escaped(name)}`;
      if (propertyNames) this.check(propertyNames, name, at);
      if (Object.hasOwn(properties, name)) this.check(properties[name], value[name], at);
      else if (additionalProperties === false) {
        this.#wrong(
          at,
          'There is no such member.',
          `There are ${listed(Object.keys(properties))}.`,
        );
      } else if (typeof additionalProperties === 'object')
        this.check(additionalProperties, value[name], at);
    }
  }
}

/**
 * What is wrong with a value.
 *
 * @param {object} schema
 * @param {unknown} value
 * @param {Record<string, object>} schemas those that `$ref` may name
 */
function problemsOf(schema, value, schemas) {
  const checker = new Checker(schemas);
  checker.check(schema, value);
  return checker.problems;
}

/** A query parameter's text as its schema has it. */
function typed(text, { type }) {
  if (type === 'integer' || type === 'number')
    return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (type === 'boolean') return { true: true, false: false }[text] ?? text;
  return text;
}

/**
 * Reads a query by its parameters.
 *
 * @param {URLSearchParams} search
 * @param {{ name: string, schema: object, required?: boolean }[]} parameters
 * @param {Record<string, object>} schemas
 */
function readQuery(search, parameters, schemas) {
  const errors = [];
  const query = {};
  const known = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  for (const name of new Set(search.keys())) {
    if (!known.has(name)) {
      const remedy =
        known.size > 0 ? `There are ${listed([...known.keys()])}.` : 'This address takes none.';
      errors.push({ parameter: name.slice(0, 100), detail: 'There is no such parameter.', remedy });
    }
  }
  for (const { name, schema, required = false } of parameters) {
    const texts = search.getAll(name);
    const isList = schema.type === 'array';
    if (texts.length === 0) {
      if (required)
        errors.push({ parameter: name, detail: 'It is missing.', remedy: `Add ?${name}=…` });
      else if (schema.default !== undefined) query[name] = schema.default;
      continue;
    }
    if (!isList && texts.length > 1) {
      errors.push({
        parameter: name,
        detail: `It stands there ${texts.length} times.`,
        remedy: 'Write it once.',
      });
      continue;
    }
    const value = isList ? texts.map((text) => typed(text, schema.items)) : typed(texts[0], schema);
    const found = problemsOf(schema, value, schemas);
    for (const { detail, remedy } of found) errors.push({ parameter: name, detail, remedy });
    query[name] = value;
  }
  if (errors.length > 0)
    throw new Problem('invalid-input', summary(errors), errors[0].remedy, { errors });
  return query;
}

const summary = ([first, ...others]) => {
  const where = first.parameter === undefined ? `body${first.pointer}` : `?${first.parameter}`;
  return `${where}: ${first.detail}${others.length > 0 ? ` There are ${others.length} more problems.` : ''}`;
};

/** Holds a body to its schema. */
function checkBody(schema, value, schemas) {
  const errors = problemsOf(schema, value, schemas);
  if (errors.length > 0)
    throw new Problem('invalid-input', summary(errors), errors[0].remedy, { errors });
  return value;
}

module.exports = { checkBody, problemsOf, readQuery };
