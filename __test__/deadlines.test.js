'use strict';

/** Wherever a call waits, `timeouts.call`, its signal and destroy() end it at once. */

const { once } = require('node:events');
const net = require('node:net');
const { ask, client, failure, freshProfile, start, until } = require('./support/bedrock');
const { startUnknown } = require('./support/learning');

const REFUSAL =
  "This model doesn't support the temperature field. Remove temperature and try again.";
const forever = () => new Promise(() => {});

const opened = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

/** A server that takes connections and never says a word, not even of TLS. */
async function startSilent() {
  const sockets = [];
  const server = net.createServer((socket) => sockets.push(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { host: `127.0.0.1:${server.address().port}`, reached: () => sockets.length > 0 };
}

/** A function of the caller's that hangs, as an option. */
const hanging = (name, more) => async () => {
  const provider = jest.fn(forever);
  const server = await start();
  return {
    server,
    options: { ...more, [name]: provider },
    reached: () => provider.mock.calls.length > 0,
  };
};

/** Where a call waits: what it needs for that, and how the test sees that it does. */
const PLACES = {
  'for a control plane that never answers': async () => {
    const server = await start();
    server.fail({ kind: 'stall-headers', operation: 'GetInferenceProfile', times: 9 });
    const { arn } = freshProfile(server);
    return { server, more: { modelId: arn }, reached: () => server.requests.length > 0 };
  },
  'for a control plane that only takes connections': async () => {
    const server = await start();
    const { host, reached } = await startSilent();
    const { arn } = freshProfile(server);
    const controlEndpoint = server.url.replace(/(?<=\/\/).*/, host);
    return { server, more: { modelId: arn }, options: { controlEndpoint }, reached };
  },
  'for an endpoint that only takes connections': async () => {
    const server = await start();
    const { host, reached } = await startSilent();
    return { server, options: { endpoint: server.url.replace(/(?<=\/\/).*/, host) }, reached };
  },
  'for a head': async (operation) => {
    const server = await start();
    server.fail({ kind: 'stall-headers', operation, times: 9 });
    return { server, reached: () => server.requests.length > 0 };
  },
  'before a retry': async (operation) => {
    const server = await start();
    server.fail({
      kind: 'throttle',
      operation,
      headers: { 'x-amz-retry-after': '4500' },
      times: 9,
    });
    return { server, reached: () => server.requests.length > 0 };
  },
  'for the head of a retry': async (operation) => {
    const server = await start();
    server.fail({ kind: 'unavailable', operation }, { kind: 'stall-headers', operation, times: 9 });
    return { server, reached: () => server.requests.length > 1, slow: true };
  },
  'for the head of a learned repeat': async (operation) => {
    const { server, model } = await startUnknown('amazon.nova-pro-v1:0');
    server.fail(
      { kind: 'status', status: 400, type: 'ValidationException', message: REFUSAL },
      { kind: 'stall-headers', operation, times: 9 },
    );
    const more = { modelId: model, inferenceConfig: { temperature: 0.5 } };
    return { server, more, reached: () => server.requests.length > 1, converseOnly: true };
  },
  'for a provider of credentials': hanging('credentials'),
  'for a provider of a token': hanging('token', { credentials: undefined }),
  'for its region': hanging('region'),
  'for its endpoint': hanging('endpoint'),
  'for its maxAttempts': hanging('maxAttempts'),
};

const body = JSON.stringify({
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 9,
  messages: [{ role: 'user', content: 'Good day' }],
});
const OPERATIONS = {
  converse: (more) => ask('Good day', more),
  converseStream: (more) => ask('Good day', more),
  invokeModel: (more) => ({ modelId: ask().modelId, ...more, body }),
};

const ENDINGS = {
  'timeouts.call': {
    options: { timeouts: { call: 900 } },
    error: {
      name: 'TimeoutError',
      code: 'ETIMEDOUT',
      message: 'The call took longer than its timeout of 900 ms.',
    },
  },
  'its signal': {
    stop: (_made, aborter) => aborter.abort(),
    error: { name: 'AbortError', message: 'Request aborted' },
  },
  'destroy()': {
    stop: (made) => made.destroy(),
    error: { name: 'AbortError', message: 'Request aborted' },
  },
};

describe.each(Object.keys(PLACES))('a call that waits %s', (place) => {
  describe.each(Object.keys(ENDINGS))('is ended by %s', (ending) => {
    test.each(Object.keys(OPERATIONS))('%s', async (operation) => {
      const { server, more, options, reached, converseOnly, slow } = await PLACES[place](
        `${operation[0].toUpperCase()}${operation.slice(1)}`,
      );
      if (converseOnly && operation === 'invokeModel') return; // Nothing is learned of its body.
      const { stop, error, options: deadline } = ENDINGS[ending];
      const made = client(server, { ...options, ...deadline });
      const aborter = new AbortController();
      const input = OPERATIONS[operation](more);
      const started = performance.now();
      const pending = failure(made[operation](input, { abortSignal: aborter.signal }));
      let since = started;
      if (stop) {
        await until(reached);
        since = performance.now();
        stop(made, aborter);
      }
      expect(await pending).toMatchObject(error);
      expect(performance.now() - since).toBeLessThan(2500);
      if (!stop && !slow) expect(reached()).toBe(true);
    });
  });
});

describe.each(['resolve', 'capabilities', 'explain'])('%s', (method) => {
  test('that waits for a control plane is left by others alone', async () => {
    const server = await start();
    server.fail({ kind: 'stall-headers', operation: 'GetInferenceProfile', times: 9 });
    const { arn } = freshProfile(server);
    const wanted = method === 'explain' ? ask('Hi', { modelId: arn }) : arn;
    const [one, two] = [client(server), client(server, { timeouts: { call: 300 } })];
    const waiting = failure(one[method](wanted));
    await until(() => server.requests.length > 0);
    // Another user of the same question gives up; the first one does not.
    const error = await failure(two.converse(ask('Hi', { modelId: arn })));
    expect(error.name).toBe('TimeoutError');
    let settled = false;
    waiting.then(() => {
      settled = true;
    });
    await new Promise(setImmediate);
    expect(settled).toBe(false);
    one.destroy();
    expect((await waiting).name).toBe('AbortError');
  });
});
