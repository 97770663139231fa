'use strict';

/** What local-bedrock refuses and accepts, rule by rule. */

const { startLocalBedrock, rules } = require('../local-bedrock');

const user = (...content) => ({ role: 'user', content });
const assistant = (...content) => ({ role: 'assistant', content });
const text = (words = 'hello') => ({ text: words });
const long = { text: 'word '.repeat(3000) };
const point = (ttl) => ({ cachePoint: { type: 'default', ...(ttl ? { ttl } : {}) } });
const tool = (extra = {}) => ({
  toolSpec: { name: 'clock', inputSchema: { json: { type: 'object' } }, ...extra },
});
const tools = (toolChoice, ...list) => ({
  toolConfig: { tools: list.length > 0 ? list : [tool()], ...(toolChoice ? { toolChoice } : {}) },
});
const toolUse = (toolUseId = 'use1', name = 'clock') => ({
  toolUse: { toolUseId, name, input: {} },
});
const toolResult = (toolUseId = 'use1', extra = {}) => ({
  toolResult: { toolUseId, content: [text()], ...extra },
});
const used = (result = toolResult(), ...rest) => ({
  messages: [user(text()), assistant(toolUse(result.toolResult.toolUseId)), user(result, ...rest)],
});
const thinkingTurn = (reasoning) => ({
  messages: [user(text()), assistant({ reasoningContent: reasoning }, text()), user(text())],
});
const document = (extra = {}) => ({
  document: { name: 'notes', format: 'pdf', source: { bytes: 'QUJD' }, ...extra },
});
const image = (bytes = 'QUJD') => ({ image: { format: 'png', source: { bytes } } });
const KEY = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const infer = (inferenceConfig) => ({ inferenceConfig });
const fields = (additionalModelRequestFields) => ({ additionalModelRequestFields });
const thinking = (value, ...more) =>
  Object.assign(fields({ thinking: value, ...(more[1] ?? {}) }), more[0] ?? {});
const enabled = (budget = 2048) => ({ type: 'enabled', budget_tokens: budget });
const adaptive = { type: 'adaptive' };
const disabled = { type: 'disabled' };
const effort = (value, more = {}) => fields({ output_config: { effort: value }, ...more });
const stops = (count) => infer({ stopSequences: Array.from({ length: count }, (_, n) => `s${n}`) });
const textFormat = {
  outputConfig: {
    textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: '{}' } } },
  },
};
const stream = { stream: true };

const SONNET_37 = 'us.anthropic.claude-3-7-sonnet-20250219-v1:0';
const SONNET_4 = 'us.anthropic.claude-sonnet-4-20250514-v1:0';
const SONNET_45 = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const OPUS_45 = 'us.anthropic.claude-opus-4-5-20251101-v1:0';
const SONNET_46 = 'us.anthropic.claude-sonnet-4-6';
const OPUS_47 = 'us.anthropic.claude-opus-4-7';
const OPUS_5 = 'us.anthropic.claude-opus-5';
const SONNET_55 = 'us.anthropic.claude-sonnet-5-5';
const OPUS_55 = 'us.anthropic.claude-opus-5-5';
const FABLE_51 = 'us.anthropic.claude-fable-5-1';
const HAIKU_3 = 'anthropic.claude-3-haiku-20240307-v1:0';
const NOVA = 'amazon.nova-pro-v1:0';
const NOVA_2 = 'us.amazon.nova-2-lite-v1:0';
const TITAN = 'amazon.titan-text-express-v1';
const GPT = 'us.openai.gpt-5.6-sol';
const OSS = 'openai.gpt-oss-120b-1:0';
const GROK = 'us.xai.grok-4.7';
const LLAMA = 'us.meta.llama4-scout-17b-instruct-v1:0';
const MISTRAL = 'mistral.mistral-large-2407-v1:0';
const MISTRAL_7B = 'mistral.mistral-7b-instruct-v0:2';
const DEEPSEEK = 'deepseek.v3-v1:0';
const R1 = 'us.deepseek.r1-v1:0';
const QWEN = 'qwen.qwen3-32b-v1:0';
const KIMI_3 = 'us.moonshotai.kimi-k3';
const PALMYRA = 'us.writer.palmyra-x5-v1:0';
const COMMAND = 'cohere.command-r-v1:0';
const NEMOTRON = 'nvidia.nemotron-super-3-120b';
const MINIMAX = 'minimax.minimax-m2';
const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/sonnet46team';
const ROUTER = 'arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1';
const signed = { reasoningContent: { reasoningText: { text: 'hm', signature: 'c2ln' } } };

