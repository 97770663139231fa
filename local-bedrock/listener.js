'use strict';

/** One loopback port that speaks HTTP/1.1 and HTTP/2, in clear text or over TLS. */

const http = require('node:http');
const http2 = require('node:http2');
const net = require('node:net');

const HOST = '127.0.0.1';
/** How an HTTP/2 connection with prior knowledge begins; no HTTP/1.1 method begins so. */
const PREFACE = Buffer.from('PRI * HTTP/2.0');

/** Hands a connection to the right server once its first bytes say which one that is. */
function sniff(socket, http1, http2Server) {
  let seen = Buffer.alloc(0);
  const onData = (chunk) => {
    seen = Buffer.concat([seen, chunk]);
    const length = Math.min(seen.length, PREFACE.length);
    const isPreface = seen.subarray(0, length).equals(PREFACE.subarray(0, length));
    if (isPreface && length < PREFACE.length) return;
    socket.removeListener('data', onData);
    socket.pause();
    socket.unshift(seen);
    (isPreface ? http2Server : http1).emit('connection', socket);
    process.nextTick(() => socket.resume());
  };
  socket.on('data', onData);
}

/**
 * @param {(req: object, res: object) => void} onRequest
 * @param {{ port?: number, tls?: { key: string, cert: string } }} options
 * @returns {Promise<{ host: string, port: number, socketOf(req: object): net.Socket,
 *   connections(): number, close(): Promise<void> }>}
 */
async function listen(onRequest, { port = 0, tls } = {}) {
  // A remote port names a connection on loopback whatever wraps its socket (TLS, HTTP/2).
  const sockets = new Map();
  let connections = 0;
  const http1 = tls ? undefined : http.createServer({ keepAliveTimeout: 60_000 }, onRequest);
  const http2Server = tls
    ? http2.createSecureServer({ ...tls, allowHTTP1: true }, onRequest)
    : http2.createServer(onRequest);
  const ignore = () => {};
  // A client that goes away is part of the trade; its exchange learns of it by itself.
  http1?.on('clientError', (_error, socket) => socket.destroy());
  http2Server.on('sessionError', ignore).on('tlsClientError', ignore);

  const server = net.createServer((socket) => {
    const key = socket.remotePort;
    connections += 1;
    sockets.set(key, socket);
    socket.on('error', ignore).on('close', () => {
      if (sockets.get(key) === socket) sockets.delete(key);
    });
    socket.setNoDelay(true);
    if (tls) http2Server.emit('connection', socket);
    else sniff(socket, http1, http2Server);
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });

  return {
    host: HOST,
    port: server.address().port,
    socketOf: (req) => sockets.get((req.stream?.session?.socket ?? req.socket)?.remotePort),
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets.values()) socket.destroy();
      }),
  };
}

module.exports = { listen };
