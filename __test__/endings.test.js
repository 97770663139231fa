'use strict';

/** Processes that are left: each promise settles, nothing is unhandled, and Node.js ends by itself. */

const { freshProfile, preamble, run, start } = require('./support/bedrock');

/** What a script shares: everything that settles is told of, and what nobody handled. */
const SHARED = `
  process.on('unhandledRejection', (reason) => console.log('UNHANDLED', reason));
  process.on('uncaughtException', (error) => console.log('UNCAUGHT', error));
  const told = (name, promise) => promise.then(
    () => console.log(name, 'settled'),
    (error) => console.log(name, error.name),
  );
  const drained = async (stream) => { for await (const event of stream); };
  const requested = async (n) => {
    while ((await (await fetch(process.env.COUNT)).json()) < n) await new Promise(setImmediate);
  };
`;

/** A counter of a stand-in's requests, for processes that wait until something is on its way. */
async function counted(server) {
  const http = require('node:http');
  const counter = http.createServer((_request, response) => {
    response.setHeader('connection', 'close').end(String(server.requests.length));
  });
  await new Promise((resolve) => {
    counter.listen(0, '127.0.0.1', resolve);
  });
  return counter;
}

async function script(server, text, options) {
  const counter = await counted(server);
  try {
    const { arn } = freshProfile(server);
    return await run(
      `${preamble(server, options)} ${SHARED}
      const arn = ${JSON.stringify(arn)};
      (async () => { ${text} })();`,
      { env: { COUNT: `http://127.0.0.1:${counter.address().port}` } },
    );
  } finally {
    counter.close();
  }
}

describe('destroy()', () => {
  const AGAIN = `client.destroy(); await told('again', client.converse(input));`;

  // What goes before, what fails at the stand-in, and what is told.
  test.each([
    ['before the first call', [], '', 'again'],
    [
      'during resolve, capabilities, explain and converse of a profile',
      [{ kind: 'stall-headers', operation: 'GetInferenceProfile', times: 9 }],
      `const waiting = [
        told('resolve', client.resolve(arn)),
        told('capabilities', client.capabilities(arn)),
        told('explain', client.explain({ ...input, modelId: arn })),
        told('converse', client.converse({ ...input, modelId: arn })),
        told('stream', client.converseStream({ ...input, modelId: arn })),
      ];
      await requested(1);
      client.destroy();
      await Promise.all(waiting);`,
      'resolve AbortError,capabilities AbortError,explain AbortError,converse AbortError,stream AbortError,again',
    ],
    [
      'before a head',
      [{ kind: 'stall-headers', times: 9 }],
      `const waiting = [
        told('converse', client.converse(input)),
        told('stream', client.converseStream(input)),
      ];
      await requested(2);
      client.destroy();
      await Promise.all(waiting);`,
      'converse AbortError,stream AbortError',
    ],
    [
      'before a retry',
      [{ kind: 'throttle', headers: { 'x-amz-retry-after': '4900' }, times: 9 }],
      `const waiting = told('converse', client.converse(input));
      await requested(1);
      client.destroy();
      await waiting;`,
      'converse AbortError',
    ],
    [
      'in the midst of a stream',
      [{ kind: 'stall', after: 2 }],
      `const { stream } = await client.converseStream(input);
      await stream.next();
      await stream.next();
      const waiting = told('stream', stream.next());
      client.destroy();
      await waiting;`,
      'stream AbortError,again',
    ],
    [
      'with a stream that nobody reads',
      [],
      `const { stream } = await client.converseStream(input);
      client.destroy();
      await told('stream', drained(stream));`,
      'stream AbortError,again',
    ],
    [
      'while a provider is waited for',
      [],
      `const other = new BedrockProfileClient({
        region: 'us-east-1', credentials: () => new Promise(() => {}),
      });
      const waiting = [
        told('converse', other.converse(input)),
        told('stream', other.converseStream(input)),
        told('resolve', other.resolve(arn)),
      ];
      await new Promise(setImmediate);
      other.destroy();
      await Promise.all(waiting);`,
      'converse AbortError,stream AbortError,resolve AbortError,again',
    ],
  ])('%s settles everything and keeps no process', async (_when, faults, text, expected) => {
    const server = await start();
    server.fail(...faults);
    const again = expected.endsWith('again');
    const { code, signal, stdout, stderr } = await script(
      server,
      `${text} client.destroy(); ${again ? AGAIN : ''}`,
    );
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
    const lines = stdout.trim().split('\n');
    const [last] = again ? lines.splice(-1) : [];
    const wanted = expected.split(',').filter((line) => line !== 'again');
    expect(lines.filter(Boolean).toSorted()).toEqual(wanted.toSorted());
    if (again) expect(last).toMatch(/^again (settled|\w*Error)$/);
  });
});
