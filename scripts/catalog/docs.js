'use strict';

/** docs/models.md: the catalog as a table a person can look a model up in. */

const fs = require('node:fs');
const path = require('node:path');
const { Catalog } = require('./load');
const { replace } = require('./write');

const FILE = path.join(__dirname, '..', '..', 'docs', 'models.md');

const UNKNOWN = '?';

const HEADER = [
  'Model id',
  'System profiles',
  'Context',
  'Max output',
  'Thinking',
  'Sampling',
  'Tools',
  'Prompt caching',
  'Inputs',
  'Lifecycle',
];

const LEGEND = `# Models

What the client knows of each model, and adapts requests to. Generated from
\`core/src/model/catalog.json\` by \`node scripts/catalog.js docs\`: change the catalog, not this file.
Each fact's source stands beside it in the catalog; \`client.capabilities(id)\` answers the same at
run time.

How to read the tables:

- \`?\` means that no source says; the client then changes nothing because of it.
- **System profiles**: prefixes that make the id of a system-defined inference profile
  (\`us.\` + id). None: the id is called as it is. "only": the bare id is refused, and the client
  calls the profile of the region's geography instead (rule I1).
- **Context**, **Max output**: tokens. "922,000 in": the most input, where that is less than the
  window.
- **Thinking**: values of \`thinking.type\`, then efforts. "always" cannot be turned off, "on" thinks
  unless it is told not to, "off" thinks only when it is told to. "no setting": the model reasons as
  it likes. A type in parentheses is accepted, but with a loss.
- **Sampling**: which of temperature (T), topP (P), topK (K) are accepted; "T or P" only one at a
  time. With a range where it is not 0 to 1.
- **Tools**: whether tools are accepted, also while streaming; then the accepted \`toolChoice\`.
- **Prompt caching**: least tokens of a section, accepted \`ttl\`, where a \`cachePoint\` may stand.
- **Inputs**: content besides text.
- **Lifecycle**: a model is legacy from the day on which its end was announced, and at its end of life
  from that day on; \`client.capabilities(id).status\` says what holds today. After the arrow: the
  model that is recommended in its place.

A model that is not here is taken for its family's newest one (last table). An id may carry a
profile's prefix, or miss its version or date.
`;

const NUMBER = new Intl.NumberFormat('en-US');

const number = (value) => (value === undefined || value === null ? UNKNOWN : NUMBER.format(value));
const code = (text) => `\`${text}\``;
const isNothing = (value) => value === undefined || value === null;

/** `always: adaptive; low–max` of what is known of reasoning. */
function thinking({ reasoning = {} }) {
  if (reasoning.supported === false) return 'no';
  if (isNothing(reasoning.supported)) return UNKNOWN;
  if (reasoning.field === 'none') return 'no setting';
  const how =
    reasoning.canDisable === false
      ? 'always'
      : isNothing(reasoning.defaultOn)
        ? 'yes'
        : reasoning.defaultOn
          ? 'on'
          : 'off';
  const lossy = reasoning.deprecatedThinkingTypes ?? [];
  const types = (reasoning.thinkingTypes ?? []).map((type) =>
    lossy.includes(type) ? `(${type})` : type,
  );
  const efforts = reasoning.efforts ?? [];
  const parts = [types.join(', '), efforts.length > 0 ? `effort ${efforts.join(', ')}` : ''];
  const details = parts.filter(Boolean).join('; ');
  return details ? `${how}: ${details}` : how;
}

/** A parameter's letter with its range, where that is not the usual one. */
function letter(name, parameter = {}, [low, high] = [0, 1]) {
  const { min = low, max = high } = parameter;
  const usual = (isNothing(min) || min === low) && (isNothing(max) || max === high);
  return usual ? name : `${name} ${min}–${max}`;
}

function sampling({ temperature = {}, topP = {}, topK = {}, temperatureAndTopPExclusive }) {
  const all = [
    ['T', temperature, letter('T', temperature)],
    ['P', topP, letter('P', topP)],
    ['K', topK, isNothing(topK.max) ? 'K' : `K ${topK.min ?? 0}–${topK.max}`],
  ];
  const accepted = all.filter(([, { supported }]) => supported === true);
  const unknown = all.filter(([, { supported }]) => isNothing(supported));
  const both = ['T', 'P'].every((each) => accepted.some(([name]) => name === each));
  const parts =
    both && temperatureAndTopPExclusive
      ? [`${accepted[0][2]} or ${accepted[1][2]}`, ...accepted.slice(2).map(([, , text]) => text)]
      : accepted.map(([, , text]) => text);
  if (unknown.length === all.length) return UNKNOWN;
  parts.push(...unknown.map(([name]) => `${name}${UNKNOWN}`));
  return parts.length > 0 ? parts.join(', ') : 'none';
}

function tools({ tools: facts = {} }) {
  if (facts.supported === false) return 'no';
  if (isNothing(facts.supported)) return UNKNOWN;
  const streaming = isNothing(facts.streaming)
    ? `yes; streaming ${UNKNOWN}`
    : facts.streaming
      ? 'yes'
      : 'not while streaming';
  if (isNothing(facts.toolChoice)) return streaming;
  const choice = facts.toolChoice.length > 0 ? facts.toolChoice.join(', ') : 'no toolChoice';
  return `${streaming}; ${choice}`;
}

