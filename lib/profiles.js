'use strict';

// What LibreChat's code needs to know of a profile before there is a client: from the mappings, from
// librechat.yaml, from what AWS has said to this process, and from the id itself. The addon is loaded
// when it is first needed; LibreChat's dotenv has run by then.

const { isDeepStrictEqual } = require('node:util');
const aliases = require('./aliases.js');
const environment = require('./environment.js');
const yaml = require('./librechat-yaml.js');

/** Ids of these kinds show their model; LibreChat's own code understands them. */
const PLAIN = new Set(['foundation-model', 'system-profile']);

/** How long an answer is used that was given to another client, or to another worker: a day. */
const DAY = 24 * 60 * 60 * 1000;
const MOST = 2000;

/** As many keys of a file of mappings as are looked at one by one; the file may have half a million. */
const MOST_OF_FILE = 1000;

/** More than there are; what users send need not be one. */
const MOST_REGIONS = 100;

const clients = new Map();

/** One for the process and a region: an ARN's own, else the one that the environment says now. */
function shared(id = '') {
  const [arn, , , itsRegion] = id.split(':');
  const region = (arn === 'arn' && itsRegion) || environment.region();
  // Which file of mappings a client has is settled when it is made.
  const key = `${region} ${environment.mappingsFile()}`;
  if (!clients.has(key)) {
    if (clients.size >= MOST_REGIONS) clients.clear();
    const { BedrockProfileClient } = require('./client.js');
    const mappings = yaml.loadInferenceProfiles();
    clients.set(key, new BedrockProfileClient({ mappings, ...(region && { region }) }));
  }
  return clients.get(key);
}

const remembered = new Map();

/**
 * Keeps what AWS has said to a client with other credentials, or to another worker; its name for a
 * profile is for those alone who may read it.
 *
 * @param {import('./types/profile').ResolvedProfile | undefined} resolved
 */
function remember(resolved) {
  if (!resolved?.model) return;
  remembered.delete(resolved.requestedId);
  const nameless = { ...resolved, name: null };
  remembered.set(resolved.requestedId, { resolved: nameless, until: Date.now() + DAY });
  if (remembered.size > MOST) remembered.delete(remembered.keys().next().value);
}

function recall(id) {
  const { resolved, until } = remembered.get(id) ?? {};
  return until > Date.now() ? resolved : undefined;
}

/**
 * What is known of an id now, without asking AWS; `undefined` for what is no id.
 *
 * @param {unknown} id
 * @returns {import('./types/profile').ResolvedProfile | undefined}
 */
const known = (id) => look(id).resolved;

