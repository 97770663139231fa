'use strict';

/** Where what is known outlives a process, and is shared: a file, a Redis, an object. */

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');

const { selfSigned, signedBy } = require('./support/certificates');
const {
  CLAUDE_37,
  ask,
  client,
  freshProfile,
  preamble,
  run,
  start,
  until,
  warnings,
} = require('./support/bedrock');
const {
  clean,
  folder,
  freePort,
  startCluster,
  startRedis,
  startSentinel,
} = require('./support/redis');

beforeEach(() => {
  process.env.XDG_CACHE_HOME = folder();
});

afterEach(clean);

const lookups = (server) =>
  server.requests.filter(({ operation }) => operation === 'GetInferenceProfile').length;

/** Resolves an ARN in a process of its own. */
async function elsewhere(server, arn, store, env = {}) {
  const ended = await run(
    `${preamble(server, { store })}
    const heard = [];
    process.on('warning', ({ message }) => heard.push(message));
    client.resolve(${JSON.stringify(arn)}).then(({ model, source }) => {
      setImmediate(() => console.log(JSON.stringify({ model, source, heard })));
    });`,
    { env: { NODE_NO_WARNINGS: '1', ...env } },
  );
  expect(ended.code).toBe(0);
  return JSON.parse(ended.stdout);
}

describe('a file', () => {
  test('is read by the next process, and by nobody else', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const file = path.join(folder(), 'deep', 'store.json');
    expect(await elsewhere(server, arn, `file:${file}`)).toEqual({
      model: CLAUDE_37,
      source: 'aws',
      heard: [],
    });
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(await elsewhere(server, arn, `file:${file}`)).toMatchObject({ source: 'store' });
    expect(lookups(server)).toBe(1);
    expect(fs.readFileSync(file, 'utf8')).not.toContain(server.credentials.secretAccessKey);
  });

  test('is in the cache folder of the user where nothing else is said', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const cache = folder();
    const env = { XDG_CACHE_HOME: cache, BEDROCK_PROFILE_STORE: '' };
    await elsewhere(server, arn, undefined, env);
    expect(await elsewhere(server, arn, undefined, env)).toMatchObject({ source: 'store' });
    expect(fs.existsSync(path.join(cache, 'bedrock-profile-client', 'store.json'))).toBe(true);
  });

  test('that is damaged is set aside and named', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const where = folder();
    const file = path.join(where, 'store.json');
    fs.writeFileSync(file, '{ "format": 1, "entr');
    const { source, heard } = await elsewhere(server, arn, `file:${file}`);
    expect(source).toBe('aws');
    const aside = fs.readdirSync(where).find((name) => name.includes('.corrupt-'));
    expect(heard).toEqual([expect.stringContaining(path.join(where, aside))]);
    expect(await elsewhere(server, arn, `file:${file}`)).toMatchObject({ source: 'store' });
  });

  test.each([
    [
      'that a newer version has written',
      (file) => fs.writeFileSync(file, '{"format":99,"entries":{}}'),
      'a newer version of bedrock-profile-client has written it (format 99',
    ],
    [
      'in a folder that is none',
      (file) => fs.writeFileSync(path.dirname(file), ''),
      'Memory carries on',
    ],
  ])('%s is left alone: one warning, and the client works', async (_which, spoil, said) => {
    const server = await start();
    const { arn } = freshProfile(server);
    const place = path.join(folder(), 'place');
    const file = path.join(place, 'store.json');
    if (said.startsWith('a newer')) fs.mkdirSync(place);
    spoil(file);
    const before = fs.readFileSync(said.startsWith('a newer') ? file : place, 'utf8');
    const { heard, logger } = warnings();
    const made = client(server, { store: `file:${file}`, logger });
    await made.converse(ask('Good day', { modelId: arn }));
    await made.converse(ask('Good day', { modelId: arn }));
    expect(heard).toEqual([expect.stringContaining(said)]);
    expect(fs.readFileSync(said.startsWith('a newer') ? file : place, 'utf8')).toBe(before);
    expect(lookups(server)).toBe(1);
  });
});

test('a file is where a symbolic link leads to, and the link stays', async () => {
  const server = await start();
  const where = folder();
  const [link, file] = ['link.json', 'store.json'].map((name) => path.join(where, name));
  fs.symlinkSync(file, link);
  fs.writeFileSync(file, '{"format":1,"entries":{}}');
  const { arn } = freshProfile(server);
  await elsewhere(server, arn, `file:${link}`);
  expect(fs.lstatSync(link).isSymbolicLink()).toBe(true);
  expect(fs.readFileSync(file, 'utf8')).toContain(arn);
});

