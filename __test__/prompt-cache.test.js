'use strict';

/** Cache points that are added where the option `promptCache` asks for them. */

const { BedrockProfileClient } = require('..');
const {
  SONNET,
  ask,
  client,
  collect,
  freshProfile,
  start,
  thrown,
  warnings,
} = require('./support/bedrock');
const { ConverseStreamCommand } = require('@aws-sdk/client-bedrock-runtime');

const long = (text) => ({ text: `${text} ${'word '.repeat(3000)}` });
const user = (text) => ({ role: 'user', content: [long(text)] });
const assistant = (text) => ({ role: 'assistant', content: [{ text }] });
const first = (text) => ({ modelId: SONNET, system: [long('s')], messages: [user(text)] });

const pathsOf = ({ changes }) => changes.map(({ path }) => path);

describe('the option', () => {
  test.each([
    ['always', 'options.promptCache must be "auto", { ttl: "5m" } or { ttl: "1h" }, not "always".'],
    [true, 'options.promptCache must be "auto", { ttl: "5m" } or { ttl: "1h" }, not a boolean.'],
    [null, 'options.promptCache must be "auto", { ttl: "5m" } or { ttl: "1h" }, not null.'],
    [{}, 'options.promptCache.ttl must be "5m" or "1h", not undefined.'],
    [{ ttl: '2h' }, 'options.promptCache.ttl must be "5m" or "1h", not a string "2h".'],
    [{ ttl: 300 }, 'options.promptCache.ttl must be "5m" or "1h", not 300.'],
    [{ ttl: '5m', in: 'tools' }, 'options.promptCache.in means nothing; there is ttl.'],
  ])('%j is an error that says what would be right', (promptCache, message) => {
    const error = thrown(() => new BedrockProfileClient({ region: 'us-east-1', promptCache }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(`BedrockProfileClient: ${message}`);
  });

  test.each(['auto', { ttl: '5m' }, { ttl: '1h' }, undefined])('%j is taken', (promptCache) => {
    new BedrockProfileClient({ region: 'us-east-1', promptCache }).destroy();
  });
});

describe('points', () => {
  test('are added and reported, in strict too, and not without the option or when off', async () => {
    const server = await start();
    const explained = (options) => client(server, options).explain(first('a'));
    for (const gating of ['adapt', 'strict']) {
      const { changes } = await explained({ promptCache: 'auto', gating });
      expect(pathsOf({ changes })).toEqual(['system[1]', 'messages[0].content[1]']);
      expect(changes[0]).toMatchObject({
        action: 'add',
        rule: 'cache-plan',
        to: { cachePoint: { type: 'default' } },
      });
    }
    expect((await explained({})).changes).toEqual([]);
    expect((await explained({ promptCache: 'auto', gating: 'off' })).changes).toEqual([]);
    const { changes } = await explained({ promptCache: { ttl: '1h' } });
    expect(changes[0].to).toEqual({ cachePoint: { type: 'default', ttl: '1h' } });
  });

  test('are hit by the next call', async () => {
    const server = await start();
    const made = client(server, { promptCache: 'auto' });
    const turn = first('a');
    const wrote = (await made.converse(turn)).usage;
    expect(wrote.cacheWriteInputTokens).toBeGreaterThan(0);
    turn.messages.push(assistant('b'), user('c'));
    const read = (await made.converse(turn)).usage;
    expect(read.cacheReadInputTokens).toBe(wrote.cacheWriteInputTokens);
    expect(read.cacheWriteInputTokens).toBeGreaterThan(0);
  });
});

describe('caching that costs more than it saves', () => {
  test.each([
    ['converse', async (made, input) => made.converse(input)],
    [
      'a stream',
      async (made, input) => collect((await made.send(new ConverseStreamCommand(input))).stream),
    ],
  ])('is told once after twenty calls (%s)', async (_, call) => {
    const server = await start();
    const profile = freshProfile(server, SONNET);
    const { heard, logger } = warnings();
    const made = client(server, { promptCache: 'auto', logger });
    for (let at = 0; at < 25; at += 1) {
      const input = { ...ask(), modelId: profile.arn, messages: [user(`${at}`)] };
      await call(made, input);
      if (at === 18) expect(heard).toEqual([]);
    }
    expect(heard).toHaveLength(1);
    expect(heard[0]).toContain(`costs more than it saves for ${profile.arn}`);
    expect(heard[0]).toMatch(/[1-9]\d+ tokens were written to it and 0 were read/);
  });
});

describe('why caching does not help is said once, without content', () => {
  const point = { cachePoint: { type: 'default' } };

  test('a system prompt that differs from call to call', async () => {
    const server = await start();
    const { heard, logger } = warnings();
    const made = client(server, { logger, tenant: 'differs' });
    for (let at = 0; at < 12; at += 1) {
      const system = [long(`It is ${at} o'clock.`), point];
      await made.converse(ask('hello', { system }));
    }
    const told = heard.filter((message) => message.includes('differs from call to call'));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(
      /Prompt caching of us\.anthropic\S+ \(anthropic\S+\): system\[0\] differs/,
    );
    expect(told[0]).not.toContain('clock');
  });

  test('points with too little before them', async () => {
    const server = await start();
    const { heard, logger } = warnings();
    const made = client(server, { logger, tenant: 'too little' });
    for (let at = 0; at < 12; at += 1) {
      const system = [{ text: 'Be brief.' }, point];
      await collect((await made.converseStream(ask('hello', { system }))).stream);
    }
    const told = heard.filter((message) => message.includes('have no effect'));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(
      /about \d+ tokens stand before the last of them.* caches from 1024 tokens/,
    );
  });

  test('nothing is said of caching that helps', async () => {
    const server = await start();
    const { heard, logger } = warnings();
    const made = client(server, { logger, tenant: 'helps', promptCache: 'auto' });
    const turn = first('a');
    for (let at = 0; at < 12; at += 1) {
      await made.converse(turn);
      turn.messages.push(assistant(`b ${at}`), user(`c ${at}`));
    }
    expect(heard.filter((message) => message.includes('aching'))).toEqual([]);
  });
});
