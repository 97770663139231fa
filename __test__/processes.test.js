'use strict';

/** Streams beside each other, garbage collection, processes and worker threads. */

const { ask, client, collect, failure, preamble, run, start, until } = require('./support/bedrock');
const { begun, delta, events, held } = require('./support/streams');

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

  // A loop holds its stream by itself; of a lone next() only the promise is held.
  collectable.each([
    [
      'in a loop',
      async (stream) => (await collect(stream)).at(-1),
      { metadata: expect.anything() },
    ],
    ['by a lone next()', (stream) => stream.next(), { value: delta('2 word '), done: false }],
  ])(name('leaves a stream alone that is awaited %s'), async (_how, read, expected) => {
    const { server, release } = await held();
    const { result } = await (async () => ({ result: read(await begun(server)) }))();
    let rounds = 0;
    await until(() => {
      global.gc();
      rounds += 1;
      return rounds > 20;
    });
    release();
    expect(await result).toEqual(expected);
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

  test('a stream holds nothing of its prompt', async () => {
    const { server } = await held();
    const ended = await run(
      `${preamble(server)}
      const { ConverseStreamCommand } = require('@aws-sdk/client-bedrock-runtime');
      const MEGABYTES = 3;
      const open = async (text) => {
        const command = new ConverseStreamCommand({ ...input, messages: [{ role: 'user', content: [{ text }] }] });
        const { stream } = await client.send(command);
        await stream.next();
        return stream;
      };
      const settled = () => {
        gc();
        return process.memoryUsage();
      };
      (async () => {
        const streams = [await open('short')];
        const before = settled();
        for (let n = 0; n < 8; n += 1) streams.push(await open('x'.repeat(MEGABYTES << 20)));
        await new Promise(setImmediate);
        const after = settled();
        const grown = (what) => (after[what] - before[what]) / 8 / (MEGABYTES << 20);
        console.log(JSON.stringify([grown('heapUsed'), grown('rss')]));
        process.exit();
      })();
    `,
      {
        // What is freed goes back to the system, where its allocator can be told so.
        env: { MALLOC_MMAP_THRESHOLD_: '100000', MALLOC_TRIM_THRESHOLD_: '100000' },
        flags: ['--expose-gc'],
      },
    );
    const [heap, resident] = JSON.parse(ended.stdout);
    expect(heap).toBeLessThan(0.2);
    expect(resident).toBeLessThan(1.5);
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
      process.on('warning', ({ message }) => console.log('reported:', message));
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
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stdout.split('\n').filter((line) => line === '24')).toHaveLength(3);
    expect(ended.stdout.match(/reported: .*"resolve".*: of the listener/g)).toHaveLength(3);
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

  test('workers that alone have loaded the addon end in the midst of streams, again and again', async () => {
    const { server } = await held();
    const worker = `${preamble(server)}
      const { parentPort } = require('node:worker_threads');
      (async () => {
        const streams = await Promise.all([1, 2, 3, 4, 5].map(() => client.converseStream(input)));
        for (const { stream } of streams) (async () => { for await (const event of stream); })();
        parentPort.postMessage('begun');
      })();
    `;
    const ended = await run(`
      const { Worker } = require('node:worker_threads');
      const { once } = require('node:events');
      (async () => {
        for (let round = 0; round < 40; round += 1) {
          const worker = new Worker(${JSON.stringify(worker)}, { eval: true });
          await once(worker, 'message');
          await worker.terminate();
        }
        console.log('ended');
      })();
    `);
    expect(ended).toMatchObject({ code: 0, signal: null, stdout: 'ended\n', stderr: '' });
    await until(async () =>
      (await Promise.all(server.requests.map(({ aborted }) => aborted))).every(Boolean),
    );
    expect(server.requests).toHaveLength(200);
  }, 120_000);
});
