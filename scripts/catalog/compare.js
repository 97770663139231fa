'use strict';

/** Holds published tables against the catalog: what differs, and what may be done about it. */

const { at, sourcesOf } = require('./load');
const { rank, rankOf } = require('./trust');

const isList = Array.isArray;

/** Whether a value of the catalog is what a row says; of lists the order says nothing. */
function agrees(value, row) {
  if (row.has !== undefined) return isList(value) && value.includes(row.has);
  if (!isList(value) || !isList(row.value)) return value === row.value;
  if (row.partial) return row.value.every((item) => value.includes(item));
  return value.length === row.value.length && value.every((item) => row.value.includes(item));
}

/** What a row says, as it is printed and written down: a value, or `has adaptive`. */
const said = (row) => (row.has === undefined ? row.value : `has ${row.has}`);

/** The catalog's fact of a model, or of a class alone. */
function factOf(catalog, id, field) {
  if (!id.startsWith('class:')) return catalog.fact(id, field);
  const block = catalog.file.classes[id.slice('class:'.length)];
  if (!block) throw new Error(`${id} is not in the catalog`);
  const value = at(block.facts, field);
  if (value === undefined) return { value: null, said: false, sources: [] };
  return { value, said: true, where: id, sources: sourcesOf(block, field) };
}

/** Every fact that a table contradicts, known or not. */
function contradictions(catalog, table) {
  const out = [];
  for (const [id, facts] of table.published) {
    for (const [field, row] of facts) {
      const fact = factOf(catalog, id, field);
      if (!agrees(fact.value, row)) out.push({ table, model: id, field, fact, row });
    }
  }
  return out;
}

/** The contradictions in facts that the catalog has. */
function disagreements(catalog, table) {
  return contradictions(catalog, table).filter(({ fact }) => fact.value !== null);
}

/** A claim is taken; what is a part of a list joins the rest of it. */
function take(verdict, fact, claim, claims) {
  const value = claim.row.partial
    ? [...new Set([...(fact.value ?? []), ...claims.flatMap(({ row }) => row.value)])].sort()
    : claim.row.value;
  return { verdict, value, from: claims.map(({ table }) => table) };
}

/**
 * What becomes of a fact that tables contradict: `{ verdict, value?, from?, why? }`.
 *
 * `fill`: nothing is known, take it. `change`: the publisher is the fact's own source and none that
 * is as good says otherwise, take it. `keep`: the catalog knows better. `ask`: a person decides.
 */
function decide(fact, claims) {
  const ranked = [...claims].sort(
    (one, next) => rankOf(one.table.reader) - rankOf(next.table.reader),
  );
  const agreeing = ({ row }) => ranked.filter((each) => row.partial || agrees(row.value, each.row));
  const strong = ranked.filter(
    (each) => rankOf(each.table.reader) === rankOf(ranked[0].table.reader),
  );
  const exact = ranked.filter(({ row }) => row.has === undefined);
  if (exact.length === 0) return { verdict: 'keep', why: 'only told in part' };
  if (fact.said && fact.value === null) {
    return { verdict: 'keep', why: 'the catalog says that it is not known' };
  }
  if (!fact.said) {
    const [claim] = exact;
    const divided = strong.some(({ row }) => !agrees(claim.row.value, row));
    return divided && !claim.row.partial
      ? { verdict: 'ask', why: 'the publishers contradict each other' }
      : take('fill', fact, claim, agreeing(claim));
  }
  const own = exact.filter(({ table }) =>
    table.reader.sources.some((source) => fact.sources.includes(source)),
  );
  if (own.length === 0) return { verdict: 'keep', why: `known from ${fact.sources.join(', ')}` };
  const [claim] = own;
  const backed = agreeing(claim).flatMap(({ table }) => table.reader.sources);
  const against = fact.sources
    .filter((source) => !backed.includes(source))
    .filter((source) => rank(source) <= rankOf(claim.table.reader));
  if (against.some((source) => rank(source) < rankOf(claim.table.reader))) {
    return { verdict: 'keep', why: `also known from ${against.join(', ')}` };
  }
  if (against.length > 0) return { verdict: 'ask', why: `also known from ${against.join(', ')}` };
  return take('change', fact, claim, agreeing(claim));
}

