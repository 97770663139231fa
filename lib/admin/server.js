'use strict';

// The API and the page on loopback, for the one who has started it.

const { once } = require('node:events');
const http = require('node:http');
const { createAdminRouter } = require('./index.js');

/**
 * @param {{ client: object, port?: number, [option: string]: unknown }} options those of createAdminRouter() but
 *   `authorize`, and a port; 0 is a free one
 */
async function startAdminServer({ port = 0, ...options }) {
  const router = createAdminRouter(options);
  const server = http.createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 60_000,
      keepAliveTimeout: 5000,
      maxHeaderSize: 32 * 1024,
    },
    router,
  );
  server.maxConnections = 100;
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    router.close();
    throw error;
  }
  const url = `http://127.0.0.1:${server.address().port}`;
  return {
    url,
    port: server.address().port,
    /** A URL that signs in whoever opens it, once, within ten minutes. */
    oneTimeUrl: () => `${url}${router.signInPath()}`,
    async close() {
      router.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

module.exports = { startAdminServer };
