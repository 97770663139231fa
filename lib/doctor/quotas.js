'use strict';

// The quotas of the account: those of the models that are used, as Service Quotas has them, and whether AWS has
// given less than it gives by default. Asked through the AWS SDK of the program, where it has one for that.

const { createRequire } = require('node:module');
const path = require('node:path');

const PACKAGE = '@aws-sdk/client-service-quotas';
const SERVICE = 'bedrock';
/** Quotas of inference: what calls use up. */
const OF_CALLS = /(tokens|requests) per (minute|day)/i;

/** The AWS SDK's client of Service Quotas: as seen from here, else from where the program was started. */
function sdk() {
  for (const from of [__filename, path.join(process.cwd(), 'index.js')]) {
    try {
      return createRequire(from)(PACKAGE);
    } catch (error) {
      if (!['MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED'].includes(error.code)) throw error;
    }
  }
  return undefined;
}

async function listed(client, Command) {
  const all = new Map();
  let NextToken;
  do {
    const page = await client.send(
      new Command({ ServiceCode: SERVICE, MaxResults: 100, NextToken }),
    );
    for (const { QuotaCode, QuotaName, Value } of page.Quotas ?? [])
      all.set(QuotaCode, { name: QuotaName, value: Value });
    ({ NextToken } = page);
  } while (NextToken);
  return all;
}

/** The credentials that the client has from its options or from LibreChat's variables; else the SDK finds its own. */
function credentialsOf(state) {
  const { credentials } = state.options;
  if (credentials !== undefined) return { credentials };
  const found = require('../environment.js').credentials();
  if (found.static) return { credentials: found.static };
  return found.chain.profile ? { profile: found.chain.profile } : {};
}

const words = (text) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();

/** Whether a quota is for a model: `… for Anthropic Claude Sonnet 4.6`. */
function isFor(quota, model) {
  const [, ...parts] = model.split('.');
  // `claude-sonnet-4-5-20250929-v1:0` is `claude sonnet 4 5` there.
  const family = words(
    parts
      .join('.')
      .replace(/-\d{8}/, '')
      .replace(/-v\d+(:\d+)?$/, ''),
  );
  return ` ${words(quota)} `.includes(` ${family} `);
}

async function quotas(state) {
  const found = sdk();
  if (found === undefined) {
    state.find('quota', 'skipped', `Service Quotas are not known: ${PACKAGE} is not installed.`);
    return;
  }
  const { ServiceQuotasClient, ListServiceQuotasCommand, ListAWSDefaultServiceQuotasCommand } =
    found;
  const client = new ServiceQuotasClient({
    region: state.region,
    maxAttempts: 2,
    ...credentialsOf(state),
  });
  try {
    const [applied, usual] = await Promise.all(
      [ListServiceQuotasCommand, ListAWSDefaultServiceQuotasCommand].map((Command) =>
        listed(client, Command),
      ),
    );
    judge(state, applied, usual);
  } catch (error) {
    const denied = /AccessDenied|not authorized/i.test(`${error.name} ${error.message}`);
    const why = denied
      ? 'servicequotas:ListServiceQuotas is denied'
      : `${error.name}: ${error.message}`;
    state.find('quota', 'skipped', `Service Quotas are not known: ${why}.`);
  } finally {
    client.destroy();
  }
}

function judge(state, applied, usual) {
  let looked = 0;
  for (const [name, { profile }] of state.found) {
    if (profile.model === null) continue;
    for (const [code, quota] of applied) {
      if (!OF_CALLS.test(quota.name) || !isFor(quota.name, profile.model)) continue;
      looked += 1;
      const normal = usual.get(code)?.value;
      if (quota.value > 0 && !(quota.value < normal)) continue;
      const less =
        quota.value === 0
          ? 'is 0: no call succeeds'
          : `is ${quota.value}, and AWS gives ${normal} by default`;
      state.find(
        'quota',
        quota.value === 0 ? 'failure' : 'warning',
        `The quota "${quota.name}" ${less}.`,
        {
          about: name,
          same: code,
          remedy: `Ask AWS Support to raise it; Service Quotas has it as ${code}.`,
        },
      );
    }
  }
  if (looked > 0) state.find('quota', 'ok', `${looked} service quotas of the models read`);
}

module.exports = { quotas };
