'use strict';

/** Frames of HTTP/2 as servers may send them, and as none should. */

const { ask, client, collect, failure, outcome, until } = require('./support/bedrock');
const { eventFrame, text, trusting, WHOLE } = require('./support/http2');
const frames = require('./support/http2-frames');

const { END_HEADERS, END_STREAM, PADDED, TYPE, frame, pack, uint32 } = frames;
const OK = { ':status': '200', 'content-type': 'application/json' };
const STREAM = { ':status': '200', 'content-type': 'application/vnd.amazon.eventstream' };
const EVENTS = Buffer.concat([
  eventFrame('messageStart', { role: 'assistant' }),
  eventFrame('contentBlockDelta', text('Grüße, 世界')),
  eventFrame('contentBlockStop', { contentBlockIndex: 0 }),
  eventFrame('messageStop', { stopReason: 'end_turn' }),
]);
const NOTHING = Buffer.alloc(0);
const open = [];

afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function serve(onConnection, options) {
  const server = await frames.serveFrames(onConnection, options);
  open.push(server);
  return server;
}

/** A server that begins as it should and leaves requests to the test. */
const answering = (onRequest, settings = {}, options = undefined) =>
  serve((connection) => {
    connection.settings(settings);
    connection.on('request', (id) => onRequest(connection, id));
  }, options);

const many = (count, make) => Promise.all(Array.from({ length: count }, (_, n) => make(n)));

function whole(connection, id) {
  connection.head(id, OK);
  connection.data(id, Buffer.from(WHOLE), END_STREAM);
}

/** A client that counts what it was told of. */
function listening(server, options) {
  const retries = [];
  const made = client(server, { ...trusting(), ...options });
  made.on('retry', (event) => retries.push(event));
  return { made, retries };
}