/** Fields that a block has from a table's publisher, of those that the reader reads. */
function fieldsFrom(catalog, block, { reader }) {
  return catalog.paths.filter(
    (field) =>
      reader.fields.includes(field) &&
      at(block.facts, field) !== undefined &&
      sourcesOf(block, field).some((source) => reader.sources.includes(source)),
  );
}

/** Models that a table listed when the catalog took facts from it, and does not list any more. */
function vanished(catalog, tables) {
  const listing = tables.filter(({ reader }) => reader.listsModels);
  return catalog.file.models.flatMap((block) =>
    listing
      .filter((table) => !table.published.has(block.id))
      .map((table) => ({ table, model: block.id, fields: fieldsFrom(catalog, block, table) }))
      // Prefixes of system profiles alone may be from elsewhere in the package.
      .filter(({ fields }) => fields.some((field) => field !== 'inferenceProfilePrefixes')),
  );
}

/**
 * Facts that were known from the tables' publishers alone, and that none of them tells any more.
 * What a table tells by its silence (`false`) is not lost by it.
 */
function lost(catalog, tables) {
  const tells = (id, field, value) => (table) => {
    const facts = table.published.get(id);
    // Of a class its members speak, unless a reader makes rows for the class itself.
    if (!facts) return id.startsWith('class:') && !table.reader.classes;
    return facts.has(field) || !table.reader.fields.includes(field) || value === false;
  };
  const blocks = [
    ...Object.entries(catalog.file.classes).map(([name, block]) => [`class:${name}`, block]),
    ...catalog.file.models.map((block) => [block.id, block]),
  ];
  return blocks.flatMap(([model, block]) =>
    catalog.paths.flatMap((field) => {
      const value = at(block.facts, field) ?? null;
      const from = sourcesOf(block, field);
      if (value === null || from.length === 0) return [];
      const publishers = tables.filter(({ reader }) =>
        reader.sources.some((source) => from.includes(source)),
      );
      const read = publishers.flatMap(({ reader }) => reader.sources);
      if (!from.every((source) => read.includes(source))) return [];
      if (publishers.some(tells(model, field, value))) return [];
      return [{ model, field, value, from }];
    }),
  );
}

/**
 * All that a refresh has to tell, in the catalog's order.
 * @param {(contradiction: object) => boolean} isReviewed what a person has judged already
 */
function compare(catalog, tables, isReviewed = () => false) {
  const claims = new Map();
  const all = tables.flatMap((table) => contradictions(catalog, table));
  const reviewed = all.filter(isReviewed);
  for (const contradiction of all.filter((each) => !reviewed.includes(each))) {
    const key = `${contradiction.model} ${contradiction.field}`;
    claims.set(key, [...(claims.get(key) ?? []), contradiction]);
  }
  const place = (model) =>
    model.startsWith('class:') ? -1 : catalog.ids.findIndex((each) => each === model);
  const facts = [...claims.values()]
    .map((list) => {
      const [{ model, field, fact }] = list;
      return { model, field, fact, all: list, ...decide(fact, list) };
    })
    .sort(
      (one, next) =>
        place(one.model) - place(next.model) ||
        (one.model < next.model ? -1 : one.model > next.model ? 1 : 0) ||
        catalog.paths.indexOf(one.field) - catalog.paths.indexOf(next.field),
    );
  const strange = new Map();
  for (const table of tables.filter(({ reader }) => reader.listsModels)) {
    for (const [id, rows] of table.strange) {
      strange.set(id, [...(strange.get(id) ?? []), { table, facts: rows }]);
    }
  }
  const models = [...strange].sort(([one], [next]) => (one < next ? -1 : 1));
  return {
    facts,
    models,
    reviewed,
    vanished: vanished(catalog, tables),
    lost: lost(catalog, tables),
  };
}

module.exports = { agrees, compare, contradictions, decide, disagreements, said };
