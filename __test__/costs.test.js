'use strict';

/** What calls cost, counted over processes, and budgets that hold. */

const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');

const { BedrockProfileClient } = require('..');
const { MemoryBackend } = require('../lib/money/backend.js');
const { Budgets } = require('../lib/money/budgets.js');
const { Ledger } = require('../lib/money/ledger.js');
const { csv } = require('../lib/money/export.js');
const {
  SONNET,
  ask,
  client,
  collect,
  failure,
  preamble,
  run,
  start,
  thrown,
} = require('./support/bedrock');

const USD = 1e9;
const DAY = 86_400_000;

const folders = [];
/** A store that nobody else uses. */
function freshStore() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'costs-'));
  folders.push(folder);
  return `file:${path.join(folder, 'store.json')}`;
}
afterAll(() =>
  folders.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 20 })),
);

// 2 input tokens and 60 output tokens at $3.30 and $16.50 for a million.
const ONE_CALL = 0.0009966;

describe('a call', () => {
  test.each([
    ['converse', async (made) => (await made.converse(ask())).$metadata],
    [
      'converseStream',
      async (made) => {
        const { stream, $metadata } = await made.converseStream(ask());
        let cost;
        for await (const event of stream) if (event.metadata) cost = $metadata.profile.cost;
        expect(cost).toBe($metadata.profile.cost);
        return $metadata;
      },
    ],
    [
      'invokeModelWithResponseStream',
      async (made) => {
        const body = {
          anthropic_version: 'bedrock-2023-05-31',
          max_tokens: 10,
          messages: [{ role: 'user', content: 'a' }],
        };
        const input = { modelId: SONNET, body: JSON.stringify(body) };
        const output = await made.invokeModelWithResponseStream(input);
        await collect(output.body);
        return output.$metadata;
      },
    ],
  ])('says what it has cost: %s', async (_, make) => {
    const server = await start();
    const { profile } = await make(
      client(server, { costs: true, store: 'memory', tenant: 'says' }),
    );
    expect(profile.cost).toMatchObject({ currency: 'USD', source: 'anthropic' });
    expect(profile.cost.amount).toBeGreaterThan(0);
  });

  test('without the option says and counts nothing', async () => {
    const server = await start();
    const made = client(server);
    expect((await made.converse(ask())).$metadata.profile).not.toHaveProperty('cost');
    expect((await failure(made.costs())).message).toContain('set options.costs');
  });

  test('of an unknown price is counted as unpriced, and not as zero', async () => {
    const server = await start();
    const made = client(server, { costs: true, store: freshStore() });
    const input = ask('Good day', {
      modelId: 'us.meta.llama3-3-70b-instruct-v1:0',
      serviceTier: { type: 'flex' },
    });
    await made.converse(input);
    const { rows } = await made.costs({ by: ['model'] });
    expect(rows).toMatchObject([{ calls: 1, unpricedCalls: 1, cost: null }]);
    expect(await made.costs({ by: ['model'], format: 'csv' })).toContain(',,1,0\r\n');
  });
});