/** [rule, model, refused, a piece of the text, model and request that are accepted next to it] */
// prettier-ignore
const CASES = [
  ['S1', SONNET_45, infer({ temperature: 0.5, topP: 0.9 }), '`temperature` and `top_p` cannot both', SONNET_4],
  ['S1', SONNET_46, infer({ temperature: 0.5, topP: 0.9 }), 'Please use only one.', SONNET_46, infer({ topP: 0.9 })],
  ['S2', OPUS_47, infer({ temperature: 0.5 }), '`temperature` is deprecated for this model.', OPUS_47, infer({ temperature: 1 })],
  ['S2', OPUS_5, infer({ topP: 0.99 }), '`top_p` is deprecated', FABLE_51],
  ['S2', FABLE_51, infer({ topP: 0.99, temperature: 1 }), '`top_p` is deprecated', FABLE_51, infer({ temperature: 1 })],
  ['S2', OPUS_5, fields({ top_k: 5 }), '`top_k` is deprecated', SONNET_46],
  ['S3', GPT, infer({ temperature: 1 }), "doesn't support the temperature field. Remove temperature and try again.", OSS],
  ['S3', GROK, infer({ topP: 0.5 }), 'the topP field', GROK, {}],
  ['S4', GPT, stops(1), 'the stopSequences field', GPT, infer({ stopSequences: [] })],
  ['S5', SONNET_45, infer({ temperature: 1.1 }), 'less than or equal to 1', SONNET_45, infer({ temperature: 1 })],
  ['S5', SONNET_45, infer({ topP: -0.1 }), 'greater than or equal to 0', SONNET_45, infer({ topP: 0 })],
  ['S5', NOVA, infer({ temperature: 0 }), 'not greater or equal to', NOVA, infer({ temperature: 0.00001 })],
  ['S5', COMMAND, infer({ topP: 1 }), '0.99', COMMAND, infer({ topP: 0.99 })],
  ['S6', SONNET_45, infer({ topK: 5 }), 'extraneous key [topK]', SONNET_45, fields({ top_k: 500 })],
  ['S6', SONNET_45, fields({ top_k: 501 }), 'between 0 and 500', NOVA, fields({ inferenceConfig: { topK: 128 } })],
  ['S6', NOVA, fields({ inferenceConfig: { topK: 129 } }), 'between 0 and 128', COMMAND, fields({ k: 0 })],
  ['S7', NOVA, fields({ top_k: 5 }), '#: extraneous key [top_k] is not permitted', SONNET_45],
  ['S8', SONNET_45, fields({ inferenceConfig: { topK: 5 } }), 'extraneous key [inferenceConfig]', NOVA],
  ['S9', LLAMA, fields({ top_k: 5 }), 'extraneous key [top_k]', MISTRAL],
  ['S9', GPT, fields({ top_k: 5 }), 'extraneous key [top_k]', QWEN],
  ['S10', MISTRAL, stops(11), 'maximum item count: 10', MISTRAL, stops(10)],
  ['S10', SONNET_45, stops(2501), 'length less than or equal to 2500', SONNET_45, stops(2500)],
  ['K1', SONNET_45, fields({ credentials: { secretAccessKey: KEY } }), '#: extraneous key [credentials] is not permitted', SONNET_45, fields({ top_k: 5 })],
  ['K1', OSS, fields({ client: {} }), '#: extraneous key [client] is not permitted', OSS, {}],
  ['K1', OSS, fields({ a: [{ apiKey: KEY }] }), '#/a/0: extraneous key [apiKey] is not permitted', OSS, fields({ a: [{ apiKey: 'none' }] })],
  ['S11', SONNET_45, fields({ max_tokens: 5 }), 'The additional field max_tokens conflicts with an existing field', SONNET_45, fields({ top_k: 5 })],
  ['S11', SONNET_45, { ...tools({ auto: {} }), ...fields({ tool_choice: { type: 'none' } }) }, 'tool_choice', SONNET_45, { ...tools(), ...fields({ tool_choice: { type: 'none' } }) }],
  ['T1', NOVA, infer({ maxTokens: 10_001 }), 'exceeds the model limit of 10000. Try again with a maximum tokens value that is lower than 10000.', NOVA, infer({ maxTokens: 10_000 })],
  ['T2', GPT, infer({ maxTokens: 15 }), 'below minimum value', GPT, infer({ maxTokens: 16 })],
  ['T2', KIMI_3, infer({ maxTokens: 1 }), 'below minimum value', SONNET_45],
  ['T4', SONNET_45, { messages: [user(text('abcd'.repeat(200_001)))] }, 'prompt is too long: 200001 tokens > 200000 maximum', SONNET_45, { messages: [user(text('abcd'.repeat(200_001)))], ...fields({ anthropic_beta: ['context-1m-2025-08-07'] }) }],
  ['T4', TITAN, { messages: [user(text('abcd'.repeat(8001)))] }, 'Input is too long for requested model.', TITAN, { messages: [user(text('abcd'.repeat(8000)))] }],
  ['T5', SONNET_37, { messages: [user(text('abcd'.repeat(199_000)))], ...infer({ maxTokens: 1001 }) }, 'exceed context limit', SONNET_45],
  ['R1', SONNET_37, thinking(enabled(), infer({ temperature: 0.5 })), '`temperature` may only be set to 1 when thinking is enabled.', SONNET_37, thinking(enabled(), infer({ temperature: 1 }))],
  ['R1', SONNET_46, thinking(adaptive, infer({ temperature: 0.5 })), 'or in adaptive mode.', SONNET_46, thinking(disabled, infer({ temperature: 0.5 }))],
  ['R2', SONNET_37, thinking(enabled(), infer({ topP: 0.99 })), '`top_p` must be unset', SONNET_4],
  ['R2b', SONNET_4, thinking(enabled(), infer({ topP: 0.94 })), '0.95', SONNET_4, thinking(enabled(), infer({ topP: 0.95 }))],
  ['R3', SONNET_45, thinking(enabled(), {}, { top_k: 5 }), '`top_k` must be unset', SONNET_45, thinking(disabled, {}, { top_k: 5 })],
  ['R4', SONNET_45, thinking(enabled(1023)), 'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024', SONNET_45, thinking(enabled(1024))],
  ['R4', SONNET_45, thinking({ type: 'enabled' }), 'Field required', SONNET_46, thinking(adaptive)],
  ['R5', SONNET_45, thinking(enabled(2048), infer({ maxTokens: 2048 })), '`max_tokens` must be greater than `thinking.budget_tokens`.', SONNET_45, thinking(enabled(2047), infer({ maxTokens: 2048 }))],
  ['R5', SONNET_37, thinking(enabled(2048), infer({ maxTokens: 2048 }), { anthropic_beta: ['interleaved-thinking-2025-05-14'] }), '`max_tokens` must be', SONNET_45],
  ['R6', SONNET_45, thinking(enabled(), tools({ any: {} })), 'Thinking may not be enabled when tool_choice forces tool use.', SONNET_45, thinking(enabled(), tools({ auto: {} }))],
  ['R6', SONNET_46, thinking(enabled(), tools(), { tool_choice: { type: 'any' } }), 'Thinking may not', SONNET_46, thinking(adaptive, tools({ any: {} }))],
  ['R7', SONNET_55, tools({ tool: { name: 'clock' } }), 'forces tool use', OPUS_5],
  ['R8', OPUS_47, thinking(enabled()), '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive"', SONNET_46],
  ['R10', SONNET_45, thinking(adaptive), 'adaptive thinking', SONNET_46],
  ['R11', OPUS_55, thinking(disabled), '"thinking.type.disabled"', OPUS_5],
  ['R12', SONNET_55, thinking(disabled), 'between_tools', SONNET_55, thinking({ type: 'between_tools' })],
  ['R12', SONNET_55, thinking({ type: 'between_tools' }, {}, { output_config: { effort: 'max' } }), "effort 'max'", SONNET_55, thinking({ type: 'between_tools' }, {}, { output_config: { effort: 'high' } })],
  ['R12', SONNET_55, thinking({ type: 'between_tools', display: 'omitted' }), 'display', SONNET_55, thinking({ type: 'adaptive', display: 'omitted' })],
  ['R12', OPUS_5, thinking({ type: 'between_tools' }), 'thinking.type', SONNET_55],
  ['R13', OPUS_5, thinking(disabled, {}, { output_config: { effort: 'xhigh' } }), "output_config.effort 'xhigh' is not supported when thinking is disabled on this model. Use effort 'high' or below, or enable thinking.", OPUS_47],
  ['R13', OPUS_5, thinking(disabled, { outputConfig: { effort: 'max' } }), "effort 'max'", OPUS_5, thinking(disabled, { outputConfig: { effort: 'high' } })],
  ['R15', SONNET_45, effort('low'), 'output_config.effort: Extra inputs are not permitted', SONNET_46],
  ['R15', SONNET_4, { outputConfig: { effort: 'low' } }, 'Extra inputs', OPUS_5],
  ['R16', OPUS_45, effort('low'), 'Extra inputs', OPUS_45, effort('low', { anthropic_beta: ['effort-2025-11-24'] })],
  ['R17', OPUS_45, effort('max', { anthropic_beta: ['effort-2025-11-24'] }), "'low', 'medium' or 'high'", SONNET_46, effort('max')],
  ['R17', SONNET_46, effort('xhigh'), "'max'", OPUS_47],
  ['R18', OPUS_5, thinking({ type: 'adaptive', effort: 'low' }), 'thinking.adaptive.effort', OPUS_5, effort('low')],
  ['R19', OPUS_5, { messages: [{ ...user(text()), output_config: { effort: 'low' } }] }, 'messages.0.output_config: Extra inputs are not permitted', OPUS_5, { messages: [{ ...user(text()), output_config: { effort: 'low' } }], ...fields({ anthropic_beta: ['mid-conversation-output-config-2026-07-01'] }) }],
  ['R20', SONNET_46, { messages: [user(text()), assistant(text())] }, 'does not support assistant message prefill. The conversation must end with a user message.', SONNET_45],
  ['R20', SONNET_45, thinking(enabled(), { messages: [user(text()), assistant(text())] }), 'assistant message prefill', NOVA, { messages: [user(text()), assistant(text())] }],
  ['R21', FABLE_51, thinking({ type: 'adaptive', block_binding: {} }), 'block_binding: Extra inputs are not permitted', FABLE_51, thinking({ type: 'adaptive', block_binding: {} }, {}, { anthropic_beta: ['thinking-binding-controls-2026-08-01'] })],
  ['R22', NOVA_2, fields({ reasoningConfig: { type: 'enabled' } }), 'maxReasoningEffort', NOVA_2, fields({ reasoningConfig: { type: 'disabled' } })],
  ['R22', NOVA_2, fields({ reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low', budgetTokens: 5 } }), 'budgetTokens', NOVA_2, fields({ reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } })],
  ...['temperature', 'topP', 'maxTokens'].map((name) => ['R23', NOVA_2, { ...infer({ [name]: 1 }), ...fields({ reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } }) }, name, NOVA_2, { ...infer({ [name]: 1 }), ...fields({ reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } }) }]),
  ['R23', NOVA_2, fields({ inferenceConfig: { topK: 5 }, reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } }), 'topK', NOVA_2, fields({ inferenceConfig: { topK: 5 } })],
  ['R24', GPT, fields({ reasoning_effort: 'low' }), 'reasoning_effort', OSS],
  ['R24', OSS, fields({ reasoning: { effort: 'low' } }), 'reasoning', GPT],
  ['R24', R1, fields({ reasoning_effort: 'low' }), 'reasoning_effort', DEEPSEEK],
  ['R24', LLAMA, thinking(enabled()), 'thinking', DEEPSEEK],
  ['R24', SONNET_46, fields({ reasoning_config: 'low' }), 'reasoning_config', QWEN],
  ['R24', HAIKU_3, thinking(enabled()), 'thinking: Extra inputs', HAIKU_3, {}],
  ['R25', OSS, fields({ reasoning_effort: 'none' }), 'none', DEEPSEEK],
  ['R25', GPT, fields({ reasoning: { effort: 'minimal' } }), 'minimal', GPT, fields({ reasoning: { effort: 'none' } })],
  ['R26', LLAMA, thinkingTurn({ reasoningText: { text: 'hm' } }), 'User messages cannot contain reasoning content', DEEPSEEK],
  ['R26', SONNET_46, { messages: [user({ reasoningContent: { reasoningText: { text: 'hm' } } })] }, 'User messages cannot', DEEPSEEK, thinkingTurn({ reasoningText: { text: 'hm' } })],
  ['R27', DEEPSEEK, thinkingTurn({ redactedContent: 'QUJD' }), 'redacted', SONNET_46],
  ['M1', SONNET_45, used(), 'The toolConfig field must be defined when using toolUse and toolResult content blocks.', SONNET_45, { ...used(), ...tools() }],
  ['M2', LLAMA, { ...tools(), ...stream }, "This model doesn't support tool use in streaming mode.", LLAMA, tools()],
  ['M3', TITAN, tools(), "This model doesn't support tool use.", NOVA],
  ['M4', LLAMA, tools({ any: {} }), 'toolConfig.toolChoice.any', LLAMA, tools({ auto: {} })],
  ['M4', MISTRAL, tools({ tool: { name: 'clock' } }), 'toolConfig.toolChoice.tool', MISTRAL, tools({ any: {} })],
  ['M4', COMMAND, tools({ auto: {} }), 'toolConfig.toolChoice.auto', PALMYRA, tools({ any: {} })],
  ['shape', SONNET_45, tools({ none: {} }), 'none', SONNET_45, tools({ any: {} })],
  ['M7', SONNET_45, { ...used(toolResult('bad id')), ...tools() }, '[a-zA-Z0-9_.:-]+', SONNET_45, { ...used(toolResult('a_.:-Z9')), ...tools() }],
  ['M7', SONNET_45, { ...used(toolResult('x'.repeat(65))), ...tools() }, 'less than or equal to 64', SONNET_45, { ...used(toolResult('x'.repeat(64))), ...tools() }],
  ['M7', MISTRAL, { ...used(toolResult('tooluse_12')), ...tools() }, 'length of 9', MISTRAL, { ...used(toolResult('abcDEF123')), ...tools() }],
  ['M8', SONNET_45, tools(undefined, tool({ name: 'my.tool' })), '[a-zA-Z0-9_-]+', SONNET_45, tools(undefined, tool({ name: 'my-tool_2' }))],
  ['M8', SONNET_45, tools(undefined, tool({ name: 'x'.repeat(65) })), 'less than or equal to 64', SONNET_45, tools(undefined, tool({ name: 'x'.repeat(64) }))],
  ['M9', LLAMA, { ...used(toolResult(), text()), ...tools() }, 'Conversation blocks and tool result blocks cannot be provided in the same turn.', SONNET_45],
  ['M9', SONNET_45, { ...used(toolResult(), text(), document()), ...tools() }, 'Conversation blocks', SONNET_45, { ...used(toolResult(), text(), image()), ...tools() }],
  ['M10', PALMYRA, { ...used(toolResult('use1', { status: 'success' })), ...tools() }, "This model doesn't support the status field. Remove status and try again.", NOVA],
  ['M11', GPT, { ...used(toolResult('use1', { content: [image()] })), ...tools() }, 'image', SONNET_45],
  ['M12', NOVA, { messages: [assistant(text()), user(text())] }, 'A conversation must start with a user message. Try again', SONNET_45, { messages: [assistant(text()), user(text())] }],
  ['M13', MISTRAL_7B, { system: [text()] }, "This model doesn't support system messages", MISTRAL],
  ['M14', SONNET_45, { messages: [user(text(), { video: { format: 'mp4', source: { bytes: 'QUJD' } } })] }, "This model doesn't support the video content block", NOVA],
  ['M14', NOVA, { messages: [user(text(), document({ citations: { enabled: true } }))] }, "This model doesn't support citations.", SONNET_45],
  ['M15', SONNET_45, { messages: [user(document())] }, 'text block', SONNET_45, { messages: [user(text(), document())] }],
  ['M15', SONNET_45, { messages: [user(text(), ...Array.from({ length: 6 }, (_, n) => document({ name: `notes ${n}` })))] }, '5', SONNET_45, { messages: [user(text(), ...Array.from({ length: 5 }, (_, n) => document({ name: `notes ${n}` })))] }],
  ['M15', SONNET_45, { messages: [user(...Array.from({ length: 21 }, () => image()))] }, '20', SONNET_45, { messages: [user(...Array.from({ length: 20 }, () => image()))] }],
  ['M15', SONNET_45, { messages: [user(image('A'.repeat(5_000_004)))] }, '3.75 MB', SONNET_45, { messages: [user(image('A'.repeat(5_000_000)))] }],
  ['M16', SONNET_45, { messages: [user(text(), document({ name: 'notes.pdf' }))] }, 'The file name can only contain', SONNET_45, { messages: [user(text(), document({ name: ' My notes (2) [a-b] ' }))] }],
  ['M16', SONNET_45, { messages: [user(text(), document({ name: 'two  spaces' }))] }, 'more than one consecutive whitespace', SONNET_45, { messages: [user(text(), document({ name: 'x'.repeat(200) }))] }],
  ['M17', GROK, tools(undefined, tool({ inputSchema: { json: { type: 'object', properties: { a: { type: 'string', pattern: '^(?!x).*$' } } } } })), 'lookaround', SONNET_45],
  ['M18', OPUS_5, tools(undefined, tool({ strict: true })), 'strict', SONNET_46],
  ['M19', OPUS_47, textFormat, 'output_config.format: Extra inputs are not permitted', SONNET_46],
  ['M21', SONNET_46, { ...textFormat, messages: [user(text(), document({ citations: { enabled: true } }))] }, 'Citations', SONNET_46, textFormat],
  ['M23', NOVA, { requestMetadata: {} }, 'requestMetadata', NOVA, { requestMetadata: { team: 'a' } }],
  ['pairs', SONNET_45, { ...tools(), messages: [user(text()), assistant(toolUse('a'), toolUse('b')), user(toolResult('a'))] }, 'Expected toolResult blocks at messages.2.content for the following Ids: b', SONNET_45, { ...tools(), messages: [user(text()), assistant(toolUse('a'), toolUse('b')), user(toolResult('b'), toolResult('a'))] }],
  ['pairs', SONNET_45, { ...tools(), messages: [user(toolResult('a'))] }, 'exceeds the number of toolUse blocks of previous turn', SONNET_45, tools()],
  ['pairs', SONNET_45, { ...tools(), messages: [user(text()), assistant(toolUse('a')), user(text())] }, 'Expected toolResult blocks at messages.2.content for the following Ids: a', SONNET_45, { ...tools(), messages: [user(text()), assistant(toolUse('a')), user(toolResult('a'), text())] }],
  ['pairs', NOVA, { ...tools(), messages: [user(text()), assistant(toolUse('a'))] }, 'Expected toolResult blocks at messages.2.content for the following Ids: a', NOVA, { ...tools(), messages: [user(text()), assistant(text())] }],
  ['pairs', SONNET_45, { ...tools(), messages: [user(text()), assistant(toolUse('a')), user(toolResult('a'), toolResult('a'))] }, 'exceeds the number of toolUse blocks', SONNET_45, { ...used(toolResult('a', { content: [] })), ...tools() }],
  ['pairs', SONNET_45, { ...tools(), messages: [user(text()), assistant(toolUse('a'), toolUse('b')), user(toolResult('a')), user(toolResult('b'))] }, 'Expected toolResult blocks at messages.2.content for the following Ids: b', SONNET_45, { ...tools(), messages: [user(text()), assistant(toolUse('a'), toolUse('b')), user(toolResult('a'), toolResult('b')), user(text())] }],
  ['pairs', SONNET_45, { ...tools(), messages: [user(text()), assistant(toolUse('a'), toolUse('a')), user(toolResult('a'), toolResult('a'))] }, 'The toolUse blocks at messages.1.content contain duplicate Ids: a', SONNET_45, { ...used(), ...tools() }],
  ['pairs', SONNET_45, { ...tools(), messages: [...used().messages, assistant(toolUse()), user(toolResult())] }, 'messages.3.content.0: `tool_use` ids must be unique', SONNET_45, { ...tools(), messages: [...used().messages, assistant(toolUse('use2')), user(toolResult('use2'))] }],
  ['M9', LLAMA, { ...tools(), messages: [...used().messages, user(text())] }, 'messages.2.content: Conversation blocks and tool result blocks cannot', LLAMA, { ...tools(), messages: [...used().messages, assistant(text()), user(text())] }],
  ['M40', LLAMA, { ...tools(), messages: [user(text()), assistant(text(), toolUse()), user(toolResult())] }, 'messages.1.content: Conversation blocks and tool use blocks cannot be provided in the same turn.', SONNET_45],
  ['M40', LLAMA, { ...tools(), messages: [user(text()), assistant(text()), assistant(toolUse()), user(toolResult())] }, 'messages.1.content', LLAMA, { ...tools(), messages: [user(text()), assistant(text()), user(text()), assistant(toolUse()), user(toolResult())] }],
  ['R28', SONNET_46, thinkingTurn({ reasoningText: { text: 'hm' } }), 'messages.1.content.0.thinking.signature: Field required', SONNET_46, thinkingTurn({ reasoningText: { text: 'hm', signature: 'c2ln' } })],
  ['R28', OPUS_5, thinkingTurn({ reasoningText: { text: 'hm', signature: '' } }), 'Invalid `signature` in `thinking` block', OPUS_5, thinkingTurn({ reasoningText: { text: '', signature: 'c2ln' } })],
  ['R28', NOVA_2, thinkingTurn({ reasoningText: { text: 'hm', signature: '' } }), 'signature', NOVA_2, thinkingTurn({ reasoningText: { text: 'hm' } })],
  ['R28', MINIMAX, thinkingTurn({ reasoningText: { text: 'hm', signature: '' } }), 'signature', MINIMAX, thinkingTurn({ reasoningText: { text: 'hm' } })],
  ['R29', OPUS_47, thinkingTurn({ reasoningText: { signature: 'c2ln' } }), "at 'messages.2.member.content.1.member.reasoningContent.reasoningText.text' failed to satisfy constraint: Member must not be null", OPUS_47, thinkingTurn({ reasoningText: { text: '', signature: 'c2ln' } })],
  ['R30', SONNET_45, thinking(enabled(4000), { ...used(), ...tools() }), 'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled', SONNET_46],
  ['R30', SONNET_37, thinking(enabled(4000), { ...tools(), messages: [user(text()), assistant(text(), toolUse()), user(toolResult())] }), 'found `text`', SONNET_37, thinking(enabled(4000), { ...tools(), messages: [...used().messages, assistant(text()), user(text())] })],
  ['R30', SONNET_4, thinking(enabled(4000), { ...tools(), messages: [...used().messages, assistant(signed, toolUse('use2')), user(toolResult('use2'))] }), 'messages.1.content.0.type', SONNET_4, thinking(enabled(4000), { ...tools(), messages: [user(text()), assistant(signed, toolUse()), user(toolResult()), assistant(toolUse('use2')), user(toolResult('use2'))] })],
  ['R31', SONNET_45, { messages: [user(text()), assistant(text('Here: '))] }, 'messages: final assistant content cannot end with trailing whitespace', SONNET_45, { messages: [user(text()), assistant(text('Here: ')), user(text())] }],
  ['R31', HAIKU_3, { messages: [user(text()), assistant(text('Here:\n'))] }, 'trailing whitespace', HAIKU_3, { messages: [user(text()), assistant(text('Here:'))] }],
  ['M37', SONNET_45, { messages: [user(text(), document(), document())] }, "Messages can't contain duplicate document names. Rename the document and retry your request.", SONNET_45, { messages: [user(text(), document(), document({ name: 'notes-2' }))] }],
  ['M37', NOVA, { messages: [user(text(), document()), assistant(text()), user(text(), document({ name: 'Notes' }))] }, 'duplicate document names', NOVA, { messages: [user(text(), document()), assistant(text()), user(text(), document({ name: 'Notes 2' }))] }],
  ['M37', SONNET_45, { ...tools(), messages: [user(text(), document()), assistant(toolUse()), user(toolResult('use1', { content: [document()] }))] }, 'duplicate document names', SONNET_45, { ...tools(), messages: [user(text(), document()), assistant(toolUse()), user(toolResult('use1', { content: [document({ name: 'more' })] }))] }],
  ['M27', SONNET_45, { ...tools(), messages: [user(text()), assistant({ toolUse: { ...toolUse().toolUse, input: '{"a":' } }), user(toolResult())] }, 'The format of the value at messages.1.content.0.toolUse.input is invalid. Provide a json object for the field and try again.', SONNET_45, { ...used(), ...tools() }],
  ['M27', NOVA, { ...tools(), messages: [user(text()), assistant({ toolUse: { ...toolUse().toolUse, input: [] } }), user(toolResult())] }, 'toolUse.input is invalid', NOVA, { ...used(), ...tools() }],
  ['M28', SONNET_45, { ...used(toolResult('use1', { content: [{ json: [1, 2] }] })), ...tools() }, 'The format of the value at messages.2.content.0.toolResult.content.0.json is invalid. Provide a json object for the field and try again.', SONNET_45, { ...used(toolResult('use1', { content: [{ json: {} }] })), ...tools() }],
  ['M42', SONNET_45, tools(undefined, tool({ inputSchema: { json: {} } })), 'The value at toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of the following: object.', SONNET_45, tools()],
  ['M41', SONNET_45, tools(undefined, tool({ inputSchema: { json: { type: 'object', anyOf: [{ required: ['a'] }] } } })), 'tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level', NOVA],
  ['M41', OPUS_5, tools(undefined, tool(), tool({ name: 'other', inputSchema: { json: { type: 'object', oneOf: [] } } })), 'tools.1.custom.input_schema', OPUS_5, tools(undefined, tool({ inputSchema: { json: { type: 'object', properties: { a: { anyOf: [{ type: 'string' }, { type: 'null' }] } } } } }))],
  ['M43', SONNET_46, tools(undefined, tool({ inputSchema: { json: { type: 'object', properties: { $top: {} } } } })), "tools.0.custom.input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'", NOVA],
  ['M43', SONNET_46, tools(undefined, tool({ inputSchema: { json: { type: 'object', properties: { 'filter[id]': {} } } } })), 'Property keys', SONNET_46, tools(undefined, tool({ inputSchema: { json: { type: 'object', properties: { a: { type: 'object', properties: { 'filter[id]': {} } } } } } }))],
  ['M39', SONNET_45, tools(undefined, tool({ description: ' ' })), 'blank', SONNET_45, tools(undefined, tool({ description: ' tells the time ' }))],
  ['M39', SONNET_45, tools(undefined, tool({ description: '' })), "Value '' at 'toolConfig.tools.1.member.toolSpec.description' failed to satisfy constraint: Member must have length greater than or equal to 1", SONNET_45, tools()],
  ['M38', NOVA, { toolConfig: { tools: [] } }, "1 validation error detected: Value at 'toolConfig.tools' failed to satisfy constraint: Member must have length greater than or equal to 1", NOVA, {}],
  ['M32', SONNET_45, { system: [text('')] }, "1 validation error detected: Value '' at 'system.1.member.text' failed to satisfy constraint: Member must have length greater than or equal to 1", SONNET_45, { system: [text(' \n')] }],
  ['M26', SONNET_45, { messages: [user(text(), { image: { format: 'jpg', source: { bytes: 'QUJD' } } })] }, "Value at 'messages.1.member.content.2.member.image.format' failed to satisfy constraint: Member must satisfy enum value set: [gif, jpeg, png, webp]", SONNET_45, { messages: [user(text(), image())] }],
  ['M26', NOVA, { messages: [user(text(), document({ format: 'PDF' }))] }, 'document.format', NOVA, { messages: [user(text(), document({ format: undefined }))] }],
  ['M26', SONNET_45, { ...used(toolResult('use1', { content: [{ image: { format: 'JPEG', source: { bytes: 'QUJD' } } }] })), ...tools() }, "'messages.3.member.content.1.member.toolResult.content.1.member.image.format'", SONNET_45, { ...used(toolResult('use1', { content: [image()] })), ...tools() }],
  ['shape', SONNET_45, { ...used(toolResult('use1', { content: [text(), {}] })), ...tools() }, 'must set one of the following keys', SONNET_45, { ...used(toolResult('use1', { content: [text(' ')] })), ...tools() }],
  ['shape', SONNET_45, { ...used(toolResult('use1', { content: [text(), point()] })), ...tools() }, 'extraneous key [cachePoint]', SONNET_45, { ...used(toolResult(), point()), ...tools() }],
  ['shape', SONNET_45, { messages: [user({ ...text(), ...point() })] }, 'ContentBlock object at messages.0.content.0 can only set one of the following keys: text, image, toolUse, toolResult, document, video, cachePoint, reasoningContent, citationsContent, searchResult', SONNET_45, { messages: [user(text(), point())] }],
  ['shape', SONNET_45, tools(undefined, { ...tool(), ...point() }), 'The value at toolConfig.tools.0 can only set one of the following keys: toolSpec, systemTool, modelTool, or cachePoint.', SONNET_45, tools(undefined, tool(), point())],
  ['I9', PROFILE, { projectIdentifier: 'team-a' }, "Application inference profiles don't support non-default projects.", PROFILE, { projectIdentifier: 'default' }],
  ['I9', PROFILE, { projectIdentifier: 'arn:aws:bedrock:us-east-1:123456789012:project/team-a' }, 'non-default projects', SONNET_46, { projectIdentifier: 'team-a' }],
  ['shape', SONNET_45, { projectIdentifier: 'team a' }, 'projectIdentifier', NOVA, { projectIdentifier: 'team_a-1' }],
  ['shape', SONNET_45, { projectIdentifier: '' }, "Value '' at 'projectIdentifier'", NOVA, {}],
  ['shape', SONNET_45, { projectIdentifier: 5 }, 'can not be converted to a String', NOVA, {}],
  ['T1', ROUTER, infer({ maxTokens: 8192 }), 'exceeds the model limit of 4096', ROUTER, infer({ maxTokens: 4096 })],
  ['M14', QWEN, { messages: [user(text(), image())] }, "This model doesn't support the image content block", SONNET_45],
  ['P1', NEMOTRON, { system: [long, point()] }, 'You invoked an unsupported model or your request did not allow prompt caching', SONNET_45],
  ['P1', KIMI_3, { system: [long, point()] }, "This model doesn't support the cachePoint field", NOVA],
  ['P2', SONNET_45, { messages: [user(...Array.from({ length: 5 }, () => [text(), point()]).flat())] }, 'A maximum of 4', SONNET_45, { messages: [user(...Array.from({ length: 4 }, () => [text(), point()]).flat())] }],
  ['P4', SONNET_4, { system: [long, point('1h')] }, 'Extended TTL', SONNET_45],
  ['P4', NOVA, { system: [long, point('1h')] }, 'Extended TTL prompt caching is only supported for Anthropic models', NOVA, { system: [long, point('5m')] }],
  ['P5', SONNET_45, { system: [text(), point('5m')], messages: [user(text(), point('1h'))] }, "must not come after a ttl='5m'", SONNET_45, { system: [text(), point('1h')], messages: [user(text(), point('5m'))] }],
  ['P6', NOVA, tools(undefined, tool(), point()), 'cachePoint', SONNET_45],
  ['P7', SONNET_45, { messages: [user(point(), text())] }, 'There is nothing available to cache', SONNET_45, { messages: [user(text(), point())] }],
  ['P7', SONNET_45, { messages: [user(text(), document({ format: 'docx' }), point())] }, 'nothing available', SONNET_45, { messages: [user(text(), document(), point())] }],
  ['P8', NOVA, { ...used(toolResult(), point()), ...tools() }, 'cachePoint', SONNET_45],
  ['P9', GPT, { system: [long, point()] }, 'cachePoint', SONNET_45],
  ['shape', SONNET_45, { top_k: 5 }, 'Malformed input request: #: extraneous key [top_k] is not permitted, please reformat your input and try again.', SONNET_45, {}],
  ['shape', SONNET_45, infer({ seed: 5 }), 'extraneous key [seed]', SONNET_45, infer({})],
  ['shape', SONNET_45, { messages: [{ ...user(text()), id: 'x' }] }, 'extraneous key [id]', SONNET_45, {}],
  ['shape', SONNET_45, { messages: [user({ text: 'a', type: 'text' })] }, 'extraneous key [type]', SONNET_45, {}],
  ['shape', SONNET_45, { messages: [user({})] }, 'ContentBlock object at messages.0.content.0 must set one of the following keys: text, image', SONNET_45, {}],
  ['shape', SONNET_45, infer({ maxTokens: '5' }), 'STRING_VALUE can not be converted to an Integer', SONNET_45, infer({ maxTokens: 5 })],
  ['shape', SONNET_45, infer({ maxTokens: 0 }), 'greater than or equal to 1', SONNET_45, infer({ maxTokens: 1 })],
  ['shape', SONNET_45, { messages: [{ role: 'tool', content: [text()] }] }, 'enum value set', SONNET_45, {}],
  ['shape', SONNET_45, { messages: [{ role: 'user' }] }, 'not be null', SONNET_45, {}],
  ['shape', SONNET_45, { toolConfig: {} }, 'toolConfig.tools', SONNET_45, tools()],
  ['M31', SONNET_45, { messages: [user(text(' '))] }, 'The text field in the ContentBlock object at messages.0.content.0 is blank.', SONNET_45, {}],
  ['M30', SONNET_45, { messages: [user()] }, 'The content field in the Message object at messages.0 is empty.', SONNET_45, {}],
];

