'use strict';

/** What stands between Bedrock and here: gateways, connections that break, silence. */

const { once } = require('node:events');

const {
  ask,
  client,
  collect,
  outcome,
  preamble,
  run,
  start,
  startBare,
  until,
} = require('./support/bedrock');
const { events: whole } = require('./support/streams');

const OPERATIONS = ['converse', 'converseStream'];

describe('between Bedrock and here', () => {
  test.each([
    ['html-502', 502, '<h1>502 Bad Gateway</h1>'],
    ['text-504', 504, 'gateway timeout'],
    ['bare-500', 500, 'without a body'],
  ])("a gateway's %s tells its status and its text", async (kind, status, text) => {
    const server = await start();
    server.fail({ kind, times: 3 });
    const { error } = await outcome(client(server), 'converse');
    expect(error).toMatchObject({
      name: 'ServiceUnavailableException',
      $fault: 'server',
      $metadata: { httpStatusCode: status, attempts: 3 },
    });
    expect(error.message).toContain(`HTTP ${status}`);
    expect(error.message).toContain(text);
    expect(error.hint).toContain('gateway');
  });

  test('a redirect is not followed', async () => {
    const server = await start();
    const other = await start();
    server.fail({ kind: 'redirect', location: other.url });
    const { error } = await outcome(client(server), 'converse');
    expect(error.$metadata.httpStatusCode).toBe(307);
    expect(other.requests).toHaveLength(0);
  });

  test.each([
    ['reset-before-headers', 'read ECONNRESET'],
    ['fin-before-headers', 'socket hang up'],
    ['goaway', 'socket hang up'],
  ])(
    '%s is a TimeoutError with the text of Node.js, after three attempts',
    async (kind, message) => {
      for (const operation of OPERATIONS) {
        const server = await start();
        server.fail({ kind, times: 3 });
        const { error } = await outcome(client(server), operation);
        expect(error).toMatchObject({
          name: 'TimeoutError',
          code: 'ECONNRESET',
          message,
          hint: expect.stringMatching(`^The endpoint is ${server.url}\\. The `),
          $metadata: { attempts: 3 },
        });
      }
    },
  );

  test('nobody listens: ECONNREFUSED', async () => {
    const server = await start();
    await server.close();
    const { error } = await outcome(client(server), 'converse');
    expect(error).toMatchObject({
      name: 'Error',
      code: 'ECONNREFUSED',
      message: `connect ECONNREFUSED 127.0.0.1:${server.port}`,
      syscall: 'connect',
      address: '127.0.0.1',
      port: server.port,
      hint: expect.stringMatching(`^The endpoint is ${server.url}\\. The `),
      $metadata: { attempts: 3 },
    });
    expect(error).toBeInstanceOf(Error);
    // What the library below said stays beside it.
    expect(error.cause.message).toContain('refused');
    expect(Object.keys(error)).not.toContain('cause');
  });

  test('there is no such host: ENOTFOUND', async () => {
    const server = await start();
    const made = client(server, {
      endpoint: 'http://bedrock.no-such-host.invalid',
      maxAttempts: 1,
    });
    const { error } = await outcome(made, 'converse');
    // Without a network a resolver says that it cannot tell.
    expect(['ENOTFOUND', 'EAI_AGAIN']).toContain(error.code);
    expect(error).toMatchObject({
      message: `getaddrinfo ${error.code} bedrock.no-such-host.invalid`,
      syscall: 'getaddrinfo',
      hostname: 'bedrock.no-such-host.invalid',
    });
  });

  // In a process of its own: under jest the AWS SDK takes errors of Node.js for something else.
  test.each([
    ['nobody listens', 'ECONNREFUSED'],
    ['there is no such host', expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/)],
    ['the connection is reset', 'ECONNRESET'],
  ])('%s: named and numbered as by the AWS SDK', async (what, code) => {
    const server = await start();
    const options = { maxAttempts: 1 };
    if (what === 'nobody listens') await server.close();
    if (what === 'there is no such host') options.endpoint = 'http://bedrock.no-such-host.invalid';
    server.fail({ kind: 'reset-before-headers', times: 2 });
    const ended = await run(`${preamble(server, options)}
      const { BedrockRuntimeClient, ConverseCommand } = require('@aws-sdk/client-bedrock-runtime');
      const { NodeHttpHandler } = require('@smithy/node-http-handler');
      const aws = new BedrockRuntimeClient({
        ...${JSON.stringify({ region: server.region, endpoint: server.url, credentials: server.credentials, ...options })},
        requestHandler: new NodeHttpHandler(),
      });
      const show = ({ name, message, code, errno, syscall, address, port, hostname, $metadata }) =>
        ({ name, message, code, errno, syscall, address, port, hostname, attempts: $metadata.attempts });
      (async () => {
        const errors = [];
        for (const sender of [client, aws]) {
          await sender.send(new ConverseCommand(input)).catch((error) => errors.push(show(error)));
        }
        console.log(JSON.stringify(errors));
      })();
    `);
    const [error, theirs] = JSON.parse(ended.stdout);
    expect(error).toEqual(theirs);
    expect(error.code).toEqual(code);
  });

  test('a stream that falls silent is a TimeoutError after timeouts.betweenEvents', async () => {
    const server = await start();
    server.fail({ kind: 'stall', after: 3 });
    const made = client(server, { timeouts: { betweenEvents: 400, whileThinking: 400 } });
    const { events, error } = await outcome(made);
    expect(events).toHaveLength(3);
    expect(error).toMatchObject({
      name: 'TimeoutError',
      code: 'ETIMEDOUT',
      message: 'No event arrived for 0.4 s.',
      $retryable: {},
    });
    expect(error.hint).toContain('3 events had arrived');
    expect(await server.requests[0].aborted).toBe(true);
  });

  describe('silence', () => {
    const text = { contentBlockDelta: { delta: { text: 'x' }, contentBlockIndex: 0 } };
    const toolUse = { toolUseId: 't', name: 'n' };
    const begins = { messageStart: { role: 'assistant' } };
    const of = (delta) => ({ contentBlockDelta: { delta, contentBlockIndex: 0 } });

    /** What a stream says when it falls silent after these events. */
    async function silentAfter(list, timeouts, operation = 'converseStream') {
      async function* script() {
        yield* list;
        await new Promise(() => {});
      }
      const server = await start({ script: () => ({ events: script() }) });
      const { error, events } = await outcome(client(server, { timeouts }), operation);
      expect(events).toHaveLength(list.length);
      return error.message;
    }

    test.each([
      ['a text', [begins, text]],
      ['the second of two texts', [begins, text, text]],
      ['a text after reasoning', [begins, of({ reasoningContent: { text: 'hm' } }), text]],
    ])('after %s lasts at most betweenEvents', async (_what, list) => {
      const timeouts = { betweenEvents: 60, whileThinking: 60_000 };
      expect(await silentAfter(list, timeouts)).toBe('No event arrived for 0.06 s.');
    });

    test.each([
      ['the first event', [begins]],
      [
        'the start of a tool',
        [begins, { contentBlockStart: { start: { toolUse }, contentBlockIndex: 0 } }],
      ],
      ["a piece of a tool's input", [begins, of({ toolUse: { input: '{' } })]],
      ['reasoning', [begins, text, of({ reasoningContent: { text: 'hm' } })]],
      ['a signature', [begins, of({ reasoningContent: { signature: 'c2ln' } })]],
      ['the end of a block', [begins, text, { contentBlockStop: { contentBlockIndex: 0 } }]],
      ['the end of the message', [begins, text, { messageStop: { stopReason: 'end_turn' } }]],
    ])('after %s lasts as long as whileThinking', async (_what, list) => {
      const timeouts = { betweenEvents: 1, whileThinking: 70 };
      expect(await silentAfter(list, timeouts)).toBe('No event arrived for 0.07 s.');
    });

    test('is none while the reader has fallen behind', async () => {
      const script = () => ({ events: whole(100, 'x'.repeat(64 * 1024)) });
      const server = await start({ script });
      const timeouts = { betweenEvents: 100, whileThinking: 100 };
      const { stream } = await client(server, { timeouts }).converseStream(ask());
      await stream.next();
      const stopped = performance.now();
      await until(() => performance.now() - stopped > 300);
      expect(await collect(stream)).toHaveLength(103);
    });
  });

  test.each([
    ['converse', 'Nothing more of the response arrived for 0.1 s.'],
    ['converseStream', 'No event arrived for 0.1 s.'],
  ])('%s: a head and then silence', async (operation, message) => {
    const gone = [];
    const silent = await startBare((_request, response) => {
      gone.push(once(response, 'close'));
      response.writeHead(200, { 'x-amzn-requestid': 'the-id' });
      response.flushHeaders();
    });
    const made = client(await start(), {
      endpoint: silent.url,
      timeouts: { whileThinking: 100 },
      maxAttempts: 2,
    });
    const { error } = await outcome(made, operation);
    expect(error).toMatchObject({
      name: 'TimeoutError',
      code: 'ETIMEDOUT',
      message,
      $metadata: { attempts: 2, httpStatusCode: 200, requestId: 'the-id' },
    });
    expect(gone).toHaveLength(2);
    await Promise.all(gone);
  });

  test.each(OPERATIONS)('%s: timeouts.firstByte', async (operation) => {
    const server = await start();
    server.fail({ kind: 'stall-headers', times: 2 });
    const made = client(server, { timeouts: { firstByte: 200 }, maxAttempts: 2 });
    const { error } = await outcome(made, operation);
    expect(error).toMatchObject({
      name: 'TimeoutError',
      code: 'ETIMEDOUT',
      $metadata: { attempts: 2 },
    });
    for (const { aborted } of server.requests) expect(await aborted).toBe(true);
  });

  test.each(OPERATIONS)('%s: timeouts.call', async (operation) => {
    const server = await start();
    server.fail('stall-headers');
    const { error } = await outcome(client(server, { timeouts: { call: 700 } }), operation);
    expect(error.name).toBe('TimeoutError');
    expect(error.message).toContain('timeout');
    expect(await server.requests[0].aborted).toBe(true);
  });
});

