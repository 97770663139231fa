'use strict';

/** What a refresh found, as text for a reviewer: every fact with its sources. */

const { said } = require('./compare');

const show = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

/** `litellm 1.109.1`. */
const named = ({ reader, version }) => `${reader.package.name} ${version}`;

/** `200000 (AWS user guide, the card of the model; litellm 1.109.1)`. */
function told(catalog, { value, sources, said: spoken }) {
  if (!spoken) return 'unknown';
  return `${show(value)} (${sources.map((source) => catalog.file.sources[source]).join('; ') || 'a decision'})`;
}

const published = (claims) =>
  claims.map(({ row, table }) => `${show(said(row))} (${named(table)})`).join(', ');

function section(title, lines) {
  return lines.length === 0
    ? []
    : [`${title} (${lines.length})`, ...lines.map((line) => `  ${line}`), ''];
}

/**
 * @param {object} run what `refresh` gathered
 * @returns {string}
 */
function report({ catalog, tables, notes, found, refused, accepted, stale, all }) {
  const taken = (verdict) =>
    found.facts
      .filter((fact) => fact.verdict === verdict)
      .map(
        ({ model, field, fact, value, from }) =>
          `${model}  ${field}: ${told(catalog, fact)} → ${show(value)} (${from.map(named).join(', ')})`,
      );
  const left = (verdict) =>
    found.facts
      .filter((fact) => fact.verdict === verdict)
      .map(
        ({ model, field, fact, all: claims, why }) =>
          `${model}  ${field}: ${told(catalog, fact)} ≠ ${published(claims)}: ${why}`,
      );
  const loss = ({ model, field, value, from, table }) =>
    table
      ? `${model}: ${named(table)} does not list it any more`
      : `${model}  ${field}: ${show(value)} was known from ${from.map((source) => catalog.file.sources[source]).join('; ')}, which does not tell it any more`;
  return [
    ...section(
      'Read',
      tables.map(
        (table) =>
          `${named(table)}: ${table.published.size} models or classes, ${table.count} facts`,
      ),
    ),
    ...section('Not read', notes),
    ...section(
      'New models: add a block, see core/src/model/catalog.rs',
      found.models.map(([id, claims]) => {
        const facts = claims.flatMap(({ facts: rows }) => [...rows]);
        const first = new Map(facts.reverse());
        const listed = [...first].map(([field, row]) => `${field} ${show(said(row))}`).join(', ');
        return `${id} (${claims.map(({ table }) => named(table)).join(', ')}): ${listed || 'only listed'}`;
      }),
    ),
    ...section('Changed facts', taken('change')),
    ...section('Facts that were unknown', taken('fill')),
    ...section('To be decided by a person', left('ask')),
    ...section('Not taken: a better source says otherwise', left('keep')),
    ...section(
      'Reviewed before (scripts/catalog/known-disagreements.json)',
      all
        ? found.reviewed.map(
            (each) =>
              `${each.model}  ${each.field}: ${told(catalog, each.fact)} ≠ ${published([each])}: ${each.reason}`,
          )
        : [],
    ),
    ...section(
      'Judged in known-disagreements.json, but not published any more: take out or judge again',
      stale.map(
        ({ source, model, field, value }) => `${source}  ${model}  ${field}: ${show(value)}`,
      ),
    ),
    ...section('Lost, and accepted', accepted.map(loss)),
    ...section(
      'LOST: refused; --accept-loss <id> takes the loss of a model or class',
      refused.map(loss),
    ),
  ].join('\n');
}

module.exports = { report };
