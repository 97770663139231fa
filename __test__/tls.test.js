'use strict';

/** TLS and HTTP versions: whom it trusts, what Node.js calls it when it does not, what is spoken. */

const { writeFileSync } = require('node:fs');
const http2 = require('node:http2');
const https = require('node:https');
const net = require('node:net');
const path = require('node:path');
const tls = require('node:tls');
const { once } = require('node:events');
const { NodeHttpHandler, NodeHttp2Handler } = require('@smithy/node-http-handler');

const {
  ask,
  client,
  collect,
  failure,
  preamble,
  run,
  start,
  warnings,
} = require('./support/bedrock');
const { folder, selfSigned, signedBy } = require('./support/certificates');

const authority = selfSigned({
  subject: '/CN=authority',
  san: 'keyUsage=keyCertSign,digitalSignature',
});
const server = signedBy(authority);

/** A `requestHandler` with these options of an agent. */
const agent = (options) => ({ httpsAgent: new https.Agent(options) });

/** Ends a server with its connections, which a client keeps for the next call. */
function ending(listener) {
  const sockets = new Set();
  listener.on('connection', (socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)));
  });
  return () => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  };
}

/** Calls Converse and ConverseStream. */
async function both(made) {
  await made.converse(ask());
  await collect((await made.converseStream(ask())).stream);
}

