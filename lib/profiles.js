'use strict';

// What LibreChat's code needs to know of a profile before there is a client: from the mappings, from
// librechat.yaml, from what AWS has said to this process, and from the id itself. The addon is loaded
// when it is first needed; LibreChat's dotenv has run by then.

const environment = require('./environment.js');
const { loadInferenceProfiles } = require('./librechat-yaml.js');

/** Ids of these kinds show their model; LibreChat's own code understands them. */
const PLAIN = new Set(['foundation-model', 'system-profile']);

let client;
let madeFor;

/** One for the process, made anew where the environment has come to say another region. */
function shared() {
  const region = environment.region();
  if (client === undefined || madeFor !== region) {
    const { BedrockProfileClient } = require('./client.js');
    client = new BedrockProfileClient({ mappings: loadInferenceProfiles() });
    madeFor = region;
  }
  return client;
}

/**
 * What is known of an id now, without asking AWS; `undefined` for what is no id.
 *
 * @param {unknown} id
 * @returns {import('./types/profile').ResolvedProfile | undefined}
 */
function known(id) {
  if (typeof id !== 'string' || id === '') return undefined;
  const resolver = shared();
  try {
    // LibreChat's code asks for no user in particular.
    return resolver.resolveSync(id, require('./client.js').ANYONE);
  } catch {
    return undefined; // no id, or a configuration that the call itself will complain of
  }
}

/** Whether an id stands for something that its own text does not show. */
function hidesModel({ requestedId, callId, kind }) {
  return requestedId.startsWith('arn:') || callId !== requestedId || !PLAIN.has(kind);
}

/** Where it must be called, whatever region the user has chosen; `undefined` where that is open. */
function regionOf({ callId, region }) {
  const [arn, , , arnRegion] = callId.split(':');
  if (arn === 'arn' && arnRegion) return arnRegion;
  // Beside the client's own region this can only be the mapping's.
  return region !== null && region !== environment.region() ? region : undefined;
}

/** What LibreChat needs of a resolved id; `undefined` where it hides no model or none is known. */
function profileOf(resolved) {
  if (!resolved || resolved.model === null || !hidesModel(resolved)) return undefined;
  const { callId: arn, model, kind, label, name, profiles, source } = resolved;
  return { model, arn, region: regionOf(resolved), label, name, kind, profiles, source };
}

/**
 * The profile behind a name of LibreChat's list of models; `undefined` for a plain model id, and
 * where AWS would have to be asked.
 *
 * @param {unknown} modelOrAlias
 */
function resolveInferenceProfile(modelOrAlias) {
  return profileOf(known(modelOrAlias));
}

/**
 * The same, and asks AWS what is behind an ARN where it must; a name that is no ARN is for the
 * mappings to explain. It never fails: what cannot be had is `undefined`.
 *
 * @param {unknown} modelOrAlias
 * @param {{ resolve(id: string): Promise<import('./types/profile').ResolvedProfile> }} [asker]
 *   whose credentials to ask with; those of the environment by default
 */
async function findInferenceProfile(modelOrAlias, asker) {
  const profile = resolveInferenceProfile(modelOrAlias);
  if (profile || !String(modelOrAlias).startsWith('arn:')) return profile;
  try {
    return profileOf(await (asker ?? shared()).resolve(modelOrAlias));
  } catch {
    return undefined;
  }
}

module.exports = { known, hidesModel, resolveInferenceProfile, findInferenceProfile };
