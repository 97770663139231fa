'use strict';

// LibreChat makes the settings of a Bedrock model with
// `bedrockOutputParser(bedrockInputParser.parse(parameters))`, and decides there by the model's name
// what is sent: thinking, effort, betas, prompt caching, sampling. Behind an opaque ARN it drops them.
// Here both see the underlying model, and the settings say `applicationInferenceProfile` beside it.

const { withOthers } = require('./exports.js');
const { acts, stepsAside } = require('./say.js');

const PACKAGE = 'librechat-data-provider';
const FIELD = 'applicationInferenceProfile';

const object = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether the exports have what LibreChat calls. */
const fits = (exported) =>
  typeof exported?.bedrockInputParser?.parse === 'function' &&
  typeof exported.bedrockOutputParser === 'function';

/**
 * The exports with both parsers wrapped.
 *
 * @param {Record<string, any>} exported
 */
function patch(exported) {
  const { bedrockInputParser, bedrockOutputParser } = exported;
  const { parse } = bedrockInputParser;
  const plain = {
    input: (data, ...rest) => Reflect.apply(parse, bedrockInputParser, [data, ...rest]),
    output: bedrockOutputParser,
  };
  const input = (parameters, ...rest) =>
    inputWith(parameters, (data) => plain.input(data, ...rest));
  const output = (parsed, ...rest) => outputWith(parsed, (data) => plain.output(data, ...rest));
  // Other modules may hold the input parser already: it stays the same object.
  if (withOthers(bedrockInputParser, { parse: input }) !== bedrockInputParser) {
    throw new Error('its input parser cannot be changed');
  }
  return withOthers(exported, { bedrockOutputParser: output });
}

/** Parses for the underlying model; what comes back has the name as it was, for the second parser. */
function inputWith(parameters, parse) {
  if (!object(parameters)) return parse(parameters);
  // Settings of an earlier request may come back as parameters, with the model itself as the name.
  const { [FIELD]: earlier, ...rest } = parameters;
  if (earlier !== undefined) {
    const parsed = inputWith(rest, parse);
    const same = profileOf(earlier)?.model === rest.model && object(parsed);
    return same ? { ...parsed, [FIELD]: earlier } : parsed;
  }
  const profile = profileOf(parameters.model);
  if (!profile) return parse(parameters);
  const parsed = attempt(() => parse({ ...parameters, model: profile.model }));
  if (parsed?.model === profile.model) return { ...parsed, model: parameters.model };
  const plain = parse(parameters);
  if (plain?.model !== undefined) {
    stepsAside(`${PACKAGE} parses ${profile.model} in a way that is not known here.`);
  }
  return plain;
}

/** Makes the settings for the underlying model, with what is to be called, and where. */
function outputWith(parsed, make) {
  if (!object(parsed)) return make(parsed);
  const profile = profileOf(parsed[FIELD]) ?? profileOf(parsed.model);
  if (!profile) return make(parsed);
  const settings = attempt(() => make({ ...parsed, model: profile.model }));
  if (!object(settings) || settings.model !== profile.model) {
    stepsAside(`${PACKAGE} makes settings of ${profile.model} in a way that is not known here.`);
    return make(parsed);
  }
  acts();
  const { arn, region } = profile;
  return { ...settings, ...(region === undefined ? {} : { region }), [FIELD]: arn };
}

/** What a parser makes of what this file gives it; where it fails, it is asked as without this file. */
function attempt(parse) {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

let profiles;

/** The profile behind a name, as far as it is known now. */
function profileOf(name) {
  if (typeof name !== 'string' || profiles === null) return undefined;
  try {
    profiles ??= require('../profiles.js');
    const profile = profiles.resolveInferenceProfile(name);
    if (!profile) learn(name);
    return profile;
  } catch (error) {
    profiles = null;
    stepsAside(error.message);
    return undefined;
  }
}

/** Asks AWS what is behind an ARN, for the next request; this one cannot wait. */
function learn(name) {
  // Where each user brings a key, the call itself asks with it.
  if (!bringsKeys()) profiles.findInferenceProfile(name);
}

const KEYS = ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'SESSION_TOKEN', 'BEARER_TOKEN'];
const bringsKeys = () => KEYS.some((key) => process.env[`BEDROCK_AWS_${key}`] === 'user_provided');

module.exports = { PACKAGE, fits, patch };
