'use strict';

/** Streams: the order of events, and every way to stop one. */

const { getEventListeners } = require('node:events');
const { ConverseStreamCommand } = require('@aws-sdk/client-bedrock-runtime');
const { ask, awsClient, client, collect, failure, start, until } = require('./support/bedrock');
const { begun, delta, events, held } = require('./support/streams');

describe('events', () => {
  test('come as the AWS SDK gives them', async () => {
    const answer = () => ({
      content: [
        { reasoningContent: { reasoningText: { text: 'Let me think.', signature: 'c2ln' } } },
        { text: 'I will look.' },
        { toolUse: { toolUseId: 't1', name: 'weather', input: { city: 'Ghent', days: 3 } } },
      ],
      stopReason: 'tool_use',
      latencyMs: 3,
    });
    const server = await start({ script: answer });
    const ours = await collect((await client(server).converseStream(ask())).stream);
    const sent = await awsClient(server).send(new ConverseStreamCommand(ask()));
    const theirs = await collect(sent.stream);
    expect(ours).toEqual(theirs);
    expect(ours.length).toBeGreaterThan(8);
  });

  test('come in order, however many', async () => {
    const server = await start({ script: () => ({ events: events(5000) }) });
    const { stream } = await client(server).converseStream(ask());
    const texts = (await collect(stream)).flatMap(
      ({ contentBlockDelta }) => contentBlockDelta?.delta.text ?? [],
    );
    expect(texts).toEqual(Array.from({ length: 5000 }, (_, n) => `${n} word `));
  });

  test('come whole, however the bytes were cut', async () => {
    const server = await start({ script: () => ({ events: events(5, 'ünïcode 🦀 ') }) });
    server.fail('split');
    const { stream } = await client(server).converseStream(ask());
    expect((await collect(stream))[1]).toEqual(delta('0 ünïcode 🦀 '));
  });

  test('that AWS has added since are left out', async () => {
    const server = await start({ script: () => ({ events: events(2) }) });
    server.fail('unknown-event');
    const { stream } = await client(server).converseStream(ask());
    expect((await collect(stream)).map((event) => Object.keys(event)[0])).toEqual([
      'messageStart',
      'contentBlockDelta',
      'contentBlockDelta',
      'contentBlockStop',
      'messageStop',
      'metadata',
    ]);
  });

  test('in unknown unions look as in the AWS SDK', async () => {
    const server = await start({ script: () => ({ events: events(2) }) });
    server.fail('unknown-union', 'unknown-union');
    const ours = await collect((await client(server).converseStream(ask())).stream);
    const sent = await awsClient(server).send(new ConverseStreamCommand(ask()));
    expect(ours).toEqual(await collect(sent.stream));
  });

  test('with invalid UTF-8 are delivered, as the AWS SDK delivers them', async () => {
    const server = await start({ script: () => ({ events: events(2) }) });
    server.fail('invalid-utf8', 'invalid-utf8');
    const ours = await collect((await client(server).converseStream(ask())).stream);
    const sent = await awsClient(server).send(new ConverseStreamCommand(ask()));
    expect(ours).toEqual(await collect(sent.stream));
  });

  test('cannot reach a prototype', async () => {
    const poison = JSON.parse('{"__proto__":{"polluted":true}}');
    function* script() {
      yield { messageStart: { role: 'assistant', ...poison } };
      yield { messageStop: { stopReason: 'end_turn', additionalModelResponseFields: poison } };
    }
    const server = await start({ script: () => ({ events: script() }) });
    await collect((await client(server).converseStream(ask())).stream);
    expect({}.polluted).toBeUndefined();
  });
});

describe('the iterator', () => {
  test('is one: it gives itself, and a second loop goes on where the first stands', async () => {
    const server = await start({ script: () => ({ events: events(1) }) });
    const { stream } = await client(server).converseStream(ask());
    expect(stream[Symbol.asyncIterator]()).toBe(stream);
    expect(await stream.next()).toEqual({
      value: { messageStart: { role: 'assistant' } },
      done: false,
    });
    expect((await collect(stream)).map((event) => Object.keys(event)[0])).toEqual([
      'contentBlockDelta',
      'contentBlockStop',
      'messageStop',
      'metadata',
    ]);
  });

  test('answers next() calls at the same time in order', async () => {
    const { server, release } = await held(3);
    const { stream } = await client(server).converseStream(ask());
    const settled = [];
    const calls = Array.from({ length: 12 }, (_, n) =>
      stream.next().then((result) => {
        settled.push(n);
        return result;
      }),
    );
    release();
    const results = await Promise.all(calls);
    expect(settled).toEqual(Array.from({ length: 12 }, (_, n) => n));
    expect(results.slice(1, 7).map(({ value }) => value.contentBlockDelta.delta.text)).toEqual(
      Array.from({ length: 6 }, (_, n) => `${n} word `),
    );
    expect(results.slice(10)).toEqual([
      { value: undefined, done: true },
      { value: undefined, done: true },
    ]);
  });

  test('stays done after the end', async () => {
    const server = await start();
    const { stream } = await client(server).converseStream(ask());
    await collect(stream);
    for (let n = 0; n < 3; n += 1) {
      expect(await stream.next()).toEqual({ value: undefined, done: true });
    }
    expect(await stream.return('x')).toEqual({ value: 'x', done: true });
  });
});