describe('the event call', () => {
  test('tells how each call ended', async () => {
    const server = await start();
    server.fail('model-error', { kind: 'cut-clean', after: 1 });
    const heard = [];
    const made = client(server).on('call', (event) => heard.push(event));
    await outcome(made, 'converse');
    await outcome(made, 'converseStream');
    await outcome(made, 'converseStream');
    expect(heard).toMatchObject([
      { operation: 'Converse', error: 'ModelErrorException', attempts: 1 },
      { operation: 'ConverseStream', error: 'StreamInterruptedError' },
      { operation: 'ConverseStream', error: undefined, usage: { inputTokens: expect.any(Number) } },
    ]);
    for (const { duration, model, region, requestId } of heard) {
      expect(duration).toBeGreaterThan(0);
      expect([model, region]).toEqual(['anthropic.claude-sonnet-4-6', 'us-east-1']);
      expect(server.requests.map((request) => request.requestId)).toContain(requestId);
    }
  });

  test('on() names the events there are, off() stops', async () => {
    const server = await start();
    const made = client(server);
    expect(() => made.on('data', () => {})).toThrow(
      'BedrockProfileClient: there is no event "data"; there are resolve, gate, retry, failover, coldWrite, call, discovery, budget.',
    );
    const listener = jest.fn();
    made.on('call', listener).off('call', listener);
    await made.converse(ask());
    expect(listener).not.toHaveBeenCalled();
  });
});
