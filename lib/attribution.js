'use strict';

/**
 * Whose cost a call is: reads the option `attribution`, asks what of it is a function, and says it in
 * as many of AWS's ways as were not switched off. `core/src/attribution.rs` makes it part of the
 * request.
 */

const { createHmac, randomBytes } = require('node:crypto');

const { clearTimeout, setTimeout } = require('node:timers');

const { describeThrown } = require('./callbacks.js');
const environment = require('./environment.js');
const { ROLE } = require('./role.js');

/** What a call can be attributed to. */
const DIMENSIONS = ['user', 'team', 'project', 'conversation'];
/** AWS's ways to say it. */
const WAYS = ['profile', 'project', 'sessionTags', 'requestMetadata'];
/** What says something of a person, and goes out as a pseudonym unless the operator wants it plain. */
const PERSONAL = ['user', 'conversation'];
const SESSION = ['roleArn', 'externalId', 'by', 'durationSeconds'];

const object = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const filled = (value) => typeof value === 'string' && value !== '';

/**
 * What is wrong with an attribution, in words; undefined where nothing is.
 *
 * @param {unknown} value
 * @returns {string | undefined} continues the name of the option
 */
function problemOf(value) {
  if (!object(value)) return ' must be an object such as { team: "research" }';
  const known = [...DIMENSIONS, 'ways', 'plain', 'key'];
  const odd = Object.keys(value).find((name) => !known.includes(name));
  if (odd !== undefined) return `.${odd} means nothing; there are ${known.join(', ')}`;
  for (const name of DIMENSIONS) {
    const problem = problemOfValue(value[name]);
    if (problem) return `.${name} ${problem}`;
  }
  if (value.key !== undefined && !(filled(value.key) && value.key.length >= 16)) {
    return '.key must be a secret text of at least 16 characters';
  }
  const { plain } = value;
  if (plain !== undefined && !(Array.isArray(plain) && plain.every((n) => PERSONAL.includes(n)))) {
    return `.plain must be an array of ${PERSONAL.map((name) => `"${name}"`).join(' and ')}`;
  }
  return problemOfWays(value.ways);
}

function problemOfValue(value) {
  if (value === undefined || value === false || filled(value)) return undefined;
  if (typeof value === 'function') return undefined;
  if (object(value) && filled(value.configurable) && Object.keys(value).length === 1) {
    return undefined;
  }
  return 'must be a text that is not empty, a function of the call, { configurable: "<name>" }, or false';
}

function problemOfWays(ways) {
  if (ways === undefined) return undefined;
  if (!object(ways)) return '.ways must be an object such as { project: false }';
  const odd = Object.keys(ways).find((name) => !WAYS.includes(name));
  if (odd !== undefined) return `.ways.${odd} is no way; there are ${WAYS.join(', ')}`;
  for (const name of ['project', 'requestMetadata']) {
    if (!['undefined', 'boolean'].includes(typeof ways[name])) {
      return `.ways.${name} must be a boolean`;
    }
  }
  return problemOfProfiles(ways.profile) ?? problemOfSession(ways.sessionTags);
}

function problemOfProfiles(profiles) {
  if (profiles === undefined || profiles === false) return undefined;
  const expected =
    '.ways.profile must be false, or an object such as ' +
    '{ team: { research: { "<id that is called>": "<profile to call>" } } }';
  if (!object(profiles)) return expected;
  for (const [name, values] of Object.entries(profiles)) {
    if (!DIMENSIONS.includes(name) || !object(values)) return expected;
    for (const ids of Object.values(values)) {
      if (!object(ids) || !Object.values(ids).every(filled)) return expected;
    }
  }
  return undefined;
}

function problemOfSession(session) {
  if (session === undefined || session === false) return undefined;
  if (!object(session)) return '.ways.sessionTags must be false or an object { roleArn }';
  const odd = Object.keys(session).find((name) => !SESSION.includes(name));
  if (odd !== undefined) {
    return `.ways.sessionTags.${odd} means nothing; there are ${SESSION.join(', ')}`;
  }
  const { externalId, by, durationSeconds } = session;
  for (const name of externalId === undefined ? ['roleArn'] : ['roleArn', 'externalId']) {
    const [expected, check] = ROLE[name];
    if (!check(session[name])) return `.ways.sessionTags.${name} must be ${expected}`;
  }
  const names = Array.isArray(by) && by.length > 0 && by.every((name) => DIMENSIONS.includes(name));
  if (by !== undefined && !names) {
    return `.ways.sessionTags.by must be an array of ${DIMENSIONS.map((n) => `"${n}"`).join(', ')}`;
  }
  const whole = Number.isInteger(durationSeconds) && durationSeconds >= 900;
  if (durationSeconds !== undefined && !(whole && durationSeconds <= 43_200)) {
    return '.ways.sessionTags.durationSeconds must be a whole number from 900 to 43200';
  }
  return undefined;
}

/** The option, or what `BEDROCK_PROFILE_ATTRIBUTION` says. */
function attributionOf(options) {
  if (options.attribution !== undefined) return options.attribution;
  const text = environment.attribution();
  if (text === undefined) return undefined;
  if (read.text !== text) read = { text, value: parse(text) };
  return read.value;
}

let read = {};

function parse(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const message = `BEDROCK_PROFILE_ATTRIBUTION is no JSON: ${cause.message}`;
    throw new TypeError(message, { cause });
  }
  const problem = problemOf(value);
  if (problem) throw new TypeError(`BEDROCK_PROFILE_ATTRIBUTION${problem}.`);
  return value;
}

/** How long a function of the operator's may take, in milliseconds: nobody's chat waits for more. */
const PATIENCE = 1000;

