'use strict';

/** Streams: the order of events, every way to stop one, and what becomes of the connection. */

const { getEventListeners } = require('node:events');
const { ConverseStreamCommand } = require('@aws-sdk/client-bedrock-runtime');
const {
  ask,
  awsClient,
  client,
  collect,
  failure,
  preamble,
  run,
  start,
  until,
} = require('./support/bedrock');

const delta = (text) => ({ contentBlockDelta: { delta: { text }, contentBlockIndex: 0 } });

/** Events of a whole answer with so many deltas. */
function* events(count, text = 'word ') {
  yield { messageStart: { role: 'assistant' } };
  for (let n = 0; n < count; n += 1) yield delta(`${n} ${text}`);
  yield { contentBlockStop: { contentBlockIndex: 0 } };
  yield { messageStop: { stopReason: 'end_turn' } };
  yield {
    metadata: {
      usage: { inputTokens: 1, outputTokens: count, totalTokens: count + 1 },
      metrics: { latencyMs: 1 },
    },
  };
}

/** A server whose answer waits after `before` deltas until the test lets it go on. */
async function held(before = 2) {
  let release;
  const released = new Promise((resolve) => {
    release = resolve;
  });
  async function* pausing() {
    let sent = 0;
    for (const event of events(before + 3)) {
      if (sent === before + 1) await released;
      sent += 1;
      yield event;
    }
  }
  const server = await start({ script: () => ({ events: pausing() }) });
  return { server, release };
}

/** Opens a stream and takes its first events. */
async function begun(server, options, count = 3, made = client(server)) {
  const { stream } = await made.converseStream(ask(), options);
  for (let n = 0; n < count; n += 1) await stream.next();
  return stream;
}

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
      for await (const event of stream) throw new Error(Object.keys(event)[0]);
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
    expect(listeners()).toBe(1);
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

describe('streams beside each other', () => {
  const MEGABYTE = 'x'.repeat(64 * 1024);
  const PIECES = 320; // 20 MB

  test('a slow reader holds back its own upstream and nobody else', async () => {
    const server = await start({ script: () => ({ events: events(PIECES, MEGABYTE) }) });
    const made = client(server);
    const slow = (await made.converseStream(ask())).stream;
    await slow.next();
    const fast = (await made.converseStream(ask())).stream;
    expect(await collect(fast)).toHaveLength(PIECES + 4);
    // While the other took 20 MB this one stopped: what is in flight is a window, not the answer.
    const [first] = server.requests;
    const stopped = first.eventsSent;
    expect(stopped).toBeLessThan(PIECES * 0.75);
    for (let n = 0; n < 10; n += 1) {
      const again = (await made.converseStream(ask())).stream;
      await again.next();
      await again.return();
    }
    expect(first.eventsSent).toBe(stopped);
    // And it goes on where it stood.
    expect(await collect(slow)).toHaveLength(PIECES + 3);
    expect(first.eventsSent).toBe(PIECES + 4);
  });

  test('a hundred at once all end whole', async () => {
    const server = await start({ script: () => ({ events: events(50) }) });
    const made = client(server);
    const all = await Promise.all(
      Array.from({ length: 100 }, async () => collect((await made.converseStream(ask())).stream)),
    );
    expect(all.every((taken) => taken.length === 54)).toBe(true);
  });

  test('one that fails does not touch the others', async () => {
    const { server, release } = await held();
    const made = client(server);
    const good = await begun(server, undefined, 1, made);
    server.fail('cut-reset');
    const bad = (await made.converseStream(ask())).stream;
    expect(await failure(collect(bad))).toMatchObject({ name: 'StreamInterruptedError' });
    release();
    expect((await collect(good)).at(-1)).toHaveProperty('metadata');
  });
});

describe('garbage collection', () => {
  const collectable = typeof global.gc === 'function' ? test : test.skip;
  const name = (text) => (global.gc ? text : `${text} (skipped: run node with --expose-gc)`);

  collectable(name('closes a stream that was forgotten'), async () => {
    const { server } = await held();
    await (async () => {
      const { stream } = await client(server).converseStream(ask());
      await stream.next();
    })();
    let closed = false;
    server.requests[0].aborted.then(() => {
      closed = true;
    });
    await until(() => {
      global.gc();
      return closed;
    });
    expect(await server.requests[0].aborted).toBe(true);
  });

  collectable(name('leaves a stream that is awaited alone'), async () => {
    const { server, release } = await held();
    const waiting = (async () => {
      const { stream } = await client(server).converseStream(ask());
      return collect(stream);
    })();
    await until(() => server.requests[0]?.eventsSent >= 3);
    let rounds = 0;
    await until(() => {
      global.gc();
      rounds += 1;
      return rounds > 20;
    });
    release();
    expect((await waiting).at(-1)).toHaveProperty('metadata');
  });
});

