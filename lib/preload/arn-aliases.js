'use strict';

// The aliases of a list's ARNs, where the operator wants them (`BEDROCK_PROFILE_ALIASES=auto`).

const aliases = require('../aliases.js');
const environment = require('../environment.js');
const { say } = require('./say.js');

/** Whether the operator has chosen it. */
function isWanted() {
  const mode = environment.profileAliases();
  if (mode === undefined) return false;
  if (mode.trim().toLowerCase() === 'auto') return true;
  say(`BEDROCK_PROFILE_ALIASES is ${JSON.stringify(mode)} and changes nothing; it can be "auto".`);
  return false;
}

/**
 * The aliases of those ARNs of a list whose models are known. ARNs of one name are told apart by their
 * ids, all of them: an alias must not come to stand for another profile because the list has changed.
 *
 * @param {unknown[]} models
 * @returns {Map<string, string>}
 */
function aliasesOf(models) {
  const profiles = models.map(behindArn).filter(Boolean);
  if (profiles.length === 0) return new Map();
  const plain = profiles.map((profile) => namesOf(profile)[0]);
  const { isMapped } = require('../profiles.js');
  const named = profiles.map((profile, at) => {
    const isShared = plain.filter((name) => name === plain[at]).length > 1;
    const names = namesOf(profile, isShared);
    const isFree = (name) =>
      (aliases.profileNamed(name)?.arn ?? profile.arn) === profile.arn && !isMapped(name);
    return [profile.arn, aliases.give(names.find(isFree) ?? names.at(-1), profile)];
  });
  return new Map(named);
}

function behindArn(model) {
  if (typeof model !== 'string' || !model.startsWith('arn:')) return undefined;
  try {
    return require('../profiles.js').resolveInferenceProfile(model);
  } catch {
    return undefined; // without the addon, of which the parsers tell
  }
}

function namesOf(profile, withId = false) {
  const { arn, label, name, kind, region } = profile;
  // The ARN of a model itself has no better name than where it is.
  const isPlain = ['foundation-model', 'system-profile'].includes(kind);
  const prefix = label ?? name ?? (isPlain ? region : undefined);
  return aliases.namesFor([withId && prefix ? `${prefix}-${aliases.idOf(arn)}` : prefix], profile);
}

module.exports = { isWanted, aliasesOf };
