'use strict';

/** Takes published facts over into a catalog file, with their sources. */

const { Catalog, at, sourcesOf } = require('./load');

const clone = (value) => JSON.parse(JSON.stringify(value));

/** `inputs` in a block's sources becomes the paths that it stands for. */
function spread(catalog, block, group) {
  const paths = catalog.paths.filter(
    (each) => each.startsWith(`${group}.`) && at(block.facts, each) !== undefined,
  );
  for (const [source, listed] of Object.entries(block.sources)) {
    const words = listed.split(' ').flatMap((each) => (each === group ? paths : [each]));
    block.sources[source] = [...new Set(words)].join(' ');
  }
}

/** Names other sources for a fact of a block: those that it is known from now. */
function setSources(catalog, block, field, sources) {
  const [group, member] = field.split('.');
  block.sources ??= {};
  if (member !== undefined) spread(catalog, block, group);
  for (const [source, listed] of Object.entries(block.sources)) {
    const left = listed.split(' ').filter((each) => each !== field);
    if (left.length > 0) block.sources[source] = left.join(' ');
    else delete block.sources[source];
  }
  const place = (each) =>
    catalog.paths.findIndex((known) => known.split('.')[0] === each || known === each);
  for (const source of sources) {
    const words = [...(block.sources[source]?.split(' ') ?? []), field];
    block.sources[source] = words.sort((one, next) => place(one) - place(next)).join(' ');
  }
  block.sources = Object.fromEntries(
    Object.entries(block.sources).sort(([one], [next]) => (one < next ? -1 : 1)),
  );
}

/** Members in the schema's order. */
function inOrder(members, order) {
  const place = (name) => order.indexOf(name);
  return Object.fromEntries(
    Object.entries(members).sort(([one], [next]) => place(one) - place(next)),
  );
}

/** Sets a fact of a block, or, where the value is `undefined`, takes it out. */
function setFact(catalog, block, field, value, sources) {
  const [group, member] = field.split('.');
  const { properties } = catalog.schema.$defs.facts;
  if (value === undefined) {
    setSources(catalog, block, field, []);
    if (member === undefined) delete block.facts[group];
    else {
      delete block.facts[group][member];
      if (Object.keys(block.facts[group]).length === 0) delete block.facts[group];
    }
    return;
  }
  if (member === undefined) block.facts[group] = value;
  else {
    const members = { ...block.facts[group], [member]: value };
    block.facts[group] = inOrder(members, Object.keys(properties[group].properties));
  }
  block.facts = inOrder(block.facts, Object.keys(properties));
  setSources(catalog, block, field, sources);
}

/** The block of an id of `compare`. */
function blockOf(file, id) {
  if (id.startsWith('class:')) return file.classes[id.slice('class:'.length)];
  return file.models.find((model) => model.id === id);
}

/** Brings the list of sources up to date: versions that were read, and no source without use. */
function updateSources(file, tables) {
  const places = file.models.flatMap(({ geographies = {} }) => Object.values(geographies));
  const named = [...Object.values(file.classes), ...Object.values(file.families)];
  const blocks = [...named, ...file.models, ...places];
  const used = new Set(blocks.flatMap((block) => Object.keys(block.sources ?? {})));
  for (const { reader, version } of tables) {
    for (const source of [...reader.sources, ...(reader.labels ?? [])]) {
      const label = file.sources[source] ?? `${reader.label} 0.0`;
      file.sources[source] = label.replace(/\b\d+(\.\d+)+\b/, version);
    }
  }
  file.sources = Object.fromEntries(
    Object.entries(file.sources)
      .filter(([source]) => used.has(source))
      .sort(([one], [next]) => (one < next ? -1 : 1)),
  );
}

/** Whether nothing is left in a model's block that a source tells. */
const isEmpty = (block) => Object.keys(block.sources ?? {}).every((source) => source === 'id');

/**
 * The catalog file with all that may be taken.
 * @param {Catalog} catalog
 * @param {{ reader: object, version: string }[]} tables
 * @param {{ facts: object[], lost: object[], vanished: object[] }} found losses: the accepted ones
 */
function apply(catalog, tables, { facts, lost, vanished }) {
  const file = clone(catalog.file);
  for (const { model, field, value, verdict, from } of facts) {
    if (verdict !== 'fill' && verdict !== 'change') continue;
    const block = blockOf(file, model);
    const sources = [...new Set(from.map(({ reader }) => reader.sources[0]))].filter(Boolean);
    // What the classes say already needs no word of the model's own.
    const bare = clone(file);
    if (!model.startsWith('class:')) {
      const own = blockOf(bare, model);
      if (at(own.facts, field) !== undefined) setFact(catalog, own, field, undefined);
      const inherited = new Catalog(bare, catalog.schema).fact(model, field);
      if (inherited.said && JSON.stringify(inherited.value) === JSON.stringify(value)) {
        setFact(catalog, block, field, undefined);
        continue;
      }
    }
    setFact(catalog, block, field, value, sources);
  }
  for (const { model, field } of lost) setFact(catalog, blockOf(file, model), field, undefined);
  for (const { model, table } of vanished) {
    const block = blockOf(file, model);
    for (const field of catalog.paths.filter((each) => at(block.facts, each) !== undefined)) {
      const sources = sourcesOf(block, field);
      const left = sources.filter((source) => !table.reader.sources.includes(source));
      if (left.length < sources.length) setSources(catalog, block, field, left);
    }
    if (isEmpty(block)) file.models = file.models.filter((each) => each !== block);
  }
  updateSources(file, tables);
  return file;
}

module.exports = { apply };