describe('stopping', () => {
  test('break closes the upstream at once', async () => {
    const { server } = await held();
    const { stream } = await client(server).converseStream(ask());
    const seen = [];
    for await (const event of stream) {
      seen.push(event);
      if (seen.length === 2) break;
    }
    expect(seen).toHaveLength(2);
    expect(await server.requests[0].aborted).toBe(true);
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  test('an error in the body of the loop closes the upstream', async () => {
    const { server } = await held();
    const { stream } = await client(server).converseStream(ask());
    const loop = async () => {
      for await (const event of stream) {
        if (event.messageStart) throw new Error('messageStart');
      }
    };
    expect((await failure(loop())).message).toBe('messageStart');
    expect(await server.requests[0].aborted).toBe(true);
  });

  test('return() closes the upstream, and ends what waits', async () => {
    const { server } = await held();
    const stream = await begun(server);
    const waiting = stream.next();
    expect(await stream.return('value')).toEqual({ value: 'value', done: true });
    expect(await waiting).toEqual({ value: undefined, done: true });
    expect(await server.requests[0].aborted).toBe(true);
  });

  test('return() of a stream that nobody has read closes the upstream', async () => {
    const { server } = await held();
    const { stream } = await client(server).converseStream(ask());
    await stream.return();
    expect(await server.requests[0].aborted).toBe(true);
  });

  test('throw() closes the upstream and rejects with what was thrown', async () => {
    const { server } = await held();
    const stream = await begun(server);
    const reason = new Error('of the reader');
    expect(await failure(stream.throw(reason))).toBe(reason);
    expect(await server.requests[0].aborted).toBe(true);
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  test('asyncDispose closes the upstream', async () => {
    const { server } = await held();
    const stream = await begun(server);
    await stream[Symbol.asyncDispose]();
    expect(await server.requests[0].aborted).toBe(true);
  });

  test('destroy() closes every stream and call of its client, and of no other', async () => {
    const { server, release } = await held();
    const [mine, other] = [client(server), client(server)];
    const first = await begun(server, undefined, 3, mine);
    const second = await begun(server, undefined, 3, mine);
    const third = await begun(server, undefined, 3, other);
    const waiting = failure(first.next());
    mine.destroy();
    expect(await waiting).toMatchObject({ name: 'AbortError' });
    expect(await failure(second.next())).toMatchObject({ name: 'AbortError' });
    expect(await Promise.all(server.requests.slice(0, 2).map(({ aborted }) => aborted))).toEqual([
      true,
      true,
    ]);
    release();
    expect((await collect(third)).at(-1)).toHaveProperty('metadata');
  });

  test('a client can be used again after destroy(), as the AWS SDK can', async () => {
    const server = await start();
    const made = client(server);
    made.destroy();
    expect((await made.converse(ask())).stopReason).toBe('end_turn');
  });
});

describe('abortSignal', () => {
  /** A signal that tells how many listen. */
  function counted() {
    const aborter = new AbortController();
    return {
      signal: aborter.signal,
      abort: (reason) => aborter.abort(reason),
      listeners: () => getEventListeners(aborter.signal, 'abort').length,
    };
  }

  const ABORTED = { name: 'AbortError', message: 'Request aborted' };

  test.each(['converse', 'converseStream'])('aborted before %s, nothing is sent', async (name) => {
    const server = await start();
    const signal = AbortSignal.abort();
    const error = await failure(client(server)[name](ask(), { abortSignal: signal }));
    expect(error).toMatchObject(ABORTED);
    expect(error).toBeInstanceOf(Error);
    expect(server.connections).toBe(0);
  });

  test.each(['converse', 'converseStream'])('aborts %s while it waits', async (name) => {
    const server = await start();
    server.fail('stall-headers');
    const { signal, abort, listeners } = counted();
    const pending = failure(client(server)[name](ask(), { abortSignal: signal }));
    const request = await server.waitForRequest();
    expect(listeners()).toBeGreaterThan(0);
    const reason = new Error('the user left');
    abort(reason);
    const error = await pending;
    expect(error).toMatchObject(ABORTED);
    expect(error.cause).toBe(reason);
    expect(Object.keys(error)).toEqual(['name']);
    expect(await request.aborted).toBe(true);
    expect(listeners()).toBe(0);
  });

  test('aborts between two attempts', async () => {
    const server = await start();
    server.fail({ kind: 'throttle', headers: { 'retry-after': '5' } });
    const aborter = new AbortController();
    const made = client(server).on('retry', () => aborter.abort());
    const error = await failure(made.converse(ask(), { abortSignal: aborter.signal }));
    expect(error).toMatchObject(ABORTED);
    expect(server.requests).toHaveLength(1);
  });

  test('aborts a stream that is waited for', async () => {
    const { server } = await held();
    const { signal, abort, listeners } = counted();
    const stream = await begun(server, { abortSignal: signal });
    const waiting = failure(stream.next());
    abort();
    expect(await waiting).toMatchObject(ABORTED);
    expect(await server.requests[0].aborted).toBe(true);
    expect(listeners()).toBe(0);
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  test('aborts a stream that is not waited for: the next read tells', async () => {
    const { server } = await held();
    const aborter = new AbortController();
    const { stream } = await client(server).converseStream(ask(), { abortSignal: aborter.signal });
    aborter.abort();
    expect(await failure(collect(stream))).toMatchObject(ABORTED);
    expect(await server.requests[0].aborted).toBe(true);
  });

  test('aborts a stream whose events have all arrived but were not read', async () => {
    const server = await start({ script: () => ({ events: events(10) }) });
    const aborter = new AbortController();
    const { stream } = await client(server).converseStream(ask(), { abortSignal: aborter.signal });
    await stream.next();
    expect(await server.requests[0].aborted).toBe(false);
    await until(() => server.requests[0].eventsSent >= 14);
    let turns = 0;
    await until(() => (turns += 1) > 50);
    aborter.abort();
    expect(await failure(stream.next())).toMatchObject(ABORTED);
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  test('is harmless after the answer, and no longer listened to', async () => {
    const server = await start();
    const { signal, abort, listeners } = counted();
    const whole = await client(server).converse(ask(), { abortSignal: signal });
    expect(listeners()).toBe(0);
    const { stream } = await client(server).converseStream(ask(), { abortSignal: signal });
    expect(listeners()).toBe(1);
    await collect(stream);
    expect(listeners()).toBe(0);
    abort();
    expect(whole.stopReason).toBe('end_turn');
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  test.each([
    ['a failed call', 'model-error', 'converse'],
    ['a failed stream', 'model-error', 'converseStream'],
    ['a stream that broke', 'cut-reset', 'converseStream'],
  ])('is no longer listened to after %s', async (_what, kind, name) => {
    const server = await start();
    server.fail(kind);
    const { signal, listeners } = counted();
    const calling = client(server)[name](ask(), { abortSignal: signal });
    await failure(calling.then(({ stream }) => collect(stream)));
    expect(listeners()).toBe(0);
  });

  test("leaves the user's onabort alone", async () => {
    const server = await start();
    server.fail('stall-headers');
    const aborter = new AbortController();
    const onabort = jest.fn();
    aborter.signal.onabort = onabort;
    const pending = failure(client(server).converse(ask(), { abortSignal: aborter.signal }));
    await server.waitForRequest();
    expect(aborter.signal.onabort).toBe(onabort);
    aborter.abort();
    await pending;
    expect(onabort).toHaveBeenCalledTimes(1);
  });

  test('one signal aborts many calls', async () => {
    const server = await start();
    server.fail({ kind: 'stall-headers', times: 5 });
    const aborter = new AbortController();
    const made = client(server);
    const calls = Array.from({ length: 5 }, () =>
      failure(made.converse(ask(), { abortSignal: aborter.signal })),
    );
    await until(() => server.requests.length === 5);
    aborter.abort();
    for (const error of await Promise.all(calls)) expect(error).toMatchObject(ABORTED);
    for (const { aborted } of server.requests) expect(await aborted).toBe(true);
  });

  test('works with AbortSignal.timeout', async () => {
    const server = await start();
    server.fail('stall-headers');
    const error = await failure(
      client(server).converse(ask(), { abortSignal: AbortSignal.timeout(20) }),
    );
    expect(error).toMatchObject({ ...ABORTED, cause: { name: 'TimeoutError' } });
  });
});
