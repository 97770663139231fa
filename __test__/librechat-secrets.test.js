'use strict';

/**
 * LibreChat's memory agent that is the agent in use: the settings of the chat, with client and keys,
 * are parameters once more, and LibreChat's parser moves what it does not know into
 * `additionalModelRequestFields`.
 */

const { execFile } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { promisify } = require('node:util');

const { start } = require('./support/bedrock.js');
const { build } = require('./support/librechat/build.js');

const register = path.join(__dirname, '..', 'lib', 'register.js');
const MODEL = 'us.anthropic.claude-sonnet-4-6';

let built;
beforeAll(() => {
  built = build();
}, 60_000);
afterAll(() => fs.rmSync(built.folder, { recursive: true }));

const SCRIPT = `
const { initializeBedrock } = require(process.env.INITIALIZE);
const { getChatModelClass } = require('@librechat/agents');
(async () => {
  const again = async (model_parameters) => (await initializeBedrock({ model_parameters })).llmConfig;
  const chat = await again({ model: process.env.MODEL });
  const memory = await again({ ...chat, temperature: 0.4 });
  const ChatModel = getChatModelClass('bedrock');
  const { content } = await new ChatModel({ ...memory, streaming: false }).invoke('Remember.');
  const fields = Object.keys(memory.additionalModelRequestFields ?? {});
  process.stdout.write(JSON.stringify({ fields, said: content.length > 0 }));
  process.exit(0);
})();`;

test.each([
  ['A', 'keys'],
  ['A', 'a token'],
  ['B', 'keys'],
  ['B', 'a token'],
])('route %s with %s: nothing of them is sent', async (route, how) => {
  const server = await start();
  const { secretAccessKey, accessKeyId } = server.credentials;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [...(route === 'B' ? ['--require', register] : []), '-e', SCRIPT],
    {
      cwd: built.folder,
      env: {
        PATH: process.env.PATH,
        ...(how === 'a token' && { BEDROCK_AWS_BEARER_TOKEN: server.bearerToken }),
        INITIALIZE: route === 'A' ? built.patch : built.register,
        MODEL:
          route === 'A'
            ? MODEL
            : server.profiles.find(({ model }) => model.includes('sonnet-4-6')).arn,
        BEDROCK_AWS_DEFAULT_REGION: server.region,
        BEDROCK_AWS_ACCESS_KEY_ID: accessKeyId,
        BEDROCK_AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME: server.url,
        AWS_ENDPOINT_URL_BEDROCK: server.url,
      },
    },
  );
  const { fields, said } = JSON.parse(stdout);
  expect([said, fields.some((name) => ['client', 'credentials'].includes(name))]).toEqual([
    true,
    true,
  ]);
  const bodies = JSON.stringify(server.requests.map(({ body }) => body ?? {}));
  for (const text of [bodies, stderr]) {
    expect(text).not.toContain(secretAccessKey);
    expect(text).not.toContain(accessKeyId);
    expect(text).not.toContain(server.bearerToken);
  }
  expect(server.requests.at(-1)).toMatchObject({ operation: 'Converse', status: 200 });
});
