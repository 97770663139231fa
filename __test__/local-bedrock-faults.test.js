'use strict';

/** Faults and the wire of local-bedrock: what a client gets to see of each. */

const { once } = require('node:events');
const http2 = require('node:http2');
const https = require('node:https');
const net = require('node:net');
const { execFileSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { ConverseCommand, ConverseStreamCommand } = require('@aws-sdk/client-bedrock-runtime');
const { NodeHttpHandler, NodeHttp2Handler } = require('@smithy/node-http-handler');
const { startLocalBedrock, faultKinds } = require('../local-bedrock');
const { start, client: clientForTest } = require('./support/local-bedrock');
const { crc32, tableCrc32, encodeFrame } = require('../local-bedrock/eventstream');

const input = {
  modelId: 'us.anthropic.claude-sonnet-4-6',
  messages: [{ role: 'user', content: [{ text: 'Good day' }] }],
};

const client = (server, options) =>
  clientForTest(server, { requestHandler: new NodeHttpHandler(), ...options });

/** What became of a call: its events, and the error that ended it. */
async function outcome(caller, streaming, options) {
  const events = [];
  try {
    if (!streaming) {
      const answer = await caller.send(new ConverseCommand(input), options);
      return { events, answer };
    }
    const { stream } = await caller.send(new ConverseStreamCommand(input), options);
    for await (const event of stream) events.push(event);
    return { events };
  } catch (error) {
    return { events, error };
  }
}

// Under jest the SDK wraps errors of Node, which are of another realm: only their text is left.
const RESET = expect.objectContaining({
  message: expect.stringMatching(/ECONNRESET|socket hang up|aborted/),
});
const named = (name) => expect.objectContaining({ name });
const saying = (text) => expect.objectContaining({ message: expect.stringContaining(text) });

describe('instead of an answer', () => {
  test.each([
    ['throttle', named('ThrottlingException'), 429],
    ['not-ready', named('ModelNotReadyException'), 429],
    ['internal', named('InternalServerException'), 500],
    ['status', named('InternalServerException'), 500],
    ['unavailable', named('ServiceUnavailableException'), 503],
    ['model-timeout', named('ModelTimeoutException'), 408],
    ['model-error', named('ModelErrorException'), 424],
    ['expired-token', named('ExpiredTokenException'), 403],
    ['bare-500', saying('UnknownError'), 500],
    ['html-502', named('SyntaxError'), 502],
    ['text-504', named('SyntaxError'), 504],
    ['html-200', named('SyntaxError'), 200],
    ['redirect', saying('UnknownError'), 307],
    ['gzip', named('SyntaxError'), 200],
    ['huge-header', saying('Header overflow'), 200],
    ['reset-before-headers', RESET, undefined],
    ['fin-before-headers', RESET, undefined],
    ['goaway', RESET, undefined],
  ])('%s', async (kind, error, status) => {
    const server = await start();
    server.fail(kind);
    expect(await outcome(client(server), false)).toEqual({ events: [], error });
    expect(server.requests[0]).toMatchObject({ fault: kind, status });
    expect((await outcome(client(server), false)).answer.stopReason).toBe('end_turn');
  });

  test('empty-200 and json-200 look like success', async () => {
    const server = await start();
    server.fail('empty-200', 'json-200', 'json-200');
    expect((await outcome(client(server), false)).answer.output).toBeUndefined();
    expect((await outcome(client(server), false)).answer.output).toBeUndefined();
    expect((await outcome(client(server), true)).error).toEqual(saying('Truncated event message'));
  });

  test('every part of an error can be given, retry-after too', async () => {
    const server = await start();
    server.fail({
      kind: 'throttle',
      type: 'BrandNewException',
      message: 'new',
      status: 418,
      headers: { 'retry-after': '1' },
    });
    const { error } = await outcome(client(server), false);
    expect(error).toMatchObject({
      name: 'BrandNewException',
      message: 'new',
      $metadata: { httpStatusCode: 418 },
    });
    expect(error.$response.headers['retry-after']).toBe('1');
  });

  test('stall-headers waits for ever', async () => {
    const server = await start();
    server.fail('stall-headers');
    const aborter = new AbortController();
    const pending = outcome(client(server), true, { abortSignal: aborter.signal });
    const request = await server.waitForRequest();
    aborter.abort();
    expect(await pending).toEqual({ events: [], error: named('AbortError') });
    expect(await request.aborted).toBe(true);
  });
});

describe('in the midst of a stream', () => {
  const TRUNCATED = saying('Truncated event message');
  test.each([
    ['reset-after-headers', 0, RESET],
    ['cut-clean', 1, undefined],
    ['cut-fin', 1, RESET],
    ['cut-reset', 1, RESET],
    ['truncated-frame', 1, TRUNCATED],
    ['bad-prelude-crc', 1, saying('The prelude checksum')],
    ['bad-message-crc', 1, saying('The message checksum')],
    ['huge-frame', 1, TRUNCATED],
    ['tiny-frame', 1, saying('too short')],
    ['headers-overflow', 1, saying('')],
    ['bad-json', 1, named('SyntaxError')],
    ['exception', 1, named('ThrottlingException')],
    ['error-message', 1, named('InternalFailure')],
  ])('%s', async (kind, events, error) => {
    const server = await start();
    server.fail(kind);
    const result = await outcome(client(server), true);
    expect(result.events).toHaveLength(events);
    expect(result.error).toEqual(error);
    expect(server.requests[0]).toMatchObject({ fault: kind });
    expect(await server.requests[0].aborted).toBe(false);
  });

  test('after as many events as are asked for', async () => {
    const server = await start();
    server.fail(
      { kind: 'cut-clean', after: 4 },
      { kind: 'exception', after: 0, type: 'modelStreamErrorException', message: 'first' },
    );
    expect((await outcome(client(server), true)).events).toHaveLength(4);
    expect(await outcome(client(server), true)).toEqual({
      events: [],
      error: expect.objectContaining({ name: 'ModelStreamErrorException', message: 'first' }),
    });
  });

  test('stall sends nothing more, and the client is seen leaving', async () => {
    const server = await start();
    server.fail({ kind: 'stall', after: 2 });
    const aborter = new AbortController();
    const { stream } = await client(server).send(new ConverseStreamCommand(input), {
      abortSignal: aborter.signal,
    });
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    const third = iterator.next();
    aborter.abort();
    await expect(third).rejects.toThrow('aborted');
    expect(await server.requests[0].aborted).toBe(true);
    expect(server.requests[0].eventsSent).toBe(2);
  });

  test.each([
    ['split', undefined],
    ['slow-bytes', { ms: 0 }],
  ])('%s leaves the events as they are', async (kind, options) => {
    const server = await start();
    const whole = await outcome(client(server), true);
    server.fail({ kind, ...options });
    const inPieces = await outcome(client(server), true);
    const texts = ({ events }) =>
      events.map(({ contentBlockDelta }) => contentBlockDelta?.delta?.text);
    expect(texts(inPieces)).toEqual(texts(whole));
    expect(server.requests[1].eventsSent).toBeGreaterThan(server.requests[0].eventsSent * 10);
  });

  test('unknown events, unions and bad UTF-8 stand between whole events', async () => {
    const server = await start();
    const plain = (await outcome(client(server), true)).events.length;
    server.fail('unknown-event', 'unknown-union', 'invalid-utf8');
    expect((await outcome(client(server), true)).events).toHaveLength(plain);
    expect((await outcome(client(server), true)).events[1].contentBlockDelta.delta).toEqual({
      $unknown: ['brandNew', { value: 1 }],
    });
    expect((await outcome(client(server), true)).events[1].contentBlockDelta.delta.text).toBe(
      'a\uFFFD\uFFFDb',
    );
  });
});

describe('in the midst of a whole answer', () => {
  test.each([
    ['cut-clean', named('SyntaxError')],
    ['bad-json', named('SyntaxError')],
    ['cut-fin', saying('aborted')],
    ['cut-reset', saying('aborted')],
    ['reset-after-headers', saying('aborted')],
  ])('%s', async (kind, error) => {
    const server = await start();
    server.fail(kind);
    expect(await outcome(client(server), false)).toEqual({ events: [], error });
  });

  test('slow-bytes arrive in the end', async () => {
    const server = await start();
    server.fail({ kind: 'slow-bytes', ms: 0 });
    expect((await outcome(client(server), false)).answer.stopReason).toBe('end_turn');
  });
});

describe('the queue of faults', () => {
  test('a fault happens as often as it says, to what it can happen to', async () => {
    const server = await start({
      faults: [{ kind: 'throttle', times: 2, operation: 'Converse' }, 'truncated-frame'],
    });
    expect(server.pendingFaults).toBe(3);
    const caller = client(server, { maxAttempts: 3 });
    server.fail({ kind: 'unavailable', operation: 'GetInferenceProfile' });
    expect((await outcome(caller, true)).events).toHaveLength(1);
    expect((await outcome(client(server), false)).error.name).toBe('ThrottlingException');
    expect((await outcome(client(server), false)).error.name).toBe('ThrottlingException');
    expect((await outcome(client(server), false)).answer.stopReason).toBe('end_turn');
    expect(server.pendingFaults).toBe(1);
  });

  test('an unknown fault is an error that names the known ones', async () => {
    const server = await start();
    expect(() => server.fail('explode')).toThrow(
      /unknown kind "explode"; known are status, throttle/,
    );
    expect(() => server.fail({ kind: 'split', operation: 'GetInferenceProfile' })).toThrow(
      'cannot happen to GetInferenceProfile',
    );
    expect(server.pendingFaults).toBe(0);
    expect(faultKinds).toContain('goaway');
  });
});

/** Sends a byte and lets the server read before the next one could join it. */
async function sendAlone(socket, byte) {
  await new Promise((resolve) => socket.write(byte, resolve));
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
}

describe('the wire', () => {
  test('HTTP/2 loses the cut, as the SDK does; the server has made it', async () => {
    const server = await start();
    server.fail({ kind: 'cut-reset', after: 2 }, 'goaway');
    const caller = client(server, { requestHandler: new NodeHttp2Handler() });
    const { events, error } = await outcome(caller, true);
    expect(error).toBeUndefined();
    expect(events.length).toBeLessThanOrEqual(2);
    expect(server.requests[0]).toMatchObject({ protocol: '2', eventsSent: 2 });
    await outcome(caller, true);
    expect(server.requests[1]).toMatchObject({ fault: 'goaway' });
  });

  test('a slow client holds the stream back', async () => {
    let made = 0;
    const server = await start({
      script: ({ operation }) =>
        (operation === 'ConverseStream' && {
          events: (async function* many() {
            yield { messageStart: { role: 'assistant' } };
            for (made = 0; made < 200; made += 1) {
              yield {
                contentBlockDelta: { delta: { text: 'x'.repeat(100_000) }, contentBlockIndex: 0 },
              };
            }
          })(),
        }) ||
        undefined,
    });
    const { stream } = await client(server).send(new ConverseStreamCommand(input));
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    // The server has had time for these, so it has had time to go on.
    const other = client(server);
    for (let n = 0; n < 20; n += 1) await outcome(other, false);
    expect(made).toBeLessThan(190);
    let rest = 0;
    while (!(await iterator.next()).done) rest += 1;
    expect([rest, made]).toEqual([200, 200]);
  }, 30_000);

  test('a preface that comes byte by byte is still HTTP/2', async () => {
    const server = await start();
    const socket = net.connect(server.port, server.host);
    socket.setNoDelay(true);
    for (const byte of 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n') {
      await sendAlone(socket, byte);
    }
    const settings = await new Promise((resolve) => socket.once('data', resolve));
    expect(settings[3]).toBe(4);
    socket.destroy();
  });

  test('POST that comes byte by byte is HTTP/1.1', async () => {
    const server = await start();
    const socket = net.connect(server.port, server.host);
    socket.setNoDelay(true);
    for (const byte of 'POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n') {
      await sendAlone(socket, byte);
    }
    const answer = await new Promise((resolve) => socket.once('data', resolve));
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 403 /);
    socket.destroy();
  });

  test('a whole answer that the client resets over HTTP/2 counts as left', async () => {
    const server = await start({
      script: () => ({ text: 'x'.repeat(5_000_000), stopReason: 'end_turn' }),
    });
    const session = http2.connect(server.url);
    const request = session.request({
      ':method': 'POST',
      ':path': '/model/amazon.nova-pro-v1:0/converse',
      authorization: `Bearer ${server.bearerToken}`,
    });
    request.on('error', () => {});
    request.end(JSON.stringify({ messages: input.messages }));
    await once(request, 'response');
    request.close(http2.constants.NGHTTP2_CANCEL);
    expect(await server.requests[0].aborted).toBe(true);
    session.destroy();
  });

  test('a connection may be closed at any moment', async () => {
    const server = await start();
    for (const bytes of [
      '',
      'PRI',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nrubbish rubbish rubbish',
      'GET',
      'nonsense\r\n\r\n',
      'POST /model/x/converse HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{',
    ]) {
      const socket = net.connect(server.port, server.host);
      await new Promise((resolve) => socket.end(bytes, resolve));
      socket.resume();
      await new Promise((resolve) => socket.once('close', resolve));
    }
    expect((await outcome(client(server), false)).answer.stopReason).toBe('end_turn');
    expect(server.failures).toEqual([]);
  });

  test('close ends what is open', async () => {
    const server = await startLocalBedrock({ pace: 0 });
    server.fail('stall-headers');
    const caller = client(server);
    const pending = outcome(caller, true);
    await server.waitForRequest();
    await server.close();
    expect((await pending).error).toEqual(RESET);
  });

  test('it is on loopback only', async () => {
    const server = await start();
    expect(server.host).toBe('127.0.0.1');
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  });

  test('over TLS both protocols are offered', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'local-bedrock-'));
    try {
      const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name));
      execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-keyout',
          key,
          '-out',
          cert,
          '-days',
          '2',
          '-subj',
          '/CN=localhost',
          '-addext',
          'subjectAltName=IP:127.0.0.1',
        ],
        { stdio: 'ignore' },
      );
      const server = await start({ tls: { key: readFileSync(key), cert: readFileSync(cert) } });
      expect(server.url).toMatch(/^https:/);

      const handler = new NodeHttpHandler({
        httpsAgent: new https.Agent({ ca: readFileSync(cert) }),
      });
      expect(
        (await outcome(client(server, { requestHandler: handler }), true)).error,
      ).toBeUndefined();
      server.fail('cut-reset');
      expect((await outcome(client(server, { requestHandler: handler }), true)).error).toEqual(
        RESET,
      );
      const session = http2.connect(server.url, { ca: readFileSync(cert) });
      const request = session.request({
        ':path': '/foundation-models',
        authorization: `Bearer ${server.bearerToken}`,
      });
      const [headers] = await once(request, 'response');
      expect(headers[':status']).toBe(200);
      session.destroy();
      expect(server.requests.map(({ protocol }) => protocol)).toEqual(['1.1', '1.1', '2']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('the two ways to a checksum agree', () => {
    const bytes = Buffer.from('123456789');
    expect(tableCrc32(bytes)).toBe(0xcbf43926);
    expect(crc32(bytes)).toBe(0xcbf43926);
    expect(encodeFrame({}, '').length).toBe(16);
  });
});