/** The same, and whether the id is `faulty`: no id, or one that the configuration spoils. */
function look(id) {
  if (typeof id !== 'string' || id === '') return { faulty: true };
  const given = aliases.profileNamed(id);
  if (given) return { resolved: { ...given, requestedId: id, callId: given.arn } };
  const resolver = shared(id);
  try {
    // LibreChat's code asks for no user in particular.
    const resolved = resolver.resolveSync(id, require('./client.js').ANYONE);
    return { resolved: resolved?.model ? resolved : (recall(id) ?? resolved) };
  } catch {
    return { faulty: true }; // no id, or a configuration that the call itself will complain of
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
  return (region ?? environment.region()) === environment.region() ? undefined : region;
}

/** What LibreChat needs of a resolved id; `undefined` where it hides no model or none is known. */
function profileOf(resolved) {
  if (!resolved?.model || !hidesModel(resolved)) return undefined;
  const { requestedId, callId: arn, model, kind, label, name, profiles, source } = resolved;
  return kept(requestedId, {
    model,
    arn,
    region: regionOf(resolved),
    label,
    name,
    kind,
    profiles,
    source,
  });
}

/** A profile with the name under which LibreChat keeps it. */
function kept(listed, profile) {
  const given = aliases.profileNamed(listed);
  return { ...profile, alias: given ? listed : aliases.aliasOf(listed, profile, isMapped) };
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
 * The profile that LibreChat itself has for a name: roles and groups may have one of their own. Its
 * model is the one that is known of it, else the one that the name shows.
 *
 * @param {string} arn
 * @param {unknown} listed
 */
function profileCalled(arn, listed) {
  const mapped = resolveInferenceProfile(listed);
  if (mapped?.arn === arn) return mapped;
  const behind = known(arn);
  const own = profileOf(behind);
  if (own || (behind?.model && !hidesModel(behind))) return own;
  const model = mapped?.model ?? known(listed)?.model;
  if (!model || !arn.startsWith('arn:') || look(arn).faulty) return undefined;
  const region = regionOf({ callId: arn });
  const said = { label: null, name: null, kind: 'application-profile', source: 'mapping' };
  isPair(arn, model);
  return kept(arn, { model, arn, region, profiles: [arn], ...said });
}

/** ARNs that LibreChat has had beside a model, with that model, by whose they are. */
const paired = new Map();

/**
 * Whether an ARN that stands beside a model is that model's, as far as is known here. Where it has stood
 * beside another one before, only the model has been changed: of a summary, for example.
 *
 * @param {string} arn
 * @param {string} model
 * @param {string} [whose] tenants may have one ARN for different models
 */
function isPair(arn, model, whose = '') {
  const key = `${whose} ${arn}`;
  const first = paired.get(key) ?? model;
  paired.delete(key);
  paired.set(key, first);
  if (paired.size > MOST) paired.delete(paired.keys().next().value);
  return first === model;
}

/**
 * The profile of an ARN that stands beside a model in LibreChat's settings; `undefined` where it is not
 * that model's.
 *
 * @param {string} arn
 * @param {unknown} listed
 */
function profileBeside(arn, listed) {
  const model = modelNamed(listed);
  return model !== undefined && isPair(arn, model) ? profileCalled(arn, listed) : undefined;
}

/** The model that a name shows, or is mapped to; `undefined` for any other. */
function modelNamed(name) {
  if (typeof name !== 'string' || name.startsWith('arn:')) return undefined;
  return known(name)?.model ?? undefined;
}

let parsed = { text: undefined, names: {} };

/** Whether the operator's mappings have an entry of this name. */
function isMapped(name) {
  const text = environment.mappings();
  if (parsed.text !== text) parsed = { text, names: namesIn(text) };
  return (
    Object.hasOwn(parsed.names, name) ||
    Object.hasOwn(yaml.loadInferenceProfiles(), name) ||
    isInFile(name)
  );
}

/** The keys of the file of mappings, the first of them; the addon is loaded only where there is one. */
function keysOfFile(most = MOST_OF_FILE) {
  if (environment.mappingsFile() === undefined) return [];
  try {
    return require('./settings.js').keysOfFile(most);
  } catch {
    return []; // without the addon, of which the parsers tell
  }
}

function isInFile(name) {
  if (environment.mappingsFile() === undefined) return false;
  try {
    return require('./settings.js').isInFile(name);
  } catch {
    return false; // likewise
  }
}

/** The addon says what is wrong with a text that is no mapping. */
function namesIn(text) {
  try {
    return Object(JSON.parse(text ?? '{}'));
  } catch {
    return {};
  }
}

/** Whether only AWS can say what is behind a name: an ARN, or an alias of one that nobody explains. */
function isUnexplained(name) {
  if (typeof name !== 'string' || !(name.startsWith('arn:') || isMapped(name))) return false;
  const { resolved, faulty } = look(name);
  return !faulty && !resolved?.model;
}

/**
 * The names that LibreChat's configuration has for Bedrock: its list of models, ARNs of librechat.yaml,
 * keys of the mappings, and the first of those of the file of mappings.
 *
 * @returns {string[]}
 */
function configuredNames() {
  const listed = (environment.models() ?? '').split(',').map((name) => name.trim());
  const keys = Object.keys(namesIn(environment.mappings()));
  return [
    ...new Set([
      ...listed,
      ...yaml.arnsOfFile(),
      ...keys,
      ...Object.keys(yaml.loadInferenceProfiles()),
      ...keysOfFile(),
    ]),
  ];
}

/** Those of them whose model only AWS can say. Where no ARN stands anywhere, the addon is not loaded. */
function unexplainedNames() {
  const names = configuredNames();
  const texts = [...names, environment.mappings() ?? '', ...yaml.arnsOfFile()];
  // What a file of mappings says, the addon has read already.
  const mayHold = environment.mappingsFile() !== undefined;
  return mayHold || texts.some((text) => text.includes('arn:')) ? names.filter(isUnexplained) : [];
}

const KEYS = ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'SESSION_TOKEN', 'BEARER_TOKEN'];

/** Whether each user brings a key: AWS is then not to be asked with what the server may have. */
const usersBringKeys = () =>
  KEYS.some((key) => process.env[`BEDROCK_AWS_${key}`] === 'user_provided');

/**
 * The same as `resolveInferenceProfile`, and asks AWS what is behind an ARN, or behind an alias of
 * one, where it must. It never fails: what cannot be had is `undefined`.
 *
 * @param {unknown} modelOrAlias
 * @param {import('./librechat').FindOptions} [options]
 */
async function findInferenceProfile(modelOrAlias, options) {
  try {
    const configured = options?.inferenceProfiles?.[modelOrAlias];
    const called =
      typeof configured === 'string' ? yaml.withVariables(configured.trim()).text : undefined;
    const find = () =>
      called === undefined
        ? resolveInferenceProfile(modelOrAlias)
        : profileCalled(called, modelOrAlias);
    const profile = find();
    const unknown = called ?? modelOrAlias;
    if (profile || !isUnexplained(unknown)) return profile;
    const asked = await askerOf(options, unknown)?.resolve(unknown);
    remember(asked);
    const found = find();
    return found && asked ? { ...found, name: asked.name } : found;
  } catch {
    return undefined;
  }
}

/** Who asks AWS: with the user's credentials where there are some; nobody where they are missing. */
function askerOf(options, id) {
  if (typeof options?.resolve === 'function') return options;
  const { bearerToken, credentials } = options ?? {};
  const { BedrockProfileClient } = require('./client.js');
  const mappings = yaml.loadInferenceProfiles();
  if (bearerToken) {
    const authSchemePreference = ['httpBearerAuth'];
    return new BedrockProfileClient({
      token: { token: bearerToken },
      authSchemePreference,
      mappings,
    });
  }
  if (credentials?.accessKeyId && credentials.secretAccessKey) {
    return new BedrockProfileClient({ credentials, mappings });
  }
  return usersBringKeys() ? undefined : shared(id);
}

let mapped = {};

/**
 * Everything that a client for LibreChat must map beside the environment's mappings: the names of
 * librechat.yaml, and those that were given out here.
 *
 * @returns {Record<string, string | { profiles: string[], model: string, region?: string }>}
 */
function clientMappings() {
  const now = { ...aliases.mappings(), ...yaml.loadInferenceProfiles() };
  // The same object for the same mappings: a client for each request then reads none.
  const names = Object.keys(now);
  const same =
    names.length === Object.keys(mapped).length &&
    names.every((name) => isDeepStrictEqual(now[name], mapped[name]));
  if (!same) mapped = now;
  return mapped;
}

module.exports = {
  known,
  hidesModel,
  resolveInferenceProfile,
  profileCalled,
  profileBeside,
  isPair,
  modelNamed,
  findInferenceProfile,
  isMapped,
  keysOfFile,
  isUnexplained,
  configuredNames,
  unexplainedNames,
  usersBringKeys,
  remember,
  clientMappings,
};
