'use strict';

/** HTTP/2 over TLS as production speaks it: many streams, few connections, and what goes wrong. */

const { ask, client, collect, failure, outcome, until } = require('./support/bedrock');
const http2 = require('./support/http2');

const { begin, eventFrame, finish, text, trusting, whole } = http2;
const open = [];

afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function serve(...args) {
  const server = await http2.serve(...args);
  open.push(server);
  return server;
}

const many = (count, make) => Promise.all(Array.from({ length: count }, (_, n) => make(n)));
const stream = async (made, options) => collect((await made.converseStream(ask(), options)).stream);

describe('as many connections as it takes', () => {
  test('few streams and many calls in turn share one', async () => {
    const server = await serve((one) => whole(one));
    for (let n = 0; n < 300; n += 1) await client(server, trusting()).converse(ask());
    await many(20, () => client(server, trusting()).converse(ask()));
    expect(server.sessions).toBe(1);
    expect(server.streams).toBe(320);
  });

  test.each([
    [500, 100, 5, 6],
    [500, 3, 100, 180],
  ])('%d streams at once against a server that allows %d', async (count, allowed, least, most) => {
    const waiting = [];
    const server = await serve(
      (one) => {
        begin(one);
        waiting.push(one);
      },
      { settings: { maxConcurrentStreams: allowed } },
    );
    const retries = [];
    const made = client(server, trusting()).on('retry', (event) => retries.push(event));
    const reading = many(count, () => stream(made));
    await until(() => waiting.length === count);
    expect(server.most).toBe(count);
    for (const one of waiting) finish(one);
    for (const events of await reading) expect(events).toHaveLength(4);
    expect(retries).toEqual([]);
    expect(server.sessions).toBeGreaterThanOrEqual(least);
    expect(server.sessions).toBeLessThanOrEqual(most);
  });

  test('no more than maxSockets: then calls wait', async () => {
    const waiting = [];
    const server = await serve((one) => waiting.push(one), {
      settings: { maxConcurrentStreams: 3 },
    });
    const made = client(server, trusting({ maxSockets: 2 }));
    const calls = many(12, () => made.converse(ask()));
    await until(() => waiting.length === 6);
    for (let n = 0; n < 12; n += 1) {
      await until(() => waiting.length > 0);
      expect(server.open).toBeLessThanOrEqual(6);
      whole(waiting.shift());
    }
    await calls;
    expect(server.sessions).toBe(2);
    expect(server.most).toBe(6);
  });

  test('whoever waits does so under its deadline, and leaves the others their place', async () => {
    const waiting = [];
    const server = await serve((one) => waiting.push(one), {
      settings: { maxConcurrentStreams: 1 },
    });
    const options = trusting({ maxSockets: 1 });
    const first = client(server, options).converse(ask());
    await until(() => waiting.length === 1);
    const impatient = client(server, { ...options, timeouts: { call: 100 } });
    const late = failure(impatient.converse(ask()));
    const patient = client(server, options).converse(ask());
    expect((await late).message).toBe('The call took longer than its timeout of 100 ms.');
    whole(waiting.shift());
    await first;
    await until(() => waiting.length === 1);
    whole(waiting.shift());
    await patient;
    expect(server.streams).toBe(2);
  });
});

describe('nobody hears', () => {
  test('of a REFUSED_STREAM: the request is sent again, and counted once', async () => {
    const server = await serve((one, n) => {
      if (n <= 4) one.close(7);
      else whole(one);
    });
    const retries = [];
    const made = client(server, trusting()).on('retry', (event) => retries.push(event));
    const { $metadata } = await made.converse(ask());
    expect($metadata.attempts).toBe(1);
    expect(retries).toEqual([]);
    expect(server.streams).toBe(5);
  });

  test('of a server that takes fewer than it has said', async () => {
    let running = 0;
    const waiting = [];
    const server = await serve((one) => {
      if (running >= 5) return one.close(7);
      running += 1;
      one.on('close', () => {
        running -= 1;
      });
      begin(one);
      waiting.push(one);
      return undefined;
    });
    const made = client(server, trusting());
    const reading = many(8, () => outcome(made));
    for (let n = 0; n < 8; n += 1) {
      await until(() => waiting.length > 0);
      finish(waiting.shift());
    }
    for (const { error } of await reading) expect(error).toBeUndefined();
  });

  test('of a server that refuses for ever, until it gives up', async () => {
    const server = await serve((one) => one.close(7));
    const error = await failure(client(server, { ...trusting(), maxAttempts: 1 }).converse(ask()));
    expect(error).toMatchObject({
      code: 'ERR_HTTP2_STREAM_ERROR',
      message: 'Stream closed with error code NGHTTP2_REFUSED_STREAM',
      $metadata: { attempts: 1 },
    });
  });

  test('of a GOAWAY: what is under way ends whole, what comes goes elsewhere', async () => {
    const streams = [];
    const server = await serve((one) => {
      begin(one);
      streams.push(one);
    });
    const made = client(server, trusting());
    const first = stream(made);
    await until(() => streams.length === 1);
    streams[0].session.close();
    const second = stream(made);
    await until(() => streams.length === 2);
    for (const one of streams) finish(one);
    expect(await first).toHaveLength(4);
    expect(await second).toHaveLength(4);
    expect(server.sessions).toBe(2);
  });

  test('of a GOAWAY that came before the request was read', async () => {
    const server = await serve((one, n, session) => {
      if (n !== 2) return whole(one);
      // The stream before is the last that it has read.
      session.goaway(0, one.id - 2);
      return undefined;
    });
    const made = client(server, trusting());
    await made.converse(ask());
    const { $metadata } = await made.converse(ask());
    expect($metadata.attempts).toBe(1);
    expect(server.streams).toBe(3);
    expect(server.sessions).toBe(2);
  });
});

