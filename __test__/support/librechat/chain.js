'use strict';

// LibreChat's chain in a process of its own, as packages/api/src/endpoints/bedrock/initialize.ts
// makes it: parsers → settings → the chat model of @librechat/agents, which makes the AWS client.
// Its work comes as JSON; the environment of `env` is set after loading, as LibreChat's dotenv does.

const {
  bedrockInputParser,
  bedrockOutputParser,
  removeNullishValues,
} = require('librechat-data-provider');

const { env = {}, calls } = JSON.parse(process.argv[2]);
Object.assign(process.env, env);

const settingsFor = (parameters) =>
  bedrockOutputParser(
    bedrockInputParser.parse(
      removeNullishValues({ region: process.env.BEDROCK_AWS_DEFAULT_REGION, ...parameters }),
    ),
  );

const TOOL = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather in a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
};

async function ask(settings, { streaming = true, tools = false, keys }) {
  const { getChatModelClass } = require('@librechat/agents');
  const ChatModel = getChatModelClass('bedrock');
  const plain = new ChatModel({
    ...settings,
    credentials: keys ?? {
      accessKeyId: process.env.BEDROCK_AWS_ACCESS_KEY_ID,
      secretAccessKey: process.env.BEDROCK_AWS_SECRET_ACCESS_KEY,
    },
    streaming,
  });
  const model = tools ? plain.bindTools([TOOL]) : plain;
  if (!streaming) return (await model.invoke('Good day')).content;
  const chunks = [];
  for await (const chunk of await model.stream('Good day')) chunks.push(chunk);
  return chunks.reduce((whole, chunk) => whole.concat(chunk)).content;
}

/** Until AWS has said what is behind an id. */
async function untilKnown(id) {
  const { resolveInferenceProfile } = require('../../../lib/librechat.js');
  while (resolveInferenceProfile(id) === undefined) await new Promise(setImmediate);
}

async function main() {
  const results = [];
  for (const { parameters, again = false, known, call = false, ...how } of calls) {
    if (known) await untilKnown(known);
    let settings = settingsFor(parameters);
    if (again) settings = settingsFor(settings);
    results.push({ settings, content: call ? await ask(settings, how) : undefined });
  }
  process.stdout.write(JSON.stringify(results));
}

main();
