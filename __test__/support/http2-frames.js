'use strict';

/** A server of HTTP/2 that writes every frame itself, and may write what no library would. */

const tls = require('node:tls');
const { EventEmitter, once } = require('node:events');
const { certificate } = require('./http2');

const TYPE = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  promise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
};
const END_STREAM = 0x1;
const ACK = 0x1;
const END_HEADERS = 0x4;
const PADDED = 0x8;
const SETTING = { maxConcurrentStreams: 3, initialWindowSize: 4 };
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

const uint32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

function frame(type, flags, id, payload = Buffer.alloc(0)) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}

/** Headers as HPACK has them without its tables. */
function pack(headers) {
  const parts = [];
  for (const [name, value] of Object.entries(headers)) {
    const [key, text] = [Buffer.from(name), Buffer.from(String(value))];
    if (key.length > 126 || text.length > 126) throw new RangeError('too long for this test');
    parts.push(Buffer.from([0, key.length]), key, Buffer.from([text.length]), text);
  }
  return Buffer.concat(parts);
}

/** One connection: emits `stream` (the head of a request), `request` (all of it), and `frame`. */
class Connection extends EventEmitter {
  #bytes = Buffer.alloc(0);
  #prefaced = false;
  /** Whether PINGs and SETTINGS are acknowledged. */
  polite = true;

  constructor(socket, number) {
    super();
    this.socket = socket;
    this.number = number;
    this.closed = false;
    socket
      .on('data', (chunk) => this.#read(chunk))
      .on('error', () => {})
      .on('close', () => {
        this.closed = true;
        this.emit('close');
      });
  }

  #read(chunk) {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    if (!this.#prefaced) {
      if (this.#bytes.length < PREFACE.length) return;
      this.#prefaced = true;
      this.#bytes = this.#bytes.subarray(PREFACE.length);
    }
    while (this.#bytes.length >= 9) {
      const length = this.#bytes.readUIntBE(0, 3);
      if (this.#bytes.length < 9 + length) return;
      const [type, flags, id] = [this.#bytes[3], this.#bytes[4], this.#bytes.readUInt32BE(5)];
      const payload = this.#bytes.subarray(9, 9 + length);
      this.#bytes = this.#bytes.subarray(9 + length);
      this.#take(type, flags, id, payload);
    }
  }

  #take(type, flags, id, payload) {
    this.emit('frame', { type, flags, id, payload });
    if (type === TYPE.settings && !(flags & ACK) && this.polite) this.write(TYPE.settings, ACK, 0);
    if (type === TYPE.ping && !(flags & ACK) && this.polite) {
      this.write(TYPE.ping, ACK, 0, payload);
    }
    if (type === TYPE.headers) this.emit('stream', id);
    const whole = type === TYPE.headers || type === TYPE.data;
    if (whole && flags & END_STREAM) this.emit('request', id);
  }

  write(type, flags, id, payload) {
    if (!this.closed) this.socket.write(frame(type, flags, id, payload));
  }

  settings(values) {
    const parts = Object.entries(values).map(([name, value]) =>
      Buffer.concat([Buffer.from([0, SETTING[name]]), uint32(value)]),
    );
    this.write(TYPE.settings, 0, 0, Buffer.concat(parts));
  }

  head(id, headers, flags = END_HEADERS) {
    this.write(TYPE.headers, flags, id, pack(headers));
  }

  data(id, bytes, flags = 0) {
    this.write(TYPE.data, flags, id, bytes);
  }

  reset(id, code) {
    this.write(TYPE.reset, 0, id, uint32(code));
  }

  goAway(last, code = 0) {
    this.write(TYPE.goAway, 0, 0, Buffer.concat([uint32(last), uint32(code)]));
  }

  windowUpdate(id, by) {
    this.write(TYPE.windowUpdate, 0, id, uint32(by));
  }
}

/**
 * Starts a server over TLS whose connections are in the hands of the test.
 *
 * @param {(connection: Connection) => void} onConnection which has to begin with SETTINGS
 * @param {object} [options] of `tls.createServer`
 */
async function serveFrames(onConnection, options = {}) {
  const connections = [];
  const server = tls.createServer(
    { ...certificate, ALPNProtocols: ['h2'], ...options },
    (socket) => {
      const connection = new Connection(socket, connections.length + 1);
      connections.push(connection);
      onConnection(connection);
    },
  );
  server.on('tlsClientError', () => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    connections,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret' },
    url: `https://127.0.0.1:${server.address().port}`,
    close() {
      server.close();
      for (const { socket } of connections) socket.destroy();
    },
  };
}

module.exports = { ACK, END_HEADERS, END_STREAM, PADDED, TYPE, frame, pack, serveFrames, uint32 };
