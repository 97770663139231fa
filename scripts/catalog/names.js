'use strict';

/**
 * Which model of the catalog a published id names. As `core/src/model/names.rs` and `find` of
 * `catalog.rs` do it, without what only requests bring (ARNs, aliases).
 */

/** A name without its provider, with less and less of its edition. */
function parse(name) {
  const [head, minor] = name.split(':');
  const [, before, version] = /^(.+)-v(\d+)$/.exec(head) ?? [];
  const versionless = before ?? head;
  const [, undated, date] = /^(.+)-(\d{8})$/.exec(versionless) ?? [];
  const [, unversioned] = (minor !== undefined && /^(.+)-\d$/.exec(head)) || [];
  return {
    head,
    versionless,
    base: undated ?? versionless,
    plain: unversioned,
    edition: [date, version, minor],
  };
}

/** How well an edition asked for fits another, and whether nothing speaks against it. */
function fit(asked, edition) {
  let score = 0;
  let exact = true;
  for (const [at, part] of asked.entries()) {
    const contradicts = part !== undefined && edition[at] !== undefined && part !== edition[at];
    if (contradicts) exact = false;
    score = score * 3 + (part === edition[at] ? 2 : contradicts ? 0 : 1);
  }
  return { score, exact };
}

/**
 * @param {{ providers: Record<string, string>, geographies: Record<string, string>,
 *   models: { id: string }[] }} catalog
 */
function names(catalog) {
  const isProvider = (label) => Object.hasOwn(catalog.providers, label);
  const isGeo = (label) => Object.hasOwn(catalog.geographies, label);
  const ids = new Set(catalog.models.map((model) => model.id));
  const entries = catalog.models.map(({ id }) => {
    const dot = id.indexOf('.');
    return { id, provider: catalog.providers[id.slice(0, dot)], name: parse(id.slice(dot + 1)) };
  });

  /** `{ geo, base }` of an id as clients write it: `bedrock/us-east-1/us.anthropic.claude-…`. */
  function split(id) {
    const spoken = id
      .trim()
      .toLowerCase()
      .split('/')
      .at(-1)
      .replace(/(\[1m\]|-latency-optimized)+$/, '');
    const [geo, provider, ...rest] = spoken.split('.');
    return isGeo(geo) && isProvider(provider) && rest.length > 0
      ? { geo, base: spoken.slice(geo.length + 1) }
      : { base: spoken };
  }

  /** The id of the catalog's model that `id` names; `undefined` for another edition or model. */
  function find(id) {
    const { base } = split(id);
    if (ids.has(base)) return base;
    const dot = base.indexOf('.');
    const label = base.slice(0, Math.max(dot, 0));
    if (!isProvider(label)) return undefined;
    const asked = parse(base.slice(dot + 1));
    for (const key of [asked.head, asked.versionless, asked.base]) {
      const fits = entries
        .filter(({ provider }) => provider === catalog.providers[label])
        .filter(({ name: { head, versionless, base: undated, plain } }) =>
          [head, versionless, undated, plain].includes(key),
        )
        .map((entry) => ({ id: entry.id, ...fit(asked.edition, entry.name.edition) }));
      if (fits.length === 0) continue;
      // Of equals the last: ids sort by date.
      const best = fits.reduce((one, next) => (next.score >= one.score ? next : one));
      return best.exact ? best.id : undefined;
    }
    return undefined;
  }

  return { find, split, isProvider };
}

module.exports = { names };