/** Writes bytes one by one, each in a turn of its own. */
async function trickle(connection, bytes) {
  for (const byte of bytes) {
    if (connection.closed) return;
    connection.socket.write(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
}

describe('what a server may send', () => {
  test('bytes one by one', async () => {
    const server = await answering((connection, id) =>
      trickle(
        connection,
        Buffer.concat([
          frame(TYPE.headers, END_HEADERS, id, pack(STREAM)),
          frame(TYPE.data, 0, id, EVENTS),
          frame(TYPE.data, END_STREAM, id),
        ]),
      ),
    );
    const { made, retries } = listening(server);
    const { stream } = await made.converseStream(ask());
    const events = await collect(stream);
    expect(events[1].contentBlockDelta.delta.text).toBe('Grüße, 世界');
    expect(events).toHaveLength(4);
    expect(retries).toEqual([]);
  });

  test.each([
    ['DATA of one byte', (byte) => [byte, 0]],
    [
      'padded DATA',
      (byte) => [Buffer.concat([Buffer.from([200]), byte, Buffer.alloc(200)]), PADDED],
    ],
  ])('%s, and empty DATA', async (_what, shape) => {
    const server = await answering((connection, id) => {
      connection.head(id, STREAM);
      for (const byte of EVENTS) connection.data(id, ...shape(Buffer.from([byte])));
      // Some; many would be an attack.
      for (let n = 0; n < 3; n += 1) connection.data(id, NOTHING);
      connection.data(id, NOTHING, END_STREAM);
    });
    const { made } = listening(server);
    for (let n = 0; n < 20; n += 1) {
      expect(await collect((await made.converseStream(ask())).stream)).toHaveLength(4);
    }
    expect(server.connections).toHaveLength(1);
  });

  test('informational heads, trailers, priorities, unknown frames, and a head in pieces', async () => {
    const server = await answering((connection, id) => {
      connection.write(0xfa, 0xff, id, Buffer.from('unknown'));
      connection.write(0xfb, 0, 0, Buffer.alloc(1000));
      connection.head(id, { ':status': '100' });
      connection.head(id, { ':status': '103', link: '</>; rel=preload' });
      const head = pack(OK);
      connection.write(TYPE.headers, 0, id, head.subarray(0, 5));
      connection.write(TYPE.continuation, 0, id, head.subarray(5, 6));
      connection.write(TYPE.continuation, 0, id, head.subarray(6));
      connection.write(TYPE.continuation, END_HEADERS, id);
      connection.write(TYPE.priority, 0, id, Buffer.from([0, 0, 0, 0, 10]));
      connection.windowUpdate(id, 1000);
      connection.data(id, Buffer.from(WHOLE));
      connection.head(id, { 'x-checksum': 'none' }, END_HEADERS | END_STREAM);
    });
    const { made, retries } = listening(server);
    const { output } = await made.converse(ask());
    expect(output.message.content).toEqual([{ text: 'Good day' }]);
    await made.converse(ask());
    expect(retries).toEqual([]);
    expect(server.connections).toHaveLength(1);
  });

  test('a whole response before the request has been sent, and a RST_STREAM that says so', async () => {
    const server = await serve((connection) => {
      connection.settings({});
      connection.on('stream', (id) => {
        whole(connection, id);
        connection.reset(id, 0);
      });
    });
    const { made, retries } = listening(server);
    const { output } = await made.converse(ask('word '.repeat(400_000)));
    expect(output.message.content).toEqual([{ text: 'Good day' }]);
    await made.converse(ask());
    expect(retries).toEqual([]);
    expect(server.connections).toHaveLength(1);
  });

  test('windows that shrink in the midst of a request', async () => {
    let received = 0;
    const server = await serve((connection) => {
      connection.settings({ initialWindowSize: 60_000 });
      connection.on('frame', ({ type, id, payload }) => {
        if (type !== TYPE.data) return;
        if (received === 0) connection.settings({ initialWindowSize: 1 });
        received += payload.length;
        if (payload.length === 0) return;
        connection.windowUpdate(0, payload.length);
        connection.windowUpdate(id, payload.length + 1000);
      });
      connection.on('request', (id) => whole(connection, id));
    });
    const { made, retries } = listening(server);
    await made.converse(ask('word '.repeat(40_000)));
    expect(received).toBeGreaterThan(200_000);
    expect(retries).toEqual([]);
  });

  test('fewer streams at once than are running', async () => {
    const waiting = [];
    const server = await answering((connection, id) => waiting.push([connection, id]), {
      maxConcurrentStreams: 10,
    });
    const { made, retries } = listening(server);
    const first = many(10, () => made.converse(ask()));
    await until(() => waiting.length === 10);
    const [running] = server.connections;
    running.settings({ maxConcurrentStreams: 3 });
    await new Promise((resolve) => {
      running.on('frame', ({ type, flags }) => type === TYPE.settings && flags === 1 && resolve());
    });
    const later = many(5, () => made.converse(ask()));
    await until(() => waiting.length === 15);
    const ofFirst = waiting.filter(([connection]) => connection === running);
    // Those that were spare when it said so may have been let in before it was read.
    expect(ofFirst.length).toBeLessThanOrEqual(10);
    for (const [connection, id] of waiting) whole(connection, id);
    await Promise.all([first, later]);
    expect(retries).toEqual([]);
  });

  test('no streams at all for a while', async () => {
    let allowed = 0;
    const server = await serve((connection) => {
      connection.settings({ maxConcurrentStreams: allowed });
      connection.on('request', (id) => {
        if (allowed > 0) whole(connection, id);
        else connection.reset(id, 7);
      });
    });
    const { made, retries } = listening(server);
    const calls = many(20, () => made.converse(ask()));
    const begun = performance.now();
    await until(() => performance.now() - begun > 300);
    // Connections that would be refused likewise help nobody.
    expect(server.connections.length).toBeLessThanOrEqual(2);
    allowed = 100;
    for (const connection of server.connections) {
      connection.settings({ maxConcurrentStreams: allowed });
    }
    await calls;
    expect(retries).toEqual([]);
  });

  test('GOAWAY: streams above the last are sent elsewhere, those below end whole', async () => {
    const waiting = [];
    const server = await answering((connection, id) => waiting.push([connection, id]));
    const { made, retries } = listening(server);
    const calls = many(4, () => made.converse(ask()));
    await until(() => waiting.length === 4);
    const [[first, id]] = waiting;
    const below = waiting.filter(([connection, at]) => connection === first && at <= id + 2);
    first.goAway(0x7fffffff);
    first.goAway(id + 2);
    await until(() => waiting.length === 6);
    for (const [connection, at] of [...below, ...waiting.slice(4)]) whole(connection, at);
    const answers = await calls;
    for (const { $metadata } of answers) expect($metadata.attempts).toBe(1);
    expect(retries).toEqual([]);
    expect(server.connections).toHaveLength(2);
  });

  test('GOAWAY, and then an end before what it had read was answered: that is told', async () => {
    const server = await answering((connection, id) => {
      if (connection.number > 1) return whole(connection, id);
      connection.goAway(id);
      connection.socket.end();
      return undefined;
    });
    const { made, retries } = listening(server);
    const { $metadata } = await made.converse(ask());
    expect($metadata.attempts).toBe(2);
    expect(retries).toMatchObject([{ message: 'socket hang up' }]);
  });

  test('a storm of REFUSED_STREAM', async () => {
    let refused = 0;
    const server = await answering((connection, id) => {
      if (refused < 200) {
        refused += 1;
        connection.reset(id, 7);
      } else whole(connection, id);
    });
    const { made, retries } = listening(server);
    for (const { $metadata } of await many(100, () => made.converse(ask()))) {
      expect($metadata.attempts).toBe(1);
    }
    expect(retries).toEqual([]);
  });

  test.each([
    ['http/1.1', { ALPNProtocols: ['http/1.1'] }],
    ['nothing', { ALPNProtocols: undefined }],
  ])('%s as the protocol that it chooses: HTTP/1.1 is spoken', async (_what, options) => {
    const server = await serve(({ socket }) => {
      let read = '';
      socket.removeAllListeners('data').on('data', (chunk) => {
        read += chunk;
        if (!read.endsWith('}')) return;
        expect(read).toMatch(/^POST \/model\/[^ ]+ HTTP\/1\.1\r\n/);
        read = '';
        socket.write(
          `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(WHOLE)}\r\n\r\n${WHOLE}`,
        );
      });
    }, options);
    const { made, retries } = listening(server);
    await made.converse(ask());
    await made.converse(ask());
    expect(retries).toEqual([]);
    expect(server.connections).toHaveLength(1);
  });
});

describe('what no server should send', () => {
  /** What a fault on the first connection comes to; the second answers. */
  async function afterFault(spoil) {
    const server = await answering((connection, id) => {
      if (connection.number === 1) spoil(connection, id);
      else whole(connection, id);
    });
    const once = await failure(listening(server, { maxAttempts: 1 }).made.converse(ask()));
    const { $metadata } = await listening(server).made.converse(ask());
    expect($metadata.httpStatusCode).toBe(200);
    await until(() => server.connections[0].closed);
    return once;
  }

  test.each([
    [
      'a pushed stream',
      (connection, id) =>
        connection.write(
          TYPE.promise,
          END_HEADERS,
          id,
          Buffer.concat([uint32(2), pack({ ':method': 'GET', ':path': '/' })]),
        ),
    ],
    ['a window update of 0 for the connection', (connection) => connection.windowUpdate(0, 0)],
    [
      'DATA for a stream that nobody has opened',
      (connection) => connection.data(99, Buffer.from('x')),
    ],
    [
      'CONTINUATION without end',
      (connection, id) => {
        connection.write(TYPE.headers, 0, id, pack({ ':status': '200' }));
        for (let n = 0; n < 20_000; n += 1) {
          connection.write(TYPE.continuation, 0, id, pack({ [`x-${n}`]: 'x'.repeat(100) }));
        }
      },
    ],
    [
      'a frame larger than any',
      (connection, id) => connection.socket.write(frame(TYPE.data, 0, id, Buffer.alloc(1 << 20))),
    ],
    [
      'something that is no HTTP/2',
      (connection) => connection.socket.write('HTTP/1.1 400 No\r\n\r\n'),
    ],
  ])('%s ends the connection, and no other', async (_what, spoil) => {
    const error = await afterFault(spoil);
    expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_HTTP2_/) });
    expect(error.message).toMatch(/^Protocol error \(NGHTTP2_[A-Z_]+\)$|^Stream closed with error/);
  });

  test('GOAWAY before SETTINGS', async () => {
    const server = await serve((connection) => {
      if (connection.number === 1) connection.goAway(0);
      connection.settings({});
      connection.on('request', (id) => whole(connection, id));
    });
    const { made } = listening(server);
    const { $metadata } = await made.converse(ask());
    expect($metadata.httpStatusCode).toBe(200);
  });

  test('close_notify in the midst of a stream', async () => {
    const server = await answering((connection, id) => {
      connection.head(id, STREAM);
      connection.data(id, EVENTS.subarray(0, EVENTS.length / 2));
      connection.socket.end();
    });
    const { error, events } = await outcome(listening(server).made);
    expect(events.length).toBeGreaterThan(0);
    expect(error).toMatchObject({
      name: 'StreamInterruptedError',
      message: 'The connection broke: socket hang up',
    });
  });
});
