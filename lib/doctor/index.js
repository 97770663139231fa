'use strict';

// What is wrong with a configuration, by looking at it and by asking AWS: the checks that `doctor` and
// others show. Each finding belongs to one check, and says what to do.

const { askAddon } = require('../client.js');
const { limiter } = require('../discovery/index.js');
const { shorten } = require('../shorten.js');
const { budgets, prices } = require('./money.js');
const { call } = require('./calls.js');
const { configuration } = require('./configuration.js');
const { failover } = require('./failover.js');
const { identity } = require('./identity.js');
const { libreChat } = require('./librechat.js');
const { drift, lifecycle, permissions, resolved } = require('./models.js');
const { quotas } = require('./quotas.js');
const { stores } = require('./stores.js');

/** Every check, in the order of the report. */
const CHECKS = {
  package: 'Package and binary',
  configuration: 'Configuration',
  store: 'Store',
  region: 'Region',
  credentials: 'Credentials',
  clock: 'Clock',
  reachability: 'Reachability',
  permissions: 'Permissions',
  models: 'Models',
  drift: 'Mappings against AWS',
  failover: 'Failover',
  access: 'Access to models',
  lifecycle: 'Legacy and end of life',
  quota: 'Quotas',
  cache: 'Prompt caching',
  costs: 'Costs and budgets',
  librechat: 'LibreChat',
};

/** Questions at a time. */
const AT_ONCE = 4;

/**
 * Examines a client's configuration.
 *
 * @param {object} given
 * @param {object} given.client
 * @param {object} given.options the options that it was made with
 * @param {string[]} [given.names] ids to look at; else those that LibreChat's configuration names
 * @param {boolean} [given.calls] whether each model is called, with one token of output
 * @param {boolean} [given.cache] whether prompt caching is tried, with a prompt of some thousand tokens
 * @param {string} [given.directory] LibreChat's folder; else it is looked for
 * @param {boolean} [given.full] whether account ids are shown whole
 * @param {(text: string) => void} [given.tell] hears what is done
 * @returns {Promise<{ ok: boolean, failures: number, warnings: number, checks: object[] }>}
 */
async function examine({ calls = true, cache = false, full = false, tell = () => {}, ...given }) {
  const findings = [];
  const state = {
    ...given,
    ask: (operation, question = {}) =>
      askAddon(given.client, operation, { text: JSON.stringify(question) }),
    find: (check, status, text, more) => findings.push({ check, status, text, ...more }),
    findings,
    limit: limiter(AT_ONCE),
    tell,
  };
  state.find('package', 'ok', about());
  tell('Reading the configuration');
  await configuration(state);
  if (state.known !== undefined) {
    tell('Looking at the store and the mappings');
    await stores(state);
    await budgets(state);
  }
  if (state.region !== undefined && !state.unusable) await asked(state, { calls, cache });
  tell('Looking for LibreChat');
  libreChat(state);
  return report(findings, full);
}

function about() {
  const { BUILT_FROM } = require('../load.js');
  return `${BUILT_FROM}, Node.js ${process.versions.node}, ${process.platform} ${process.arch}`;
}

/** What AWS is asked. What depends on an answer that there is not is not asked. */
async function asked(state, { calls, cache }) {
  state.tell('Asking whose the credentials are');
  await identity(state);
  if (state.unusable) return;
  state.tell('Asking for permissions');
  await permissions(state);
  if (state.unusable) return;
  const { names } = state;
  if (names.length === 0) {
    const text = 'No model is configured: BEDROCK_AWS_MODELS names those that LibreChat offers.';
    state.find('models', 'warning', text);
    return;
  }
  let done = 0;
  const each = (work) =>
    Promise.all(
      names.map((name) =>
        state.limit(async () => {
          await work(state, name);
          done += 1;
          state.tell(
            `Looking at ${names.length} models: ${Math.floor((done / names.length / (calls ? 4 : 3)) * 100)}%`,
          );
        }),
      ),
    );
  await each(resolved);
  await drift(state);
  await each(failover);
  await each(lifecycle);
  prices(state);
  state.tell('Reading service quotas');
  await quotas(state);
  if (calls) await each((all, name) => call(all, name, { cache }));
}

const RANK = ['skipped', 'ok', 'warning', 'failure'];

/** One finding for what is the same with several models. */
function merged(findings) {
  const kept = new Map();
  for (const { about: what, ...finding } of findings) {
    const key = JSON.stringify([finding.check, finding.status, finding.same ?? finding.text]);
    const before = kept.get(key);
    if (before && what !== undefined && !before.about?.includes(what)) before.about?.push(what);
    if (!before) kept.set(key, { ...finding, ...(what !== undefined && { about: [what] }) });
  }
  return [...kept.values()].map(({ same: _, ...finding }) => finding);
}

function report(findings, full) {
  const all = merged(findings);
  const clean = (value) => (full ? value : JSON.parse(shorten(JSON.stringify(value))));
  const checks = Object.entries(CHECKS).map(([id, title]) => {
    const own = all.filter(({ check }) => check === id).map(({ check: _, ...finding }) => finding);
    const worst = own.map(({ status }) => status).sort((a, b) => RANK.indexOf(b) - RANK.indexOf(a));
    return { id, title, status: worst[0] ?? 'skipped', findings: clean(own) };
  });
  const count = (status) => all.filter((one) => one.status === status).length;
  const [failures, warnings] = [count('failure'), count('warning')];
  return { ok: failures === 0, failures, warnings, checks };
}

module.exports = { CHECKS, examine };
