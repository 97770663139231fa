'use strict';

/** Middleware around calls, as LangChain and others add it to the AWS SDK's clients. */

const { ConverseCommand, ConverseStreamCommand } = require('@aws-sdk/client-bedrock-runtime');
const { ChatBedrockConverse } = require('@langchain/aws');
const { BedrockProfileClient } = require('..');
const {
  SONNET,
  ask,
  awsClient,
  client,
  collect,
  failure,
  start,
  thrown,
} = require('./support/bedrock');

const KEYS = { accessKeyId: 'AKIAMIDDLEWARE000000', secretAccessKey: 'secret' };

/** A middleware that sets a header. */
const header = (name, value) => (next) => (args) => {
  args.request.headers[name] = value;
  return next(args);
};

describe('headers', () => {
  test('of the step build go out, signed, with every way to call', async () => {
    const server = await start();
    const made = client(server);
    made.middlewareStack.add(header('X-Team', 'a'), { step: 'build', name: 'team' });
    await made.converse(ask());
    await collect((await made.converseStream(ask())).stream);
    await made.send(new ConverseCommand(ask()));
    await collect((await made.send(new ConverseStreamCommand(ask()))).stream);
    await made.countTokens({ modelId: SONNET, input: { converse: { messages: ask().messages } } });
    expect(server.requests).toHaveLength(5);
    for (const { headers } of server.requests) {
      expect(headers['x-team']).toBe('a');
      expect(headers.authorization).toMatch(/SignedHeaders=[^,]*x-team/);
    }
  });

  test('LangChain’s default headers go out', async () => {
    const server = await start();
    const made = client(server);
    const { region, credentials } = server;
    const defaultHeaders = { 'x-gateway-key': 'k', 'x-amz-user-agent': 'mine/1' };
    const options = { model: SONNET, region, credentials, client: made, defaultHeaders };
    await new ChatBedrockConverse(options).invoke('Good day');
    expect(server.requests.at(-1).headers).toMatchObject(defaultHeaders);
  });

  test('stand in every attempt', async () => {
    const server = await start();
    const made = client(server);
    made.middlewareStack.add(header('x-team', 'a'), { step: 'build' });
    server.fail({ kind: 'unavailable', times: 2 });
    await made.converse(ask());
    expect(server.requests.map(({ headers }) => headers['x-team'])).toEqual(['a', 'a', 'a']);
  });

  test('of a command’s own middleware go out as the AWS SDK sends them', async () => {
    const server = await start();
    for (const made of [client(server), awsClient(server)]) {
      const command = new ConverseCommand(ask());
      command.middlewareStack.add(header('x-command', 'c'), { step: 'build' });
      await made.send(command);
      // The AWS SDK leaves its own middleware in a command that it has sent.
      await made.send(command);
    }
    expect(server.requests.slice(0, 3).map(({ headers }) => headers['x-command'])).toEqual([
      'c',
      'c',
      'c',
    ]);
  });
});

describe('order and context', () => {
  test('as the AWS SDK runs them', async () => {
    const server = await start();
    const logs = [];
    for (const made of [client(server), awsClient(server)]) {
      const log = [];
      const noting = (name) => (next, context) => async (args) => {
        log.push([name, context.commandName, context.clientName, args.request !== undefined]);
        const answer = await next(args);
        log.push([`${name} after`, Object.keys(answer.output)]);
        return answer;
      };
      const { middlewareStack } = made;
      middlewareStack.add(noting('build'), { step: 'build', name: 'a' });
      middlewareStack.add(noting('initialize'), { name: 'b' });
      middlewareStack.add(noting('early'), { step: 'initialize', priority: 'high', tags: ['T'] });
      middlewareStack.add(noting('dropped'), { name: 'c' });
      middlewareStack.add(noting('dropped'), { tags: ['D'] });
      middlewareStack.addRelativeTo(noting('before a'), { relation: 'before', toMiddleware: 'a' });
      middlewareStack.addRelativeTo(noting('after a'), { relation: 'after', toMiddleware: 'a' });
      expect(middlewareStack.remove('c')).toBe(true);
      expect(middlewareStack.remove('c')).toBe(false);
      expect(middlewareStack.removeByTag('D')).toBe(true);
      await made.send(new ConverseCommand(ask()));
      // Before it is serialised there is no request in the AWS SDK.
      logs.push(log.map((entry) => entry.slice(0, 3)));
    }
    expect(logs[0]).toEqual(logs[1]);
    expect(logs[0]).toHaveLength(10);
  });

  test('an input that it changes is what is sent, an output what is given', async () => {
    const server = await start();
    const made = client(server);
    made.middlewareStack.add((next) => async (args) => {
      const { output, ...rest } = await next({ ...args, input: ask('Something else') });
      return { ...rest, output: { ...output, seen: true } };
    });
    expect(await made.converse(ask())).toMatchObject({ seen: true });
    expect(server.requests.at(-1).body.messages[0].content).toEqual([{ text: 'Something else' }]);
  });

  test('names are taken once unless they are overridden', async () => {
    const server = await start();
    const { middlewareStack } = client(server);
    middlewareStack.add(header('x', '1'), { step: 'build', name: 'n', aliases: ['m'] });
    const again = () => middlewareStack.add(header('x', '2'), { step: 'build', name: 'm' });
    expect(thrown(again).message).toBe("Duplicate middleware name 'm'");
    middlewareStack.add(header('x', '2'), { step: 'build', name: 'm', override: true });
    expect(middlewareStack.identify()).toEqual(['m - build']);
    const copy = middlewareStack.clone();
    copy.add(header('y', '1'));
    expect(middlewareStack.concat(client(server).middlewareStack).identify()).toEqual([
      'm - build',
    ]);
    expect(copy.identify()).toEqual(['m - build', 'anonymous - initialize']);
    expect(middlewareStack.identify()).toEqual(['m - build']);
  });
});

