'use strict';

// What can be said of a model without the addon and without waiting: its name and its limits. The
// facts are the addon's own, core/src/model/catalog.json, and are looked up as the addon looks them
// up (core/src/model/catalog.rs); a test keeps the two together.

const DECORATION = /(?:\[1m\]|-latency-optimized)+$/;
const FACTS = ['family', 'contextWindow', 'maxOutputTokens'];

let catalog;

/** Read at the first use. */
function load() {
  if (catalog === undefined) {
    const { classes, families, models, providers } = require('../core/src/model/catalog.json');
    catalog = {
      classes,
      providers,
      byId: new Map(models.map((model) => [model.id, model])),
      byName: byName(models, providers),
      // The longest prefix is the closest relative.
      families: Object.values(families)
        .flatMap((family) => family.prefixes.map((prefix) => [prefix, family]))
        .sort(([one], [other]) => other.length - one.length),
    };
  }
  return catalog;
}

/** The models by their names without provider, with and without version and date. */
function byName(models, providers) {
  const index = new Map();
  for (const model of models) {
    const dot = model.id.indexOf('.');
    const edition = taken(model.id.slice(dot + 1));
    const entry = { model, provider: providers[model.id.slice(0, dot)], edition };
    const plain = edition.minor === undefined ? edition.base : edition.head.replace(/-\d$/, '');
    const keys = new Set([edition.head, edition.versionless, edition.base, plain]);
    for (const key of keys) {
      // `claude`, which is left of `claude-v2`, is no model's name.
      if (/[-\d]/.test(key)) index.set(key, [...(index.get(key) ?? []), entry]);
    }
  }
  return index;
}

/** A name taken apart: `claude-3-5-sonnet`, `-20241022`, `-v2`, `:0`. */
function taken(name) {
  const [head, minor] = name.split(':');
  const [, versionless, version] = head.match(/^(.*)-v(\d+)$/) ?? [head, head];
  const [, base, date] = versionless.match(/^(.*)-(\d{8})$/) ?? [versionless, versionless];
  return { head, minor, versionless, version, base, date };
}

/** How well the edition that is asked for fits that of a model. */
function fit(asked, is) {
  return ['date', 'version', 'minor'].reduce((sum, part) => {
    const differs = asked[part] !== undefined && is[part] !== undefined;
    return sum * 3 + (asked[part] === is[part] ? 2 : Number(!differs));
  }, 0);
}

/** The part of an id that may name a model; `undefined` of an ARN that names none. */
function spoken(id) {
  if (!id.startsWith('arn:')) return id.split('/').at(-1).replace(DECORATION, '');
  const resource = id.split(':').slice(5).join(':');
  const shown = resource.match(/^(?:foundation-model|inference-profile)\/(.+)$/);
  return (shown ?? resource.match(/^custom-model\/([^/]+)\//))?.[1];
}

/** Each [provider, name] in a name: at its start, after a geo prefix, after an alias's own words. */
function qualified(name) {
  const labels = name.split('.');
  return labels.slice(0, -1).flatMap((label, at) => {
    const rest = labels.slice(at + 1).join('.');
    return Object.hasOwn(load().providers, label) && rest !== '' ? [[label, rest]] : [];
  });
}

/** The model that a name is, or is an edition of. */
function named(label, name) {
  const provider = label && load().providers[label];
  const asked = taken(name);
  for (const key of [asked.head, asked.versionless, asked.base]) {
    const entries = (load().byName.get(key) ?? []).filter(
      (entry) => provider === undefined || entry.provider === provider,
    );
    // Of equals the last: ids sort by date.
    const best = entries.reduce(
      (chosen, entry) =>
        chosen && fit(asked, chosen.edition) > fit(asked, entry.edition) ? chosen : entry,
      undefined,
    );
    if (best) return best.model;
  }
  return name.includes('.') ? named(label, name.replaceAll('.', '-')) : undefined;
}

/** The family whose prefix begins a name. */
function relative(label, name) {
  const found = load().families.find(([prefix]) => {
    const dot = prefix.indexOf('.');
    const begin = prefix.slice(dot + 1);
    if (label !== undefined) return label === prefix.slice(0, dot) && name.startsWith(begin);
    // `deepseek.r` is too little to know a bare name by.
    return begin.length > 1 && name.startsWith(begin);
  });
  return found && { family: found[1], label: label ?? found[0].split('.')[0] };
}

/** Facts of what is extended first, one's own last. */
function lay({ extends: bases = [], facts = {} }, into = {}, seen = new Set()) {
  for (const base of bases) {
    const layer = seen.has(base) ? undefined : load().classes[base];
    seen.add(base);
    if (layer) lay(layer, into, seen);
  }
  for (const fact of FACTS) if (Object.hasOwn(facts, fact)) into[fact] = facts[fact] ?? undefined;
  return into;
}

/**
 * The name and the limits of the model that an id names, in any form that shows a name; `undefined`
 * where it names none.
 *
 * @param {string} id
 * @returns {{ provider: string, family?: string, contextWindow?: number, maxOutputTokens?: number } | undefined}
 */
function factsOf(id) {
  const exact = load().byId.get(id);
  if (exact) return { provider: exact.id.split('.')[0], ...lay(exact) };
  const lower = id.trim().toLowerCase();
  const name = spoken(lower);
  if (!name) return undefined;
  const pairs = qualified(name);
  for (const [label, rest] of pairs) {
    const model = named(label, rest);
    if (model) return { provider: label, ...lay(model) };
  }
  if (pairs.length === 0 && lower.startsWith('arn:')) return undefined;
  const [label, rest] = pairs.at(-1) ?? [undefined, name];
  if (label === undefined && rest.includes('-')) {
    const model = named(undefined, rest);
    if (model) return { provider: model.id.split('.')[0], ...lay(model) };
  }
  const kin = relative(label, rest);
  return kin && { provider: kin.label, ...lay(kin.family), family: taken(rest).base };
}

module.exports = { factsOf };
