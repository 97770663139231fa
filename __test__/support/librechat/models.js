'use strict';

// LibreChat's server as far as it has to do with its list of models: the list is sent to the page
// (ModelController.js), checked with each request (validateModel.js), and made of two functions of
// `@librechat/api`. Older versions keep what they have made. Its work is an environment and requests.

const { env = {}, asked, cached = false } = JSON.parse(process.argv[2]);
Object.assign(process.env, env);

const express = require('express');
const { bedrockInputParser, bedrockOutputParser } = require('librechat-data-provider');
const { createLoadConfigModels, getBedrockModels } = require('@librechat/api');

const loadConfigModels = createLoadConfigModels({});
let kept;

async function getModelsConfig() {
  if (cached && kept) return JSON.parse(kept);
  const config = { openAI: ['gpt-4o'], bedrock: await Promise.resolve(getBedrockModels()) };
  const whole = { ...config, ...(await loadConfigModels({})) };
  kept = JSON.stringify(whole);
  return whole;
}

const app = express();
app.get('/api/models', async (_req, res) => res.send(await getModelsConfig()));
app.get('/api/chat', async (req, res) => {
  const { bedrock } = await getModelsConfig();
  const { model } = req.query;
  if (!bedrock.find((candidate) => candidate === model)) {
    return res.status(400).send({ error: 'illegal_model_request' });
  }
  return res.send(bedrockOutputParser(bedrockInputParser.parse({ model, region: 'us-east-1' })));
});
app.get('/api/other', (_req, res) => res.json({ bedrock: { arn: 'arn:aws:bedrock:x' } }));

const server = app.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  const answers = [];
  for (const place of asked) {
    const response = await fetch(`http://127.0.0.1:${port}${place}`);
    answers.push(await response.json());
  }
  process.stdout.write(JSON.stringify(answers));
  server.closeAllConnections();
  server.close();
});