describe('one does not hold up another', () => {
  test('50 readers that have fallen behind, and 50 that have not', async () => {
    const FRAME = eventFrame('contentBlockDelta', text('x'.repeat(8192)));
    const behind = new Set();
    const server = await serve((one, n) => {
      begin(one);
      if (n > 50) return finish(one);
      behind.add(one);
      // As much as it is let, up to 16 MiB.
      let left = 2048;
      const write = () => {
        while (left > 0 && !one.destroyed) {
          left -= 1;
          if (!one.write(FRAME)) return void one.once('drain', write);
        }
        return undefined;
      };
      write();
      return undefined;
    });
    const made = client(server, trusting());
    const slow = await many(50, async () => {
      const { stream: events } = await made.converseStream(ask());
      await events.next();
      return events;
    });
    await until(() => [...behind].every((one) => one.writableNeedDrain));
    const quick = await many(50, () => stream(made));
    for (const events of quick) expect(events).toHaveLength(4);
    expect(server.sessions).toBeLessThanOrEqual(2);
    for (const events of slow) await events.return();
    await until(() => server.open === 0);
    // Nothing of that ended a connection.
    expect(server.live.size).toBe(server.sessions);
  });

  test('a connection that is reset ends its own streams and no others', async () => {
    const streams = [];
    const server = await serve(
      (one) => {
        begin(one);
        streams.push(one);
      },
      { settings: { maxConcurrentStreams: 2 } },
    );
    const made = client(server, { ...trusting(), maxAttempts: 1 });
    const reading = many(4, () => outcome(made));
    await until(() => streams.length === 4);
    const [{ session: dead }] = streams;
    const alive = streams.filter((one) => one.session !== dead);
    expect(alive.length).toBeGreaterThan(0);
    server.reset(dead);
    for (const one of alive) finish(one);
    const results = await reading;
    const broken = results.filter(({ error }) => error);
    expect(broken).toHaveLength(4 - alive.length);
    for (const { error } of broken) {
      expect(error).toMatchObject({ name: 'StreamInterruptedError', code: 'ECONNRESET' });
    }
  });

  test('an abort closes its stream, and the connection goes on', async () => {
    const closed = [];
    const server = await serve((one, n) => {
      if (n > 1) return whole(one);
      one.on('close', () => closed.push(one.rstCode));
      begin(one);
      return undefined;
    });
    const made = client(server, trusting());
    const controller = new AbortController();
    const { stream: events } = await made.converseStream(ask(), { abortSignal: controller.signal });
    await events.next();
    controller.abort();
    await failure(collect(events));
    await until(() => closed.length === 1);
    expect(closed).toEqual([8]);
    await made.converse(ask());
    expect(server.sessions).toBe(1);
  });

  test('a body larger than the windows is sent while the response is awaited', async () => {
    const server = await serve((one) => whole(one));
    const long = 'word '.repeat(400_000);
    await many(3, () => client(server, trusting()).converse(ask(long)));
    expect(server.sessions).toBe(1);
  });
});

describe('silence after the head', () => {
  test('before the first event', async () => {
    const server = await serve((one) => one.respond({ ':status': 200 }));
    const options = { ...trusting(), maxAttempts: 2, timeouts: { whileThinking: 100 } };
    const error = await failure(client(server, options).converseStream(ask()));
    expect(error).toMatchObject({
      name: 'TimeoutError',
      code: 'ETIMEDOUT',
      message: 'No event arrived for 0.1 s.',
      $metadata: { attempts: 2 },
    });
    await until(() => server.open === 0);
  });

  test('within a whole response', async () => {
    const server = await serve((one) => {
      one.respond({ ':status': 200 });
      one.write('{"output":');
    });
    const options = { ...trusting(), maxAttempts: 1, timeouts: { whileThinking: 100 } };
    const error = await failure(client(server, options).converse(ask()));
    expect(error).toMatchObject({
      name: 'TimeoutError',
      message: 'Nothing more of the response arrived for 0.1 s.',
    });
    await until(() => server.open === 0);
  });
});

describe('what no server should send', () => {
  test('control characters in the type of a first exception', async () => {
    const { encodeFrame } = require('../local-bedrock/eventstream');
    const server = await serve((one) => {
      one.respond({ ':status': 200 });
      const headers = { ':exception-type': 'odd\u0000\nException', ':message-type': 'exception' };
      one.end(encodeFrame(headers, '{"message":"odd"}'));
    });
    const error = await failure(client(server, trusting()).converseStream(ask()));
    expect(error.message).toBe('odd');
    expect(error.name).toContain('Exception');
  });

  test('a whole response that is larger than what is read', async () => {
    const server = await serve((one) => {
      one.respond({ ':status': 200, 'content-length': String(300 * 1024 * 1024) });
      one.write('{');
    });
    const error = await failure(client(server, trusting()).converse(ask()));
    expect(error).toMatchObject({ name: 'ResponseTooLargeError', $metadata: { attempts: 1 } });
    expect(error.message).toContain('256 MiB');
    await until(() => server.open === 0);
  });
});
