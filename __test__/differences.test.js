'use strict';

/**
 * Where this client differs from the AWS SDK for JavaScript on purpose: both, side by side, against
 * the same server. docs/differences.md names these tests.
 */

const { readFileSync } = require('node:fs');
const path = require('node:path');
const {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
} = require('@aws-sdk/client-bedrock-runtime');
const { NodeHttpHandler, NodeHttp2Handler } = require('@smithy/node-http-handler');

const ours = require('..');
const {
  ROOT,
  ask,
  awsClient,
  client,
  failure,
  freshProfile,
  outcome,
  start,
  thrown,
} = require('./support/bedrock');
const { held } = require('./support/streams');

const HANDLERS = {
  'HTTP/1.1': () => new NodeHttpHandler(),
  'HTTP/2': () => new NodeHttp2Handler({ disableConcurrentStreams: true }),
};
const COMMANDS = { converse: ConverseCommand, converseStream: ConverseStreamCommand };

/** What becomes of a call of the AWS SDK: the events that arrived, and the error that ended it. */
async function theirs(made, operation = 'converseStream', { signal, input = ask() } = {}) {
  const arrived = [];
  try {
    const answer = await made.send(new COMMANDS[operation](input), { abortSignal: signal });
    if (answer.stream) for await (const event of answer.stream) arrived.push(event);
    return { events: arrived, answer };
  } catch (error) {
    return { events: arrived, error };
  }
}

