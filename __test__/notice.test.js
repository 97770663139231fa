'use strict';

/** The option `notice`: what a chat's users are told, and that no model ever hears of it. */

const { ask, client, collect, start } = require('./support/bedrock');

const SONNET_45 = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const OPUS_45 = 'us.anthropic.claude-opus-4-5-20251101-v1:0';
const NOVA_LITE = 'us.amazon.nova-lite-v1:0';
const THINKING = { thinking: { type: 'enabled', budget_tokens: 2000 } };
const TOOLS = { tools: [{ toolSpec: { name: 'x', inputSchema: { json: { type: 'object' } } } }] };

/** Two settings of which the model takes one. */
const changed = (more) =>
  ask('Good day', {
    modelId: SONNET_45,
    inferenceConfig: { temperature: 0.2, topP: 0.5 },
    ...more,
  });
const NOTE = 'Note: The setting top P was left out: the model does not take it here.';
const MARKED = new RegExp(`^[\\u2063\\u2064]+${NOTE}\\n\\n[\\u2063\\u2064]+$`);

const sent = (server, at = -1) => server.requests.at(at).body;

describe('what is told', () => {
  test.each([
    ['a setting', changed(), ['settingsLeftOut'], NOTE],
    [
      'settings that do not go with thinking',
      {
        modelId: SONNET_45,
        inferenceConfig: { maxTokens: 8000, temperature: 0.5 },
        additionalModelRequestFields: { ...THINKING, top_k: 5 },
      },
      ['settingsLeftOut'],
      'Note: The settings temperature and top K were left out: the model does not take them here.',
    ],
    [
      'thinking without room for it',
      {
        modelId: SONNET_45,
        inferenceConfig: { maxTokens: 500 },
        additionalModelRequestFields: THINKING,
      },
      ['thinkingOff'],
      'Note: Thinking was switched off for this answer: the answer may not be long enough for it.',
    ],
    [
      'thinking that the model does not know',
      { modelId: NOVA_LITE, additionalModelRequestFields: THINKING },
      ['thinkingOff'],
      'Note: Thinking was switched off for this answer: the model does not offer it in this way.',
    ],
    [
      'thinking within a loop of tools',
      {
        modelId: SONNET_45,
        additionalModelRequestFields: THINKING,
        toolConfig: TOOLS,
        messages: [
          { role: 'user', content: [{ text: 'hi' }] },
          { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'x', input: {} } }] },
          { role: 'user', content: [{ toolResult: { toolUseId: 'a', content: [{ text: 'r' }] } }] },
        ],
      },
      ['thinkingOff'],
      'Note: Thinking was switched off for this answer: earlier steps of this answer were made without it.',
    ],
    [
      'thinking that cannot be switched off',
      {
        modelId: 'us.anthropic.claude-fable-5',
        additionalModelRequestFields: { thinking: { type: 'disabled' } },
      },
      ['thinkingOn'],
      'Note: Thinking could not be switched off: this model always thinks.',
    ],
    [
      'an effort',
      {
        modelId: OPUS_45,
        additionalModelRequestFields: {
          thinking: { type: 'adaptive' },
          output_config: { effort: 'xhigh' },
        },
      },
      ['effortChanged'],
      'Note: The model thought with effort high instead of xhigh.',
    ],
    [
      'tools and a limit, two at a time',
      {
        modelId: 'mistral.mistral-7b-instruct-v0:2',
        toolConfig: TOOLS,
        inferenceConfig: { maxTokens: 100_000 },
      },
      ['toolsLeftOut', 'answerShorter'],
      "Note: The model answered without tools: it cannot use them. The answer can have at most 8,192 tokens, which is the model's limit.",
    ],
    [
      'a setting beyond its range',
      { modelId: SONNET_45, inferenceConfig: { temperature: 1.7 } },
      ['settingsChanged'],
      'Note: The model was called with temperature 1, as far as it goes.',
    ],
  ])('%s', async (_, input, topics, text) => {
    const server = await start();
    const made = client(server, { notice: 'metadata', discovery: false });
    const { $metadata } = await made.converse({ ...ask('hi'), ...input });
    expect($metadata.profile.notice).toEqual({ text, topics });
  });

  test.each([
    ['nothing was changed', ask('hi', { modelId: SONNET_45 })],
    [
      'thinking was said in other words',
      {
        ...ask('hi'),
        modelId: 'us.anthropic.claude-opus-4-7',
        additionalModelRequestFields: THINKING,
        inferenceConfig: { maxTokens: 8000 },
      },
    ],
    [
      'thinking that was off is left out',
      {
        ...ask('hi'),
        modelId: NOVA_LITE,
        additionalModelRequestFields: { thinking: { type: 'disabled' } },
      },
    ],
    [
      'thinking is an effort now',
      { ...ask('hi'), modelId: 'openai.gpt-oss-120b-1:0', additionalModelRequestFields: THINKING },
    ],
    [
      'a key was taken out',
      { ...ask('hi'), additionalModelRequestFields: { credentials: { accessKeyId: 'x' } } },
    ],
    [
      'the history was repaired',
      ask('hi', { messages: [{ role: 'user', content: [{ text: '' }, { text: 'hi' }] }] }),
    ],
  ])('nothing where %s', async (_, input) => {
    const server = await start();
    const made = client(server, { notice: 'reasoning', discovery: false });
    const { $metadata, output } = await made.converse(input);
    expect($metadata.profile).not.toHaveProperty('notice');
    expect(JSON.stringify(output)).not.toContain('\u2063');
  });

  test('that another model answered', async () => {
    const server = await start();
    const made = client(server, {
      notice: 'metadata',
      maxAttempts: 1,
      mappings: {
        team: {
          model: 'anthropic.claude-sonnet-4-6',
          profiles: [
            'us.anthropic.claude-sonnet-4-6',
            { id: 'us.amazon.nova-pro-v1:0', model: 'amazon.nova-pro-v1:0' },
          ],
        },
      },
    });
    server.fail('throttle');
    const { $metadata } = await made.converse(ask('hi', { modelId: 'team' }));
    expect($metadata.profile.notice).toEqual({
      text: 'Note: amazon.nova-pro-v1:0 answered, because anthropic.claude-sonnet-4-6 could not be reached.',
      topics: ['otherModel'],
    });
  });
});

