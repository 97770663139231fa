'use strict';

/** Refreshes the catalog from published tables: fetch, read, compare, report, and maybe write. */

const { apply } = require('./apply');
const { compare } = require('./compare');
const { CACHE, cached, fetch } = require('./fetch');
const { Known } = require('./known');
const { CATALOG, Catalog, SCHEMA, readJson } = require('./load');
const { DEFAULTS, readTable, select } = require('./readers');
const { report } = require('./report');
const { check } = require('./schema');
const { print, replace } = require('./write');

/** A refusal or a mistake of the caller, to be told without a stack. */
class Refused extends Error {}

/**
 * @param {{ sources?: string[], write?: boolean, acceptLoss?: string[], cached?: boolean,
 *   cache?: string, all?: boolean, file?: string, known?: Known, defaults?: string[], day?: string }}
 *   options `day`: when the tables are from; the catalog's day moves where all of them were read
 * @returns {{ text: string, code: number }}
 */
function refresh({
  sources,
  write = false,
  acceptLoss = [],
  cached: offline = false,
  cache = CACHE,
  all = false,
  file = CATALOG,
  known = Known.load(),
  defaults = DEFAULTS,
  day = offline ? undefined : new Date().toISOString().slice(0, 10),
} = {}) {
  const schema = readJson(SCHEMA);
  const catalog = new Catalog(readJson(file), schema);
  const wrong = check(catalog.file, schema);
  if (wrong.length > 0) throw new Refused(`${file} is not valid:\n  ${wrong.join('\n  ')}`);
  for (const id of acceptLoss) {
    const name = id.replace(/^class:/, '');
    if (!catalog.byId.has(id) && !(id.startsWith('class:') && catalog.file.classes[name])) {
      throw new Refused(`--accept-loss ${id}: the catalog has no such model, and no such class`);
    }
  }
  const notes = [];
  const tables = select(sources).map(({ reader, version }) => {
    const got = (offline ? cached : fetch)(reader, { cache, version });
    const { table, missing } = readTable(reader, { ...got, catalog });
    if (missing.length > 0) {
      notes.push(
        `${reader.package.name} ${got.version} tells no ${missing.join(', no ')}: layout changed?`,
      );
    }
    return table;
  });
  const found = compare(catalog, tables, (each) => known.on(each) !== undefined);
  found.models = found.models.filter(([id]) => !known.isOther(id));
  found.lost = found.lost.filter(({ model, field }) => !known.isSilent(model, field));
  found.vanished = found.vanished.filter(({ model, fields }) =>
    fields.some((field) => !known.isSilent(model, field)),
  );
  for (const each of found.reviewed) each.reason = known.on(each).reason;
  const isAccepted = ({ model }) => acceptLoss.includes(model);
  const losses = [...found.vanished, ...found.lost];
  const refused = losses.filter((loss) => !isAccepted(loss));
  let text = report({
    catalog,
    tables,
    notes,
    found,
    refused,
    accepted: losses.filter(isAccepted),
    stale: known.stale(tables, found.reviewed),
    all,
  });
  const count = (verdict) => found.facts.filter((fact) => fact.verdict === verdict).length;
  text += `\n${count('change')} changed, ${count('fill')} filled, ${count('ask')} to be decided, ${count('keep')} not taken, ${found.reviewed.length} reviewed before, ${refused.length} lost\n`;
  if (refused.length > 0) {
    return {
      text: `${text}Nothing was written: that would lose what is listed as LOST.\n`,
      code: 1,
    };
  }
  if (!write)
    return {
      text: `${text}Nothing was written; --write takes what changed or was unknown.\n`,
      code: 0,
    };
  const next = apply(catalog, tables, {
    facts: found.facts,
    lost: found.lost.filter(isAccepted),
    vanished: found.vanished.filter(isAccepted),
  });
  const names = tables.map(({ reader }) => reader.name);
  if (day && defaults.every((name) => names.includes(name))) next.collected = day;
  const broken = check(next, schema);
  if (broken.length > 0) {
    throw new Refused(
      `the result would not be valid; nothing was written:\n  ${broken.join('\n  ')}`,
    );
  }
  replace(file, print(next));
  text += `${file} is written. Read its diff, then: cargo test -p bedrock-profile-core --test catalog; node scripts/catalog.js docs\n`;
  return { text, code: 0 };
}

module.exports = { Refused, refresh };