/** Nothing of this machine tells the AWS SDK who it is. */
function withoutAws() {
  Object.assign(process.env, {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nonexistent',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  });
}

/** The same fault for both. */
async function sideBySide(fault, operation, version = 'HTTP/1.1') {
  const server = await start();
  server.fail({ times: 3, ...fault });
  const here = await outcome(client(server), operation);
  const sentHere = server.requests.length;
  const other = await start();
  other.fail({ times: 3, ...fault });
  const there = await theirs(awsClient(other, { requestHandler: HANDLERS[version]() }), operation);
  return { here, there, sentHere, sentThere: other.requests.length };
}

describe('answers', () => {
  test.each(['HTTP/1.1', 'HTTP/2'])(
    'a stream that ends before its messageStop is an error (the AWS SDK with %s ends it)',
    async (version) => {
      const { here, there } = await sideBySide(
        { kind: 'cut-clean', after: 2 },
        'converseStream',
        version,
      );
      expect(there.error).toBeUndefined();
      expect(there.events).toHaveLength(2);
      expect(here.events).toHaveLength(2);
      expect(here.error).toMatchObject({ name: 'StreamInterruptedError', $retryable: {} });
      expect(here.error.hint).toContain('2 events had arrived');
    },
  );

  test.each(['cut-fin', 'cut-reset'])(
    'a connection that breaks in a stream (%s) is an error in HTTP/2 too',
    async (kind) => {
      const { here, there } = await sideBySide({ kind, after: 2 }, 'converseStream', 'HTTP/2');
      expect(there.error).toBeUndefined();
      expect(here.error).toMatchObject({ name: 'StreamInterruptedError', code: 'ECONNRESET' });
    },
  );

  test('an empty answer is an error, and retried', async () => {
    for (const operation of ['converse', 'converseStream']) {
      const { here, there, sentHere, sentThere } = await sideBySide(
        { kind: 'empty-200' },
        operation,
      );
      expect(there.error).toBeUndefined();
      expect(sentThere).toBe(1);
      expect(here.error.name).toBe('EmptyAnswerError');
      expect(sentHere).toBe(3);
    }
  });

  test.each([
    ['converse', 'html-200', 'SyntaxError', 'UnreadableAnswerError'],
    ['converse', 'bad-json', 'SyntaxError', 'UnreadableAnswerError'],
    ['converseStream', 'html-200', 'Error', 'EventStreamError'],
  ])(
    '%s: an answer that cannot be read (%s) is no %s but an %s, and retried',
    async (operation, kind, name, own) => {
      const { here, there, sentHere, sentThere } = await sideBySide({ kind }, operation);
      expect([there.error.name, here.error.name]).toEqual([name, own]);
      expect([sentThere, sentHere]).toEqual([1, 3]);
      expect(here.error.$retryable).toEqual({});
    },
  );

  test.each([
    ['html-502', 502],
    ['text-504', 504],
  ])(
    "a gateway's page (%s) is a ServiceUnavailableException with its status",
    async (kind, status) => {
      const { here, there } = await sideBySide({ kind }, 'converse');
      expect(there.error.name).toBe('SyntaxError');
      expect(here.error).toMatchObject({
        name: 'ServiceUnavailableException',
        $fault: 'server',
        $metadata: { httpStatusCode: status },
        message: expect.stringContaining(`HTTP ${status}`),
      });
    },
  );

  test.each([
    ['truncated-frame', 'Truncated event message received.'],
    ['bad-prelude-crc', 'The prelude checksum specified in the message'],
    ['bad-message-crc', 'The message checksum'],
    ['tiny-frame', 'Provided message too short'],
    ['headers-overflow', 'Truncated event message received.'],
  ])(
    '%s: a broken frame is an EventStreamError that says how much had arrived',
    async (kind, text) => {
      const { here, there } = await sideBySide({ kind, after: 2 }, 'converseStream');
      expect(there.error.message).toContain(text);
      expect(there.error.$retryable).toBeUndefined();
      expect(here.error).toMatchObject({ name: 'EventStreamError', $retryable: {} });
      expect(here.error.$metadata.requestId).toBeDefined();
      expect(here.error.hint).toContain('2 events had arrived');
    },
  );

  test('a frame of more than 24 MiB is refused at its length', async () => {
    const { here, there } = await sideBySide({ kind: 'huge-frame', after: 2 }, 'converseStream');
    expect(there.error.message).toBe('Truncated event message received.');
    expect(here.error.message).toContain('2147483647 bytes');
  });
});

describe('ends', () => {
  test.each(['HTTP/1.1', 'HTTP/2'])(
    'an abort in the midst of a stream is an AbortError (not with %s in the AWS SDK)',
    async (version) => {
      const { server, release } = await held();
      /** Reads one event, aborts, and reads on. */
      const aborted = async (open) => {
        const aborter = new AbortController();
        const iterator = (await open(aborter.signal)).stream[Symbol.asyncIterator]();
        await iterator.next();
        aborter.abort();
        try {
          for (;;) if ((await iterator.next()).done) return undefined;
        } catch (error) {
          return error;
        }
      };
      const sdk = awsClient(server, { requestHandler: HANDLERS[version]() });
      const there = await aborted((abortSignal) =>
        sdk.send(new ConverseStreamCommand(ask()), { abortSignal }),
      );
      const here = await aborted((abortSignal) =>
        client(server).converseStream(ask(), { abortSignal }),
      );
      release();
      expect(there?.message).toBe(version === 'HTTP/2' ? undefined : 'aborted');
      expect(here.name).toBe('AbortError');
    },
  );

  test('break closes the connection (the AWS SDK reads on)', async () => {
    const { server, release } = await held();
    const { stream } = await client(server).converseStream(ask());
    for await (const event of stream) if (event) break;
    expect(await server.requests[0].aborted).toBe(true);
    const sdk = awsClient(server, { requestHandler: HANDLERS['HTTP/2']() });
    const answer = await sdk.send(new ConverseStreamCommand(ask()));
    for await (const event of answer.stream) if (event) break;
    release();
    expect(await server.requests[1].aborted).toBe(false);
  });
});

describe('endpoints, credentials and signing', () => {
  test('the region of an ARN is called', async () => {
    const server = await start();
    const { arn } = freshProfile(server, 'eu.anthropic.claude-haiku-5-5', 'eu-west-1');
    const input = ask('Good day', { modelId: arn });
    await client(server, { discovery: false }).converse(input);
    await theirs(awsClient(server), 'converse', { input });
    expect(server.requests.map(({ region }) => region)).toEqual(['eu-west-1', 'us-east-1']);
  });

  test('a request is fitted to the model behind the id', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const input = ask('Good day', {
      modelId: arn,
      inferenceConfig: { temperature: 9, maxTokens: 10 },
    });
    const here = await outcome(client(server), 'converse', input);
    const there = await theirs(awsClient(server), 'converse', { input });
    expect(there.error.name).toBe('ValidationException');
    expect(here.answer.$metadata.profile.changes).not.toEqual([]);
  });

  test('a token signs without a preference where there are no credentials', async () => {
    const server = await start();
    const token = { token: server.bearerToken };
    const options = { credentials: undefined, token };
    await client(server, options).converse(ask());
    withoutAws();
    const { error } = await theirs(awsClient(server, options), 'converse');
    expect(server.requests.map(({ auth }) => auth.kind)).toEqual(['bearer']);
    expect(error.name).toBe('CredentialsProviderError');
  });

  test("LibreChat's variables are read", async () => {
    const server = await start();
    Object.assign(process.env, {
      BEDROCK_AWS_DEFAULT_REGION: 'us-west-2',
      BEDROCK_AWS_BEARER_TOKEN: server.bearerToken,
    });
    const options = { region: undefined, credentials: undefined };
    const { $metadata } = await client(server, options).converse(ask());
    expect($metadata.profile.region).toBe('us-west-2');
    expect(server.requests[0].auth.kind).toBe('bearer');
    withoutAws();
    const { error } = await theirs(awsClient(server, { region: undefined }), 'converse');
    expect(error.message).toBe('Region is missing');
  });

  test('what a provider rejects with is the text of a CredentialsProviderError', async () => {
    const server = await start();
    const reason = new RangeError('the vault is locked');
    const credentials = () => Promise.reject(reason);
    const here = await failure(client(server, { credentials }).converse(ask()));
    const there = await theirs(awsClient(server, { credentials }), 'converse');
    expect(there.error).toBe(reason);
    expect(here).toMatchObject({
      name: 'CredentialsProviderError',
      message: expect.stringContaining('RangeError: the vault is locked'),
    });
  });
});

describe('options', () => {
  test('a wrong option is a TypeError of the constructor', () => {
    const options = { region: 'us-east-1', endpoint: 'gateway.example.com' };
    expect(new BedrockRuntimeClient(options)).toBeDefined();
    expect(thrown(() => new ours.BedrockProfileClient(options))).toBeInstanceOf(TypeError);
  });

  test('the logger hears warnings, and never what is asked or answered', async () => {
    const server = await start({ script: () => 'The answer.' });
    const heard = { theirs: [], ours: [] };
    const logger = (to) =>
      Object.fromEntries(
        ['debug', 'info', 'warn', 'error', 'trace'].map((level) => [
          level,
          (...content) => to.push(JSON.stringify(content)),
        ]),
      );
    await client(server, { logger: logger(heard.ours), unheardOf: 1 }).converse(ask('A secret'));
    await theirs(awsClient(server, { logger: logger(heard.theirs) }), 'converse', {
      input: ask('A secret'),
    });
    expect(heard.theirs.join()).toContain('A secret');
    expect(heard.ours).toEqual([expect.stringContaining('options.unheardOf')]);
  });
});

describe('docs/differences.md', () => {
  const page = readFileSync(path.join(ROOT, 'docs', 'differences.md'), 'utf8');
  const entries = page.split(/^### /m).slice(1);

  test.each(entries.map((entry) => [entry.split('\n')[0], entry]))(
    '%s: says what, why and how it is proved',
    (_title, entry) => {
      const said = (label) => entry.match(new RegExp(`^- ${label}: .`, 'm'));
      for (const label of ['The AWS SDK', 'Here', 'Why'])
        expect([label, said(label)]).toEqual([label, expect.anything()]);
      const proofs = [
        ...entry
          .replaceAll('\n  ', ' ')
          .matchAll(/`(__test__\/[\w-]+\.test\.js)`: "(.*?)"(?=;|\.$)/gm),
      ];
      expect(proofs.length).toBeGreaterThan(0);
      for (const [, file, name] of proofs) {
        const source = readFileSync(path.join(ROOT, file), 'utf8');
        const quoted = [`'${name}'`, `"${name}"`, `'${name.replaceAll("'", "\\'")}'`];
        expect([file, name, quoted.some((text) => source.includes(text))]).toEqual([
          file,
          name,
          true,
        ]);
      }
    },
  );

  test('every test of this file is named there', () => {
    const source = readFileSync(__filename, 'utf8').split("describe('docs/differences.md'")[0];
    const names = [
      ...source.matchAll(/(?:^ {2}test\(|^ {2}\]\)\(|^ {2}test\.each\(.*\)\()\s*(['"])(.*?)\1,/gm),
    ].map(([, , name]) => name);
    expect(names.length).toBeGreaterThan(12);
    const flat = page.replaceAll('\n  ', ' ');
    expect(names.filter((name) => !flat.includes(`"${name}"`))).toEqual([]);
  });
});
