'use strict';

// What to configure for discovered profiles: an alias for each, `<name>.<vendor>.<model>`, by which
// LibreChat knows the model and this package the profile.

const aliases = require('../aliases.js');

/** Longest label that mappings take. */
const MOST_LABEL = 200;

/** What Linux allows for one variable, its name and the end of the text included. */
const MOST_BYTES = 128 * 1024;

/**
 * @param {object[]} profiles as `client.discover()` gives them
 * @param {(name: string) => boolean} isTaken whether the client's mappings have a name already
 */
function propose(profiles, isTaken) {
  const [usable, leftOut] = sorted(profiles);
  const names = namesOf(usable, isTaken);
  const warnings = [];
  const mappings = {};
  for (const profile of usable) {
    const { arn, model, otherModels, name } = profile;
    const disagree = otherModels.length > 0;
    if (disagree) {
      warnings.push(
        `${arn} names several models: ${[model, ...otherModels].join(', ')}. ${model}, the first, names ` +
          'its alias; the mapping says no model, so that requests are fitted to what all have in common.',
      );
    }
    mappings[names.get(arn)] = {
      profiles: [arn],
      ...(disagree ? {} : { model }),
      ...(name && { label: name.slice(0, MOST_LABEL) }),
    };
  }
  const { environment, text } = envOf(mappings, Object.keys(mappings));
  for (const [name, value] of Object.entries(environment)) {
    const bytes = Buffer.byteLength(`${name}=${value}`) + 1;
    if (bytes > MOST_BYTES) {
      warnings.push(
        `${name} has ${bytes} bytes; Linux allows ${MOST_BYTES} for one variable of a process's ` +
          'environment. Discover fewer regions or accounts, or configure a part of it.',
      );
    }
  }
  return {
    aliases: Object.fromEntries(usable.map(({ arn }) => [names.get(arn), arn])),
    mappings,
    leftOut,
    warnings,
    environment,
    env: text,
    librechatYaml: librechatYamlOf(
      Object.entries(mappings).map(([name, mapping]) => [name, mapping.profiles[0]]),
    ),
  };
}

/** The profiles that can be configured, in a lasting order, and why others cannot. */
function sorted(profiles) {
  const usable = [];
  const leftOut = [];
  for (const profile of profiles) {
    const { arn, type, status, model } = profile;
    if (type !== 'APPLICATION') continue; // its id shows its model: nothing is to be said of it
    if (status && status !== 'ACTIVE') leftOut.push({ arn, why: `its status is ${status}` });
    else if (!model) leftOut.push({ arn, why: 'AWS names no model behind it' });
    else usable.push(profile);
  }
  return [usable.sort((one, other) => (one.arn < other.arn ? -1 : 1)), leftOut];
}

/** A name for each ARN. Those of one name are told apart by their ids, all of them. */
function namesOf(profiles, isTaken) {
  const plain = profiles.map((profile) => aliases.namesFor([profile.name], profile)[0]);
  const count = new Map();
  for (const name of plain) count.set(name, (count.get(name) ?? 0) + 1);
  const used = new Set();
  const names = new Map();
  for (const [at, profile] of profiles.entries()) {
    const { name, arn } = profile;
    const prefix = count.get(plain[at]) > 1 && name ? `${name}-${aliases.idOf(arn)}` : name;
    const wanted = aliases.namesFor([prefix], profile);
    const free = wanted.find((one) => !used.has(one) && !isTaken(one)) ?? wanted.at(-1);
    used.add(free);
    names.set(arn, free);
  }
  return names;
}

/** A line of a `.env` file, a shell or Compose, none of which reads anything into single quotes. */
const lineOf = ([name, value]) => `${name}='${value.replaceAll("'", '\\u0027')}'\n`;

/** Mappings as variables of the environment, with the names for LibreChat's list of models. */
function envOf(mappings, names) {
  const environment = {
    BEDROCK_AWS_MODELS: names.join(','),
    BEDROCK_INFERENCE_PROFILE_MAPPINGS: JSON.stringify(mappings),
  };
  return { environment, text: Object.entries(environment).map(lineOf).join('') };
}

/**
 * The part of librechat.yaml that is about Bedrock. A JSON text is a text of YAML, too.
 *
 * @param {[name: string, called: string][]} entries
 */
function librechatYamlOf(entries) {
  const lines = ['endpoints:', '  bedrock:'];
  if (entries.length === 0)
    return `${lines.join('\n')}\n    models: []\n    inferenceProfiles: {}\n`;
  lines.push('    models:', ...entries.map(([name]) => `      - ${JSON.stringify(name)}`));
  lines.push('    inferenceProfiles:');
  lines.push(
    ...entries.map(([name, called]) => `      ${JSON.stringify(name)}: ${JSON.stringify(called)}`),
  );
  return `${lines.join('\n')}\n`;
}

module.exports = { envOf, librechatYamlOf, propose };
