'use strict';

// LibreChat's server as far as it has to do with Bedrock, in a process of its own: each call is
// initialized, run by the real @librechat/agents, and told as JSON. Its work is a JSON file; the
// environment of `env` is set after loading, as LibreChat's dotenv does.

const fs = require('node:fs');

const { env = {}, initialize, calls } = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const { initializeBedrock } = require(initialize);
Object.assign(process.env, env);

const { GraphEvents, Providers, Run, getChatModelClass } = require('@librechat/agents');
const { HumanMessage } = require('@langchain/core/messages');
const { tool } = require('@langchain/core/tools');

const remember = tool(async ({ value }) => `remembered ${value}`, {
  name: 'set_memory',
  description: 'Remembers something about the user.',
  schema: { type: 'object', properties: { value: { type: 'string' } }, required: ['value'] },
});

/** What LibreChat leaves out of a title's settings. */
const OMITTED = ['additionalModelRequestFields', 'thinking', 'maxTokens', 'maxOutputTokens'];

const start = (llmConfig, graph, customHandlers) =>
  Run.create({
    runId: 'run',
    graphConfig: {
      type: 'standard',
      llmConfig: { provider: Providers.BEDROCK, ...llmConfig },
      tools: [],
      ...graph,
    },
    returnContent: true,
    customHandlers,
  });

const go = (run, text, signal) =>
  run.processStream(
    { messages: [new HumanMessage(text)] },
    { configurable: { thread_id: 'thread' }, version: 'v2', streamMode: 'values', signal },
  );

const KINDS = {
  /** A chat: streamed, through the graph. */
  async chat(llmConfig) {
    const config = { ...llmConfig, streaming: true, streamUsage: true, _lc_stream_delay: 0 };
    return { content: await go(await start(config), 'Good day') };
  },

  /** The same without streaming, as where `streaming` is off for an agent. */
  async whole(llmConfig) {
    const ChatModel = getChatModelClass(Providers.BEDROCK);
    const answer = await new ChatModel({ ...llmConfig, streaming: false }).invoke('Good day');
    return { content: answer.content };
  },

  /** The title of a conversation: never streamed, without what makes answers long. */
  async title(llmConfig) {
    const kept = Object.entries(llmConfig).filter(([name]) => !OMITTED.includes(name));
    const run = await start(llmConfig);
    const { title } = await run.generateTitle({
      provider: Providers.BEDROCK,
      inputText: 'Good day',
      contentParts: [{ type: 'text', text: 'Good day to you.' }],
      titleMethod: 'completion',
      clientOptions: { ...Object.fromEntries(kept), streaming: false },
    });
    return { title };
  },

  /** The memory agent: tools, no streaming, and the one temperature that thinking allows. */
  async memory(llmConfig) {
    const thinks = llmConfig.additionalModelRequestFields?.thinking;
    const config = {
      ...llmConfig,
      streaming: false,
      disableStreaming: true,
      ...(thinks && { temperature: 1 }),
    };
    const run = await start(config, {
      tools: [remember],
      instructions: 'Remember.',
      toolEnd: true,
    });
    return { content: await go(run, 'Call set_memory please.') };
  },

  /** A chat that its user stops at the first word. */
  async abort(llmConfig) {
    const control = new AbortController();
    const stop = { handle: () => control.abort(new Error('The user pressed stop.')) };
    const config = { ...llmConfig, streaming: true, _lc_stream_delay: 0 };
    const run = await start(
      config,
      { signal: control.signal },
      {
        [GraphEvents.ON_MESSAGE_DELTA]: stop,
        [GraphEvents.ON_REASONING_DELTA]: stop,
      },
    );
    return { content: await go(run, 'Go on.', control.signal) };
  },
};

async function main() {
  const results = [];
  for (const { kind = 'chat', parameters, ...request } of calls) {
    try {
      const { llmConfig } = await initializeBedrock({ model_parameters: parameters, ...request });
      const { client: _, ...settings } = llmConfig;
      results.push({ settings, ...(await KINDS[kind](llmConfig)) });
    } catch (error) {
      results.push({ error: { name: error.name, message: error.message } });
    }
  }
  fs.writeFileSync(process.argv[3], JSON.stringify(results));
  // A stream that was stopped must not hold a server that ends.
  setImmediate(() => process.exit(0));
}

main();