describe('whom TLS trusts', () => {
  test("an agent's ca", async () => {
    const bedrock = await start({ tls: server });
    await both(client(bedrock, { requestHandler: agent({ ca: authority.cert }) }));
    await both(client(bedrock, { requestHandler: agent({ ca: [Buffer.from(authority.cert)] }) }));
    await both(
      client(bedrock, { requestHandler: new NodeHttpHandler(agent({ ca: authority.cert })) }),
    );
    const http2Handler = new NodeHttp2Handler({ nodeHttp2ConnectOptions: { ca: authority.cert } });
    await both(client(bedrock, { requestHandler: http2Handler }));
    expect(bedrock.requests).toHaveLength(8);
  });

  test("an agent's ca is all that it trusts, as in Node.js", async () => {
    const bedrock = await start({ tls: server });
    process.env.AWS_CA_BUNDLE = authority.file;
    const requestHandler = agent({ ca: selfSigned().cert });
    const error = await failure(client(bedrock, { requestHandler }).converse(ask()));
    expect(error.code).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  test.each(['AWS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'])('the file that %s names', async (name) => {
    const bedrock = await start({ tls: server });
    const ended = await run(
      `${preamble(bedrock)} client.converse(input).then((answer) => console.log(answer.stopReason));`,
      { env: { [name]: authority.file } },
    );
    expect(ended).toMatchObject({ code: 0, stdout: 'end_turn\n' });
  });

  test('the files that AWS_CA_BUNDLE and NODE_EXTRA_CA_CERTS name, both of them', async () => {
    const other = selfSigned({ subject: '/CN=other', san: 'keyUsage=keyCertSign' });
    const first = await start({ tls: server });
    const second = await start({ tls: signedBy(other), credentials: first.credentials });
    const endpoints = JSON.stringify([first.url, second.url]);
    const ended = await run(
      `${preamble(first)}
      const send = (endpoint) => new BedrockProfileClient({
        region: 'us-east-1', endpoint, credentials: ${JSON.stringify(first.credentials)},
      }).converse(input).then((answer) => console.log(answer.stopReason));
      (async () => { for (const endpoint of ${endpoints}) await send(endpoint); })();`,
      { env: { AWS_CA_BUNDLE: authority.file, NODE_EXTRA_CA_CERTS: other.file } },
    );
    expect(ended).toMatchObject({ code: 0, stdout: 'end_turn\nend_turn\n' });
  });

  test.each(['AWS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'])(
    'a file of %s that cannot be read is named, though the other one can',
    async (name) => {
      const bedrock = await start({ tls: server });
      const other = name === 'AWS_CA_BUNDLE' ? 'NODE_EXTRA_CA_CERTS' : 'AWS_CA_BUNDLE';
      const at = folder();
      const empty = path.join(at, 'empty.pem');
      writeFileSync(empty, 'no certificate is in here');
      for (const file of [path.join(at, 'none.pem'), at, empty]) {
        const ended = await run(
          `${preamble(bedrock)} client.converse(input).then(
            ({ stopReason }) => console.log(stopReason), ({ message }) => console.log(message));`,
          { env: { [name]: file, [other]: authority.file } },
        );
        expect(ended.code).toBe(0);
        const said = `${ended.stdout}${ended.stderr}`;
        expect(said).toContain(file);
      }
    },
  );

  test("a server's own certificate that was named, though it is one of an authority", async () => {
    const own = selfSigned();
    const bedrock = await start({ tls: own });
    await both(client(bedrock, { requestHandler: agent({ ca: own.cert }) }));
  });

  test("Node.js's own certificates, where the system has none", async () => {
    const bedrock = await start({ tls: server });
    const script = (roots) => `
      const Module = require('node:module');
      const load = Module._load;
      Module._load = (name, ...rest) =>
        name === 'node:tls' ? { rootCertificates: ${JSON.stringify(roots)} } : load(name, ...rest);
      ${preamble(bedrock)}
      client.converse(input).then((answer) => console.log(answer.stopReason), (error) => console.log(error.code));
    `;
    const none = { SSL_CERT_FILE: '/nonexistent/file', SSL_CERT_DIR: '/nonexistent/folder' };
    const trusted = await run(script([authority.cert]), { env: none });
    expect(trusted).toMatchObject({ code: 0, stdout: 'end_turn\n', stderr: '' });
    // And not where it has some.
    const some = { SSL_CERT_FILE: selfSigned().file };
    const distrusted = await run(script([authority.cert]), { env: some });
    expect(distrusted.stdout).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE\n');
  });

  test('anyone, with rejectUnauthorized: false, and it says so', async () => {
    const bedrock = await start({ tls: server });
    const { heard, logger } = warnings();
    await both(client(bedrock, { requestHandler: agent({ rejectUnauthorized: false }), logger }));
    expect(heard).toEqual([expect.stringContaining('Certificates are not checked')]);
  });

  test('anyone, with NODE_TLS_REJECT_UNAUTHORIZED=0, unless the agent says otherwise', async () => {
    const bedrock = await start({ tls: server });
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      const { heard, logger } = warnings();
      await both(client(bedrock, { logger }));
      expect(heard).toHaveLength(1);
      const requestHandler = agent({ rejectUnauthorized: true });
      const error = await failure(client(bedrock, { requestHandler }).converse(ask()));
      expect(error.code).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    }
  });

  test("a client's certificate is shown to a server that asks for one", async () => {
    const bedrock = await start({
      tls: { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
    });
    const { cert, key } = signedBy(authority, { subject: '/CN=client' });
    await both(client(bedrock, { requestHandler: agent({ ca: authority.cert, cert, key }) }));
    const without = agent({ ca: authority.cert });
    const error = await failure(
      client(bedrock, { requestHandler: without, maxAttempts: 1 }).converse(ask()),
    );
    expect(error).toMatchObject({
      code: 'EPROTO',
      message: expect.stringContaining('Certificate'),
    });
    expect(bedrock.requests).toHaveLength(2);
  });

  test.each([
    ['ca', { ca: 'nonsense' }, 'The certificates to trust cannot be used: '],
    ['cert', { cert: 'nonsense', key: 'SECRET' }, "The agent's `cert` and `key` cannot be used: "],
    ['key', { cert: server.cert, key: 'SECRET' }, 'the key is no private key in PEM'],
    ['cert alone', { cert: server.cert }, "Of the agent's `cert` and `key` only one is there"],
    ['foreign key', { cert: server.cert, key: authority.key }, "The agent's `cert` and `key`"],
  ])('a %s that cannot be used is named', async (_what, options, text) => {
    const bedrock = await start({ tls: server });
    const error = await failure(
      client(bedrock, { requestHandler: { httpsAgent: options } }).converse(ask()),
    );
    expect(error.message).toContain(text);
    expect(error.message).not.toContain('SECRET');
  });
});

describe("a certificate that is not believed has Node.js's code", () => {
  const middle = signedBy(authority, { subject: '/CN=middle', ca: true });
  const below = signedBy(middle);
  const chain = (...above) => ({
    ...below,
    cert: [below, ...above].map(({ cert }) => cert).join(''),
  });

  const HELPS = {
    CERT_HAS_EXPIRED: 'Check the clock first',
    ERR_TLS_CERT_ALTNAME_INVALID: 'Use the host that the certificate names',
  };
  test.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', selfSigned(), {}],
    ['SELF_SIGNED_CERT_IN_CHAIN', chain(middle, authority), {}],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', server, {}],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', chain(middle), {}],
    ['CERT_HAS_EXPIRED', signedBy(authority, { days: -1 }), { ca: authority.cert }],
    [
      'ERR_TLS_CERT_ALTNAME_INVALID',
      signedBy(authority, { san: 'subjectAltName=DNS:elsewhere.example.com' }),
      { ca: authority.cert },
    ],
  ])('%s', async (code, certificate, options) => {
    const bedrock = await start({ tls: certificate });
    const requestHandler = new NodeHttpHandler(agent(options));
    const error = await failure(client(bedrock, { requestHandler }).converse(ask()));
    const theirs = await new Promise((resolve) => {
      https.get(bedrock.url, options).on('error', resolve);
    });
    expect(error.code).toBe(code);
    expect(error.code).toBe(theirs.code);
    expect(error.name).toBe('Error');
    expect(error.message).toBe(theirs.message.split(':')[0].split(';')[0]);
    expect(error.hint).toContain(HELPS[code] ?? 'NODE_EXTRA_CA_CERTS');
    expect(error.$metadata.attempts).toBe(1);
    expect(bedrock.requests).toHaveLength(0);
  });

  test('what is no TLS is an EPROTO, once', async () => {
    const plain = net.createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    try {
      const bedrock = await start();
      const endpoint = `https://127.0.0.1:${plain.address().port}`;
      const error = await failure(client(bedrock, { endpoint }).converse(ask()));
      expect(error).toMatchObject({ code: 'EPROTO', $metadata: { attempts: 1 } });
      expect(error.message).toContain('TLS handshake failed');
    } finally {
      plain.close();
    }
  });
});