describe('what a native client cannot have', () => {
  test.each([
    ['finalizeRequest', /is for the step "finalizeRequest", which this client does natively/],
    ['deserialize', /is for the step "deserialize", which this client does natively/],
    ['dance', /A middleware's step is one of initialize, serialize, build, not "dance"/],
  ])('the step %s', async (step, message) => {
    const server = await start();
    const { middlewareStack } = client(server);
    expect(thrown(() => middlewareStack.add(header('x', 'y'), { step, name: 'm' }))).toMatchObject({
      name: 'TypeError',
      message: expect.stringMatching(message),
    });
    expect(middlewareStack.identify()).toEqual([]);
  });

  test.each([
    ['no function', ['x'], /must be a function/],
    ['an unknown priority', [header('x', 'y'), { priority: 'top' }], /high, normal or low/],
  ])('%s', async (_what, given, message) => {
    const server = await start();
    const add = () => client(server).middlewareStack.add(...given);
    expect(thrown(add)).toMatchObject({
      name: 'TypeError',
      message: expect.stringMatching(message),
    });
  });

  test.each([
    [{ region: 'us-east-1' }, 'bedrock-runtime.us-east-1.amazonaws.com'],
    [{ region: 'cn-north-1' }, 'bedrock-runtime.cn-north-1.amazonaws.com.cn'],
    [{ region: 'eusc-de-east-1' }, 'bedrock-runtime.eusc-de-east-1.amazonaws.eu'],
    [
      { region: 'us-gov-west-1', useFipsEndpoint: true, useDualstackEndpoint: true },
      'bedrock-runtime-fips.us-gov-west-1.api.aws',
    ],
  ])('sees the host of AWS’s partition: %j', async (options, host) => {
    const made = new BedrockProfileClient({ credentials: KEYS, ...options });
    const hosts = [];
    made.middlewareStack.add(() => async ({ request }) => {
      hosts.push(request.hostname);
      throw new Error('seen');
    });
    expect(await failure(made.converse(ask()))).toMatchObject({ message: 'seen' });
    expect(hosts).toEqual([host]);
  });

  test.each([
    ['another host', (r) => Object.assign(r, { hostname: 'x' }), /has changed request.hostname/],
    ['another body', (r) => Object.assign(r, { body: '{}' }), /has changed request.body/],
    [
      'a header less',
      (r) => {
        delete r.headers['user-agent'];
      },
      /has removed the header user-agent/,
    ],
    [
      'a length of its own',
      (r) => Object.assign(r.headers, { 'Content-Length': '1' }),
      /has set the header content-length, which is made natively/,
    ],
    [
      'a line break',
      (r) => Object.assign(r.headers, { 'x-a': 'b\r\nc: d' }),
      /has set the header "x-a", whose name or value HTTP does not allow/,
    ],
  ])('%s', async (_what, change, message) => {
    const server = await start();
    const made = client(server);
    const middleware = (next) => (args) => {
      change(args.request);
      return next(args);
    };
    made.middlewareStack.add(middleware, { step: 'build' });
    const error = await failure(made.converse(ask()));
    expect(error).toMatchObject({ name: 'TypeError', message: expect.stringMatching(message) });
    expect(server.requests).toHaveLength(0);
  });

  test('a place beside the AWS SDK’s own', async () => {
    const server = await start();
    const made = client(server);
    const place = { relation: 'after', toMiddleware: 'retryMiddleware', name: 'mine' };
    made.middlewareStack.addRelativeTo(header('x', 'y'), place);
    const { message } = await failure(made.converse(ask()));
    expect(message).toContain('retryMiddleware is not found when adding mine middleware after');
    expect(message).toContain('signs, sends and retries natively');
    const odd = () => made.middlewareStack.addRelativeTo(header('x', 'y'), { relation: 'beside' });
    expect(thrown(odd).message).toContain('addRelativeTo() takes');
  });

  test('what a middleware throws is what the call rejects with', async () => {
    const server = await start();
    const made = client(server);
    const error = new RangeError('mine');
    made.middlewareStack.add(() => () => Promise.reject(error));
    expect(await failure(made.converse(ask()))).toBe(error);
    expect(server.requests).toHaveLength(0);
  });
});