describe('where it is told', () => {
  test('by default nowhere', async () => {
    const server = await start();
    const made = client(server);
    const { $metadata, output } = await made.converse(changed());
    expect($metadata.profile.changes).toHaveLength(1);
    expect($metadata.profile).not.toHaveProperty('notice');
    expect(output.message.content.every((block) => 'text' in block)).toBe(true);
  });

  test('as reasoning in front of a whole response', async () => {
    const server = await start();
    const { output, $metadata } = await client(server, { notice: 'reasoning' }).converse(changed());
    const [first, second] = output.message.content;
    expect(first.reasoningContent.reasoningText).toEqual({ text: expect.stringMatching(MARKED) });
    expect(second).toHaveProperty('text');
    expect($metadata.profile.notice.text).toBe(NOTE);
  });

  test('as reasoning in front of a stream, and in its metadata', async () => {
    const server = await start();
    const plain = await collect((await client(server).converseStream(changed())).stream);
    const { stream, $metadata } = await client(server, { notice: 'reasoning' }).converseStream(
      changed(),
    );
    const events = await collect(stream);
    expect(events.slice(0, 3)).toEqual([
      plain[0],
      {
        contentBlockDelta: {
          delta: { reasoningContent: { text: expect.stringMatching(MARKED) } },
          contentBlockIndex: 0,
        },
      },
      { contentBlockStop: { contentBlockIndex: 0 } },
    ]);
    // The rest is as it was, one place further on.
    const moved = events.slice(3).map((event) => {
      const [kind] = Object.keys(event);
      const { contentBlockIndex: index, profile: _, ...content } = event[kind];
      return {
        [kind]: { ...content, ...(index !== undefined && { contentBlockIndex: index - 1 }) },
      };
    });
    const timeless = (all) =>
      JSON.parse(JSON.stringify(all).replace(/"latencyMs":\d+/g, '"latencyMs":0'));
    expect(timeless(moved)).toEqual(timeless(plain.slice(1)));
    expect(events.at(-1).metadata.profile.notice.topics).toEqual(['settingsLeftOut']);
    expect($metadata.profile.notice.text).toBe(NOTE);
  });

  test('in metadata alone', async () => {
    const server = await start();
    const made = client(server, { notice: 'metadata' });
    const events = await collect((await made.converseStream(changed())).stream);
    expect(JSON.stringify(events)).not.toContain('\u2063');
    expect(events[1].contentBlockDelta.contentBlockIndex).toBe(0);
    expect(events.at(-1).metadata.profile.notice.text).toBe(NOTE);
  });

  test('by the environment, and the option goes before it', async () => {
    process.env.BEDROCK_PROFILE_NOTICE = 'Metadata';
    const server = await start();
    const { $metadata } = await client(server).converse(changed());
    expect($metadata.profile.notice.text).toBe(NOTE);
    const off = await client(server, { notice: false }).converse(changed());
    expect(off.$metadata.profile).not.toHaveProperty('notice');
    process.env.BEDROCK_PROFILE_NOTICE = 'loudly';
    const warn = jest.fn();
    const odd = await client(server, { logger: { warn } }).converse(changed());
    expect(odd.$metadata.profile).not.toHaveProperty('notice');
    expect(warn).toHaveBeenCalledWith(
      expect.stringContaining('BEDROCK_PROFILE_NOTICE: "loudly" means nothing'),
    );
  });

  test('another value is refused', () => {
    const server = {
      region: 'us-east-1',
      url: 'http://127.0.0.1:9',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    };
    expect(() => client(server, { notice: 'text' })).toThrow(
      'options.notice must be "reasoning", "metadata" or false, not "text".',
    );
  });
});

