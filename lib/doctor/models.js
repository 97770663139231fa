'use strict';

// What the control plane says: what these credentials may ask, what is behind each id, whether mappings are
// still true, which models are at the end of their life.

const { policy, textOf } = require('./findings.js');
const { refused } = require('./identity.js');

/** What is lost without a permission to ask. */
const LOST = {
  'bedrock:GetInferenceProfile': 'The mappings cannot be compared with AWS.',
  'bedrock:ListInferenceProfiles': 'discover() and keepDiscovering() do not work.',
  'bedrock:ListFoundationModels': 'discover() does not say which models are legacy.',
  'bedrock:ListTagsForResource': 'discover() does not read the tags of profiles.',
  'bedrock:GetFoundationModel': 'What AWS says of a model does not correct the catalog.',
};

/** Who failed as if it were the error of a call. */
const OF_CREDENTIALS = {
  credentials: 'UnrecognizedClientException',
  expired: 'ExpiredTokenException',
  clock: 'RequestTimeTooSkewed',
};
const UNREACHABLE = ['unavailable', 'timeout'];

/** A question to the control plane; `undefined` where there is no answer, which is a finding then. */
async function question(
  state,
  about,
  member,
  { account, region = state.region, needed, what } = {},
) {
  const told = await state.ask('discover', { region, about, ...(account && { account }) });
  const { failure } = told;
  if (failure === undefined) return { answer: told[member] };
  const { cause, permission, message } = failure;
  const more = { about: what, same: `${cause} ${permission}` };
  if (Object.hasOwn(OF_CREDENTIALS, cause)) {
    if (!state.unusable) refused(state, { name: OF_CREDENTIALS[cause], message });
  } else if (cause === 'accessDenied') {
    const loses =
      needed ?? LOST[permission] ?? 'What is behind the id cannot be compared with AWS.';
    state.find(
      'permissions',
      needed ? 'failure' : 'warning',
      `${permission} is denied: ${message} ${loses}`,
      {
        ...more,
        remedy: policy(permission),
      },
    );
  } else if (cause === 'throttled') {
    state.find('quota', 'warning', `${permission} is throttled: ${message}`, more);
  } else if (UNREACHABLE.includes(cause)) {
    state.away = message;
  } else if (what === undefined) {
    state.find('permissions', 'warning', `${permission}: ${message}`, more);
  }
  return { failure };
}

/** What may be asked beside what is configured, and whether anyone answers. */
async function permissions(state) {
  const listed = await question(state, { profiles: { type: 'APPLICATION' } }, 'profiles');
  if (state.unusable) return;
  await reach(state, listed.failure);
  if (state.unusable) return;
  const asked = ['bedrock:ListInferenceProfiles', 'bedrock:ListFoundationModels'];
  await question(state, 'models', 'models');
  const [profile] = listed.answer?.profiles ?? [];
  if (profile) {
    asked.push('bedrock:ListTagsForResource');
    await question(state, { tags: profile.arn }, 'tags');
  }
  state.find('permissions', 'ok', `asked for: ${asked.join(', ')}`);
}

/** Nothing is called by this name: an answer of any kind says that the endpoint is there. */
const NO_MODEL = 'reachability.probe-v1:0';

async function reach(state, failure) {
  const away = [];
  if (failure && UNREACHABLE.includes(failure.cause))
    away.push(`control plane: ${failure.message}`);
  let hint;
  try {
    const input = { modelId: NO_MODEL, messages: [{ role: 'user', content: [{ text: 'ping' }] }] };
    await state.client.converse(input, { gating: 'off' });
  } catch (error) {
    const answered = error.$metadata?.httpStatusCode !== undefined && error.hintId !== 'gateway';
    if (!answered) {
      away.push(`inference: ${textOf(error)}`);
      hint = error.hintId;
      if (error.hint) state.wayOut = error.hint;
    }
  }
  if (away.length === 0) {
    state.find('reachability', 'ok', 'control plane and inference answer');
    return;
  }
  state.find('reachability', 'failure', away.join('; '), { hint, remedy: state.wayOut });
  state.unusable = true;
}

