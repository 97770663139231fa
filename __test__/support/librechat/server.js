'use strict';

// LibreChat's server as far as it has to do with Bedrock, in a process of its own: each call is
// initialized, run by the real @librechat/agents, and told as JSON. Its work is a JSON file; the
// environment of `env` is set after loading, as LibreChat's dotenv does.

const fs = require('node:fs');

const { env = {}, initialize, calls } = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const { initializeBedrock } = require(initialize);
Object.assign(process.env, env);

const { GraphEvents, Providers, Run, getChatModelClass } = require('@librechat/agents');
const { AIMessage, HumanMessage } = require('@langchain/core/messages');
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

const RUNNING = { configurable: { thread_id: 'thread' }, version: 'v2', streamMode: 'values' };

const go = (run, text, signal) =>
  run.processStream({ messages: [new HumanMessage(text)] }, { ...RUNNING, signal });

/** What a label is about. */
const TOOLS = [
  { toolName: 'get_weather', name: 'get_weather', args: '{"city":"Paris"}', output: '17' },
];

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

  /** The memory agent that is the agent in use: its settings are parameters once more. */
  async 'memory again'({ client: _, credentials: __, ...settings }, { again, listed }) {
    return KINDS.memory(await again({ ...settings, model: listed }));
  },

  /** A label of what tools do: a model of its own, made of nothing but the name in the settings. */
  async activity({ model }, { again }) {
    const clientOptions = await again({ model });
    const run = await start(clientOptions);
    return run.generateActivityLabel({
      provider: Providers.BEDROCK,
      clientOptions,
      entries: TOOLS,
    });
  },

  /** A label of several activities. */
  async phase({ model }, { again }) {
    const clientOptions = await again({ model });
    const run = await start(clientOptions);
    return run.generateActivityPhaseLabel({
      provider: Providers.BEDROCK,
      clientOptions,
      activities: [
        { label: 'Looked it up', entries: TOOLS },
        { label: 'Looked again', entries: TOOLS },
      ],
      phaseIndex: 0,
    });
  },

  /** A label of what the model thinks. */
  async reasoning({ model }, { again }) {
    const clientOptions = await again({ model });
    const run = await start(clientOptions);
    return run.generateReasoningLabel({
      provider: Providers.BEDROCK,
      clientOptions,
      visibleReasoning: 'The user wants to know what the weather is. I will look it up. '.repeat(9),
      reasoningStepId: 'step',
      revision: 0,
    });
  },

  /** A summary of the conversation: the settings of the chat, with the summary's model in them. */
  async summary(llmConfig, { summarization = {} }) {
    const run = await start(llmConfig, {
      maxContextTokens: 8000,
      summarizationEnabled: true,
      summarizeOnly: true,
      summarizationConfig: {
        provider: Providers.BEDROCK,
        model: llmConfig.model,
        ...summarization,
      },
    });
    const said = Array.from({ length: 6 }, (_, at) => [
      new HumanMessage(`Question ${at}: ${'why? '.repeat(40)}`),
      new AIMessage(`Answer ${at}: ${'therefore. '.repeat(40)}`),
    ]);
    await run.processStream({ messages: said.flat() }, RUNNING);
    return {};
  },

  /** A summary that the user asks for: the settings are parameters once more, with the summary's model. */
  async compaction({ client: _, credentials: __, ...settings }, { again, summarization = {} }) {
    const ChatModel = getChatModelClass(Providers.BEDROCK);
    const model = new ChatModel(await again({ ...settings, ...summarization }));
    const content = [];
    for await (const chunk of await model.stream('Summarize.')) content.push(chunk.content);
    return { content };
  },

  /** A hand-off to a second agent, which has settings of its own. */
  async handoff(llmConfig, { again, other }) {
    const agents = [llmConfig, await again({ model: other })].map((clientOptions, at) => ({
      agentId: `agent-${at}`,
      provider: Providers.BEDROCK,
      clientOptions: { ...clientOptions, streaming: true, _lc_stream_delay: 0 },
      tools: [],
    }));
    const run = await Run.create({
      runId: 'run',
      graphConfig: {
        type: 'multi-agent',
        agents,
        edges: [{ from: 'agent-0', to: 'agent-1', edgeType: 'direct' }],
      },
      returnContent: true,
    });
    return { content: await go(run, 'Good day') };
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
  for (const { kind = 'chat', parameters, more = {}, ...request } of calls) {
    const again = async (model_parameters) =>
      (await initializeBedrock({ model_parameters, ...request })).llmConfig;
    try {
      const llmConfig = await again(parameters);
      const { client: _, ...settings } = llmConfig;
      const answer = await KINDS[kind](llmConfig, { again, listed: parameters.model, ...more });
      results.push({ settings, ...answer });
    } catch (error) {
      results.push({ error: { name: error.name, message: error.message } });
    }
  }
  fs.writeFileSync(process.argv[3], JSON.stringify(results));
  // A stream that was stopped must not hold a server that ends.
  setImmediate(() => process.exit(0));
}

main();
