'use strict';

/**
 * Conversations as programs really send them, by what Bedrock refuses in them: each with models and
 * places it was not reported for, and with its lawful counterparts, which nothing may touch.
 */

const t = (text) => ({ text });
const u = (...content) => ({ role: 'user', content });
const a = (...content) => ({ role: 'assistant', content });
const call = (id, input = {}, name = 'clock') => ({ toolUse: { toolUseId: id, name, input } });
const res = (id, ...content) => ({
  toolResult: { toolUseId: id, content: content.length > 0 ? content : [t('noon')] },
});
const point = { cachePoint: { type: 'default' } };
const reasoning = (text, signature) => ({
  reasoningContent: { reasoningText: { text, signature } },
});
const signed = reasoning('hm', 'c2ln');
const redacted = { reasoningContent: { redactedContent: Buffer.from('x') } };
const BYTES = Buffer.from('bytes of no importance');
const image = (format = 'png') => ({ image: { format, source: { bytes: BYTES } } });
const doc = (name = 'report', format = 'pdf') => ({
  document: { name, format, source: { bytes: BYTES } },
});
const spec = (json = { type: 'object' }, more = {}) => ({
  toolSpec: { name: 'clock', description: 'tells the time', inputSchema: { json }, ...more },
});
const tools = (...list) => ({ toolConfig: { tools: list.length > 0 ? list : [spec()] } });
const talk = (...messages) => ({ messages });
const think = {
  additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 4000 } },
};
const withTools = (...messages) => ({ ...talk(...messages), ...tools() });
const ask = (more) => ({ ...talk(u(t('Good day'))), ...more });

const SONNET_37 = 'anthropic.claude-3-7-sonnet-20250219-v1:0';
const SONNET_45 = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const SONNET_46 = 'anthropic.claude-sonnet-4-6';
const OPUS_47 = 'anthropic.claude-opus-4-7';
const OPUS_5 = 'anthropic.claude-opus-5';
const HAIKU_3 = 'anthropic.claude-3-haiku-20240307-v1:0';
const NOVA = 'amazon.nova-pro-v1:0';
const NOVA_2 = 'amazon.nova-2-lite-v1:0';
const LLAMA = 'meta.llama3-3-70b-instruct-v1:0';
const LLAMA_4 = 'meta.llama4-maverick-17b-instruct-v1:0';
const MISTRAL = 'mistral.mistral-large-2407-v1:0';
const OSS = 'openai.gpt-oss-120b-1:0';
const GLM = 'zai.glm-5';
const MINIMAX = 'minimax.minimax-m2';

/** Ids of calls that Mistral takes too. */
const [ONE, TWO] = ['abcdefgh1', 'abcdefgh2'];
const turn = (id = ONE) => [a(call(id)), u(res(id))];
const before = u(t('What time is it?'));
const after = u(t('And now?'));

/**
 * `kind`, the stand-in's `rules` that refuse it, `refused` and `lawful` inputs by model.
 *
 * @type {{ kind: string, rules: string[], refused: [string, object][], lawful: [string, object][] }[]}
 */
