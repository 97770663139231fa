'use strict';

/** The client as a drop-in: how it is called, what goes onto the wire, what comes back. */

const { execFile } = require('node:child_process');
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { ConverseCommand, ConverseStreamCommand } = require('@aws-sdk/client-bedrock-runtime');
const { BedrockProfileClient } = require('..');
const {
  ROOT,
  ask,
  awsClient,
  client,
  collect,
  failure,
  freshProfile,
  run,
  start,
} = require('./support/bedrock');

const METADATA = [
  'httpStatusCode',
  'requestId',
  'extendedRequestId',
  'cfId',
  'attempts',
  'totalRetryDelay',
];

function deepFreeze(value) {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}

/** Both clients' bodies for one input. */
async function bothBodies(server, input, options) {
  await client(server, options).converse(input);
  await awsClient(server).send(new ConverseCommand(input));
  return server.requests.slice(-2).map(({ rawBody }) => rawBody.toString());
}

describe('ways to call', () => {
  test('converse gives what the AWS SDK gives', async () => {
    const server = await start({ script: () => ({ text: 'Hello.', latencyMs: 5 }) });
    const ours = await client(server).converse(ask());
    const theirs = await awsClient(server).send(new ConverseCommand(ask()));
    const { $metadata, ...answer } = theirs;
    expect(ours).toEqual({ ...answer, $metadata: expect.anything() });
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
    expect(Object.keys(ours.$metadata)).toEqual(Object.keys($metadata));
  });

  test('send takes the commands of the AWS SDK', async () => {
    const server = await start();
    const whole = await client(server).send(new ConverseCommand(ask()));
    expect(whole.output.message.content[0].text).toContain('Good day');
    const streamed = await client(server).send(new ConverseStreamCommand(ask()));
    expect(Object.keys(streamed).sort()).toEqual(['$metadata', 'stream']);
    expect((await collect(streamed.stream)).at(-1)).toHaveProperty('metadata');
    expect(server.requests.map(({ operation }) => operation)).toEqual([
      'Converse',
      'ConverseStream',
    ]);
  });

  test.each([
    ['command, callback', (made, done) => made.send(new ConverseCommand(ask()), done)],
    ['command, options, callback', (made, done) => made.send(new ConverseCommand(ask()), {}, done)],
    [
      'command, undefined, callback',
      (made, done) => made.send(new ConverseCommand(ask()), undefined, done),
    ],
  ])('send(%s) calls back', async (_form, send) => {
    const server = await start();
    let returned;
    const [error, output] = await new Promise((resolve) => {
      returned = send(client(server), (...given) => resolve(given));
    });
    expect(returned).toBeUndefined();
    expect(error).toBeNull();
    expect(output.stopReason).toBe('end_turn');
  });

  test('a callback gets the error as its only argument', async () => {
    const server = await start();
    server.fail('model-error');
    const given = await new Promise((resolve) => {
      client(server).send(new ConverseCommand(ask()), (...heard) => resolve(heard));
    });
    expect(given).toEqual([expect.objectContaining({ name: 'ModelErrorException' })]);
  });

  test('a callback that throws does no more harm than in the AWS SDK', async () => {
    const server = await start();
    const { code, stdout, stderr } = await run(`
      const { ConverseCommand } = require('@aws-sdk/client-bedrock-runtime');
      const { BedrockProfileClient } = require('./index.js');
      const client = new BedrockProfileClient({
        region: 'us-east-1',
        endpoint: ${JSON.stringify(server.url)},
        credentials: ${JSON.stringify(server.credentials)},
      });
      client.send(new ConverseCommand(${JSON.stringify(ask())}), () => {
        console.log('called');
        throw new Error('of the callback');
      });
    `);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'called\n', stderr: '' });
  });

  test('the package can be imported and required by its name', async () => {
    const folder = mkdtempSync(path.join(ROOT, '__test__', 'esm-'));
    try {
      const file = path.join(folder, 'main.mjs');
      writeFileSync(
        file,
        `import { BedrockProfileClient, ThrottlingException } from 'bedrock-profile-client';
         import { createRequire } from 'node:module';
         const required = createRequire(import.meta.url)('bedrock-profile-client');
         const same = required.BedrockProfileClient === BedrockProfileClient;
         console.log(typeof BedrockProfileClient, ThrottlingException.name, same);`,
      );
      const stdout = await new Promise((resolve, reject) => {
        execFile(process.execPath, [file], (error, out) => (error ? reject(error) : resolve(out)));
      });
      expect(stdout).toBe('function ThrottlingException true\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a constructor opens no connection and asks for no credentials', async () => {
    const server = await start();
    const credentials = jest.fn();
    expect(client(server, { credentials })).toBeInstanceOf(BedrockProfileClient);
    expect(credentials).not.toHaveBeenCalled();
    expect(server.connections).toBe(0);
  });

  test('one connection serves call after call of client after client', async () => {
    const server = await start();
    for (let n = 0; n < 5; n += 1) await client(server).converse(ask());
    expect(server.connections).toBe(1);
  });
});

describe('$metadata', () => {
  test('has the keys of the AWS SDK', async () => {
    const server = await start();
    const { $metadata } = await client(server).converse(ask());
    expect(Object.keys($metadata)).toEqual(METADATA);
    expect($metadata).toMatchObject({
      httpStatusCode: 200,
      requestId: server.requests[0].requestId,
      attempts: 1,
      totalRetryDelay: 0,
    });
  });

  test('profile tells what was called and is not enumerable', async () => {
    const server = await start();
    const profile = freshProfile(server);
    for (const operation of ['converse', 'converseStream']) {
      const { $metadata, stream } = await client(server)[operation](
        ask('Good day', { modelId: profile.arn, inferenceConfig: { temperature: 0.5, topP: 0.5 } }),
      );
      if (stream) await collect(stream);
      expect($metadata.profile).toMatchObject({
        requestedId: profile.arn,
        callId: profile.arn,
        model: 'anthropic.claude-3-7-sonnet-20250219-v1:0',
        region: 'us-east-1',
        source: operation === 'converse' ? 'aws' : 'cache',
        changes: expect.any(Array),
      });
      expect(Object.keys($metadata)).toEqual(METADATA);
      expect(JSON.stringify($metadata)).not.toContain('requestedId');
      expect({ ...$metadata }.profile).toBeUndefined();
    }
  });
});

describe('the input', () => {
  const rich = () =>
    ask('Good day', {
      system: [{ text: 'Be brief.' }, { cachePoint: { type: 'default' } }],
      inferenceConfig: { maxTokens: 100, temperature: 0.7, stopSequences: ['END'] },
      toolConfig: {
        tools: [
          {
            toolSpec: {
              name: 'weather',
              description: 'Tells the weather.',
              inputSchema: { json: { type: 'object', properties: { zip: {}, city: {}, a: {} } } },
            },
          },
        ],
      },
      additionalModelRequestFields: { zeta: null, alpha: [1, { b: 0.1 }] },
    });

  test('reaches the wire byte for byte as the AWS SDK sends it', async () => {
    const server = await start({ script: () => 'Hello.' });
    const input = rich();
    delete input.additionalModelRequestFields;
    const [ours, theirs] = await bothBodies(server, input, { gating: 'off' });
    expect(ours).toBe(theirs);
  });

  test('is never changed', async () => {
    const server = await start();
    const input = deepFreeze(ask('Good day', { inferenceConfig: { temperature: 0.2, topP: 0.9 } }));
    input.messages.forEach(deepFreeze);
    const text = JSON.stringify(input);
    await client(server).converse(input);
    await collect((await client(server).converseStream(input)).stream);
    await client(server).explain(input);
    expect(JSON.stringify(input)).toBe(text);
  });

  test('is taken as it is when the call is made', async () => {
    const server = await start();
    const image = Buffer.from('first bytes');
    const input = ask('first');
    input.messages[0].content.push({ image: { format: 'png', source: { bytes: image } } });
    const pending = client(server, { gating: 'off' }).converse(input);
    input.messages[0].content[0].text = 'second';
    input.messages.push({ role: 'assistant', content: [{ text: 'late' }] });
    image.fill(0);
    await pending;
    expect(server.requests[0].body.messages).toEqual([
      {
        role: 'user',
        content: [
          { text: 'first' },
          {
            image: {
              format: 'png',
              source: { bytes: Buffer.from('first bytes').toString('base64') },
            },
          },
        ],
      },
    ]);
  });

  test('is taken then too where the client must first ask for its region', async () => {
    const server = await start();
    const input = ask('first');
    const image = Buffer.from('first bytes');
    input.messages[0].content.push({ image: { format: 'png', source: { bytes: image } } });
    const made = client(server, { region: async () => 'us-east-1', gating: 'off' });
    const pending = made.converse(input);
    input.messages[0].content[0].text = 'second';
    image.fill(0);
    await pending;
    const { content } = server.requests[0].body.messages[0];
    expect(content[0].text).toBe('first');
    expect(content[1].image.source.bytes).toBe(Buffer.from('first bytes').toString('base64'));
  });

  test('undefined and null members are left out, as the AWS SDK leaves them out', async () => {
    const server = await start({ script: () => 'Hello.' });
    const input = ask('Good day', {
      system: undefined,
      toolConfig: null,
      inferenceConfig: { maxTokens: 10, temperature: undefined, topP: null },
    });
    input.messages.push(undefined, null);
    const [ours, theirs] = await bothBodies(server, input, { gating: 'off' });
    expect(JSON.parse(ours)).toEqual({
      messages: [{ role: 'user', content: [{ text: 'Good day' }] }],
      inferenceConfig: { maxTokens: 10 },
    });
    expect(ours).toBe(theirs);
  });

  test('members that AWS does not know are left out', async () => {
    const server = await start({ script: () => 'Hello.' });
    const input = ask('Good day', { brandNew: 1, inferenceConfig: { maxTokens: 9, newest: 3 } });
    input.messages[0].lc_marker = true;
    const [ours, theirs] = await bothBodies(server, input);
    expect(JSON.parse(ours)).toEqual({
      messages: [{ role: 'user', content: [{ text: 'Good day' }] }],
      inferenceConfig: { maxTokens: 9 },
    });
    expect(ours).toBe(theirs);
  });

  test.each([
    ['Uint8Array', (bytes) => new Uint8Array(bytes)],
    ['Buffer', (bytes) => Buffer.from(bytes)],
    ['part of a larger buffer', (bytes) => new Uint8Array([9, ...bytes, 9]).subarray(1, 5)],
  ])('image and document bytes as %s go out as base64', async (_kind, make) => {
    const server = await start({ script: () => 'Hello.' });
    const bytes = [137, 80, 78, 71];
    const input = ask();
    input.messages[0].content.push(
      { image: { format: 'png', source: { bytes: make(bytes) } } },
      { document: { format: 'pdf', name: 'paper', source: { bytes: make(bytes) } } },
    );
    const [ours, theirs] = await bothBodies(server, input);
    const { content } = JSON.parse(ours).messages[0];
    expect(content[1].image.source.bytes).toBe('iVBORw==');
    expect(content[2].document.source.bytes).toBe('iVBORw==');
    expect(JSON.parse(ours)).toEqual(JSON.parse(theirs));
  });

  test('bytes of an answer come back as Uint8Array', async () => {
    const redactedContent = Buffer.from('hidden').toString('base64');
    const server = await start({
      script: () => ({
        content: [{ reasoningContent: { redactedContent } }, { text: 'Hello.' }],
        stopReason: 'end_turn',
      }),
    });
    const { output } = await client(server).converse(ask());
    const [block] = output.message.content;
    expect(block.reasoningContent.redactedContent).toBeInstanceOf(Uint8Array);
    expect(Buffer.from(block.reasoningContent.redactedContent).toString()).toBe('hidden');
  });
});

describe('where a request goes', () => {
  test('an ARN stands once encoded in the path', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    await client(server).converse(ask('Good day', { modelId: arn }));
    const { path: called } = server.requests.find(({ operation }) => operation === 'Converse');
    const encoded = encodeURIComponent(arn);
    expect(encoded).toContain('%3A');
    expect(called).toBe(`/model/${encoded}/converse`);
  });

  test("an ARN's region signs, whatever the client's is, and the endpoint stays", async () => {
    const server = await start();
    const profile = freshProfile(server, 'eu.anthropic.claude-haiku-5-5', 'eu-west-1');
    const { $metadata } = await client(server, { region: 'us-east-1' }).converse(
      ask('Good day', { modelId: profile.arn }),
    );
    expect($metadata.profile.region).toBe('eu-west-1');
    expect(server.requests.map(({ operation, region }) => [operation, region])).toEqual([
      ['GetInferenceProfile', 'eu-west-1'],
      ['Converse', 'eu-west-1'],
    ]);
  });

  test.each([
    ['BEDROCK_AWS_DEFAULT_REGION', 'us-west-2'],
    ['AWS_REGION', 'us-west-2'],
    ['AWS_DEFAULT_REGION', 'us-west-2'],
  ])('the region may come from %s', async (name, region) => {
    const server = await start();
    process.env[name] = region;
    await client(server, { region: undefined }).converse(ask());
    expect(server.requests[0].region).toBe(region);
  });

  test('the region may be a function', async () => {
    const server = await start();
    await client(server, { region: async () => 'us-west-2' }).converse(ask());
    expect(server.requests[0].region).toBe('us-west-2');
  });

  test.each([
    ['AWS_ENDPOINT_URL_BEDROCK_RUNTIME', 'Converse'],
    ['AWS_ENDPOINT_URL', 'Converse'],
  ])('the endpoint may come from %s', async (name, operation) => {
    const server = await start();
    process.env[name] = server.url;
    await client(server, { endpoint: undefined }).converse(ask());
    expect(server.requests.map((request) => request.operation)).toEqual([operation]);
  });

  test('the endpoint of the options wins over that of the environment', async () => {
    const [named, other] = [await start(), await start()];
    process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME = other.url;
    await client(named).converse(ask());
    expect(named.requests).toHaveLength(1);
    expect(other.requests).toHaveLength(0);
  });

  test.each([
    ['a URL', (url) => new URL(url)],
    [
      'an object',
      (url) => ({
        protocol: new URL(url).protocol,
        hostname: '127.0.0.1',
        port: new URL(url).port,
      }),
    ],
    ['a function', (url) => async () => url],
  ])('the endpoint may be %s', async (_kind, make) => {
    const server = await start();
    await client(server, { endpoint: make(server.url) }).converse(ask());
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['letters', '/gäte/wáy', '/g%C3%A4te/w%C3%A1y'],
    ['an emoji', '/🙂', '/%F0%9F%99%82'],
    ['the replacement character', '/a\ufffdb', '/a%EF%BF%BDb'],
    ['half a surrogate pair', '/a\ud83db', '/a%EF%BF%BDb'],
    ['a space and brackets', '/a b/{c}', '/a%20b/%7Bc%7D'],
  ])('%s in an endpoint’s path are encoded as the AWS SDK does', async (_, given, sent) => {
    const server = await start();
    const endpoint = `${server.url}${given}`;
    await failure(client(server, { endpoint }).converse(ask()));
    await failure(awsClient(server, { endpoint }).send(new ConverseCommand(ask())));
    process.env.AWS_ENDPOINT_URL = endpoint;
    await failure(client(server, { endpoint: undefined }).converse(ask()));
    delete process.env.AWS_ENDPOINT_URL;
    process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME = endpoint;
    await failure(client(server, { endpoint: undefined }).converse(ask()));
    const { arn } = freshProfile(server);
    await client(server, { controlEndpoint: endpoint }).resolve(arn);
    const paths = server.requests.map(
      ({ path: sentTo }) => sentTo.split(/\/(?:model|inference-profiles)\//)[0],
    );
    expect(new Set(paths)).toEqual(new Set([sent]));
    expect(paths.length).toBeGreaterThanOrEqual(5);
    // Where signatures did not agree, the stand-in would have said so.
    expect(server.requests.map(({ status }) => status)).not.toContain(403);
  });

  test("an endpoint's path stands before the operation's", async () => {
    const server = await start();
    const error = await failure(
      client(server, { endpoint: `${server.url}/gateway/` }).converse(ask()),
    );
    expect(error.name).toBe('UnknownOperationException');
    expect(server.requests[0].path).toMatch(/^\/gateway\/model\/us\.anthropic\./);
  });
});
