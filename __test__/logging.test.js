'use strict';

/** What the operator reads: the real winston, the real pino, and lines of JSON. */

const { Writable } = require('node:stream');

const pino = require('pino');
const winston = require('winston');

const { ask, client, failure, start } = require('./support/bedrock');

/** A stream that gathers what is written to it, as parsed lines. */
function sink() {
  let text = '';
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  const lines = () =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return { stream, lines, text: () => text };
}

const LOGGERS = {
  pino(level) {
    const out = sink();
    return { logger: pino({ level }, out.stream), ...out };
  },
  winston(level) {
    const out = sink();
    const transports = [new winston.transports.Stream({ stream: out.stream })];
    return {
      logger: winston.createLogger({ level, transports, format: winston.format.json() }),
      ...out,
    };
  },
};

const SECRET = 'my grandmother’s secret recipe';
const input = () => ask(SECRET, { modelId: 'us.anthropic.claude-sonnet-4-6' });
const messageOf = (line) => line.msg ?? line.message;
const DENIED =
  'User: arn:aws:iam::123456789012:user/x is not authorized to perform: bedrock:InvokeModel on resource: * because no identity-based policy allows the bedrock:InvokeModel action';
const deny = (server, times) =>
  server.fail({
    kind: 'status',
    status: 403,
    type: 'AccessDeniedException',
    message: DENIED,
    times,
  });

describe.each(Object.keys(LOGGERS))('%s', (name) => {
  test('has one line for a cause, and not for each request', async () => {
    const server = await start();
    const { logger, lines, text } = LOGGERS[name]('info');
    deny(server, 5);
    for (let at = 0; at < 5; at += 1) {
      // A client for each request, as LibreChat has it.
      await failure(client(server, { logger }).converse(input()));
    }
    expect(lines()).toHaveLength(1);
    const [line] = lines();
    expect(messageOf(line)).toContain('Converse failed: AccessDeniedException (not-authorized).');
    expect(line).toMatchObject({
      cause: 'not-authorized',
      error: 'AccessDeniedException',
      status: 403,
      operation: 'Converse',
      model: 'anthropic.claude-sonnet-4-6',
      region: 'us-east-1',
    });
    expect(String(line.level)).toMatch(/^(warn|40)$/);
    expect(text()).not.toContain('123456789012');
  });

  test('has another line for another cause', async () => {
    const server = await start();
    const { logger, lines } = LOGGERS[name]('info');
    deny(server, 1);
    const made = client(server, { logger, maxAttempts: 1 });
    await failure(made.converse(input()));
    server.fail('throttle');
    await failure(made.converse(input()));
    expect(lines().map(({ cause }) => cause)).toEqual(['not-authorized', 'throttled']);
  });

  test('with BEDROCK_PROFILE_LOG=debug has everything, and no prompt, key or header', async () => {
    process.env.BEDROCK_PROFILE_LOG = 'debug';
    const server = await start();
    const { logger, lines, text } = LOGGERS[name]('debug');
    server.fail('throttle');
    const made = client(server, { logger });
    await made.converse({ ...input(), inferenceConfig: { temperature: 0.25, topP: 0.75 } });
    const messages = lines().map(messageOf).join('\n');
    expect(messages).toMatch(/An id was resolved/);
    expect(messages).toMatch(/A request was changed/);
    expect(messages).toMatch(/An attempt failed and is repeated/);
    expect(messages).toMatch(/Converse ended after \d+ ms/);
    expect(text()).not.toContain(SECRET);
    expect(text()).not.toContain('0.75');
    expect(text()).not.toContain(server.credentials.secretAccessKey);
    expect(text()).not.toMatch(/authorization|x-amz-/i);
  });

  test('says nothing of calls that succeed, and nothing of those that were aborted', async () => {
    const server = await start();
    const { logger, lines } = LOGGERS[name]('debug');
    const made = client(server, { logger });
    await made.converse(input());
    server.fail('stall-headers');
    const stop = new AbortController();
    const call = made.converse(input(), { abortSignal: stop.signal });
    await server.waitForRequest(() => server.requests.length === 2);
    stop.abort();
    await failure(call);
    expect(lines()).toEqual([]);
  });
});

describe('without a logger', () => {
  let written;
  beforeEach(() => {
    written = [];
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      written.push(
        ...String(text)
          .split('\n')
          .filter((line) => line.startsWith('{')),
      );
      return true;
    });
  });
  afterEach(() => jest.restoreAllMocks());

  test('failures are thrown and not written', async () => {
    const server = await start();
    deny(server, 1);
    await failure(client(server).converse(input()));
    expect(written).toEqual([]);
  });

  test('BEDROCK_PROFILE_LOG writes lines of JSON', async () => {
    process.env.BEDROCK_PROFILE_LOG = 'WARN';
    const server = await start();
    deny(server, 3);
    const made = client(server);
    for (let at = 0; at < 3; at += 1) await failure(made.converse(input()));
    expect(written).toHaveLength(1);
    expect(JSON.parse(written[0])).toMatchObject({
      level: 'warn',
      name: 'bedrock-profile-client',
      cause: 'not-authorized',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  test('a level that there is not writes nothing', async () => {
    process.env.BEDROCK_PROFILE_LOG = 'loud';
    const server = await start();
    deny(server, 1);
    await failure(client(server).converse(input()));
    expect(written).toEqual([]);
  });
});

test('a logger that throws costs nobody a call', async () => {
  const server = await start();
  deny(server, 1);
  jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const logger = {
    warn() {
      throw new Error('no disk');
    },
  };
  const error = await failure(client(server, { logger }).converse(input()));
  expect(error.name).toBe('AccessDeniedException');
  jest.restoreAllMocks();
});
