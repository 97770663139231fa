'use strict';

/** A server of HTTP/2 whose streams a test holds in its hands. */

const http2 = require('node:http2');
const { once } = require('node:events');
const { eventFrame } = require('../../local-bedrock/eventstream');
const { selfSigned } = require('./certificates');

const certificate = selfSigned({ san: 'subjectAltName=IP:127.0.0.1' });
const EVENT_STREAM = { ':status': 200, 'content-type': 'application/vnd.amazon.eventstream' };
const WHOLE = JSON.stringify({
  output: { message: { role: 'assistant', content: [{ text: 'Good day' }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
  metrics: { latencyMs: 1 },
});

const text = (content) => ({ contentBlockIndex: 0, delta: { text: content } });

/** Begins an answer of ConverseStream. */
function begin(stream) {
  stream.respond(EVENT_STREAM);
  stream.write(eventFrame('messageStart', { role: 'assistant' }));
}

/** Ends an answer of ConverseStream as it should end. */
function finish(stream) {
  stream.write(eventFrame('contentBlockDelta', text('word')));
  stream.write(eventFrame('contentBlockStop', { contentBlockIndex: 0 }));
  stream.end(eventFrame('messageStop', { stopReason: 'end_turn' }));
}

/** Answers Converse. */
function whole(stream) {
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
  stream.end(WHOLE);
}

/**
 * Starts a server over TLS.
 *
 * @param {(stream: object, n: number, session: object) => void} onStream the request has been read
 * @param {object} [options] `settings` of HTTP/2 and others
 */
async function serve(onStream, options = {}) {
  const server = http2.createSecureServer({ ...certificate, ...options });
  const sessions = new Set();
  const state = { sessions: 0, streams: 0, open: 0, most: 0, perSession: new Map(), server };
  // A remote port names a connection on loopback whatever wraps its socket.
  const sockets = new Map();
  server.on('connection', (socket) =>
    sockets.set(
      socket.remotePort,
      socket.on('error', () => {}),
    ),
  );
  server.on('session', (session) => {
    state.sessions += 1;
    sessions.add(session);
    session.on('error', () => {}).on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream) => {
    const { session } = stream;
    state.streams += 1;
    state.open += 1;
    state.most = Math.max(state.most, state.open);
    state.perSession.set(session, (state.perSession.get(session) ?? 0) + 1);
    const n = state.streams;
    stream
      .on('error', () => {})
      .on('close', () => {
        state.open -= 1;
      });
    stream.resume().on('end', () => onStream(stream, n, session));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  return Object.assign(state, {
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret' },
    port,
    url: `https://127.0.0.1:${port}`,
    live: sessions,
    /** Resets the connection below a session. */
    reset: (session) => sockets.get(session.socket.remotePort).resetAndDestroy(),
    close() {
      server.close();
      for (const session of sessions) session.destroy();
    },
  });
}

/** Options of a client that trusts these servers. */
const trusting = (more) => ({
  requestHandler: { httpsAgent: { ca: certificate.cert, ...more } },
});

module.exports = {
  WHOLE,
  begin,
  certificate,
  eventFrame,
  finish,
  serve,
  text,
  trusting,
  whole,
};
