'use strict';

/** One request and its answer, the same over HTTP/1.1 and HTTP/2. */

const { randomUUID } = require('node:crypto');
const { once } = require('node:events');

async function readBody(req) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function parseJson(bytes) {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

class Exchange {
  #res;
  #socket;
  #gone;
  #ended = false;

  constructor(req, res, socket, now) {
    this.#res = res;
    this.#socket = socket;
    this.now = now;
    const headers = {};
    for (const [name, value] of Object.entries(req.headers)) {
      if (!name.startsWith(':')) headers[name] = value;
    }
    headers.host ??= req.headers[':authority'];
    let settle;
    const aborted = new Promise((resolve) => {
      settle = resolve;
    });
    /** What `server.requests` shows. */
    this.record = {
      requestId: randomUUID(),
      operation: undefined,
      method: req.method,
      url: req.url,
      path: req.url.split('?')[0],
      headers,
      protocol: req.httpVersionMajor === 2 ? '2' : '1.1',
      rawBody: Buffer.alloc(0),
      body: undefined,
      modelId: undefined,
      model: undefined,
      region: undefined,
      auth: undefined,
      status: undefined,
      rule: undefined,
      fault: undefined,
      eventsSent: 0,
      /** Resolves when the answer is out (`false`) or the client has left before that (`true`). */
      aborted,
    };
    this.closed = false;
    this.#gone = new Promise((resolve) => res.once('close', resolve));
    let finished = false;
    res.on('finish', () => {
      finished = true;
    });
    res.on('error', () => {});
    req.on('error', () => {});
    res.on('close', () => {
      this.closed = true;
      // HTTP/2 says `finish` even where the client has reset the stream.
      const complete = finished && this.#ended && !res.stream?.rstCode;
      settle(!complete && !this.cutByUs);
    });
  }

  async read(req) {
    this.record.rawBody = await readBody(req);
    this.record.body = parseJson(this.record.rawBody);
  }

  /** Sends the head of an answer. */
  head(status, headers = {}) {
    this.record.status = status;
    this.#res.writeHead(status, {
      date: new Date(this.now()).toUTCString(),
      'x-amzn-requestid': this.record.requestId,
      ...headers,
    });
  }

  /** Sends a whole answer. */
  send(status, headers, body) {
    const bytes = Buffer.from(body ?? '');
    this.head(status, { 'content-length': bytes.length, ...headers });
    this.#ended = true;
    this.#res.end(bytes);
  }

  json(status, value, headers = {}) {
    this.send(status, { 'content-type': 'application/json', ...headers }, JSON.stringify(value));
  }

  /** Sends an error in AWS's envelope. */
  error({ status, type, message, rule, headers = {} }) {
    this.record.rule = rule;
    this.json(
      status,
      { message },
      {
        'x-amzn-errortype': type,
        ...(rule ? { 'x-local-bedrock-rule': rule } : {}),
        ...headers,
      },
    );
  }

  flushHeaders() {
    if (this.record.protocol === '1.1') this.#res.flushHeaders();
  }

  /** Writes a piece and waits while the client does not keep up. `false` once it has left. */
  async write(bytes) {
    if (this.closed) return false;
    if (!this.#res.write(bytes)) {
      await Promise.race([once(this.#res, 'drain'), this.#gone]).catch(() => {});
    }
    return !this.closed;
  }

  end() {
    if (this.closed) return;
    this.#ended = true;
    this.#res.end();
  }

  /** Resolves when the client has left, or everything is out. */
  gone() {
    return this.#gone;
  }

  /** Waits, but not past the client's leaving. `false` once it has left. */
  async pause(ms) {
    if (ms > 0 && !this.closed) {
      let timer;
      const elapsed = new Promise((resolve) => {
        timer = setTimeout(resolve, ms);
      });
      await Promise.race([elapsed, this.#gone]);
      clearTimeout(timer);
    }
    return !this.closed;
  }

  /** Ends the connection without another word: `rst` (TCP reset) or `fin` (orderly close). */
  cut(how) {
    this.cutByUs = true;
    if (how === 'rst') {
      this.#socket?.resetAndDestroy();
      return;
    }
    // Closed with bytes of the client's unread, the system would send a reset: it goes once the
    // client has.
    this.#socket?.end();
    this.#gone.then(() => this.#socket?.destroy());
  }

  /** HTTP/2 only: announces that the connection takes no more requests, then closes it. */
  goAway() {
    this.cutByUs = true;
    const session = this.#res.stream?.session;
    if (!session) return this.cut('fin');
    session.goaway(0);
    return session.destroy();
  }
}

module.exports = { Exchange };