let server;
beforeAll(async () => {
  server = await startLocalBedrock({ pace: 0 });
});
afterAll(() => server.close());

async function call(modelId, { stream: streaming, ...request }) {
  const body = { messages: [user(text())], ...request };
  const operation = streaming ? 'converse-stream' : 'converse';
  const response = await fetch(`${server.url}/model/${encodeURIComponent(modelId)}/${operation}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.bearerToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    rule: response.headers.get('x-local-bedrock-rule'),
    type: response.headers.get('x-amzn-errortype'),
    text: await response.text(),
  };
}

const named = CASES.map((row, index) => [`${row[0]} #${index} ${row[3].slice(0, 50)}`, row]);

describe('the rules of local-bedrock', () => {
  test.each(named)('refuses %s', async (_name, [rule, model, refused, words]) => {
    const answer = await call(model, refused);
    expect([answer.rule, answer.status]).toEqual([rule, model === NEMOTRON ? 403 : 400]);
    expect(JSON.parse(answer.text).message).toContain(words);
  });

  test.each(named)('accepts what is next to %s', async (_name, row) => {
    const [, , refused, , otherModel, accepted = refused] = row;
    const answer = await call(otherModel, accepted);
    expect([answer.status, answer.rule, answer.status === 200 ? '' : answer.text]).toEqual([
      200,
      null,
      '',
    ]);
  });

  test('each rule in the list has a case', () => {
    const covered = new Set(CASES.map(([rule]) => rule));
    expect(
      [...new Set(rules.map(({ rule }) => rule))].filter((rule) => !covered.has(rule)),
    ).toEqual([]);
  });

  test('each entry is complete', () => {
    for (const entry of rules) {
      expect(entry).toMatchObject({
        rule: expect.any(String),
        when: expect.any(Function),
        status: expect.any(Number),
        type: expect.any(String),
      });
      expect(['string', 'function']).toContain(typeof entry.message);
    }
  });
});

describe('accepted as it stands', () => {
  test.each([
    ['thinking on by default (R14)', OPUS_5, {}],
    ['a budget on 4.6 (R9)', SONNET_46, thinking(enabled())],
    ['adaptive thinking and a forced tool (R6b)', OPUS_5, thinking(adaptive, tools({ any: {} }))],
    ['maxTokens left out (T3)', LLAMA, {}],
    ['a section too short to cache (P3)', SONNET_45, { system: [text(), point()] }],
    ['the empty system list that LangChain sends', SONNET_45, { system: [] }],
    ['tools and streaming on gpt-oss', OSS, { ...tools(), ...stream }],
  ])('%s', async (_name, model, request) => {
    expect(await call(model, request)).toMatchObject({ status: 200, rule: null });
  });
});