describe('what comes back', () => {
  /** What any model takes, so that `gating: 'off'` will do. */
  const again = (output) => ask('', { modelId: SONNET_45, ...more(output) });
  const more = (output) => ({
    messages: [
      ...changed().messages,
      output.message,
      { role: 'user', content: [{ text: 'And now?' }] },
    ],
  });

  test.each(['converse', 'converseStream'])(
    'is not sent with %s, whatever the client says',
    async (operation) => {
      const server = await start();
      const telling = client(server, { notice: 'reasoning' });
      const { output: noted } = await telling.converse(changed());
      const { output: plain } = await client(server).converse(changed());
      for (const options of [
        { notice: 'reasoning' },
        { notice: 'metadata' },
        {},
        { gating: 'off' },
      ]) {
        const made = client(server, options);
        const told = await made[operation](again(noted));
        if (told.stream) await collect(told.stream);
        const without = sent(server);
        const same = await made[operation](again(plain));
        if (same.stream) await collect(same.stream);
        // To the byte: a prompt cache has the same prefix.
        expect(without).toEqual(sent(server));
        expect(server.requests.at(-1).rawBody.equals(server.requests.at(-2).rawBody)).toBe(true);
        expect(JSON.stringify(without)).not.toMatch(/[\u2063\u2064]/);
      }
    },
  );

  test('is no change that strict gating refuses, and counts no tokens', async () => {
    const server = await start();
    const { output } = await client(server, { notice: 'reasoning' }).converse(changed());
    const { inferenceConfig: _, ...input } = changed(more(output));
    const strict = client(server, { gating: 'strict' });
    const answer = await strict.converse(input);
    expect(answer.$metadata.profile.changes).toEqual([]);
    await strict.countTokens({
      modelId: SONNET_45.replace('us.', ''),
      input: { converse: { messages: input.messages } },
    });
    expect(JSON.stringify(sent(server))).not.toMatch(/[\u2063\u2064]/);
    const explained = await strict.explain(input);
    expect(explained.request.body).not.toMatch(/[\u2063\u2064]/);
  });

  test('leaves signed reasoning as it was where the two were put together', async () => {
    const server = await start();
    const thinking = {
      inferenceConfig: { maxTokens: 8000, topP: 0.5, temperature: 0.5 },
      additionalModelRequestFields: THINKING,
    };
    const { output } = await client(server, { notice: 'reasoning' }).converse(changed(thinking));
    const [notice, own, ...rest] = output.message.content;
    expect(notice.reasoningContent.reasoningText.signature).toBeUndefined();
    const { text, signature } = own.reasoningContent.reasoningText;
    expect(signature).toEqual(expect.any(String));
    const together = {
      reasoningContent: {
        reasoningText: { text: notice.reasoningContent.reasoningText.text + text, signature },
      },
    };
    const input = changed({
      ...thinking,
      ...more({ message: { role: 'assistant', content: [together, ...rest] } }),
    });
    await client(server).converse(input);
    expect(sent(server).messages[1].content[0]).toEqual({
      reasoningContent: { reasoningText: { text, signature } },
    });
  });
});
