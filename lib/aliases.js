'use strict';

// Names under which LibreChat keeps a profile in the settings of a model. LibreChat decides by parts
// of the model's name, and makes further models (labels, summaries, memory) from that name alone. So
// the name must show the model and must lead to the profile: an ARN cannot show it, a model id cannot
// lead there. Each name that is given out here belongs to one profile for the life of the process.

const { createHash } = require('node:crypto');

/** Words by which LibreChat's tables know models, and what can follow them in a model's name. */
const FAMILY =
  'anthropic|claude|sonnet|opus|haiku|nova|titan|llama|mistral|mixtral|pixtral|ministral|magistral|devstral|command|jamba|jurassic|j2|gpt|gemini|gemma|qwen|qwq|deepseek|kimi|moonshot|minimax|glm|grok|palmyra|nemotron|\\bo[134](?![a-z0-9])';
const VARIANT =
  'instant|pro|lite|light|micro|premier|sonic|plus|large|medium|small|mini|nano|text|express|premium|oss|scout|maverick|coder|chat|turbo|flash|max|ultra|[rvx]?\\d+[a-z]?(?![a-z])|[rk](?![a-z0-9])';
const MODEL_NAME = new RegExp(`(?:${FAMILY})(?:[-._]?(?:${FAMILY}|${VARIANT}))*`, 'gi');

/** Far more than an operator lists; users with keys of their own can send any ARN. */
const MOST = 2000;

const given = new Map();

/**
 * Whether a name shows a model, in a form that LibreChat reads as it reads the model's id.
 *
 * @param {string} name
 * @param {string} model
 */
function namesModel(name, model) {
  const [, core, version] = model.toLowerCase().match(/^(.*?)((?:-\d{8})?(?:-v\d+(?::\w+)*)?)$/);
  const text = name.toLowerCase();
  const tail = [core + version, core].find((end) => text.endsWith(end));
  if (tail === undefined) return false;
  const before = text.slice(0, text.length - tail.length);
  return before === '' || (before.endsWith('.') && !misleads(before, core));
}

/** Whether a text in front of a model's id could be taken for another model, of its family too. */
const misleads = (before, model) =>
  (before.match(MODEL_NAME) ?? []).some((name) => !contains(model, name));

/** In whatever spelling; so short a name as `o3` would then be found anywhere. */
const contains = (model, name) =>
  name.length > 2 ? bare(model).includes(bare(name)) : model.includes(name.toLowerCase());

const bare = (text) => text.toLowerCase().replace(/[^a-z0-9]/g, '');

/** A label as a part of a model's name, without what LibreChat or a dot would end it with. */
const slug = (text) =>
  (text ?? '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\w-]+/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '')
    .slice(0, 60);

const idOf = (arn) => slug(arn.split(/[/:]/).at(-1));

/** Letters that spell no model's name. */
const digest = (arn) =>
  createHash('sha256')
    .update(arn)
    .digest('hex')
    .slice(0, 12)
    .replace(/./g, (digit) => 'bcdfhjkmnrstvwxz'[parseInt(digit, 16)]);

/**
 * Names for a profile, `<prefix>.<vendor>.<model>`, the best first; the last always does.
 *
 * @param {(string | null | undefined)[]} prefixes
 * @param {{ arn: string, model: string }} profile
 */
function namesFor(prefixes, { arn, model }) {
  const id = idOf(arn);
  const wanted = prefixes.map(slug).filter(Boolean);
  return [...wanted, id, ...wanted.map((prefix) => `${prefix}-${id}`), `profile-${digest(arn)}`]
    .filter((prefix) => prefix !== '' && !misleads(prefix, model))
    .map((prefix) => `${prefix}.${model}`);
}

/**
 * The name under which a profile is kept: the listed one where it shows the model, else one that is
 * made of it, of the operator's label, of AWS's name, or of the profile's id.
 *
 * @param {string} listed
 * @param {{ arn: string, model: string, label?: string | null, name?: string | null }} profile
 * @param {(name: string) => boolean} [taken] whether the mappings have a name for something else
 */
function aliasOf(listed, profile, taken = () => false) {
  if (namesModel(listed, profile.model)) return listed;
  const prefixes = [listed.startsWith('arn:') ? undefined : listed, profile.label, profile.name];
  const free = (name) => (given.get(name)?.arn ?? profile.arn) === profile.arn && !taken(name);
  const names = namesFor(prefixes, profile);
  return give(names.find(free) ?? names.at(-1), profile);
}

/** Remembers that a name stands for a profile. */
function give(name, profile) {
  const { alias: _, ...rest } = profile;
  given.delete(name);
  given.set(name, rest);
  if (given.size > MOST) given.delete(given.keys().next().value);
  return name;
}

/** The profile that a name was given for. */
const profileNamed = (name) => given.get(name);

/**
 * What was given out, in the form of the option `mappings`.
 *
 * @returns {Record<string, { profiles: string[], model: string, region?: string }>}
 */
function mappings() {
  const entries = [...given].map(([name, { arn, model, region }]) => {
    const where = arn.startsWith('arn:') || region === undefined ? {} : { region };
    return [name, { profiles: [arn], model, ...where }];
  });
  return Object.fromEntries(entries);
}

module.exports = { namesModel, namesFor, idOf, aliasOf, give, profileNamed, mappings };
