'use strict';

/** HTTP/1.1 in clear text and over TLS: a connection for each exchange, and what goes wrong. */

const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');

const { ask, client, collect, failure, outcome, until } = require('./support/bedrock');
const { certificate, eventFrame, finish, text, WHOLE } = require('./support/http2');

const open = [];

afterEach(() => {
  for (const server of open.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

const many = (count, make) => Promise.all(Array.from({ length: count }, (_, n) => make(n)));
const stream = async (made) => collect((await made.converseStream(ask())).stream);

function begin(response) {
  response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
  response.write(eventFrame('messageStart', { role: 'assistant' }));
}

function whole(response) {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(WHOLE);
}

describe.each(['clear text', 'TLS'])('%s', (kind) => {
  const secure = kind === 'TLS';

  /** Starts a server that says how many connections and requests there have been. */
  async function serve(onRequest, options = {}) {
    const state = { connections: 0, requests: 0, sockets: new Set() };
    const onWhole = (request, response) => {
      response.on('error', () => {});
      request.on('error', () => {});
      request.resume().on('end', () => {
        state.requests += 1;
        onRequest(response, state.requests, request.socket);
      });
    };
    const server = secure
      ? https.createServer({ ...certificate, ...options }, onWhole)
      : http.createServer(options, onWhole);
    server.on('connection', (socket) => {
      state.connections += 1;
      state.sockets.add(socket);
      socket.on('error', () => {}).on('close', () => state.sockets.delete(socket));
    });
    open.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return Object.assign(state, {
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret' },
      url: `${secure ? 'https' : 'http'}://127.0.0.1:${server.address().port}`,
    });
  }

  const agent = (more) => {
    const settings = { ...more, ...(secure ? { ca: certificate.cert } : {}) };
    return { requestHandler: { [secure ? 'httpsAgent' : 'httpAgent']: settings } };
  };
  const reach = (server, { sockets, ...options } = {}) =>
    client(server, { ...agent(sockets && { maxSockets: sockets }), ...options });

  test('calls in turn share a connection, calls at once have one each', async () => {
    const waiting = [];
    const server = await serve((response, n) =>
      n > 50 ? waiting.push(response) : whole(response),
    );
    for (let n = 0; n < 50; n += 1) await reach(server).converse(ask());
    expect(server.connections).toBe(1);
    const calls = many(40, () => reach(server).converse(ask()));
    await until(() => waiting.length === 40);
    waiting.forEach(whole);
    await calls;
    expect(server.connections).toBe(40);
  });

  test('50 readers that have fallen behind, and 50 that have not', async () => {
    const FRAME = eventFrame('contentBlockDelta', text('x'.repeat(8192)));
    const behind = [];
    const server = await serve((response, n) => {
      begin(response);
      if (n > 50) return finish(response);
      behind.push(response);
      let left = 4096;
      const write = () => {
        while (left > 0 && !response.destroyed) {
          left -= 1;
          if (!response.write(FRAME)) return void response.once('drain', write);
        }
        return undefined;
      };
      write();
      return undefined;
    });
    const made = reach(server);
    const slow = await many(50, async () => {
      const { stream: events } = await made.converseStream(ask());
      await events.next();
      return events;
    });
    await until(() => behind.every((response) => response.writableNeedDrain));
    for (const events of await many(50, () => stream(made))) expect(events).toHaveLength(4);
    for (const events of slow) await events.return();
    await until(() => behind.every((response) => response.destroyed));
  });

  test('no more than maxSockets: then calls wait in their order, each under its deadline', async () => {
    const waiting = [];
    const server = await serve((response) => waiting.push(response));
    const calls = many(6, () => reach(server, { sockets: 2 }).converse(ask()));
    await until(() => waiting.length === 2);
    const late = failure(reach(server, { sockets: 2, timeouts: { call: 100 } }).converse(ask()));
    expect((await late).message).toBe('The call took longer than its timeout of 100 ms.');
    for (let n = 0; n < 6; n += 1) {
      await until(() => waiting.length > 0);
      expect(waiting.length).toBeLessThanOrEqual(2);
      whole(waiting.shift());
    }
    await calls;
    expect(server).toMatchObject({ connections: 2, requests: 6 });
  });

  test('a connection that is reset ends its own stream and no others', async () => {
    const streams = [];
    const server = await serve((response, _n, socket) => {
      begin(response);
      streams.push({ response, socket });
    });
    const made = reach(server, { maxAttempts: 1 });
    const reading = many(4, () => outcome(made));
    await until(() => streams.length === 4);
    const [first, ...others] = streams;
    const raw = [...server.sockets].find((one) => one.remotePort === first.socket.remotePort);
    raw.resetAndDestroy();
    for (const { response } of others) finish(response);
    const results = await reading;
    const broken = results.filter(({ error }) => error);
    expect(broken).toHaveLength(1);
    expect(broken[0].error).toMatchObject({ name: 'StreamInterruptedError', code: 'ECONNRESET' });
  });

  test('an abort closes its connection, and the next call has another', async () => {
    const closed = [];
    const server = await serve((response, n) => {
      if (n > 1) return whole(response);
      response.on('close', () => closed.push(n));
      begin(response);
      return undefined;
    });
    const made = reach(server);
    const controller = new AbortController();
    const { stream: events } = await made.converseStream(ask(), { abortSignal: controller.signal });
    await events.next();
    controller.abort();
    await failure(collect(events));
    await until(() => closed.length === 1);
    await made.converse(ask());
    expect(server.connections).toBe(2);
  });

  test('a kept connection that its server closes as the next request comes: nobody hears of it', async () => {
    const seen = new Map();
    const server = await serve((response, _n, socket) => {
      const times = (seen.get(socket) ?? 0) + 1;
      seen.set(socket, times);
      // Its second request finds the connection going away.
      if (times === 2) socket.destroy();
      else whole(response);
    });
    const { made, retries } = (() => {
      const heard = [];
      const one = reach(server).on('retry', (event) => heard.push(event));
      return { made: one, retries: heard };
    })();
    for (let n = 0; n < 20; n += 1) {
      const { $metadata } = await made.converse(ask());
      expect($metadata.attempts).toBe(1);
    }
    expect(retries).toEqual([]);
  });

  test('a server that keeps nothing', async () => {
    const server = await serve((response) => {
      response.setHeader('connection', 'close');
      whole(response);
    });
    const heard = [];
    const made = reach(server).on('retry', (event) => heard.push(event));
    for (let n = 0; n < 20; n += 1) await made.converse(ask());
    expect(heard).toEqual([]);
    expect(server.connections).toBe(20);
  });

  test('informational heads and trailers', async () => {
    const server = await serve((response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</>; rel=preload' });
      response.writeHead(200, { 'content-type': 'application/json', trailer: 'x-checksum' });
      for (const piece of WHOLE) response.write(piece);
      response.addTrailers({ 'x-checksum': 'none' });
      response.end();
    });
    for (let n = 0; n < 3; n += 1) {
      const { output } = await reach(server).converse(ask());
      expect(output.message.content).toEqual([{ text: 'Good day' }]);
    }
    expect(server.connections).toBe(1);
  });
});
