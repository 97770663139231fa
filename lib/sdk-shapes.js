'use strict';

const { debuglog } = require('node:util');

const { extend, shapes } = require('./shapes.js');

/**
 * What a caller's AWS SDK knows and the shapes of this version do not: a newer SDK sends and reads
 * members that were added since. Its commands carry their schemas, as arrays whose first item is
 * what they are (`@smithy/core/schema`).
 */
const STRUCTURE = 3;
const ERROR = -3;
const UNION = 4;
const WITH_MEMBERS = new Set([STRUCTURE, ERROR, UNION]);
const LIST = 1;
const MAP = 2;
const SIMPLE = 0;
const OPERATION = 9;

/** Kinds of leaves by their numbers; a list of them is 64 more, a map 128 more. */
const LEAVES = {
  0: 'scalar',
  1: 'number',
  2: 'scalar',
  4: 'timestamp',
  7: 'timestamp',
  15: 'document',
  17: 'number',
  19: 'number',
  21: 'blob',
  42: 'blob',
};
const LIST_OF = 64;
const MAP_OF = 128;

/** Traits of members that do not stand in a JSON body under their own name. */
const ELSEWHERE = [
  'httpHeader',
  'httpLabel',
  'httpPayload',
  'httpPrefixHeaders',
  'httpQuery',
  'httpQueryParams',
  'eventHeader',
  'eventPayload',
  'jsonName',
];
const LABEL_BIT = 1;
const PAYLOAD_BIT = 16;

const debug = debuglog('bedrock-profile-client');
const read = new WeakSet();

/**
 * Adds what this command's SDK knows of its operation; once for each class of commands. A schema of
 * an unknown form is left alone: the call goes out with what is known.
 *
 * @param {{ schema?: unknown }} command
 * @param {string} operation
 */
function learn(command, operation) {
  const { schema } = command;
  if (!Array.isArray(schema) || read.has(schema)) return;
  read.add(schema);
  try {
    const additions = additionsOf(schema, operation);
    if (Object.keys(additions).length > 0) extend({ shapes: additions });
  } catch (error) {
    debug('the schema of %s was not understood: %s', operation, error.message);
  }
}

/** Shapes, and shapes with more members, that the table lacks. */
function additionsOf(schema, operation) {
  const [kind, , , , input, output] = schema;
  if (kind !== OPERATION) throw new TypeError(`${kind} is no operation`);
  const table = shapes();
  const { input: sent, output: answered } = table.operations[operation];
  const comparison = new Comparison(table.shapes);
  if (!sent.payload) comparison.compare(sent.shape, deref(input));
  if (!answered.payload) comparison.compare(answered.shape, deref(output));
  else if (answered.stream) {
    comparison.compare(answered.shape, deref(memberOf(deref(output), answered.payload)));
  }
  return comparison.additions;
}

class Comparison {
  additions = {};
  #known;
  #seen = new Map();

  constructor(known) {
    this.#known = known;
  }

  /** Compares a shape of the table with the SDK's of the same place. */
  compare(target, schema) {
    const { structure, union, list, map } = this.#known[target] ?? {};
    const own = structure ?? union ?? list ?? map;
    if (own === undefined || !Array.isArray(schema) || this.#seen.has(schema)) return;
    this.#seen.set(schema, target);
    if (list || map) {
      if (schema[0] === (list ? LIST : MAP)) this.compare(own, deref(valueOf(schema)));
      return;
    }
    // What a stream's event is, is a union to the SDK and a structure to the service model.
    if (!WITH_MEMBERS.has(schema[0])) return;
    const members = {};
    let more = false;
    for (const [name, ref] of membersOf(schema)) {
      if (Object.hasOwn(own, name)) {
        this.compare(own[name], deref(ref));
        members[name] = own[name];
      } else if (!isElsewhere(ref) && deref(ref)[0] !== ERROR) {
        members[name] = this.#targetOf(deref(ref));
        more = true;
      }
    }
    if (more) this.additions[target] = { [union ? 'union' : 'structure']: members };
  }

  /** The table's name for a schema of the SDK; what the table lacks is added whole. */
  #targetOf(schema) {
    if (typeof schema === 'number') return this.#leaf(schema);
    if (!Array.isArray(schema)) throw new TypeError(`${String(schema)} is no schema`);
    const seen = this.#seen.get(schema);
    if (seen !== undefined) return seen;
    const [kind, , name] = schema;
    const form = FORMS[kind];
    if (form === undefined) throw new TypeError(`${name} is of the unknown kind ${kind}`);
    if (Object.hasOwn(this.#known[name] ?? {}, form)) {
      this.compare(name, schema);
      return name;
    }
    const free = this.#known[name] === undefined ? name : `${name} (${form})`;
    this.#seen.set(schema, free);
    this.additions[free] = { [form]: this.#contentOf(schema) };
    return free;
  }

  #contentOf(schema) {
    if (schema[0] === LIST || schema[0] === MAP) return this.#targetOf(deref(valueOf(schema)));
    const members = membersOf(schema).filter(([, ref]) => !isElsewhere(ref));
    return Object.fromEntries(members.map(([name, ref]) => [name, this.#targetOf(deref(ref))]));
  }

  #leaf(number) {
    if (number < LIST_OF) return leafOf(number);
    const form = number < MAP_OF ? 'list' : 'map';
    const item = leafOf(number % LIST_OF);
    const name = `${form} of ${item}`;
    this.additions[name] = { [form]: item };
    return name;
  }
}

const FORMS = { [LIST]: 'list', [MAP]: 'map', [STRUCTURE]: 'structure', [UNION]: 'union' };

function leafOf(number) {
  const leaf = LEAVES[number];
  if (leaf === undefined) throw new TypeError(`${number} is no kind of value`);
  return leaf;
}

/** A schema behind a reference: a function gives it, a pair adds traits to it. */
function deref(ref) {
  let schema = ref;
  for (;;) {
    if (typeof schema === 'function') schema = schema();
    else if (Array.isArray(schema) && schema.length === 2) [schema] = schema;
    else if (Array.isArray(schema) && schema[0] === SIMPLE) schema = schema[4];
    else return schema;
  }
}

const membersOf = (schema) => schema[4].map((name, at) => [name, schema[5][at]]);
const memberOf = (schema, wanted) => schema[5][schema[4].indexOf(wanted)];
const valueOf = (schema) => (schema[0] === LIST ? schema[4] : schema[5]);

function isElsewhere(ref) {
  if (!Array.isArray(ref) || ref.length !== 2) return false;
  const traits = ref[1];
  if (typeof traits === 'number') return (traits & (LABEL_BIT | PAYLOAD_BIT)) !== 0;
  return ELSEWHERE.some((trait) => traits[trait] !== undefined);
}

module.exports = { learn };
