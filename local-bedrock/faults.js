'use strict';

/**
 * Things that go wrong between a client and Bedrock, on request.
 *
 * A fault either answers in the server's place (`before`), changes what is sent of a stream
 * (`stream`) or of a whole answer (`whole`). Pieces are Buffers or one of the ends below.
 */

const zlib = require('node:zlib');

const { lazy } = require('../lib/lazy.js');
const { crc32, encodeFrame, errorFrame, eventFrame, exceptionFrame } = require('./eventstream');

const cut = (how) => ({ cut: how });
const STALL = { stall: true };
/** How long bytes get to reach the client before a reset could overtake them. */
const SETTLE_MS = 25;

/** Sends an error in AWS's envelope; `fault` may override every part of it. */
const status = (code, type, message) => ({
  before(exchange, fault) {
    exchange.error({
      status: fault.status ?? code,
      type: fault.type ?? type,
      message: fault.message ?? message,
      headers: fault.headers,
    });
  },
});

/** Sends what a gateway would: no envelope. */
const bare = (code, contentType, body) => ({
  before(exchange, fault) {
    exchange.send(
      fault.status ?? code,
      { ...(contentType ? { 'content-type': contentType } : {}), ...fault.headers },
      fault.body ?? body,
    );
  },
});

/** Passes `after` events (default 1) and goes on with `rest`. */
const after = (rest) => ({
  async *stream(pieces, fault) {
    let left = fault.after ?? 1;
    for await (const piece of pieces) {
      if (left === 0) {
        yield* rest(piece, fault, pieces);
        return;
      }
      left -= 1;
      yield piece;
    }
    yield* rest(Buffer.alloc(0), fault, pieces);
  },
});

function half(bytes) {
  return bytes.subarray(0, Math.ceil(bytes.length / 2));
}

/** Ends too early: a stream after `after` events, a whole answer half-way. */
const cutShort = (how) => ({
  ...after(function* cutHere() {
    if (how) yield cut(how);
  }),
  *whole(bytes) {
    yield half(bytes);
    if (how) yield cut(how);
  },
});

function flipped(frame, at) {
  const copy = Buffer.from(frame);
  copy[at < 0 ? copy.length + at : at] ^= 0xff;
  return copy;
}