/** Which model is behind an id. */
async function resolved(state, name) {
  state.found ??= new Map();
  let profile;
  try {
    profile = await state.client.resolve(name);
  } catch (error) {
    state.find('models', 'failure', `${name}: ${error.message}`, { about: name });
    return;
  }
  const one = { profile, callable: true };
  state.found.set(name, one);
  const { model, source, callId } = profile;
  const opaque = callId.startsWith('arn:') || profile.kind === 'alias';
  one.behind = opaque ? await behind(state, name, profile) : undefined;
  if (model === null) {
    one.callable = false;
    if (one.behind?.denied) return;
    const [warning] = profile.warnings;
    state.find(
      'models',
      'failure',
      warning?.message ?? `Nobody knows which model is behind ${name}.`,
      {
        about: name,
        remedy: 'Name the model in BEDROCK_INFERENCE_PROFILE_MAPPINGS.',
      },
    );
    return;
  }
  if (one.behind?.missing) {
    one.callable = false;
    state.find(
      'models',
      'failure',
      `${name} calls ${callId}, which does not exist: ${one.behind.missing}`,
      {
        about: name,
        remedy: 'Correct the id in the mappings, or create the profile.',
      },
    );
    return;
  }
  state.find('models', 'ok', `${name} is ${model} (known from: ${source})`);
}

/** What AWS says is behind an id, whatever the mappings say. */
async function behind(state, name, { callId, region, source }) {
  const account = Object.keys(state.options.accounts ?? {}).find((id) =>
    callId.includes(`:${id}:`),
  );
  // A list has just told the models of profiles; a program that lists none would not know them.
  const known = source === 'mapping' || source === 'id';
  const needed = known
    ? undefined
    : 'Its model is not known without it, so that nothing is fitted.';
  const told = await question(state, { behind: callId }, 'behind', {
    account,
    region: region ?? state.region,
    what: name,
    needed,
  });
  if (told.failure === undefined) return told.answer ?? undefined;
  const { cause, message } = told.failure;
  return {
    denied: cause === 'accessDenied',
    missing: cause === 'notFound' || cause === 'validation' ? message : undefined,
  };
}

/** Whether the mappings still say what AWS says. */
async function drift(state) {
  let compared = 0;
  for (const [name, { profile, behind: told }] of state.found ?? []) {
    const models = [...new Set((told?.models ?? []).map(({ model }) => model).filter(Boolean))];
    if (profile.source !== 'mapping' || models.length === 0) continue;
    compared += 1;
    if (models.includes(profile.model)) continue;
    const text = `${name} is mapped to ${profile.model}, and AWS says that ${models.join(', ')} is behind it.`;
    state.find('drift', 'failure', text, {
      about: name,
      remedy: `Correct the mapping: requests are fitted to a model that does not answer them.`,
    });
  }
  if (compared > 0) state.find('drift', 'ok', `${compared} mappings compared with AWS`);
}

const dates = (legacy, eol) =>
  [legacy && `legacy since ${legacy}`, eol && `end of life ${eol}`].filter(Boolean).join(', ');

/** Whether a model is at the end of its life. */
async function lifecycle(state, name) {
  const one = state.found.get(name);
  if (!one?.profile.model) return;
  const { model } = one.profile;
  state.stated ??= new Map();
  if (!state.stated.has(model)) {
    const region = one.profile.region ?? state.region;
    state.stated.set(model, question(state, { model }, 'model', { region, what: model }));
  }
  await state.stated.get(model);
  const capabilities = await state.client.capabilities(name);
  one.capabilities = capabilities;
  const { status, legacyDate, eolDate, successor } = capabilities;
  if (status.value !== 'legacy' && status.value !== 'eol') {
    state.find('lifecycle', 'ok', 'no model is legacy', { same: 'ok' });
    return;
  }
  const isOver = status.value === 'eol';
  const remedy = successor.value
    ? `Move to ${successor.value}.`
    : 'Move to another model: the model catalog of Bedrock lists those that are active.';
  const text = `${model} ${isOver ? 'is at the end of its life' : 'is legacy'} (${dates(legacyDate.value, eolDate.value)}).`;
  if (isOver) one.callable = false;
  state.find('lifecycle', isOver ? 'failure' : 'warning', text, { about: name, remedy });
}

module.exports = { drift, lifecycle, permissions, resolved };