/**
 * What a call is attributed to. A function that throws, rejects or hangs costs its own value and not
 * the call.
 *
 * @param {object} attribution the option
 * @param {{ operation: string, modelId?: string, input: object }} call
 * @param {(message: string) => void} warn
 * @returns {Promise<{ dimensions: object, wire: object }>} `wire`: as the addon takes it
 */
async function attribute(attribution, call, warn) {
  const values = await Promise.all(
    DIMENSIONS.map((name) =>
      valueOf(attribution[name], name, call).catch((error) =>
        warn(`options.attribution.${name} gave nothing: ${describeThrown(error)}`),
      ),
    ),
  );
  const plain = {};
  DIMENSIONS.forEach((name, at) => {
    if (values[at] !== undefined) plain[name] = values[at].toWellFormed?.() ?? values[at];
  });
  const dimensions = {};
  for (const [name, value] of Object.entries(plain)) {
    const hidden = PERSONAL.includes(name) && !attribution.plain?.includes(name);
    dimensions[name] = hidden ? pseudonym(value, keyOf(attribution)) : value;
  }
  return {
    dimensions,
    plain,
    wire: wireOf(attribution.ways ?? {}, plain, dimensions, call.modelId),
  };
}

async function valueOf(value, name, call) {
  if (value === false) return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'function') return text(await within(value(call)));
  return text(ofRun(value?.configurable ?? IN_LIBRECHAT[name]));
}

/** Waits no longer than it may take. */
function within(given) {
  if (typeof given?.then !== 'function') return given;
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`no answer within ${PATIENCE} ms`));
    const timer = setTimeout(late, PATIENCE);
    const settled = (settle) => (value) => {
      clearTimeout(timer);
      settle(value);
    };
    given.then(settled(resolve), settled(reject));
  });
}

const text = (value) =>
  filled(value) ? value : typeof value === 'number' ? String(value) : undefined;

/** Where LibreChat's agents say it; what the option leaves out is looked for there. */
const IN_LIBRECHAT = { user: 'user_id', conversation: 'thread_id' };

const RUNS = Symbol.for('ls:tracing_async_local_storage');
const CONFIG = Symbol.for('lc:child_config');

/** A member of `configurable` of the LangChain run that makes the call: `user_id`, `user.role`. */
function ofRun(name) {
  if (name === undefined) return undefined;
  let value = globalThis[RUNS]?.getStore?.()?.extra?.[CONFIG]?.configurable;
  for (const part of name.split('.')) {
    if (!object(value) || !Object.hasOwn(value, part)) return undefined;
    value = value[part];
  }
  return value;
}

/** Pseudonyms without a key of the operator's last as long as the process. */
const ofProcess = randomBytes(32);

/** The key of the pseudonyms: the option's, the environment's, or one derived from LibreChat's own. */
function keyOf({ key }) {
  return key ?? environment.attributionKey() ?? environment.libreChatKey() ?? ofProcess;
}

const pseudonyms = new Map();
const MOST_PSEUDONYMS = 10_000;

function pseudonym(value, key) {
  const known = `${String(key)} ${value}`;
  const found = pseudonyms.get(known);
  if (found !== undefined) return found;
  const derived = createHmac('sha256', key).update('bedrock-profile-client attribution').digest();
  const made = createHmac('sha256', derived).update(value).digest('base64url').slice(0, 22);
  if (pseudonyms.size >= MOST_PSEUDONYMS) pseudonyms.delete(pseudonyms.keys().next().value);
  pseudonyms.set(known, made);
  return made;
}

function wireOf(ways, plain, dimensions, modelId) {
  const wire = { leftOut: [] };
  const off = (way) => wire.leftOut.push([way, 'It is switched off.']);
  if (ways.profile === false) off('profile');
  else if (ways.profile !== undefined) {
    wire.profile = profileOf(ways.profile, plain, modelId);
    if (wire.profile === undefined) {
      wire.leftOut.push(['profile', 'No profile is named for what the call is attributed to.']);
    }
  }
  if (ways.project === false) off('project');
  else if (dimensions.project !== undefined) wire.project = dimensions.project;
  if (ways.requestMetadata === false) off('requestMetadata');
  else wire.metadata = Object.entries(dimensions);
  if (ways.sessionTags === false) off('sessionTags');
  else if (ways.sessionTags !== undefined) {
    wire.session = sessionOf(ways.sessionTags, dimensions);
    if (wire.session === undefined) {
      wire.leftOut.push([
        'sessionTags',
        'The call is attributed to nothing that a session is taken by.',
      ]);
    }
  }
  return wire;
}

function profileOf(profiles, plain, modelId) {
  for (const name of DIMENSIONS) {
    const ids = Object.hasOwn(profiles, name) ? profiles[name] : {};
    const value = plain[name];
    if (value === undefined || !Object.hasOwn(ids, value)) continue;
    if (Object.hasOwn(ids[value], modelId)) return ids[value][modelId];
  }
  return undefined;
}

/** See "Session tags" in AWS's guide to IAM for what a name and a tag may hold. */
function sessionOf({ roleArn, externalId, by = ['user', 'team'], durationSeconds }, dimensions) {
  const named = by.filter((name) => dimensions[name] !== undefined);
  if (named.length === 0) return undefined;
  const tags = {};
  for (const name of named) {
    const value = dimensions[name].replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_').slice(0, 256);
    tags[name] = value;
  }
  const joined = named.map((name) => dimensions[name]).join('.');
  const sessionName = joined
    .replace(/[^\w+=,.@-]/g, '_')
    .slice(0, 64)
    .padEnd(2, '_');
  return { roleArn, externalId, sessionName, durationSeconds, tags };
}

module.exports = { DIMENSIONS, attributionOf, attribute, problemOf };
