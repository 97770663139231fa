'use strict';

// LibreChat makes the settings of a Bedrock model with
// `bedrockOutputParser(bedrockInputParser.parse(parameters))`, and decides there by the model's name
// what is sent: thinking, effort, betas, prompt caching, sampling. Behind an opaque ARN it drops them.
// Here both see the underlying model. The settings name the profile in `model`, by a name that shows
// the model and that the native client maps: LibreChat makes further models (labels, summaries, memory)
// from these settings by replacing `model`, or from `model` alone.

const { lazy } = require('../lazy.js');
const { withOthers } = require('./exports.js');
const { acts, stepsAside, unfitted } = require('./say.js');

const ahead = lazy(() => require('./ahead.js'));

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
  // The program goes on loading, and its dotenv runs, before this does.
  setImmediate(() => ahead().begin());
  return withOthers(exported, { bedrockOutputParser: output });
}

/** Parses for the underlying model; what comes back has the name as it was, for the second parser. */
function inputWith(parameters, parse) {
  if (!object(parameters)) return parse(parameters);
  // Settings of an earlier request may come back as parameters, with the model itself as the name.
  const { [FIELD]: earlier, ...rest } = parameters;
  if (earlier !== undefined) {
    return inputWith({ ...rest, model: nameOf(earlier, rest.model) }, parse);
  }
  const profile = profileOf(parameters.model);
  if (!profile) {
    unexplained(parameters.model);
    return parse(parameters);
  }
  const parsed = attempt(() => parse({ ...parameters, model: profile.model }));
  if (parsed?.model === profile.model) return { ...parsed, model: parameters.model };
  const plain = parse(parameters);
  if (plain?.model !== undefined) {
    stepsAside(`${PACKAGE} parses ${profile.model} in a way that is not known here.`);
  }
  return plain;
}

/**
 * The name for an ARN and a model that stand side by side. Where the ARN is known to be another model's,
 * only the model has been changed; where nothing is known of it, it is what LibreChat says.
 */
function nameOf(arn, model) {
  const known = profileOf(arn);
  if (known) return known.model === model ? arn : model;
  if (typeof arn !== 'string') return model;
  return ask((of) => of.profileBeside(arn, model))?.alias ?? model;
}

/** Makes the settings for the underlying model, under the profile's name and for its region. */
function outputWith(parsed, make) {
  if (!object(parsed)) return make(parsed);
  const profile = profileOf(parsed.model);
  if (!profile) return open(make(parsed), parsed.model);
  const settings = attempt(() => make({ ...parsed, model: profile.model }));
  if (!object(settings) || settings.model !== profile.model) {
    stepsAside(`${PACKAGE} makes settings of ${profile.model} in a way that is not known here.`);
    return make(parsed);
  }
  acts();
  return open({ ...settings, ...named(profile) }, parsed.model);
}

const named = ({ alias, region }) => ({
  model: alias,
  ...(region === undefined ? {} : { region }),
});

/**
 * Settings into which LibreChat may write the profile that its `inferenceProfiles` have for this user.
 * The field would go before whatever `model` a second client is given, so its profile is named in
 * `model` instead.
 */
function open(settings, listed) {
  if (!object(settings) || FIELD in settings || !Object.isExtensible(settings)) return settings;
  return Object.defineProperty(settings, FIELD, {
    configurable: true,
    enumerable: false,
    get: () => undefined,
    set(value) {
      const profile =
        typeof value === 'string' ? ask((of) => of.profileCalled(value, listed)) : undefined;
      if (profile) Object.assign(this, named(profile));
      else
        Object.defineProperty(this, FIELD, {
          value,
          writable: true,
          enumerable: true,
          configurable: true,
        });
    },
  });
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

/** What is known of profiles; `undefined` where nothing of it can be had. */
function ask(question) {
  if (profiles === null) return undefined;
  try {
    profiles ??= require('../profiles.js');
    return question(profiles);
  } catch (error) {
    profiles = null;
    stepsAside(error.message);
    return undefined;
  }
}

/** The profile behind a name, as far as it is known now. */
const profileOf = (name) =>
  typeof name === 'string' ? ask((of) => of.resolveInferenceProfile(name)) : undefined;

/** Of a name that only AWS can explain: this request cannot wait for it, the next need not. */
function unexplained(name) {
  ask((of) => {
    if (!of.isUnexplained(name)) return;
    // Where each user brings a key, the call itself asks with it.
    const byUsers = of.usersBringKeys();
    unfitted(name, byUsers);
    if (!byUsers) of.findInferenceProfile(name);
  });
}

module.exports = { PACKAGE, fits, patch };