describe('what was spent', () => {
  test('is told by profile, model, user, team and day, as rows, JSON and CSV', async () => {
    const server = await start();
    const store = freshStore();
    const of = (user) =>
      client(server, {
        costs: true,
        store,
        attribution: { user, team: 'research', plain: ['user'] },
      });
    await of('ann').converse(ask());
    await of('ann').converse(ask());
    await of('bob').converse(ask());
    const made = of('ann');
    const { rows, complete } = await made.costs({ by: ['user', 'team', 'model'] });
    expect(complete).toBe(true);
    const model = 'anthropic.claude-sonnet-4-6';
    expect(rows).toMatchObject([
      { user: 'ann', team: 'research', model, calls: 2, inputTokens: 4, outputTokens: 120 },
      { user: 'bob', team: 'research', model, calls: 1, inputTokens: 2, outputTokens: 60 },
    ]);
    expect(rows.map(({ cost }) => cost)).toEqual([2 * ONE_CALL, ONE_CALL]);
    const text = await made.costs({ by: ['user'], format: 'csv' });
    expect(text.split('\r\n').slice(0, 2)).toEqual([
      'user,calls,errors,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens,cost_usd,' +
        'unpriced_calls,estimated_calls',
      'ann,2,0,4,120,0,0,0.0019932,0,0',
    ]);
    const json = JSON.parse(await made.costs({ resolution: 'hour', format: 'json' }));
    expect(json.rows).toMatchObject([{ calls: 3, cost: 0.0029898 }]);
  });

  test.each([
    [
      { by: ['user'], resolution: 'minute' },
      '"period", "profile", "model" for the resolution minute',
    ],
    [{ resolution: 'week' }, 'query.resolution must be "minute", "hour" or "day"'],
    [{ format: 'xml' }, 'query.format must be "csv" or "json"'],
    [{ from: 'yesterday' }, 'query.from must be a time'],
    [{ from: 2, to: 1 }, 'query.from must not be after query.to'],
    [{ since: 1 }, 'query.since means nothing'],
  ])('%j is an error that says what would be right', async (query, message) => {
    const made = client(await start(), { costs: true, store: 'memory' });
    expect((await failure(made.costs(query))).message).toContain(message);
  });

  test('adds up exactly over processes that write at a time and end at once', async () => {
    const server = await start();
    const store = freshStore();
    const script = `${preamble(server, { store, costs: true })}
      const calls = Array.from({ length: 10 }, () => client.converse(input));
      Promise.all(calls).then(() => {});`;
    const ended = await Promise.all(Array.from({ length: 4 }, () => run(script)));
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    const { rows } = await client(server, { costs: true, store }).costs({ by: ['period'] });
    expect(rows).toMatchObject([{ calls: 40, outputTokens: 2400, cost: 0.039864 }]);
  });

  test('is bounded: beyond so many lines, one line more', async () => {
    const ledger = new Ledger();
    ledger.use(new MemoryBackend());
    const cost = { amount: 1, nano: USD };
    for (let user = 0; user < 2500; user += 1) {
      ledger.record({
        time: Date.now(),
        profile: 'p',
        model: 'm',
        user: `u${user}`,
        cost,
        failed: false,
        estimated: false,
      });
    }
    const { rows } = await ledger.report({
      resolution: 'day',
      from: Date.now() - DAY,
      to: Date.now(),
      by: ['user'],
    });
    expect(rows).toHaveLength(2001);
    expect(rows.find(({ user }) => user === 'other')).toMatchObject({ calls: 500, cost: 500 });
  });

  test('two writers with the same number are noticed', async () => {
    const backend = new MemoryBackend();
    const add = (one) =>
      one.record({
        time: Date.now(),
        cost: { amount: 1, nano: USD },
        failed: false,
        estimated: false,
      });
    const ledgers = [new Ledger(), new Ledger()];
    for (const one of ledgers) {
      one.use({
        // A store that cannot count in one step gives both the same number.
        run: (request) =>
          backend
            .run(request)
            .then((answer) =>
              request.add ? { ...answer, sums: [1 + (one.asked++ || 0)] } : answer,
            ),
      });
      one.asked = 0;
      add(one);
      await one.flush();
    }
    const day = new Date().toISOString().slice(0, 10);
    const { values } = await backend.run({ get: [`day:${day}:1`, `day:${day}:2`] });
    expect(values.every(Boolean)).toBe(true);
  });

  test('a text in a table is no formula', () => {
    expect(csv([{ user: '=1+1', calls: 1 }], ['user'])).toContain("'=1+1,1");
    expect(csv([{ user: 'a,"b"', calls: 1 }], ['user'])).toContain('"a,""b""",1');
  });
});