describe('processes and threads', () => {
  test('the process ends by itself after its calls', async () => {
    const server = await start();
    const ended = await run(`${preamble(server)}
      (async () => {
        await client.converse(input);
        let count = 0;
        for await (const event of (await client.converseStream(input)).stream) count += 1;
        console.log(count > 3);
      })();
    `);
    expect(ended).toMatchObject({ code: 0, stdout: 'true\n', stderr: '' });
  });

  test('a promise that is waited for holds the process', async () => {
    const { server, release } = await held();
    const child = run(`${preamble(server)}
      (async () => {
        const { stream } = await client.converseStream(input);
        for await (const event of stream) if (event.metadata) console.log('whole');
      })();
    `);
    await until(() => server.requests[0]?.eventsSent >= 3);
    release();
    expect(await child).toMatchObject({ code: 0, stdout: 'whole\n', stderr: '' });
  });

  test('a stream that nobody reads does not hold the process', async () => {
    const { server } = await held();
    const ended = await run(`${preamble(server)}
      client.converseStream(input).then(({ stream }) => { globalThis.kept = stream; });
    `);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(await server.requests[0].aborted).toBe(true);
  });

  test('an aborted call does not hold the process', async () => {
    const server = await start();
    server.fail('stall-headers');
    const ended = await run(`${preamble(server)}
      const aborter = new AbortController();
      client.converse(input, { abortSignal: aborter.signal }).catch((e) => console.log(e.name));
      setTimeout(() => aborter.abort(), 100);
    `);
    expect(ended).toMatchObject({ code: 0, stdout: 'AbortError\n', stderr: '' });
  });

  test('process.exit in the midst of a stream is clean', async () => {
    const { server } = await held();
    const ended = await run(`${preamble(server)}
      (async () => {
        const { stream } = await client.converseStream(input);
        await stream.next();
        stream.next();
        client.converse(input);
        process.exit(3);
      })();
    `);
    expect(ended).toMatchObject({ code: 3, signal: null, stderr: '' });
    expect(await server.requests[0].aborted).toBe(true);
  });

  test('a listener that throws is reported, and harms no call', async () => {
    const server = await start({ script: () => ({ events: events(20) }) });
    const ended = await run(`${preamble(server)}
      process.on('uncaughtException', (error) => console.log('reported:', error.message));
      client.on('resolve', () => { throw new Error('of the listener'); });
      (async () => {
        const streams = await Promise.all([1, 2, 3].map(() => client.converseStream(input)));
        for (const { stream } of streams) {
          let count = 0;
          for await (const event of stream) count += 1;
          console.log(count);
        }
      })();
    `);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout.split('\n').filter((line) => line === '24')).toHaveLength(3);
    expect(ended.stdout.match(/reported: of the listener/g)).toHaveLength(3);
  });

  test('four workers call at once, and one that is terminated harms nobody', async () => {
    const { server, release } = await held();
    const worker = `${preamble(server)}
      const { parentPort } = require('node:worker_threads');
      (async () => {
        const { stream } = await client.converseStream(input);
        parentPort.postMessage('begun');
        let count = 0;
        for await (const event of stream) count += 1;
        parentPort.postMessage(count);
      })();
    `;
    const child = run(`
      const { Worker } = require('node:worker_threads');
      const { once } = require('node:events');
      require('./index.js');
      (async () => {
        const workers = Array.from({ length: 4 }, () =>
          new Worker(${JSON.stringify(worker)}, { eval: true }));
        await Promise.all(workers.map((worker) => once(worker, 'message')));
        const rest = workers.slice(2).map((worker) => once(worker, 'message'));
        await Promise.all(workers.slice(0, 2).map((worker) => worker.terminate()));
        console.log('terminated');
        console.log((await Promise.all(rest)).flat().join());
      })();
    `);
    await until(() => server.requests.length === 4);
    let closed = 0;
    for (const { aborted } of server.requests) aborted.then((left) => (closed += Number(left)));
    await until(() => closed === 2);
    release();
    expect(await child).toMatchObject({ code: 0, signal: null, stdout: 'terminated\n9,9\n' });
  });
});
