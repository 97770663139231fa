'use strict';

/**
 * A caller's own code that throws, hangs or rejects: listeners, loggers, callbacks, signals,
 * middleware, providers. It costs nobody an event, a settled promise or the process.
 */

const {
  ask,
  client,
  collect,
  failure,
  freshProfile,
  outcome,
  preamble,
  run,
  start,
  until,
} = require('./support/bedrock');
const { begun, events, held } = require('./support/streams');

const EVENTS = ['resolve', 'gate', 'retry', 'call'];

/** Ways in which a function of a caller's fails. */
const FAILING = {
  'throws an error': () => {
    throw new Error('of the caller');
  },
  'throws nothing': () => {
    // eslint-disable-next-line no-throw-literal -- a caller's code may
    throw undefined;
  },
  'throws what has no text': () => {
    throw Object.create(null);
  },
  rejects: () => Promise.reject(new Error('of the caller')),
  'gives a thenable that throws': () => ({
    then() {
      throw new Error('of the caller');
    },
  }),
  'gives what throws when it is looked at': () =>
    Object.defineProperty({}, 'then', {
      get() {
        throw new Error('of the caller');
      },
    }),
  hangs: () => new Promise(() => {}),
};

/** What the process is warned of; it is not printed. */
let warn;
beforeEach(() => {
  warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(() => warn.mockRestore());

/** A client whose every event is heard by a listener that fails, and by one that does not. */
function listening(server, fail) {
  const heard = [];
  const made = client(server);
  for (const event of EVENTS) {
    made.on(event, fail).on(event, () => heard.push(event));
  }
  return { made, heard };
}

/** Is retried, is changed by a rule, and ends whole. */
async function everyEvent(server, made, operation) {
  server.fail('throttle');
  return outcome(made, operation, ask('x', { inferenceConfig: { temperature: 7 } }));
}

describe.each(Object.entries(FAILING))('a listener that %s', (how, fail) => {
  test.each(['converse', 'converseStream'])('costs %s nothing', async (operation) => {
    const server = await start();
    const { made, heard } = listening(server, fail);
    const { error, answer, events: arrived } = await everyEvent(server, made, operation);
    expect(error).toBeUndefined();
    expect(answer.$metadata.attempts).toBe(2);
    if (operation === 'converseStream') expect(arrived.at(-1)).toHaveProperty('metadata');
    await until(() => heard.includes('call'));
    expect(heard).toEqual(expect.arrayContaining(['resolve', 'retry', 'call']));
    if (how !== 'hangs') await until(() => warn.mock.calls.length >= 3);
    for (const [text, { type }] of warn.mock.calls) {
      expect(text).toMatch(/^A listener to "\w+" has thrown, or rejected with: /);
      expect(type).toBe('BedrockProfileWarning');
    }
  });

  test('costs no other stream an event', async () => {
    const server = await start({ script: () => ({ events: events(200) }) });
    const streams = Array.from({ length: 10 }, (_, at) =>
      outcome(at % 2 === 0 ? listening(server, fail).made : client(server)),
    );
    for (const { error, events: arrived } of await Promise.all(streams)) {
      expect(error).toBeUndefined();
      expect(arrived).toHaveLength(204);
    }
  });
});

describe('a `call` listener that throws', () => {
  const failing = (server) => client(server).on('call', FAILING['throws an error']);

  test('leaves no reader waiting when a stream ends whole', async () => {
    const { server, release } = await held();
    const stream = await begun(server, undefined, 3, failing(server));
    const reading = collect(stream);
    release();
    expect((await reading).at(-1)).toHaveProperty('metadata');
  });

  test('leaves no reader waiting when a stream breaks', async () => {
    const server = await start();
    server.fail({ kind: 'cut-reset', after: 3 });
    const { events: arrived, error } = await outcome(failing(server));
    expect(arrived).toHaveLength(3);
    expect(error.name).toBe('StreamInterruptedError');
  });

  test.each([
    ['an abort', (_made, aborter) => aborter.abort()],
    ['destroy()', (made) => made.destroy()],
  ])('leaves no reader waiting after %s', async (_what, stop) => {
    const { server } = await held();
    const made = failing(server);
    const aborter = new AbortController();
    const stream = await begun(server, { abortSignal: aborter.signal }, 3, made);
    const waiting = failure(stream.next());
    stop(made, aborter);
    expect(await waiting).toMatchObject({ name: 'AbortError' });
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  test('lets return() end what waits', async () => {
    const { server } = await held();
    const stream = await begun(server, undefined, 3, failing(server));
    const waiting = stream.next();
    await stream.return();
    expect(await waiting).toEqual({ value: undefined, done: true });
  });
});

test('a listener that throws does not end the process, nor keep it', async () => {
  const server = await start({ script: () => ({ events: events(20) }) });
  const ended = await run(`${preamble(server)}
    for (const event of ['resolve', 'gate', 'retry', 'call']) {
      client.on(event, () => { throw new Error('of the listener'); });
    }
    (async () => {
      const { stream } = await client.converseStream(input);
      let count = 0;
      for await (const event of stream) count += 1;
      console.log(count);
    })();
  `);
  expect(ended).toMatchObject({ code: 0, signal: null, stdout: '24\n' });
  expect(ended.stderr).toContain('A listener to "call" has thrown');
});

describe('a logger', () => {
  /** An operator is warned of a mapping that cannot be used. */
  const WARNED = { mappings: { alias: 'no id of a model' } };

  test.each(Object.entries(FAILING))('that %s costs nothing', async (_how, fail) => {
    const server = await start();
    const logger = { warn: jest.fn(fail) };
    const made = client(server, { ...WARNED, logger });
    expect((await made.converse(ask())).stopReason).toBe('end_turn');
    expect(logger.warn).toHaveBeenCalledTimes(1);
  });

  test('whose warn cannot be read costs nothing', async () => {
    const server = await start();
    const logger = Object.defineProperty({}, 'warn', { get: FAILING['throws an error'] });
    const made = client(server, { ...WARNED, logger });
    expect((await made.converse(ask())).stopReason).toBe('end_turn');
    expect(made.resolveSync(ask().modelId).model).toBe('anthropic.claude-sonnet-4-6');
  });
});

describe('a signal', () => {
  test('that cannot be listened to fails its own call, and keeps nobody', async () => {
    const { server } = await held();
    const made = client(server);
    const other = await begun(server, undefined, 3, made);
    const abortSignal = { aborted: false, addEventListener: FAILING['throws an error'] };
    for (const operation of ['converse', 'converseStream']) {
      const error = await failure(made[operation](ask(), { abortSignal }));
      expect(error.message).toBe('of the caller');
    }
    expect(server.requests).toHaveLength(1);
    await other.return();
  });

  test('that calls back at once ends its call before anything is sent', async () => {
    const server = await start();
    const abortSignal = { aborted: false, addEventListener: (_event, stop) => stop() };
    for (const operation of ['converse', 'converseStream']) {
      const error = await failure(client(server)[operation](ask(), { abortSignal }));
      expect(error.name).toBe('AbortError');
    }
    expect(server.requests).toHaveLength(0);
  });

  test('that cannot be let go settles its call all the same', async () => {
    const server = await start();
    const abortSignal = {
      aborted: false,
      addEventListener() {},
      removeEventListener: FAILING['throws an error'],
    };
    const made = client(server);
    const { output } = await made.converse(ask(), { abortSignal });
    expect(output.message.role).toBe('assistant');
    const { stream } = await made.converseStream(ask(), { abortSignal });
    expect((await collect(stream)).at(-1)).toHaveProperty('metadata');
  });

  test('with `onabort` alone ends all calls it was given to, and its own handler runs', async () => {
    const server = await start();
    server.fail({ kind: 'stall-headers', times: 2 });
    const made = client(server);
    const own = jest.fn();
    const abortSignal = { aborted: false, onabort: own };
    const calls = [1, 2].map(() => failure(made.converse(ask(), { abortSignal })));
    await until(() => server.requests.length === 2);
    abortSignal.onabort('event');
    for (const error of await Promise.all(calls)) expect(error.name).toBe('AbortError');
    expect(own.mock.calls).toEqual([['event']]);
    expect(abortSignal.onabort).toBe(own);
  });

  test('with `onabort` alone serves those that are left when one has ended', async () => {
    const server = await start();
    const made = client(server);
    const abortSignal = { aborted: false, onabort: null };
    server.fail('stall-headers');
    const waiting = failure(made.converse(ask(), { abortSignal }));
    await server.waitForRequest();
    await made.converse(ask(), { abortSignal });
    abortSignal.onabort();
    expect((await waiting).name).toBe('AbortError');
    expect(abortSignal.onabort).toBeNull();
  });
});

describe('middleware that hangs', () => {
  const hanging = (server) => {
    const made = client(server);
    made.middlewareStack.add(() => () => new Promise(() => {}), { step: 'initialize' });
    return made;
  };

  test('is left behind by an abort', async () => {
    const server = await start();
    const aborter = new AbortController();
    const pending = failure(hanging(server).converse(ask(), { abortSignal: aborter.signal }));
    aborter.abort(new Error('enough'));
    expect(await pending).toMatchObject({ name: 'AbortError', cause: { message: 'enough' } });
    expect(server.requests).toHaveLength(0);
  });

  test('is left behind by destroy()', async () => {
    const server = await start();
    const made = hanging(server);
    const pending = failure(made.converseStream(ask()));
    made.destroy();
    expect(await pending).toMatchObject({ name: 'AbortError' });
  });

  test('does not keep an abort from middleware that makes something of it', async () => {
    const server = await start();
    server.fail('stall-headers');
    const made = client(server);
    made.middlewareStack.add(
      (next) => (args) => next(args).catch(({ name }) => ({ output: name })),
    );
    const aborter = new AbortController();
    const pending = made.converse(ask(), { abortSignal: aborter.signal });
    await server.waitForRequest();
    aborter.abort();
    expect(await pending).toBe('AbortError');
  });

  describe.each(['converse', 'converseStream'])('in %s', (operation) => {
    const LATE = {
      name: 'TimeoutError',
      code: 'ETIMEDOUT',
      message: 'The call took longer than its timeout of 100 ms.',
    };
    const forever = () => new Promise(() => {});
    const PLACES = {
      'before next': () => () => forever(),
      'after next': (next) => async (args) => {
        await next(args);
        return forever();
      },
      'over an error of next': (next) => (args) => next(args).catch(forever),
      'without waiting for next': (next) => async (args) => {
        next(args);
        return forever();
      },
    };
    const waiting = async (place) => {
      const server = await start();
      if (place !== 'after next') server.fail('stall-headers');
      return server;
    };
    const around = (server, place, options) => {
      const made = client(server, options);
      made.middlewareStack.add((next) => (args) => next(args));
      made.middlewareStack.add(PLACES[place]);
      return made;
    };

    test.each(Object.keys(PLACES))('%s is left behind by timeouts.call', async (place) => {
      const server = await waiting(place);
      const made = around(server, place, { timeouts: { call: 100 } });
      expect(await failure(made[operation](ask()))).toMatchObject(LATE);
    });

    test.each(Object.keys(PLACES))('%s is left behind by an abort', async (place) => {
      const server = await waiting(place);
      const aborter = new AbortController();
      const made = around(server, place);
      const pending = failure(made[operation](ask(), { abortSignal: aborter.signal }));
      if (place !== 'before next') await server.waitForRequest();
      aborter.abort();
      expect((await pending).name).toBe('AbortError');
    });

    test('begins nothing once its call has ended', async () => {
      const server = await start();
      const made = client(server, { timeouts: { call: 50 } });
      let late;
      made.middlewareStack.add((next) => async (args) => {
        await failure(pending);
        late = failure(next(args));
        return late;
      });
      const pending = made[operation](ask());
      const error = await failure(pending);
      expect(error).toMatchObject({ name: 'TimeoutError', code: 'ETIMEDOUT' });
      await until(() => late !== undefined);
      expect(await late).toBe(error);
      expect(server.requests).toHaveLength(0);
    });

    test('has what it makes of the timeout of a call within', async () => {
      const server = await start();
      server.fail('stall-headers');
      const made = client(server, { timeouts: { call: 50 } });
      made.middlewareStack.add(
        (next) => (args) => next(args).catch(({ name }) => ({ output: name })),
      );
      expect(await made[operation](ask())).toBe('TimeoutError');
    });
  });
});

describe('destroy()', () => {
  test.each(['resolve', 'capabilities', 'explain'])('ends %s', async (method) => {
    const server = await start();
    server.fail({ kind: 'stall-headers', operation: 'GetInferenceProfile' });
    const { arn } = freshProfile(server);
    const made = client(server);
    const wanted = method === 'explain' ? { ...ask(), modelId: arn } : arn;
    const pending = failure(made[method](wanted));
    await until(() => server.requests.length === 1);
    made.destroy();
    expect(await pending).toMatchObject({ name: 'AbortError', message: 'Request aborted' });
  });

  test('and timeouts.call end middleware that waits after a stream has begun, and the stream', async () => {
    const { server } = await held();
    for (const how of ['destroy', 'timeout']) {
      const made = client(server, how === 'timeout' ? { timeouts: { call: 300 } } : {});
      let given;
      made.middlewareStack.add((next) => async (args) => {
        given = (await next(args)).output.stream;
        return new Promise(() => {});
      });
      const pending = failure(made.converseStream(ask()));
      await until(() => given !== undefined);
      if (how === 'destroy') made.destroy();
      const error = await pending;
      expect(error.name).toBe(how === 'destroy' ? 'AbortError' : 'TimeoutError');
      expect((await failure(collect(given))).name).toBe(error.name);
    }
  });

  test('ends a call whose region is still asked for', async () => {
    const server = await start();
    const made = client(server, { region: () => new Promise(() => {}) });
    const calls = [made.converse(ask()), made.resolve('x'), made.explain(ask())].map(failure);
    made.destroy();
    for (const error of await Promise.all(calls)) expect(error.name).toBe('AbortError');
    expect(server.requests).toHaveLength(0);
  });
});

test('a region that is never given ends with timeouts.call', async () => {
  const server = await start();
  const made = client(server, { region: () => new Promise(() => {}), timeouts: { call: 50 } });
  for (const operation of ['converse', 'converseStream']) {
    const error = await failure(made[operation](ask()));
    expect(error).toMatchObject({
      name: 'TimeoutError',
      code: 'ETIMEDOUT',
      message: 'The call took longer than its timeout of 50 ms.',
    });
  }
});

describe('a provider', () => {
  test('that rejects with what has no text is an error of credentials', async () => {
    const server = await start();
    for (const name of ['throws nothing', 'throws what has no text', 'throws an error']) {
      const made = client(server, { credentials: async () => FAILING[name]() });
      const error = await failure(made.converse(ask()));
      expect(error.name).toBe('CredentialsProviderError');
    }
  });
});

test('a callback that throws or rejects does no harm', async () => {
  const { ConverseCommand } = require('@aws-sdk/client-bedrock-runtime');
  const server = await start();
  const made = client(server);
  for (const fail of Object.values(FAILING)) {
    await new Promise((resolve) => {
      made.send(new ConverseCommand(ask()), () => {
        resolve();
        return fail();
      });
    });
  }
  expect((await made.converse(ask())).stopReason).toBe('end_turn');
});
