'use strict';

// Whose the credentials are, as STS says it, and what its refusals say of them and of the clock.

const { clearTimeout, setTimeout } = require('node:timers');

const { advice, textOf } = require('./findings.js');

const CLOCK = /signature expired|not yet current|RequestTimeTooSkewed|RequestInTheFuture/i;
const EXPIRED = /^(ExpiredToken|TokenRefreshRequired)/;

/** Nothing can be asked with these credentials. */
function refused(state, error) {
  state.unusable = true;
  const text = textOf(error);
  if (CLOCK.test(text)) {
    state.find('clock', 'failure', text, { hint: 'clock', remedy: advice('clock') });
    return;
  }
  const hint = error.hintId ?? (EXPIRED.test(error.name) ? 'session-expired' : 'credentials');
  state.find('credentials', 'failure', text, { hint, remedy: error.hint ?? advice(hint) });
}

/** STS may be out of reach where Bedrock is not; nothing depends on it. */
const PATIENCE = 10_000;

function inTime(answer) {
  return new Promise((resolve, reject) => {
    const late = () =>
      reject(Object.assign(new Error('no answer within 10 seconds'), { code: 'ETIMEDOUT' }));
    const timer = setTimeout(late, PATIENCE);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

async function identity(state) {
  try {
    const { scheme, arn } = await inTime(state.ask('callerIdentity'));
    const whose = scheme === 'sigv4' ? arn : 'a Bedrock API key; AWS says of none whose it is';
    state.find('credentials', 'ok', whose);
    if (scheme === 'sigv4') state.find('clock', 'ok', 'AWS accepts the time of signatures');
  } catch (error) {
    // Without a response it is about the way to STS, which requests to Bedrock do not need.
    if (error.code === undefined) refused(state, error);
    else state.find('credentials', 'skipped', `Whose they are is not known: STS: ${error.message}`);
  }
}

module.exports = { identity, refused };