describe('which HTTP is spoken', () => {
  const ca = { requestHandler: agent({ ca: authority.cert }) };
  const spoken = (bedrock) => bedrock.requests.map(({ protocol }) => protocol);

  test('HTTP/2 where the server offers it, over one connection', async () => {
    const bedrock = await start({ tls: server });
    const made = client(bedrock, ca);
    await both(made);
    await Promise.all([both(made), both(made)]);
    expect(new Set(spoken(bedrock))).toEqual(new Set(['2']));
    expect(bedrock.connections).toBe(1);
  });

  test('HTTP/1.1 where the server knows nothing else', async () => {
    const bedrock = await start();
    const gateway = tls.createServer({ ...server, ALPNProtocols: ['http/1.1'] }, (socket) => {
      const onward = net.connect(bedrock.port, bedrock.host);
      socket
        .on('error', () => onward.destroy())
        .pipe(onward)
        .pipe(socket);
    });
    const end = ending(gateway);
    gateway.listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    const endpoint = `https://127.0.0.1:${gateway.address().port}`;
    await both(client(bedrock, { endpoint, ...ca }));
    end();
    expect(spoken(bedrock)).toEqual(['1.1', '1.1']);
  });

  test('HTTP/1.1 with a NodeHttpHandler, whatever the server offers', async () => {
    const bedrock = await start({ tls: server });
    const requestHandler = new NodeHttpHandler(agent({ ca: authority.cert }));
    await both(client(bedrock, { requestHandler }));
    expect(spoken(bedrock)).toEqual(['1.1', '1.1']);
  });

  test('HTTP/1.1 in clear text', async () => {
    const bedrock = await start();
    await both(client(bedrock));
    expect(spoken(bedrock)).toEqual(['1.1', '1.1']);
  });

  test('HTTP/2 in clear text with a NodeHttp2Handler', async () => {
    const bedrock = await start();
    await both(client(bedrock, { requestHandler: new NodeHttp2Handler() }));
    expect(spoken(bedrock)).toEqual(['2', '2']);
  });

  test.each(['converse', 'converseStream'])(
    '%s: a stream reset of HTTP/2 is an error',
    async (name) => {
      const bedrock = http2.createSecureServer(server, (_request, response) => {
        response.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
      });
      const end = ending(bedrock);
      bedrock.listen(0, '127.0.0.1');
      await once(bedrock, 'listening');
      try {
        const standIn = await start();
        const endpoint = `https://127.0.0.1:${bedrock.address().port}`;
        const made = client(standIn, { endpoint, maxAttempts: 2, ...ca });
        const error = await failure(made[name](ask()));
        expect(error).toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR', name: 'Error' });
        expect(error.$metadata.attempts).toBe(2);
      } finally {
        end();
      }
    },
  );
});