function caching({ promptCaching: facts = {} }) {
  if (facts.supported === false) return 'no';
  if (isNothing(facts.supported)) return UNKNOWN;
  const parts = [
    `from ${number(facts.minTokens)}`,
    (facts.ttls ?? [UNKNOWN]).join(', '),
    (facts.fields ?? [UNKNOWN]).join(', '),
  ];
  return parts.join('; ');
}

function inputs({ inputs: facts = {} }) {
  const kinds = ['image', 'document', 'video', 'audio'];
  const taken = kinds.filter((kind) => facts[kind] === true);
  const unknown = kinds.filter((kind) => isNothing(facts[kind])).map((kind) => `${kind}${UNKNOWN}`);
  return [...taken, ...unknown].join(', ') || 'none';
}

/** What does not change with the day: `end of life 2027-04-08 → anthropic.claude-sonnet-5-5`. */
function lifecycle({ preview, legacyDate, eolDate, successor }) {
  const available = isNothing(preview) ? UNKNOWN : preview ? 'preview' : 'available';
  const ends = eolDate ? `end of life ${eolDate}` : legacyDate && `legacy ${legacyDate}`;
  const stage = ends ?? available;
  return successor ? `${stage} → ${successor}` : stage;
}

function context({ contextWindow, maxInputTokens }) {
  const window = number(contextWindow);
  return isNothing(maxInputTokens) ? window : `${window} (${number(maxInputTokens)} in)`;
}

function profiles({ inferenceProfilePrefixes: prefixes, onDemand }) {
  if (isNothing(prefixes)) return 'none known';
  const listed = prefixes.join(', ') || 'none';
  return onDemand === false ? `only ${listed}` : listed;
}

/** The cells of a row, of what is laid for a model or a family. */
function cells(facts) {
  return [
    profiles(facts),
    context(facts),
    number(facts.maxOutputTokens),
    thinking(facts),
    sampling(facts),
    tools(facts),
    caching(facts),
    inputs(facts),
    lifecycle(facts),
  ];
}

/** A table in Markdown, with columns as wide as Prettier makes them. */
function table(header, rows) {
  const all = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = header.map((_, at) => Math.max(3, ...all.map((row) => row[at].length)));
  const line = (row) => `| ${row.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`;
  const [first, ...rest] = all;
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)].join(
    '\n',
  );
}

/** The family of the catalog that an id begins with, by the longest prefix. */
function familyOf(catalog, id) {
  const families = Object.entries(catalog.file.families).flatMap(([name, { prefixes }]) =>
    prefixes.map((prefix) => ({ name, prefix })),
  );
  const fits = families.filter(({ prefix }) => id.startsWith(prefix));
  return fits.sort((one, next) => next.prefix.length - one.prefix.length)[0]?.name;
}

/** Sections by who made the models, and within by family. */
function sections(catalog) {
  const out = new Map();
  for (const id of catalog.ids) {
    const provider = catalog.provider(id);
    const family = familyOf(catalog, id) ?? id.split('.')[1];
    const key = `${provider}: ${family}`;
    if (!out.has(key)) out.set(key, { provider, family, ids: [] });
    out.get(key).ids.push(id);
  }
  return [...out.values()].sort((one, next) =>
    `${one.provider} ${one.family}` < `${next.provider} ${next.family}` ? -1 : 1,
  );
}

/** docs/models.md as text. */
function render(catalog = Catalog.load()) {
  const lines = [LEGEND];
  const elsewhere = [];
  let provider;
  for (const section of sections(catalog)) {
    const served = section.ids.filter((id) => catalog.values(id).converse !== false);
    elsewhere.push(...section.ids.filter((id) => !served.includes(id)));
    if (served.length === 0) continue;
    if (section.provider !== provider) lines.push(`## ${section.provider}\n`);
    provider = section.provider;
    const rows = served.map((id) => [code(id), ...cells(catalog.values(id))]);
    lines.push(`### ${section.family}\n`, `${table(HEADER, rows)}\n`);
  }
  lines.push(
    '## Not served by Converse\n',
    'Known so that their ids are; reached through other APIs of Bedrock.\n',
    `${table(
      HEADER,
      elsewhere.sort().map((id) => [code(id), ...cells(catalog.values(id))]),
    )}\n`,
    '## What an unknown model is taken for\n',
    'By the longest prefix of its id. Such facts have the source `pattern`.\n',
    `${table(
      ['Prefix', 'Family', 'Note'],
      Object.entries(catalog.file.families).map(([name, { prefixes, note }]) => [
        prefixes.map((prefix) => code(prefix)).join(', '),
        name,
        note,
      ]),
    )}\n`,
  );
  return lines.join('\n');
}

function write(file = FILE) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  replace(file, render());
  return file;
}

function isFresh(file = FILE) {
  return fs.existsSync(file) && fs.readFileSync(file, 'utf8') === render();
}

module.exports = { FILE, isFresh, render, write };
