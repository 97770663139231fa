'use strict';

/** `npm run demo -- --ui`: the page, with the stand-in, made-up traffic and a made-up past behind it. */

const { AsyncLocalStorage } = require('node:async_hooks');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { FAULTS, MAPPINGS, PROFILES, PROMPTS, TEAMS, USES, streams } = require('./cast');
const { History } = require('./history');
const { inputFor, script } = require('./scenes');

const BUDGETS = [
  { name: 'Support in a month', team: 'support', period: 'month', limit: 400 },
  { name: 'Each user in a day', user: '*', period: 'day', limit: 5 },
  { name: 'Coding in a day', profile: 'Coding', period: 'day', limit: 0.05, action: 'warn' },
];

const among = (list) => list[Math.floor(Math.random() * list.length)];

/** USD by the list prices; `null` where there is none. */
function priceOf(model, usage) {
  const { costOf } = require('../../lib/money/prices');
  return costOf({ usage, profile: { model, region: 'us-east-1' }, requestedId: model }, {}).amount;
}

/** Asks one thing after another until it is told to stop; what fails is what the page shows. */
async function traffic({ client, bedrock, whose, signal, pause }) {
  for (let count = 0; !signal.aborted; count += 1) {
    const [team, id] = among(USES);
    const { arn } = bedrock.profiles.find((profile) => profile.id === id);
    if (count % 7 === 6) bedrock.fail({ operation: 'ConverseStream', ...among(FAULTS) });
    const give = new AbortController();
    await whose.run({ team, user: among(TEAMS[team]) }, async () => {
      try {
        const { stream } = await client.converseStream(inputFor(arn, among(PROMPTS)), {
          abortSignal: AbortSignal.any([signal, give.signal]),
        });
        for await (const piece of stream) {
          if (piece.contentBlockDelta && count % 11 === 10) give.abort();
        }
      } catch {
        // It is counted, and stands among the last errors.
      }
    });
    await sleep(pause, undefined, { signal }).catch(() => {});
  }
}

/**
 * Starts all of it.
 *
 * @param {object} [options]
 * @param {number} [options.port] of the page; 0 is a free one
 * @param {string} [options.region]
 * @param {number} [options.pause] milliseconds between two calls
 * @param {string} [options.pageFolder] where the built page is
 * @returns {Promise<{ url: string, oneTimeUrl(): string, close(): Promise<void> }>}
 */
async function startUi({ port = 0, region = 'us-east-1', pause = 900, pageFolder } = {}) {
  const { startLocalBedrock } = require('../../local-bedrock');
  const { BedrockProfileClient } = require('../..');
  const { Recorder } = require('../../lib/admin/recorder');
  const { startAdminServer } = require('../../lib/admin/server');
  const { sourcesOf } = require('../../lib/admin/sources');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bedrock-demo-'));
  const stop = new AbortController();
  const closing = [() => fs.rmSync(folder, { recursive: true, force: true })];
  const close = async () => {
    stop.abort();
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const bedrock = await startLocalBedrock({ region, script, profiles: PROFILES });
    closing.push(() => bedrock.close());
    const mappingsFile = path.join(folder, 'mappings.json');
    fs.writeFileSync(mappingsFile, `${JSON.stringify(MAPPINGS, undefined, 2)}\n`);
    const whose = new AsyncLocalStorage();
    const client = new BedrockProfileClient({
      region,
      endpoint: bedrock.url,
      credentials: bedrock.credentials,
      mappingsFile,
      store: `file:${path.join(folder, 'store.json')}`,
      attribution: {
        user: () => whose.getStore()?.user,
        team: () => whose.getStore()?.team,
        plain: ['user'],
      },
      costs: true,
      budgets: { limits: BUDGETS },
      // Its warnings would stand between the lines of the demo.
      logger: { warn() {}, debug() {} },
    });
    closing.push(() => client.destroy());
    const history = new History({ streams: streams(), priceOf, until: Date.now() });
    const recorder = new Recorder();
    recorder.start();
    closing.push(() => recorder.close());
    const real = sourcesOf(client, {}, recorder);
    const server = await startAdminServer({
      client,
      port,
      metrics: {
        async read(query) {
          const { series, ...now } = await real.metrics.read(query);
          return { ...now, series: [...history.metrics(query).series, ...series] };
        },
      },
      cost: {
        ...real.cost,
        async read(query) {
          const { rows, ...now } = await real.cost.read(query);
          return { ...now, rows: [...history.cost(query).rows, ...rows] };
        },
      },
      tryLimit: { perMinute: 60, atOnce: 4 },
      ...(pageFolder && { pageFolder }),
    });
    closing.push(() => server.close());
    const running = traffic({ client, bedrock, whose, signal: stop.signal, pause });
    closing.push(() => running);
    return { url: server.url, oneTimeUrl: server.oneTimeUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Shows where it is, and stays until it is told to stop. */
async function playUi({ port = '0', region }, terminal, signal) {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    throw new TypeError(`--port must be a whole number from 0 to 65535, not "${port}"`);
  const ui = await startUi({ port: Number(port), region });
  try {
    terminal.line(
      'The page, for this machine alone. This URL signs you in, once, within ten minutes:',
    );
    terminal.line();
    terminal.line(terminal.style('bold', `  ${ui.oneTimeUrl()}`));
    terminal.line();
    terminal.line(
      'Behind it: a stand-in for Bedrock, made-up traffic and a made-up past. Ctrl-C stops it.',
    );
    if (!signal.aborted)
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve, { once: true });
      });
  } finally {
    await ui.close();
  }
}

module.exports = { playUi, startUi };