describe('budgets', () => {
  const telling = () => {
    const told = [];
    return { told, warn: (message) => told.push(message), emit: (what) => told.push(what) };
  };
  const call = (nano, more) => ({
    names: ['p'],
    attributedTo: {},
    nano,
    time: Date.UTC(2026, 10, 27, 12),
    ...more,
  });

  test.each([
    [[], ' must be an object'],
    [{ limits: {} }, '.limits must be an array'],
    [{ limits: [{ period: 'week', limit: 1 }] }, '.limits[0].period must be "day" or "month"'],
    [{ limits: [{ period: 'day', limit: 0 }] }, '.limits[0].limit must be USD'],
    [{ limits: [{ period: 'day', limit: 1, action: 'stop' }] }, '.limits[0].action must be'],
    [{ limits: [{ period: 'day', limit: 1, warnAt: [80] }] }, '.limits[0].warnAt must be'],
    [{ limits: [{ period: 'day', limit: 1, group: 'a' }] }, '.limits[0].group means nothing'],
    [{ limits: [], onStoreFailure: 'ignore' }, '.onStoreFailure must be "allow" or "refuse"'],
    [{ limits: [], webhook: 'mailto:a@b' }, '.webhook must be a URL'],
  ])('%j is an error that says what would be right', (budgets, message) => {
    const error = thrown(() => new BedrockProfileClient({ region: 'us-east-1', budgets }));
    expect(error.message).toContain(message);
  });

  test('refuse what might exceed them, in any order and at any time', async () => {
    const backend = new MemoryBackend();
    const budgets = new Budgets({ limits: [{ period: 'day', limit: 10 }] }, telling());
    const reserved = await Promise.allSettled(
      Array.from({ length: 10 }, () => budgets.reserve(backend, call(3 * USD))),
    );
    const admitted = reserved.filter(({ status }) => status === 'fulfilled');
    expect(admitted.length).toBeLessThanOrEqual(3);
    expect(admitted.length).toBeGreaterThan(0);
    for (const { value } of admitted) await budgets.settle(backend, value, USD);
    const [{ spent }] = await budgets.status(backend, call(0).time);
    expect(spent).toBe(admitted.length);
    await budgets.reserve(backend, call((10 - spent) * USD));
    await expect(budgets.reserve(backend, call(1))).rejects.toMatchObject({
      name: 'BudgetExceededError',
      budget: { period: '2026-11-27', limit: 10, spent, reserved: 10 - spent },
    });
  });

  test('are each subject’s own, begin anew each period, and let others pass', async () => {
    const backend = new MemoryBackend();
    const limits = [
      { user: '*', period: 'day', limit: 1 },
      { team: 'a', period: 'month', limit: 1.5 },
    ];
    const budgets = new Budgets({ limits }, telling());
    const spend = async (user, team, time = call(0).time) => {
      const one = call(USD, { attributedTo: { user: [user], team: [team] }, time });
      await budgets.settle(backend, await budgets.reserve(backend, one), USD);
    };
    await spend('ann', 'a');
    await expect(spend('ann', 'b')).rejects.toMatchObject({ budget: { subject: 'ann' } });
    await expect(spend('bob', 'a')).rejects.toMatchObject({ budget: { name: 'team a a month' } });
    await spend('bob', 'b');
    await spend('ann', 'b', call(0).time + DAY);
    await spend('eve', 'a', call(0).time + 7 * DAY);
    await budgets.reserve(backend, call(99 * USD));
  });

  test('warn once as a share is reached, with a webhook; and only warn where that is wanted', async () => {
    const posted = [];
    const webhook = http.createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      posted.push(JSON.parse(text));
      response.end();
    });
    webhook.listen(0, '127.0.0.1');
    await once(webhook, 'listening');
    const tell = telling();
    const backend = new MemoryBackend();
    const limits = [
      { name: 'Chat', profile: 'p', period: 'month', limit: 10, action: 'warn', warnAt: [0.5, 1] },
    ];
    const url = `http://127.0.0.1:${webhook.address().port}/?token=secret`;
    const budgets = new Budgets({ limits, webhook: url }, tell);
    for (let at = 0; at < 4; at += 1) {
      await budgets.settle(backend, await budgets.reserve(backend, call(3 * USD)), 3 * USD);
    }
    while (posted.length < 2) await new Promise((resolve) => setImmediate(resolve));
    webhook.close();
    const expected = [
      { name: 'Chat', period: '2026-11', share: 0.5, spent: 6, limit: 10 },
      { name: 'Chat', period: '2026-11', share: 1, spent: 12, limit: 10 },
    ];
    expect(posted).toEqual(expected.map((what) => ({ event: 'budget', ...what })));
    expect(tell.told).toEqual([
      'The budget "Chat" for 2026-11 has reached 50 %: $6 of $10.',
      expected[0],
      'The budget "Chat" for 2026-11 has reached 100 %: $12 of $10.',
      expected[1],
    ]);
  });

  test.each([
    ['allow', undefined],
    ['refuse', 'BudgetUnavailableError'],
  ])('with a store that is away: %s', async (onStoreFailure, name) => {
    const tell = telling();
    const away = { run: async () => ({ sums: [null], values: [null], failed: true }) };
    const budgets = new Budgets({ limits: [{ period: 'day', limit: 1 }], onStoreFailure }, tell);
    const error = await budgets.reserve(away, call(USD)).then(
      () => undefined,
      (reason) => reason.name,
    );
    expect(error).toBe(name);
    if (name === undefined) expect(tell.told[0]).toContain('is not held to until it is back');
    // The next call says it no more.
    await budgets.reserve(away, call(USD)).catch(() => {});
    expect(tell.told).toHaveLength(name === undefined ? 1 : 0);
  });

  test('hold over processes that call at a time', async () => {
    const server = await start();
    const store = freshStore();
    const budgets = { limits: [{ period: 'day', limit: 0.01 }] };
    const script = `${preamble(server, { store, budgets })}
      input.inferenceConfig = { maxTokens: 100 };
      const calls = Array.from({ length: 10 }, () => client.converse(input).then(() => 'sent', (error) => error.name));
      Promise.all(calls).then((all) => console.log(all.join()));`;
    const ran = await Promise.all(Array.from({ length: 3 }, () => run(script)));
    expect(ran.map(({ code }) => code)).toEqual([0, 0, 0]);
    const all = ran.flatMap(({ stdout }) => stdout.trim().split(','));
    const sent = all.filter((each) => each === 'sent').length;
    expect(new Set(all)).toEqual(new Set(['sent', 'BudgetExceededError']));
    const [{ spent }] = await client(server, { budgets, store }).budgets();
    expect(spent).toBeCloseTo(sent * ONE_CALL, 9);
    expect(spent).toBeLessThanOrEqual(0.01);
  });

  test('hold a client: the error says what is left, and nothing is sent', async () => {
    const server = await start();
    const budgets = { limits: [{ team: 'research', period: 'day', limit: 0.019 }] };
    const made = client(server, {
      budgets,
      store: freshStore(),
      attribution: { team: 'research' },
    });
    const warned = [];
    made.on('budget', (what) => warned.push(what));
    const input = ask('Good day', { inferenceConfig: { maxTokens: 1000 } });
    await made.converse(input); // may cost up to $0.0166, and costs $0.0009966
    await collect((await made.converseStream(input)).stream);
    await made.converse(input);
    while ((await made.budgets())[0].spent !== 0.0029898)
      await new Promise((resolve) => setImmediate(resolve));
    const before = server.requests.length;
    const error = await failure(made.converse(input));
    expect(error.name).toBe('BudgetExceededError');
    expect(error.budget).toMatchObject({ name: 'team research a day', limit: 0.019, reserved: 0 });
    expect(error.message).toContain('Nothing was sent.');
    expect(server.requests).toHaveLength(before);
    const others = client(server, { budgets, store: 'memory', attribution: { team: 'sales' } });
    await others.converse(input);
  });
});