/** A prelude with these lengths and a right checksum. */
function prelude(total, headers) {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(total, 0);
  bytes.writeUInt32BE(headers, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  return bytes;
}

/** Sends other frames in the place of the next one, then goes on. */
const insert = (make) =>
  after(async function* inserted(piece, fault, rest) {
    yield make(fault);
    yield piece;
    yield* rest;
  });

/** Sends another frame and ends. */
const endWith = (make) =>
  after(function* last(piece, fault) {
    yield make(piece, fault);
  });

const inPieces = (size, ms) =>
  async function* split(pieces, fault, exchange) {
    for await (const piece of pieces) {
      for (let at = 0; at < piece.length; at += size) {
        yield piece.subarray(at, at + size);
        await exchange.pause(fault.ms ?? ms);
      }
    }
  };

async function* once(bytes) {
  yield bytes;
}
const splitting = (size, ms) => ({
  stream: inPieces(size, ms),
  whole: (bytes, fault, exchange) => inPieces(size, ms)(once(bytes), fault, exchange),
});

const unknownUnion = { delta: { brandNew: { value: 1 } }, contentBlockIndex: 0 };
const invalidUtf8 = Buffer.concat([
  Buffer.from('{"delta":{"text":"a'),
  Buffer.from([0xff, 0xfe]),
  Buffer.from('b"},"contentBlockIndex":0}'),
]);
const deltaFrame = (payload) =>
  encodeFrame(
    {
      ':event-type': 'contentBlockDelta',
      ':content-type': 'application/json',
      ':message-type': 'event',
    },
    payload,
  );

const KINDS = {
  // Instead of an answer.
  status: status(500, 'InternalServerException', 'The system encountered an unexpected error.'),
  throttle: status(
    429,
    'ThrottlingException',
    'Too many requests, please wait before trying again.',
  ),
  'not-ready': status(429, 'ModelNotReadyException', 'The model is not ready for inference.'),
  internal: status(500, 'InternalServerException', 'The system encountered an unexpected error.'),
  unavailable: status(
    503,
    'ServiceUnavailableException',
    'Bedrock is unable to process your request.',
  ),
  'model-timeout': status(408, 'ModelTimeoutException', 'Model processing timed out.'),
  'model-error': status(424, 'ModelErrorException', 'The model returned an error.'),
  'expired-token': status(
    403,
    'ExpiredTokenException',
    'The security token included in the request is expired',
  ),
  'bare-500': bare(500, undefined, ''),
  'html-502': bare(502, 'text/html', '<html><body><h1>502 Bad Gateway</h1></body></html>'),
  'text-504': bare(504, 'text/plain', 'gateway timeout'),
  'html-200': bare(200, 'text/html', '<html><body>Sign in to continue</body></html>'),
  'json-200': bare(200, 'application/json', '{"hello":"world"}'),
  'empty-200': bare(200, undefined, ''),
  redirect: {
    before: (exchange, fault) =>
      exchange.send(307, { location: fault.location ?? 'https://example.com/' }, ''),
  },
  gzip: {
    before: (exchange) =>
      exchange.send(
        200,
        { 'content-type': 'application/json', 'content-encoding': 'gzip' },
        zlib.gzipSync('{}'),
      ),
  },
  'huge-header': {
    before: (exchange, fault) =>
      exchange.json(200, {}, { 'x-huge': 'h'.repeat(fault.bytes ?? 70_000) }),
  },
  'reset-before-headers': { before: (exchange) => exchange.cut('rst') },
  'fin-before-headers': { before: (exchange) => exchange.cut('fin') },
  'stall-headers': { before: (exchange) => exchange.gone() },
  goaway: { before: (exchange) => exchange.goAway() },

  // In the midst of an answer.
  'reset-after-headers': {
    async *stream() {
      yield cut('rst');
    },
    *whole() {
      yield cut('rst');
    },
  },
  'cut-clean': cutShort(),
  'cut-fin': cutShort('fin'),
  'cut-reset': cutShort('rst'),
  stall: {
    ...after(function* stalled() {
      yield STALL;
    }),
    *whole(bytes) {
      yield half(bytes);
      yield STALL;
    },
  },
  'slow-bytes': splitting(1, 1),
  split: splitting(3, 0),
  'bad-json': {
    ...endWith(() => deltaFrame('{"delta":{"text":"unterminated')),
    *whole(bytes) {
      yield half(bytes);
    },
  },
  'truncated-frame': endWith((piece) => half(piece)),
  'bad-prelude-crc': endWith((piece) => flipped(piece, 9)),
  'bad-message-crc': endWith((piece) => flipped(piece, -1)),
  'huge-frame': endWith(() => prelude(0x7fffffff, 16)),
  'tiny-frame': endWith(() => prelude(8, 0)),
  'headers-overflow': endWith(() => prelude(64, 5000)),
  'invalid-utf8': insert(() => deltaFrame(invalidUtf8)),
  'unknown-event': insert(() => eventFrame('brandNewEvent', { value: 1 })),
  'unknown-union': insert(() => eventFrame('contentBlockDelta', unknownUnion)),
  'error-message': endWith((_piece, fault) =>
    errorFrame(
      fault.type ?? 'InternalFailure',
      fault.message ?? 'An internal server error occurred',
    ),
  ),
  exception: endWith((_piece, fault) => {
    const type = fault.type ?? 'throttlingException';
    return exceptionFrame(type, { message: fault.message ?? `streamed ${type}` });
  }),
};

/** The region that a request is signed for, before its signature has been judged. */
const SCOPE = /Credential=[^/,]+\/\d+\/([^/,]+)\//;

const CONVERSE = ['Converse', 'ConverseStream'];
const STREAMS = ['ConverseStream', 'InvokeModelWithResponseStream'];
/** The operations of the runtime; those of the control plane have faults of the connection only. */
const runtime = lazy(() =>
  JSON.parse(require('../lib/load.js').operations()).map(({ operation }) => operation),
);

class Faults {
  #queue = [];

  /** Faults that have not happened yet. */
  get pending() {
    return this.#queue.length;
  }

  /**
   * Queues faults; each happens to the next request it can happen to.
   *
   * @param {...{ kind: string, times?: number, operation?: string, modelId?: string, region?: string,
   *   after?: number }} faults `modelId` and `region` limit one to what is called, and where;
   *   `operation` limits one to an operation (`GetInferenceProfile`); without it: Converse's two.
   */
  add(...faults) {
    for (const given of faults) {
      const fault = typeof given === 'string' ? { kind: given } : given;
      if (!Object.hasOwn(KINDS, fault?.kind ?? '')) {
        throw new TypeError(
          `fault: unknown kind ${JSON.stringify(fault?.kind)}; known are ${Object.keys(KINDS).join(', ')}`,
        );
      }
      if (fault.operation && !runtime().includes(fault.operation) && !KINDS[fault.kind].before) {
        throw new TypeError(`fault: ${fault.kind} cannot happen to ${fault.operation}`);
      }
      const times = fault.times ?? 1;
      for (let n = 0; n < times; n += 1) this.#queue.push(fault);
    }
  }

  /** Takes the first fault that can happen to this operation. */
  #take({ operation, modelId, region }) {
    const index = this.#queue.findIndex(({ kind, operation: only, ...where }) => {
      if ((where.modelId ?? modelId) !== modelId || (where.region ?? region) !== region)
        return false;
      if (only ? only !== operation : !CONVERSE.includes(operation)) return false;
      const { before, stream, whole } = KINDS[kind];
      return before ?? (STREAMS.includes(operation) ? stream : whole);
    });
    return index < 0 ? undefined : this.#queue.splice(index, 1)[0];
  }

  /** Answers in the server's place where a fault says so; `true` if it did. */
  async intercept(exchange, modelId) {
    const { operation, headers } = exchange.record;
    const region = SCOPE.exec(headers.authorization ?? '')?.[1];
    const fault = this.#take({ operation, modelId, region });
    exchange.fault = fault;
    exchange.record.fault = fault?.kind;
    if (!fault || !KINDS[fault.kind].before) return false;
    await KINDS[fault.kind].before(exchange, fault);
    return true;
  }

  async #send(exchange, pieces) {
    for await (const piece of pieces) {
      if (piece.stall) {
        await exchange.gone();
        return;
      }
      if (piece.cut) {
        exchange.flushHeaders();
        await exchange.pause(SETTLE_MS);
        // A client in this process gets its turns too, however late the timer was.
        for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
        exchange.cut(piece.cut);
        return;
      }
      if (!(await exchange.write(piece))) return;
      exchange.record.eventsSent += 1;
    }
    exchange.end();
  }

  /** Sends a stream's events, with the fault that was taken for it. */
  deliver(exchange, pieces) {
    const { fault } = exchange;
    const source = fault ? KINDS[fault.kind].stream(pieces, fault, exchange) : pieces;
    return this.#send(exchange, source);
  }

  /** Sends a whole answer, with the fault that was taken for it. */
  deliverWhole(exchange, bytes, more = {}) {
    const headers = {
      'content-type': 'application/json',
      'content-length': bytes.length,
      ...more,
    };
    const { fault } = exchange;
    if (!fault) return exchange.send(200, headers, bytes);
    // A clean end before the announced length would not be clean.
    if (['cut-clean', 'bad-json'].includes(fault.kind)) delete headers['content-length'];
    exchange.head(200, headers);
    return this.#send(exchange, KINDS[fault.kind].whole(bytes, fault, exchange));
  }
}

module.exports = { Faults, faultKinds: Object.keys(KINDS) };
