'use strict';

/** What local-bedrock answers: text, thinking, tools, limits, scripts, usage and its cache. */

const { ConverseCommand, ConverseStreamCommand } = require('@aws-sdk/client-bedrock-runtime');
const {
  SONNET_46,
  OPUS_5,
  start,
  client,
  ask,
  collect,
  fault,
} = require('./support/local-bedrock');

const metadataOf = (events) => events.find(({ metadata }) => metadata).metadata;

describe('answers', () => {
  test('thinking comes before the text, with a signature', async () => {
    const server = await start();
    const { stream } = await client(server).send(
      new ConverseStreamCommand(ask('Hi', { modelId: OPUS_5 })),
    );
    const events = await collect(stream);
    const deltas = events.flatMap(({ contentBlockDelta }) => contentBlockDelta ?? []);
    const thought = deltas.filter(({ delta }) => delta.reasoningContent);
    expect(thought.length).toBeGreaterThan(3);
    expect(thought.at(-1).delta.reasoningContent.signature).toMatch(/^[\w+/]+=*$/);
    expect(new Set(thought.map(({ contentBlockIndex }) => contentBlockIndex))).toEqual(
      new Set([0]),
    );
    expect(deltas.at(-1).contentBlockIndex).toBe(1);
  });

  test('no thinking where it is disabled', async () => {
    const server = await start();
    const input = ask('Hi', {
      modelId: OPUS_5,
      additionalModelRequestFields: { thinking: { type: 'disabled' } },
    });
    const answer = await client(server).send(new ConverseCommand(input));
    expect(answer.output.message.content).toEqual([{ text: expect.any(String) }]);
  });

  const inputSchema = {
    json: {
      type: 'object',
      properties: {
        city: { type: 'string' },
        days: { type: 'integer' },
        unit: { enum: ['C', 'F'] },
      },
    },
  };
  const tools = [{ toolSpec: { name: 'weather', inputSchema } }];
  const expected = { city: 'example city', days: 1, unit: 'C' };

  test.each([
    ['is forced', 'Hi', { tool: { name: 'weather' } }, 1],
    ['may be any', 'Hi', { any: {} }, 1],
    ['is named in the prompt', 'Use weather, please', undefined, 2],
  ])('calls a tool that %s', async (_name, prompt, toolChoice, blocks) => {
    const server = await start();
    const input = ask(prompt, { toolConfig: { tools, ...(toolChoice ? { toolChoice } : {}) } });
    const answer = await client(server).send(new ConverseCommand(input));
    expect(answer.stopReason).toBe('tool_use');
    expect(answer.output.message.content).toHaveLength(blocks);
    expect(answer.output.message.content.at(-1).toolUse).toMatchObject({
      name: 'weather',
      input: expected,
    });

    const { stream } = await client(server).send(new ConverseStreamCommand(input));
    const events = await collect(stream);
    const pieces = events.flatMap(
      ({ contentBlockDelta }) => contentBlockDelta?.delta?.toolUse?.input ?? [],
    );
    expect(pieces[0]).toBe('');
    expect(pieces.length).toBeGreaterThan(3);
    expect(JSON.parse(pieces.join(''))).toEqual(expected);

    const toolUse = answer.output.message.content.at(-1).toolUse;
    const { messages } = input;
    messages.push(answer.output.message);
    messages.push({
      role: 'user',
      content: [{ toolResult: { toolUseId: toolUse.toolUseId, content: [{ text: 'sunny' }] } }],
    });
    const next = await client(server).send(
      new ConverseCommand({ ...input, messages, toolConfig: { tools } }),
    );
    expect(next.stopReason).toBe('end_turn');
  });

  test('stops at maxTokens and at a stop sequence', async () => {
    const server = await start();
    const short = await client(server).send(
      new ConverseCommand(ask('Hi', { inferenceConfig: { maxTokens: 3 } })),
    );
    expect(short).toMatchObject({ stopReason: 'max_tokens', usage: { outputTokens: 3 } });
    const stopped = await client(server).send(
      new ConverseCommand(ask('Hi', { inferenceConfig: { stopSequences: [' asked'] } })),
    );
    expect(stopped).toMatchObject({
      stopReason: 'stop_sequence',
      output: { message: { content: [{ text: 'You' }] } },
    });
  });

  test('a script says what it likes', async () => {
    const script = ({ body }) => {
      const words = body.messages[0].content[0].text;
      if (words === 'fail')
        return { error: { status: 424, type: 'ModelErrorException', message: 'no' } };
      if (words === 'events')
        return {
          events: [
            { messageStart: { role: 'assistant' } },
            { messageStop: { stopReason: 'refusal' } },
          ],
        };
      if (words === 'parts')
        return {
          reasoning: 'hm',
          text: 'so',
          stopReason: 'guardrail_intervened',
          usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
        };
      return words === 'text' ? 'a text' : undefined;
    };
    const server = await start({ script });
    const caller = client(server);
    expect((await caller.send(new ConverseCommand(ask('text')))).output.message.content).toEqual([
      { text: 'a text' },
    ]);
    expect(await caller.send(new ConverseCommand(ask('parts')))).toMatchObject({
      stopReason: 'guardrail_intervened',
      usage: { totalTokens: 3 },
    });
    expect((await fault(caller.send(new ConverseCommand(ask('fail'))))).name).toBe(
      'ModelErrorException',
    );
    const { stream } = await caller.send(new ConverseStreamCommand(ask('events')));
    expect(await collect(stream)).toEqual([
      { messageStart: { role: 'assistant' } },
      { messageStop: { stopReason: 'refusal' } },
    ]);
    expect(
      (await caller.send(new ConverseCommand(ask('other')))).output.message.content[0].text,
    ).toContain('other');
  });

  test('pieces come one after another, paced', async () => {
    const server = await start({ pace: 5 });
    const started = performance.now();
    const { stream } = await client(server).send(new ConverseStreamCommand(ask('Hi')));
    const first = performance.now();
    const events = await collect(stream);
    const last = performance.now();
    expect(last - started).toBeGreaterThan((events.length - 1) * 4);
    expect(last - first).toBeGreaterThan((events.length - 1) * 2);
    expect(metadataOf(events).metrics.latencyMs).toBeGreaterThan((events.length - 2) * 3);
  });

  test('each event is padded, as the service does', async () => {
    const server = await start();
    const response = await fetch(`${server.url}/model/${SONNET_46}/converse-stream`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.bearerToken}` },
      body: JSON.stringify({ messages: ask('Hi').messages }),
    });
    expect(response.headers.get('content-type')).toBe('application/vnd.amazon.eventstream');
    expect((await response.text()).match(/"p":"a/g).length).toBeGreaterThan(10);
  });
});

describe('the prompt cache', () => {
  const long = { text: 'word '.repeat(1000) };
  const point = (ttl) => ({ cachePoint: { type: 'default', ...(ttl ? { ttl } : {}) } });
  const usage = async (caller, input) => (await caller.send(new ConverseCommand(input))).usage;

  test('is written once and read after', async () => {
    const server = await start();
    const caller = client(server);
    const first = await usage(caller, ask('one', { system: [long, point()] }));
    expect(first).toEqual({
      inputTokens: 1,
      outputTokens: expect.any(Number),
      totalTokens: 1251 + first.outputTokens,
      cacheReadInputTokens: 0,
      cacheWriteInputTokens: 1250,
      cacheDetails: [{ ttl: '5m', inputTokens: 1250 }],
    });
    const second = await usage(caller, ask('two', { system: [long, point()] }));
    expect(second).toMatchObject({
      inputTokens: 1,
      cacheReadInputTokens: 1250,
      cacheWriteInputTokens: 0,
    });
    expect(second.cacheDetails).toBeUndefined();
    const other = await usage(caller, ask('two', { modelId: OPUS_5, system: [long, point()] }));
    expect(other.cacheReadInputTokens).toBe(0);
  });

  test('reads the turns before and writes what is new, by TTL', async () => {
    const server = await start();
    const caller = client(server);
    const turn = (role, ...content) => ({ role, content });
    await usage(caller, {
      ...ask(''),
      system: [long, point('1h')],
      messages: [turn('user', long, point())],
    });
    const next = await usage(caller, {
      ...ask(''),
      system: [long, point('1h')],
      messages: [
        turn('user', long),
        turn('assistant', { text: 'yes' }),
        turn('user', long, point()),
      ],
    });
    expect(next).toMatchObject({
      cacheReadInputTokens: 2500,
      cacheWriteInputTokens: 1251,
      cacheDetails: [{ ttl: '5m', inputTokens: 1251 }],
    });
  });

  test('forgets after its time, and ignores sections that are too short', async () => {
    let now = Date.now();
    const server = await start({ now: () => now });
    const caller = client(server, { systemClockOffset: 0 });
    const input = () => ask('one', { system: [long, point()] });
    await usage(caller, input());
    now += 4 * 60_000;
    expect((await usage(caller, input())).cacheReadInputTokens).toBe(1250);
    now += 4.9 * 60_000;
    expect(
      (await usage(client(server, { systemClockOffset: now - Date.now() }), input()))
        .cacheReadInputTokens,
    ).toBe(1250);
    now += 5 * 60_000;
    expect(
      (await usage(client(server, { systemClockOffset: now - Date.now() }), input()))
        .cacheReadInputTokens,
    ).toBe(0);
    const short = await usage(
      client(server, { systemClockOffset: now - Date.now() }),
      ask('x', { system: [{ text: 'short' }, point()] }),
    );
    expect(short).toMatchObject({ cacheReadInputTokens: 0, cacheWriteInputTokens: 0 });
  });
});
