'use strict';

const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');

/**
 * Starts an HTTP proxy on loopback that opens tunnels (`CONNECT`) and passes plain requests on.
 *
 * @param {{ credentials?: string, refuse?: number }} [options] `credentials`: `user:password`, which
 *   it then asks for; `refuse`: the status it answers every request with
 * @returns {Promise<{ url: string, connects: object[], close(): Promise<void> }>} `connects` holds
 *   `{ target, headers }` of every request, in the order of their arrival; `url` has no credentials
 */
async function startConnectProxy({ credentials, refuse } = {}) {
  const connects = [];
  const sockets = new Set();
  const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;

  /** The status that a request is refused with, or undefined. */
  function refusal(target, headers) {
    connects.push({ target, headers });
    if (refuse !== undefined) return refuse;
    return wanted !== undefined && headers['proxy-authorization'] !== wanted ? 407 : undefined;
  }

  const server = http.createServer((request, response) => {
    const status = refusal(request.url, request.headers);
    if (status !== undefined) return response.writeHead(status).end();
    const onward = http.request(
      request.url,
      { method: request.method, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    return request.pipe(onward);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('connect', (request, socket, head) => {
    const status = refusal(request.url, request.headers);
    if (status !== undefined) {
      return void socket.end(`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\n\r\n`);
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    const onward = net.connect(Number(port || 80), hostname.replace(/^\[|\]$/g, ''), () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    return undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    connects,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

module.exports = { startConnectProxy };