test('a file in the home of the user may be named with a tilde', async () => {
  const server = await start();
  const { arn } = freshProfile(server);
  const home = folder();
  await elsewhere(server, arn, 'file:~/in/store.json', { HOME: home });
  expect(fs.readFileSync(path.join(home, 'in', 'store.json'), 'utf8')).toContain(arn);
});

test('what is no file is left as it is', async () => {
  const server = await start();
  const { heard } = await elsewhere(server, freshProfile(server).arn, 'file:/dev/zero');
  expect(heard).toEqual([expect.stringContaining('it is no regular file')]);
  expect(fs.statSync('/dev/zero').isCharacterDevice()).toBe(true);
});

test('a file whose lock another process holds is told, and the client works', async () => {
  const server = await start();
  const file = path.join(folder(), 'store.json');
  const holder = spawn('flock', [`${file}.lock`, 'sleep', '60'], { stdio: 'ignore' });
  try {
    await until(() => fs.existsSync(`${file}.lock`));
    const { heard, logger } = warnings();
    const made = client(server, { store: `file:${file}`, logger });
    await until(async () => {
      await made.converse(ask('Good day', { modelId: freshProfile(server).arn }));
      return heard.length > 0;
    });
    expect(heard).toEqual([expect.stringContaining(`another process holds ${file}.lock`)]);
  } finally {
    holder.kill();
  }
});

describe('a file that processes write at once', () => {
  const writer = (server, file, count) => `${preamble(server, { store: `file:${file}` })}
    const arns = ${JSON.stringify(Array.from({ length: count }, () => freshProfile(server).arn))};
    (async () => {
      for (const arn of arns) {
        await client.resolve(arn);
        console.log(arn);
      }
    })();`;

  test('is whole whenever one of them is killed', async () => {
    const server = await start();
    const where = folder();
    const file = path.join(where, 'store.json');
    for (let round = 0; round < 5; round += 1) {
      const child = spawn(process.execPath, ['-e', writer(server, file, 200)], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, NODE_NO_WARNINGS: '1' },
      });
      const ended = once(child, 'close');
      let lines = 0;
      for await (const chunk of child.stdout) {
        lines += String(chunk).split('\n').length - 1;
        // Somewhere in the midst of what it stores in the background.
        if (lines >= 20 && fs.existsSync(file)) child.kill('SIGKILL');
      }
      await ended;
      expect(JSON.parse(fs.readFileSync(file, 'utf8')).format).toBe(1);
    }
    // What the killed ones held locked is not locked any more, and what they left is no hindrance.
    const { arn } = freshProfile(server);
    fs.writeFileSync(`${file}.1234-0a1b2c3d.tmp`, '{"format":1,"entr');
    expect(await elsewhere(server, arn, `file:${file}`)).toMatchObject({
      source: 'aws',
      heard: [],
    });
    expect(fs.readdirSync(where).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(await elsewhere(server, arn, `file:${file}`)).toMatchObject({ source: 'store' });
    expect(fs.readdirSync(where).filter((name) => name.includes('corrupt'))).toEqual([]);
  });

  test('has what each of them stored', async () => {
    const server = await start();
    const file = path.join(folder(), 'store.json');
    const ended = await Promise.all(
      Array.from({ length: 3 }, () =>
        run(writer(server, file, 20), { env: { NODE_NO_WARNINGS: '1' } }),
      ),
    );
    const kept = fs.readFileSync(file, 'utf8');
    const stored = ended.flatMap(({ stdout }) => stdout.trim().split('\n'));
    expect(stored).toHaveLength(60);
    expect(stored.filter((arn) => !kept.includes(arn))).toEqual([]);
  });
});