describe('options', () => {
  test.each([
    [{ ports: 1 }, /unknown option ports; known are port, /],
    [{ port: -1 }, /port must be a whole number/],
    [{ pace: '5' }, /pace must be milliseconds/],
    [{ script: 'x' }, /script must be a function/],
    [{ models: { a: 'b' } }, /b, which a is to behave like, is unknown/],
    [{ faults: ['x'] }, /unknown kind "x"/],
    [{ profiles: [{ region: 'us-east-1', from: 'x' }] }, /x is not a model/],
  ])('%j is refused', async (options, text) => {
    await expect(startLocalBedrock(options)).rejects.toThrow(text);
  });

  test('a port that is taken is an error', async () => {
    const server = await start();
    await expect(startLocalBedrock({ port: server.port })).rejects.toThrow('EADDRINUSE');
  });

  test('an unknown operation, a broken path and a broken body are answered', async () => {
    const server = await start();
    const call = async (route, body) => {
      const response = await fetch(server.url + route, {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${server.bearerToken}` },
      });
      return [response.status, response.headers.get('x-amzn-errortype')];
    };
    expect(await call('/model/x/dance', '{}')).toEqual([404, 'UnknownOperationException']);
    expect(await call('/model/%zz/converse', '{}')).toEqual([400, 'ValidationException']);
    expect(await call('/model/amazon.nova-pro-v1:0/converse', '{')).toEqual([
      400,
      'ValidationException',
    ]);
    expect(await call('/model/amazon.nova-pro-v1:0/converse', 'null')).toEqual([
      400,
      'ValidationException',
    ]);
    expect(await call('/model/amazon.nova-pro-v1:0/converse', '[]')).toEqual([
      400,
      'ValidationException',
    ]);
  });

  test('a script that throws is an error of the server that says so', async () => {
    const server = await start({
      script: () => {
        throw new Error('my bug');
      },
    });
    const { error } = await outcome(client(server), false);
    expect(error).toMatchObject({
      name: 'InternalServerException',
      message: 'local-bedrock failed: my bug',
    });
    expect(server.failures).toHaveLength(1);
  });
});
