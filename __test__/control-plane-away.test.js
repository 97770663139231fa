'use strict';

/** A control plane that is away: one request waits for it, no later one, and it is asked beside them. */

const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const { setTimeout: pause } = require('node:timers/promises');
const { ask, client, freshProfile, start, until } = require('./support/bedrock');

const closing = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new Set();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
  closing.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/** A control plane that answers with this status; it counts what it is asked. */
const answering = (status, type) => async () => {
  let asked = 0;
  const url = await listen(
    http.createServer((_request, response) => {
      asked += 1;
      response.writeHead(status, { 'x-amzn-errortype': type, 'content-type': 'application/json' });
      response.end('{"message":"no"}');
    }),
  );
  return { url, asked: () => asked };
};

/** How a control plane is away. */
const AWAY = {
  'that refuses connections': async () => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    return { url: `http://127.0.0.1:${port}` };
  },
  'that takes connections and says nothing': async () => {
    let asked = 0;
    const url = await listen(
      net.createServer(() => {
        asked += 1;
      }),
    );
    return { url, asked: () => asked };
  },
  'that resets connections': async () => {
    let asked = 0;
    const url = await listen(
      net.createServer((socket) => {
        asked += 1;
        socket.resetAndDestroy();
      }),
    );
    return { url, asked: () => asked };
  },
  'that answers 500': answering(500, 'InternalServerException'),
  'that answers 403': answering(403, 'AccessDeniedException'),
  'that throttles': answering(429, 'ThrottlingException'),
};

async function timed(call) {
  const started = performance.now();
  const answer = await call();
  return { answer, took: performance.now() - started };
}

describe.each(Object.keys(AWAY))('a control plane %s', (how) => {
  test('is waited for by the first requests of a profile, not by later ones', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const { url, asked } = await AWAY[how]();
    const logger = { warn: jest.fn() };
    const made = client(server, { controlEndpoint: url, logger });
    const call = (of = made) => of.converse(ask('Hi', { modelId: arn }));
    // Those that come while the first one waits do so with it, and ask nothing of their own.
    const first = await Promise.all([timed(call), timed(call), timed(call)]);
    for (const { answer, took } of first) {
      expect(answer.stopReason).toBe('end_turn');
      expect(answer.$metadata.attempts).toBe(1);
      expect(took).toBeLessThan(10_000);
    }
    const before = asked?.();
    const later = [];
    for (let n = 0; n < 10; n += 1) later.push(await timed(call));
    // Nor by another client of the same tenant.
    const other = client(server, { controlEndpoint: url, logger });
    later.push(await timed(() => call(other)));
    for (const { answer, took } of later) {
      expect(answer.$metadata.profile.model).toBe(first[0].answer.$metadata.profile.model);
      expect(took).toBeLessThan(500);
    }
    // At growing intervals: not once for each request.
    if (asked) expect(asked() - before).toBeLessThanOrEqual(3);
    expect(server.requests).toHaveLength(14);
  });
});

test('a control plane that comes back is heard, while no request waits', async () => {
  const server = await start();
  const { arn } = freshProfile(server);
  server.fail({ kind: 'reset-before-headers', operation: 'GetInferenceProfile', times: 3 });
  const made = client(server, { logger: { warn() {} } });
  await made.converse(ask('Hi', { modelId: arn }));
  let slowest = 0;
  await until(async () => {
    const { answer, took } = await timed(() => made.converse(ask('Hi', { modelId: arn })));
    slowest = Math.max(slowest, took);
    await pause(50); // Between two requests: the background is what is waited for.
    return answer.$metadata.profile.model !== null;
  });
  expect(slowest).toBeLessThan(1000);
}, 60_000);