describe('a Redis', () => {
  test('has what AWS states of a model, for all', async () => {
    const [server, redis] = await Promise.all([start(), startRedis()]);
    const asked = () =>
      server.requests.filter(({ operation }) => operation === 'GetFoundationModel').length;
    const source = `${preamble(server, { store: redis.url })}
      client.capabilities(${JSON.stringify(CLAUDE_37)}).then(({ inputs }) => {
        console.log(inputs.text.source);
      });`;
    for (let n = 0; n < 2; n += 1) {
      expect((await run(source, { env: { NODE_NO_WARNINGS: '1' } })).stdout.trim()).toBe('aws');
    }
    expect(asked()).toBe(1);
  });

  test('lets one process of all lead a discovery in the background', async () => {
    const [server, redis] = await Promise.all([start(), startRedis()]);
    const lists = () =>
      server.requests.filter(({ operation }) => operation === 'ListInferenceProfiles').length;
    const source = `${preamble(server, { store: redis.url })}
      const told = client.keepDiscovering({ every: 60_000, regions: [${JSON.stringify(server.region)}] });
      process.stdin.once('data', () => process.exit(0));
      client.resolve(${JSON.stringify(freshProfile(server).arn)}).then(() => console.log('up'));`;
    const children = Array.from({ length: 3 }, () =>
      spawn(process.execPath, ['-e', source], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    try {
      await Promise.all(children.map(({ stdout }) => once(stdout, 'data')));
      await until(() => lists() > 0);
      await until(async () => (await redis.cli('--scan')).includes('lease:'));
      // One leader lists application profiles and system profiles once each.
      expect(lists()).toBeLessThanOrEqual(2);
    } finally {
      for (const child of children) child.stdin.write('end\n');
      await Promise.all(children.map((child) => once(child, 'close')));
    }
  });

  test('lets many cold processes ask AWS once', async () => {
    const [server, redis] = await Promise.all([start(), startRedis()]);
    const { arn } = freshProfile(server);
    const all = await Promise.all(
      Array.from({ length: 4 }, () => elsewhere(server, arn, redis.url)),
    );
    expect(all.map(({ model }) => model)).toEqual(Array(4).fill(CLAUDE_37));
    expect(lookups(server)).toBe(1);
    const keys = await redis.cli('--scan');
    expect(keys).toContain('bedrock-profile-client:profile:');
    expect(keys).not.toContain(server.credentials.accessKeyId);
  });

  test('that takes a while to connect to is waited for: many cold processes ask AWS once', async () => {
    const [server, redis] = await Promise.all([start(), startRedis()]);
    const { arn } = freshProfile(server);
    const slow = net.createServer((socket) => {
      const upstream = net.connect(redis.port, '127.0.0.1');
      for (const end of [socket, upstream])
        end.on('error', () => {}).on('close', () => upstream.destroy());
      upstream.pipe(socket);
      // What is said first, as over TLS, comes late.
      setTimeout(() => socket.pipe(upstream), 120);
    });
    await once(slow.listen(0, '127.0.0.1'), 'listening');
    try {
      const url = `redis://127.0.0.1:${slow.address().port}`;
      const all = await Promise.all(Array.from({ length: 3 }, () => elsewhere(server, arn, url)));
      expect(all.map(({ model, heard }) => [model, heard])).toEqual(Array(3).fill([CLAUDE_37, []]));
      expect(lookups(server)).toBe(1);
    } finally {
      slow.close();
    }
  });

  test('takes a user who may do no more than what is documented', async () => {
    const [server, redis] = await Promise.all([start(), startRedis()]);
    const may = 'get set del pttl incrby eval publish subscribe'
      .split(' ')
      .map((name) => `+${name}`);
    const keys = ['resetkeys', '~bedrock-profile-client:*'];
    const channels = ['resetchannels', '&bedrock-profile-client:*'];
    await redis.cli(
      'ACL',
      'SETUSER',
      'app',
      'on',
      '>s/e#c:r@t',
      ...keys,
      ...channels,
      '-@all',
      ...may,
    );
    Object.assign(process.env, { REDIS_USERNAME: 'app', REDIS_PASSWORD: 's/e#c:r@t' });
    try {
      const { heard, logger } = warnings();
      const made = client(server, { store: redis.url, logger, costs: true });
      const { arn } = freshProfile(server);
      await made.converse(ask('Good day', { modelId: arn }));
      await until(async () => {
        const scanned = await redis.cli('--scan');
        return scanned.includes(arn) && scanned.includes(':spend:');
      });
      expect(heard).toEqual([]);
      expect(await redis.cli('ACL', 'LOG')).toBe('');
    } finally {
      delete process.env.REDIS_USERNAME;
      delete process.env.REDIS_PASSWORD;
    }
  });

  test.each(['', 'no certificate at all'])(
    'whose certificate to trust cannot be read (%p) is not spoken to in clear text',
    async (text) => {
      const server = await start();
      const sent = [];
      const listener = net.createServer((socket) => {
        socket
          .on('error', () => {})
          .on('data', (bytes) => {
            sent.push(bytes);
            socket.destroy();
          });
      });
      await once(listener.listen(0, '127.0.0.1'), 'listening');
      const file = path.join(folder(), 'ca.pem');
      if (text) fs.writeFileSync(file, text);
      Object.assign(process.env, { REDIS_CA: file, REDIS_PASSWORD: 'secret-of-redis' });
      try {
        const { heard, logger } = warnings();
        const store = `redis://127.0.0.1:${listener.address().port}`;
        await client(server, { store, logger }).resolve(freshProfile(server).arn);
        await until(() => sent.length > 0);
        expect(sent[0][0]).toBe(0x16); // a TLS handshake
        expect(Buffer.concat(sent).toString('latin1')).not.toContain('secret-of-redis');
        expect(heard[0]).toContain(
          text ? 'holds no certificate in PEM' : 'REDIS_CA names a file that',
        );
      } finally {
        delete process.env.REDIS_CA;
        delete process.env.REDIS_PASSWORD;
        listener.close();
      }
    },
  );

  test('that a newer version has written meanwhile is told, whatever was told before', async () => {
    const [server, redis] = await Promise.all([start(), startRedis()]);
    const { heard, logger } = warnings();
    const made = client(server, { store: redis.url, logger });
    await made.resolve(freshProfile(server).arn);
    await until(async () => (await redis.cli('DBSIZE')) !== '0');
    await redis.cli('SET', 'bedrock-profile-client:format', '99');
    await redis.cli('CLIENT', 'KILL', 'TYPE', 'normal').catch(() => {});
    await until(async () => {
      await made.resolve(freshProfile(server).arn);
      return heard.some((text) => text.includes('a newer version'));
    });
    expect(heard.length).toBeLessThanOrEqual(2);
  });

  test('is LibreChat’s where it has one, with its prefix', async () => {
    const [server, redis] = await Promise.all([start(), startRedis()]);
    const { arn } = freshProfile(server);
    const env = {
      BEDROCK_PROFILE_STORE: '',
      USE_REDIS: 'true',
      REDIS_URI: redis.url,
      REDIS_KEY_PREFIX: 'production',
      XDG_CACHE_HOME: folder(),
    };
    await elsewhere(server, arn, undefined, env);
    expect(await redis.cli('--scan')).toContain('production::bedrock-profile-client:profile:');
  });

  test('that is a cluster keeps every key', async () => {
    const [server, { urls, nodes }] = await Promise.all([start(), startCluster()]);
    const arns = Array.from({ length: 6 }, () => freshProfile(server).arn);
    const env = { XDG_CACHE_HOME: folder() };
    const resolve = (arn) => elsewhere(server, arn, urls.join(','), env);
    expect((await Promise.all(arns.map(resolve))).map(({ source }) => source)).toEqual(
      Array(6).fill('aws'),
    );
    const used = await Promise.all(nodes.map((node) => node.cli('DBSIZE')));
    expect(used.map(Number).reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(6);
    const other = { XDG_CACHE_HOME: folder() };
    const again = await elsewhere(server, arns[0], urls[0], {
      ...other,
      USE_REDIS_CLUSTER: 'true',
    });
    expect(again).toMatchObject({ source: 'store', heard: [] });
  });

  test('behind a sentinel is followed when a replica takes its place, and no call fails', async () => {
    const [server, watched] = await Promise.all([start(), startSentinel()]);
    const { primary, replica, url } = watched;
    const { heard, logger } = warnings();
    const made = client(server, { store: url, logger });
    const call = async (arn = freshProfile(server).arn) => {
      await made.converse(ask('Good day', { modelId: arn }));
      return arn;
    };
    const before = await call();
    await until(async () => (await primary.cli('--scan')).includes(before));
    await until(async () => (await replica.cli('--scan')).includes(before));
    await primary.stop();
    while ((await watched.now()) !== replica.port) await call();
    // The client finds the new primary by itself, with nothing said but one warning.
    const later = [];
    await until(async () => {
      later.push(await call());
      const kept = await replica.cli('--scan');
      return later.some((arn) => kept.includes(arn));
    });
    expect(heard.length).toBeLessThanOrEqual(1);
    // What the first one held is known, to other processes too.
    const env = { XDG_CACHE_HOME: folder() };
    const elsewhereNow = await elsewhere(server, before, url, env);
    expect(elsewhereNow).toEqual({ model: CLAUDE_37, source: 'store', heard: [] });
    expect(await watched.now()).toBe(replica.port);
    expect(heard.length).toBeLessThanOrEqual(1);
  }, 120_000);

  test('behind sentinels that know nothing of the service is one warning', async () => {
    const [server, { url }] = await Promise.all([start(), startSentinel()]);
    const { heard, logger } = warnings();
    const made = client(server, { store: url.replace(/[^/]+$/, 'another'), logger });
    await until(async () => {
      await made.converse(ask('Good day', { modelId: freshProfile(server).arn }));
      return heard.length > 0;
    });
    expect(heard).toHaveLength(1);
    expect(heard[0]).toContain('redis+sentinel://');
  });

  test('over TLS is believed by its certificate', async () => {
    const authority = selfSigned({ subject: '/CN=authority', san: 'subjectAltName=DNS:nowhere' });
    const [server, redis] = await Promise.all([start(), startRedis({ tls: signedBy(authority) })]);
    const { arn } = freshProfile(server);
    for (const [ca, says] of [
      [authority.file, 'good'],
      ['', 'bad'],
    ]) {
      const { heard, logger } = warnings();
      process.env.REDIS_CA = ca;
      const made = client(server, { store: redis.url, logger });
      await made.resolve(arn);
      delete process.env.REDIS_CA;
      // Whoever has no connection yet does not wait for it.
      await until(async () => {
        await made.resolve(freshProfile(server).arn);
        return says === 'good' ? (await redis.cli('DBSIZE')) !== '0' : heard.length > 0;
      });
      const told = says === 'good' ? [] : [expect.stringContaining(redis.url)];
      expect(heard).toEqual(told);
    }
  });

  test.each([
    ['is away', async () => `redis://127.0.0.1:${await freePort()}`, 'connection refused'],
    [
      'does not take the password',
      async () => {
        const { port } = await startRedis({ args: ['--requirepass', 'right'] });
        return `redis://:wrong-secret@127.0.0.1:${port}`;
      },
      'the password is wrong',
    ],
    [
      'wants a password',
      async () => (await startRedis({ args: ['--requirepass', 'right'] })).url,
      'it wants a password',
    ],
    [
      'wants a password before a database',
      async () => `${(await startRedis({ args: ['--requirepass', 'right'] })).url}/2`,
      'it wants a password',
    ],
    [
      'lacks the database',
      async () => `${(await startRedis()).url}/99`,
      'DB index is out of range',
    ],
    [
      'wants replicas',
      async () => (await startRedis({ args: ['--min-replicas-to-write', '1'] })).url,
      'it takes no writes (Not enough good replicas to write)',
    ],
    [
      'has a password with a # in its URL',
      async () => `redis://:sec#ret/secret@127.0.0.1:${await freePort()}`,
      'its URL cannot be read',
    ],
    [
      'is no Redis',
      async () => {
        const http = net.createServer((socket) => {
          socket
            .on('error', () => {})
            .on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
        });
        await once(http.listen(0, '127.0.0.1'), 'listening');
        http.unref();
        return `redis://127.0.0.1:${http.address().port}`;
      },
      'what answers there is no Redis',
    ],
    [
      'is full',
      async () =>
        (await startRedis({ args: ['--maxmemory', '1', '--maxmemory-policy', 'noeviction'] })).url,
      'it is full',
    ],
    [
      'is a replica',
      async () => {
        const redis = await startRedis();
        await redis.cli('REPLICAOF', '127.0.0.1', String(await freePort()));
        return redis.url;
      },
      'read-only',
    ],
    [
      'was written by a newer version',
      async () => {
        const redis = await startRedis();
        await redis.cli('SET', 'bedrock-profile-client:format', '99');
        return redis.url;
      },
      'a newer version of bedrock-profile-client has written it (format 99',
    ],
  ])('that %s is one warning, and the client works', async (_how, make, said) => {
    const server = await start();
    const { arn } = freshProfile(server);
    const url = await make();
    const { heard, logger } = warnings();
    const made = client(server, { store: url, logger });
    const started = performance.now();
    await made.converse(ask('Good day', { modelId: arn }));
    expect(performance.now() - started).toBeLessThan(1000);
    for (let n = 0; n < 3; n += 1) await made.converse(ask('Good day', { modelId: arn }));
    await until(async () => {
      await made.resolve(arn);
      return heard.length > 0;
    });
    expect(heard).toEqual([expect.stringContaining(said)]);
    expect(heard[0]).not.toContain('secret');
    expect(lookups(server)).toBe(1);
  });

  test('that comes back empty is given what was found out meanwhile', async () => {
    const [server, first] = await Promise.all([start(), startRedis()]);
    const made = client(server, { store: first.url });
    const { arn } = freshProfile(server);
    await made.resolve(arn);
    await until(async () => (await first.cli('--scan')).includes(arn));
    await first.stop();
    const again = await startRedis({ port: first.port });
    await until(async () => {
      await made.resolve(freshProfile(server).arn);
      return (await again.cli('--scan')).includes(arn);
    });
  });

  test('that is slow is waited for 50 ms, and is one warning', async () => {
    const [server, redis] = await Promise.all([start(), startRedis()]);
    const { heard, logger } = warnings();
    const made = client(server, { store: redis.url, logger });
    const call = () => made.converse(ask('Good day', { modelId: freshProfile(server).arn }));
    await call();
    await until(async () => (await redis.cli('DBSIZE')) !== '0');
    redis.pause();
    const started = performance.now();
    for (let n = 0; n < 5; n += 1) await call();
    expect(performance.now() - started).toBeLessThan(1000);
    await until(async () => {
      await call();
      return heard.length > 0;
    });
    // Whichever hears of it first: who asks, or what was being written.
    expect(heard).toEqual([expect.stringMatching(/no answer (within 50 ms|in time)/)]);
    redis.resume();
  });

  test('that is stopped and started in the midst of calls fails none of them, and comes back', async () => {
    const [server, first] = await Promise.all([start(), startRedis()]);
    const { heard, logger } = warnings();
    const made = client(server, { store: first.url, logger });
    const call = () => made.converse(ask('Good day', { modelId: freshProfile(server).arn }));
    await call();
    await first.stop();
    await Promise.all(Array.from({ length: 20 }, call));
    const again = await startRedis({ port: first.port });
    await until(async () => {
      await call();
      return (await again.cli('--scan')).includes('profile:');
    });
    expect(heard.length).toBeLessThanOrEqual(1);
  });
});

describe('an object', () => {
  test('with get, set and delete keeps what is known', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const kept = new Map();
    const store = {
      get: async (key) => kept.get(key),
      set: async (key, value, lasts) => {
        expect(lasts).toBeGreaterThan(0);
        kept.set(key, value);
      },
      delete: async (key) => kept.delete(key),
    };
    await client(server, { store }).resolve(arn);
    await until(() => [...kept.keys()].some((key) => key.includes(':profile:')));
    expect([...kept.keys()].every((key) => key.startsWith('bedrock-profile-client:'))).toBe(true);
  });

  test('that throws is one warning', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const fails = async () => {
      throw new Error('it is away');
    };
    const { heard, logger } = warnings();
    const made = client(server, { store: { get: fails, set: fails, delete: fails }, logger });
    expect(await made.resolve(arn)).toMatchObject({ model: CLAUDE_37, source: 'aws' });
    await made.resolve(arn);
    expect(heard).toEqual([expect.stringContaining('it is away')]);
  });
});

describe('what is no store', () => {
  test.each([
    ['postgres://user:secret@host/db', 'store "postgres:…"'],
    ['nowhere', 'store "nowhere"'],
    ['redis:/host', 'store "redis:…"'],
    ['secret@host:6379', 'such store'],
    ['file:', 'store "file:…"'],
  ])('"%s" is a warning, and the client works', async (store, which) => {
    const server = await start();
    const { heard, logger } = warnings();
    await client(server, { store, logger }).converse(ask());
    expect(heard).toEqual([
      expect.stringContaining(`options.store: there is no ${which}; there are "memory", "file"`),
    ]);
    expect(heard[0]).not.toContain('secret');
  });

  test('a scheme may be written in capitals, and with spaces around', async () => {
    const [server, redis] = await Promise.all([start(), startRedis()]);
    const { heard, logger } = warnings();
    const { arn } = freshProfile(server);
    const made = client(server, { store: ` ${redis.url.replace('redis', 'REDIS')}\n`, logger });
    await made.resolve(arn);
    await until(async () => (await redis.cli('--scan')).includes(arn));
    expect(heard).toEqual([]);
  });

  test.each([[42], [true], [[]], [{ get() {} }], ['']])('%p is a TypeError', (store) => {
    expect(() => client({ url: undefined }, { store })).toThrow(TypeError);
  });
});
