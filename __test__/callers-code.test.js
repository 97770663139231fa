'use strict';

/** A caller's own code that fails in a process of its own: nothing is unhandled, and it ends with 0. */

const { freshProfile, preamble, run, start } = require('./support/bedrock');

/** The ways, as source. `hangs` and the rest are functions that take anything. */
const FAILING = {
  throws: `() => { throw new Error('of the caller'); }`,
  'throws nothing': `() => { throw undefined; }`,
  rejects: `() => Promise.reject(new Error('of the caller'))`,
  'rejects later': `() => new Promise((_resolve, reject) => setImmediate(reject, new Error('of the caller')))`,
  hangs: `() => new Promise(() => {})`,
};

/** The places; `fail` is the function. Each makes `made`, beside which `client` goes on. */
const PLACES = {
  'a listener of every event': `const made = open();
    for (const name of ['resolve', 'gate', 'retry', 'call']) made.on(name, fail);`,
  'a logger': `const made = open({ logger: { warn: fail }, mappings: { alias: 'no id' } });`,
  ...Object.fromEntries(
    ['initialize', 'serialize', 'build'].map((step) => [
      `middleware at ${step}`,
      `const made = open();
      made.middlewareStack.add((next) => async (args) => { await fail(); return next(args); }, { step: '${step}' });`,
    ]),
  ),
  'middleware after next': `const made = open();
    made.middlewareStack.add((next) => async (args) => { await next(args); return fail(); });`,
  ...Object.fromEntries(
    ['credentials', 'region', 'endpoint', 'maxAttempts', 'retryMode', 'userAgentAppId'].map(
      (name) => [`the option ${name}`, `const made = open({ ${name}: fail });`],
    ),
  ),
  'the option token': `const made = open({ credentials: undefined, token: fail });`,
  'the option attribution': `const made = open({ attribution: { user: fail } });`,
  'a callback': `const made = open();
    const { ConverseCommand } = require('@aws-sdk/client-bedrock-runtime');
    made.send(new ConverseCommand(input), fail);`,
};

describe.each(Object.keys(PLACES))('%s', (place) => {
  test.each(Object.keys(FAILING))('that %s', async (how) => {
    const server = await start();
    server.fail({ kind: 'unavailable' });
    const { arn } = freshProfile(server);
    const options = {
      region: server.region,
      endpoint: server.url,
      credentials: server.credentials,
      timeouts: { call: 1500 },
    };
    const { code, signal, stdout, stderr } = await run(`${preamble(server)}
      const wild = [];
      process.on('unhandledRejection', (reason) => wild.push(reason));
      process.on('warning', () => {});
      const fail = ${FAILING[how]};
      const open = (more) => new BedrockProfileClient({ ...${JSON.stringify(options)}, ...more });
      const drained = async ({ stream }) => {
        let count = 0;
        for await (const event of stream) count += 1;
        return count;
      };
      (async () => {
        ${PLACES[place]}
        const other = () => client.converseStream(input).then(drained);
        const settled = Promise.allSettled([
          made.converse(input),
          made.converseStream(input).then(drained),
          made.converse({ ...input, modelId: ${JSON.stringify(arn)} }),
        ]);
        const others = await Promise.all([other(), other(), other()]);
        await settled;
        made.destroy();
        await new Promise(setImmediate);
        console.log(JSON.stringify({ others: new Set(others).size, least: Math.min(...others), wild: wild.map(String) }));
      })();
    `);
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    const told = JSON.parse(stdout);
    expect(told.wild).toEqual([]);
    expect(told.least).toBeGreaterThan(4);
    expect(told.others).toBe(1);
    expect(stderr).not.toMatch(/panicked|UnhandledPromise/);
  });
});
