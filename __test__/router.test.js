'use strict';

// A prompt router answers with one of several models, and a request must suit whichever it chooses.

const http = require('node:http');
const { BedrockProfileClient } = require('..');

const ROUTER = 'arn:aws:bedrock:us-east-1:123456789012:prompt-router/abcdefghijkl';
const model = (id) => ({ modelArn: `arn:aws:bedrock:us-east-1::foundation-model/${id}` });

const opened = [];
afterEach(() => Promise.all(opened.splice(0).map((close) => close())));

/** A client whose control plane knows the router. */
async function client(router, options = {}) {
  const server = http.createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ promptRouterName: 'ours', status: 'AVAILABLE', ...router }));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const endpoint = `http://127.0.0.1:${server.address().port}`;
  const heard = [];
  const made = new BedrockProfileClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    endpoint,
    controlEndpoint: endpoint,
    logger: { warn: (message) => heard.push(message) },
    ...options,
  });
  opened.push(() => {
    made.destroy();
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  });
  return { made, heard };
}

const INPUT = {
  modelId: ROUTER,
  messages: [
    {
      role: 'user',
      content: [
        { text: 'What is this?' },
        { image: { format: 'png', source: { bytes: new Uint8Array(3) } } },
      ],
    },
  ],
  inferenceConfig: { maxTokens: 8192 },
};

test('a request to a router is fitted to what all of its models take', async () => {
  const { made, heard } = await client({
    models: [model('meta.llama4-scout-17b-instruct-v1:0')],
    fallbackModel: model('meta.llama3-8b-instruct-v1:0'),
  });
  const { resolved, request, capabilities, violations } = await made.explain(INPUT);
  expect(resolved).toMatchObject({
    model: 'meta.llama4-scout-17b-instruct-v1:0',
    otherModels: ['meta.llama3-8b-instruct-v1:0'],
  });
  expect(JSON.parse(request.body).inferenceConfig.maxTokens).toBe(2048);
  expect(capabilities.inputs.image).toMatchObject({ value: false, source: 'catalog' });
  expect(violations.map(({ path }) => path)).toContain('messages[0].content[1].image');
  expect(heard.join('\n')).toContain('Requests are fitted to what they have in common.');
});

test('a router whose models are one is fitted to that', async () => {
  const nova = model('amazon.nova-pro-v1:0');
  const { made, heard } = await client({ models: [nova, nova], fallbackModel: nova });
  const { resolved, request, violations } = await made.explain({
    ...INPUT,
    modelId: ROUTER.replace('abcdefghijkl', 'mnopqrstuvwx'),
  });
  expect(resolved.otherModels).toBeUndefined();
  expect(JSON.parse(request.body).inferenceConfig.maxTokens).toBe(8192);
  expect([violations, heard]).toEqual([[], []]);
});