const FIELD = [
  {
    kind: 'blank text',
    rules: ['M31'],
    refused: [
      [SONNET_45, talk(u(t('a'), t('')))],
      [OPUS_5, talk(before, a(t(' \n')), after)],
      [LLAMA, talk(before, a(t('')), after)],
      [NOVA, talk(before, a(t('well')), u(t('\t')))],
      [GLM, talk(u(t(' '), t('a')), a(t('b')), after)],
      [SONNET_45, withTools(before, a(t(''), call(ONE)), u(res(ONE), t(' ')))],
    ],
    lawful: [
      [SONNET_45, withTools(before, a(call(ONE)), u(res(ONE, t(' '))))],
      [NOVA, withTools(before, a(call(ONE)), u(res(ONE, t(''))))],
      [SONNET_45, talk(u(t(' a ')), a(t('\nb')), after)],
    ],
  },
  {
    kind: 'empty content',
    rules: ['M30'],
    refused: [
      [SONNET_45, talk(before, a(), after)],
      [LLAMA, talk(before, a(), after)],
      [NOVA, talk(before, a(t('b')), u(), a(t('c')), after)],
    ],
    lawful: [[SONNET_45, talk(before, a(t('b')), after)]],
  },
  {
    kind: 'empty system prompt',
    rules: ['M32'],
    refused: [
      [SONNET_45, ask({ system: [t('')] })],
      [NOVA, ask({ system: [t('be kind'), t('')] })],
      [LLAMA, ask({ system: [t('')] })],
    ],
    lawful: [
      [SONNET_45, ask({ system: [t(' \n')] })],
      [NOVA, ask({ system: [t('be kind')] })],
    ],
  },
  {
    kind: 'reasoning without signature',
    rules: ['R28'],
    refused: [
      [SONNET_45, talk(before, a(reasoning('hm'), t('b')), after)],
      [SONNET_46, talk(before, a(reasoning('hm', ''), t('b')), after)],
      [OPUS_5, talk(before, a(reasoning('hm'), signed, t('b')), after)],
      [OPUS_47, talk(before, a(reasoning('hm')), after)],
    ],
    lawful: [
      [SONNET_46, talk(before, a(signed, t('b')), after)],
      [OPUS_5, talk(before, a(redacted, t('b')), after)],
    ],
  },
  {
    kind: 'empty signature on models without signatures',
    rules: ['R28'],
    refused: [
      [NOVA_2, talk(before, a(reasoning('hm', ''), t('b')), after)],
      [MINIMAX, talk(before, a(reasoning('hm', ''), t('b')), after)],
    ],
    lawful: [
      [NOVA_2, talk(before, a(reasoning('hm'), t('b')), after)],
      [MINIMAX, talk(before, a(reasoning('hm'), t('b')), after)],
    ],
  },
  {
    kind: 'signature without text',
    rules: ['R29'],
    refused: [
      [OPUS_47, talk(before, a(reasoning(undefined, 'c2ln'), t('b')), after)],
      [OPUS_5, talk(before, a(reasoning(undefined, 'c2ln')), after)],
      [SONNET_46, withTools(before, a(reasoning(undefined, 'c2ln'), call(ONE)), u(res(ONE)))],
    ],
    lawful: [[OPUS_47, talk(before, a(reasoning('', 'c2ln'), t('b')), after)]],
  },
  {
    kind: 'thinking switched on inside a tool loop',
    rules: ['R30'],
    refused: [
      [SONNET_45, { ...withTools(before, a(t('x'), call(ONE)), u(res(ONE))), ...think }],
      [SONNET_37, { ...withTools(before, a(call(ONE)), u(res(ONE))), ...think }],
      [SONNET_45, { ...withTools(before, ...turn(), a(signed, call(TWO)), u(res(TWO))), ...think }],
      [SONNET_45, { ...withTools(before, a(reasoning('hm'), call(ONE)), u(res(ONE))), ...think }],
    ],
    lawful: [
      [SONNET_45, { ...withTools(before, ...turn(), a(t('noon')), after), ...think }],
      [
        SONNET_45,
        {
          ...withTools(before, a(signed, call(ONE)), u(res(ONE)), a(call(TWO)), u(res(TWO))),
          ...think,
        },
      ],
      [SONNET_37, { ...withTools(before, a(redacted, call(ONE)), u(res(ONE))), ...think }],
      [
        SONNET_46,
        {
          ...withTools(before, ...turn()),
          additionalModelRequestFields: { thinking: { type: 'adaptive' } },
        },
      ],
    ],
  },
  {
    kind: 'call without result, result without call',
    rules: ['pairs'],
    refused: [
      [SONNET_45, withTools(before, a(call(ONE)), u(t('go on')))],
      [LLAMA, withTools(before, a(call(ONE)), u(t('go on')))],
      [NOVA, withTools(before, a(call(ONE)))],
      [SONNET_45, withTools(u(res('9')))],
      [OSS, withTools(before, ...turn(), a(t('b')), u(res(TWO)))],
      [SONNET_45, withTools(before, a(call(ONE)), u(res(ONE), res(ONE)))],
      [SONNET_45, withTools(before, ...turn(), a(t('b')), after, ...turn())],
      [MISTRAL, withTools(before, a(call(ONE), call(TWO)), u(res(TWO)))],
    ],
    lawful: [
      [
        SONNET_45,
        withTools(before, a(call(ONE)), u({ toolResult: { toolUseId: ONE, content: [] } })),
      ],
      [NOVA, withTools(before, a(call(ONE), call(TWO)), u(res(TWO), res(ONE)))],
    ],
  },
  {
    kind: 'results in several turns',
    rules: ['pairs'],
    refused: [
      [SONNET_45, withTools(before, a(call(ONE), call(TWO)), u(res(ONE)), u(res(TWO)))],
      [LLAMA, withTools(before, a(call(ONE), call(TWO)), u(res(ONE)), u(res(TWO)))],
    ],
    lawful: [[SONNET_45, withTools(before, a(call(ONE), call(TWO)), u(res(ONE), res(TWO)))]],
  },
  {
    kind: 'text beside a call',
    rules: ['M40'],
    refused: [
      [LLAMA, withTools(before, a(t('Let me look.'), call(ONE)), u(res(ONE)))],
      [LLAMA_4, withTools(before, a(call(ONE), t('Let me look.')), u(res(ONE)), a(t('b')), after)],
      [MISTRAL, withTools(before, a(t('Let me look.'), call(ONE)), u(res(ONE)))],
    ],
    lawful: [
      [SONNET_45, withTools(before, a(t('Let me look.'), call(ONE)), u(res(ONE)))],
      [NOVA, withTools(before, a(t('Let me look.'), call(ONE)), u(res(ONE)))],
      [LLAMA, withTools(before, ...turn())],
    ],
  },
  {
    kind: 'text turn after a result turn',
    rules: ['M9'],
    refused: [
      [LLAMA, withTools(before, ...turn(), after)],
      [LLAMA_4, withTools(before, ...turn(), after, a(t('b')), after)],
      [MISTRAL, withTools(before, ...turn(), after)],
    ],
    lawful: [
      [SONNET_45, withTools(before, ...turn(), after)],
      [LLAMA, withTools(before, ...turn(), a(t('b')), after)],
    ],
  },
  {
    kind: 'empty description',
    rules: ['M39'],
    refused: [
      [SONNET_45, ask(tools(spec(undefined, { description: '' })))],
      [NOVA, ask(tools(spec(), spec(undefined, { name: 'other', description: ' ' })))],
      [LLAMA, ask(tools(spec(undefined, { description: '' })))],
    ],
    lawful: [
      [SONNET_45, ask(tools(spec(undefined, { description: undefined })))],
      [NOVA, ask(tools(spec(undefined, { description: ' tells the time ' })))],
    ],
  },
  {
    kind: 'no tools',
    rules: ['M38', 'shape'],
    refused: [
      [SONNET_45, ask({ toolConfig: {} })],
      [NOVA, ask({ toolConfig: { tools: [] } })],
      [LLAMA, ask({ toolConfig: { tools: [], toolChoice: { auto: {} } } })],
      [SONNET_45, { ...talk(before, ...turn()), toolConfig: { tools: [] } }],
    ],
    lawful: [[SONNET_45, ask()]],
  },
  {
    kind: 'schema without type',
    rules: ['M42'],
    refused: [
      [SONNET_45, ask(tools(spec({})))],
      [GLM, ask(tools(spec(), spec({ properties: { a: { type: 'string' } } }, { name: 'other' })))],
    ],
    lawful: [[SONNET_45, ask(tools(spec({ type: 'object', properties: {} })))]],
  },
  {
    kind: 'union at the top of a schema',
    rules: ['M41', 'M42'],
    refused: [
      [
        SONNET_45,
        ask(tools(spec({ type: 'object', properties: { a: {} }, anyOf: [{ required: ['a'] }] }))),
      ],
      [
        OPUS_5,
        ask(
          tools(
            spec({
              oneOf: [
                { type: 'object', properties: { a: {} } },
                { type: 'object', properties: { b: {} } },
              ],
            }),
          ),
        ),
      ],
      [
        SONNET_46,
        ask(tools(spec({ type: 'object', allOf: [{ properties: { a: {} }, required: ['a'] }] }))),
      ],
    ],
    lawful: [
      [GLM, ask(tools(spec({ type: 'object', anyOf: [{ required: ['a'] }] })))],
      [
        SONNET_45,
        ask(tools(spec({ type: 'object', properties: { a: { anyOf: [{ type: 'string' }] } } }))),
      ],
    ],
  },
  {
    kind: 'property keys',
    rules: ['M43'],
    refused: [
      [SONNET_45, ask(tools(spec({ type: 'object', properties: { $top: {} } })))],
      [
        OPUS_5,
        ask(
          tools(
            spec(),
            spec({ type: 'object', properties: { 'filter[id]': {} } }, { name: 'other' }),
          ),
        ),
      ],
      [SONNET_46, ask(tools(spec({ type: 'object', properties: { ['x'.repeat(65)]: {} } })))],
    ],
    lawful: [
      [SONNET_45, ask(tools(spec({ type: 'object', properties: { 'a.b-c_1': {} } })))],
      [
        SONNET_45,
        ask(
          tools(
            spec({
              type: 'object',
              properties: { a: { type: 'object', properties: { $top: {} } } },
            }),
          ),
        ),
      ],
      [GLM, ask(tools(spec({ type: 'object', properties: { $top: {} } })))],
    ],
  },
  {
    kind: 'names in the history',
    rules: ['M8'],
    refused: [
      [SONNET_45, withTools(before, a(call(ONE, {}, 'functions.w')), u(res(ONE)))],
      [NOVA, withTools(before, a(call(ONE, {}, 'x'.repeat(70))), u(res(ONE)))],
      [LLAMA, talk(before, a(call(ONE, {}, 'functions.w')), u(res(ONE)))],
    ],
    lawful: [[SONNET_45, withTools(before, a(call(ONE, {}, 'functions_w')), u(res(ONE)))]],
  },
  {
    kind: 'documents of one name',
    rules: ['M37'],
    refused: [
      [SONNET_45, talk(u(t('a'), doc(), doc()))],
      [NOVA, talk(u(t('a'), doc()), a(t('b')), u(t('c'), doc('Report')))],
      [SONNET_46, withTools(u(t('a'), doc()), a(call(ONE)), u(res(ONE, t('r'), doc())))],
      [SONNET_45, talk(u(t('a'), doc(), doc()), a(t('b')), u(t('c'), doc('report-2')))],
    ],
    lawful: [[SONNET_45, talk(u(t('a'), doc(), doc('report-2')))]],
  },
  {
    kind: 'input of a call that is no object',
    rules: ['M27'],
    refused: [
      [SONNET_45, withTools(before, a(call(ONE, '{"a":')), u(res(ONE)))],
      [NOVA, withTools(before, a(call(ONE, '')), u(res(ONE)))],
      [LLAMA, withTools(before, a(call(ONE, [1, 2])), u(res(ONE)))],
      [OPUS_5, withTools(before, a(call(ONE, '{"a":1}')), u(res(ONE)))],
      [SONNET_45, withTools(before, a(call(ONE, 5)), u(res(ONE)))],
    ],
    lawful: [[SONNET_45, withTools(before, a(call(ONE, { a: '' })), u(res(ONE)))]],
  },
  {
    kind: 'json of a result that is no object',
    rules: ['M28'],
    refused: [
      [SONNET_45, withTools(before, a(call(ONE)), u(res(ONE, { json: [1, 2] })))],
      [NOVA, withTools(before, a(call(ONE)), u(res(ONE, t('a'), { json: 'text' })))],
      [LLAMA, withTools(before, a(call(ONE)), u(res(ONE, { json: 42 })))],
    ],
    lawful: [[SONNET_45, withTools(before, a(call(ONE)), u(res(ONE, { json: {} })))]],
  },
  {
    kind: 'format spelt otherwise',
    rules: ['M26'],
    refused: [
      [SONNET_45, talk(u(t('a'), image('jpg')))],
      [NOVA, talk(u(t('a'), image('JPEG')))],
      [SONNET_46, talk(u(t('a'), doc('report', 'PDF')))],
      [OPUS_5, withTools(before, a(call(ONE)), u(res(ONE, image('PNG'))))],
    ],
    lawful: [[SONNET_45, talk(u(t('a'), image('jpeg'), doc('report', 'md')))]],
  },
  {
    kind: 'prefill with trailing whitespace',
    rules: ['R31'],
    refused: [
      [SONNET_45, talk(before, a(t('Here: ')))],
      [HAIKU_3, talk(before, a(t('Here:\n')))],
    ],
    lawful: [
      [SONNET_45, talk(before, a(t('Here:')))],
      [SONNET_45, talk(before, a(t('Here: ')), after)],
      [NOVA, talk(before, a(t('Here: ')))],
    ],
  },
  {
    kind: 'cache point in a result',
    rules: ['shape'],
    refused: [
      [SONNET_45, withTools(before, a(call(ONE)), u(res(ONE, t('r'), point)))],
      [NOVA, withTools(before, a(call(ONE)), u(res(ONE, t('r'), point)))],
    ],
    lawful: [[SONNET_45, withTools(before, a(call(ONE)), u(res(ONE, t('r')), point))]],
  },
  {
    kind: 'union with two members',
    rules: ['shape'],
    refused: [
      [SONNET_45, ask(tools({ ...spec(), ...point }))],
      [SONNET_46, talk(u({ ...t('a'), ...point }))],
    ],
    lawful: [[SONNET_45, { ...talk(u(t('a'), point)), ...tools(spec(), point) }]],
  },
  {
    kind: 'two and three at once',
    rules: ['M31', 'M30', 'pairs', 'M27', 'R28', 'M37', 'M40', 'M9', 'R29', 'R30'],
    refused: [
      [
        SONNET_45,
        { ...withTools(before, a(reasoning('hm'), call(ONE, '')), u(res(ONE))), ...think },
      ],
      [
        LLAMA,
        withTools(before, a(t('Let me look.'), call(ONE, '')), u(res(ONE)), u(t(' ')), after),
      ],
      [SONNET_46, withTools(before, a(reasoning('hm')), u(res(ONE)), a(t('')))],
      [MISTRAL, withTools(before, a(call(ONE), call(TWO)), u(res(ONE)), u(t('go on'), res(TWO)))],
      [OPUS_5, withTools(u(t('a'), doc()), a(t(''), call(ONE)), u(res(ONE, doc())), u(t('')))],
    ],
    lawful: [],
  },
];

module.exports = { FIELD };
