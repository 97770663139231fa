'use strict';

// Requests and responses of Node.js: Express 4 and 5, Connect and node:http all give them.

const { clearTimeout, setTimeout } = require('node:timers');
const { Problem } = require('./problem.js');

/** Milliseconds that a body may take, in all and between two of its pieces. */
const BODY_TIME = 30_000;
const BODY_PAUSE = 10_000;

/** What every response says. The API has nothing to run or to show. */
const SECURITY_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

function secure(res, more = {}) {
  for (const [name, value] of Object.entries({ ...SECURITY_HEADERS, ...more })) {
    res.setHeader(name, value);
  }
  // Whoever is mounted before must not open it to other origins.
  for (const name of res.getHeaderNames()) {
    if (name.startsWith('access-control-') || name === 'x-powered-by') res.removeHeader(name);
  }
}

/** The value of a header that may stand there once; `undefined` where it is absent. */
function headerOf(req, name) {
  const value = req.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** The media type of a body, without its parameters. */
function mediaType(req) {
  return (headerOf(req, 'content-type') ?? '').split(';')[0].trim().toLowerCase();
}

/**
 * The body as a text, or what a parser that was mounted before has made of it.
 *
 * @param {import('node:http').IncomingMessage} req
 * @param {{ limit: number, times?: { all: number, pause: number } }} limits `limit` in bytes
 * @returns {Promise<{ text: string } | { value: unknown }>}
 */
async function readBody(req, { limit, times = { all: BODY_TIME, pause: BODY_PAUSE } }) {
  if (req.readableEnded || req._body === true) return parsedBefore(req, limit);
  const declared = Number(headerOf(req, 'content-length'));
  if (declared > limit) throw tooLarge(limit);
  const pieces = [];
  let bytes = 0;
  await new Promise((resolve, reject) => {
    let pause;
    const late = (what, ms) =>
      new Problem(
        'request-timeout',
        `The body did not arrive ${what} ${ms} ms.`,
        'Send it without pauses.',
        { close: true },
      );
    const all = setTimeout(() => finish(late('within', times.all)), times.all);
    const rest = () => {
      clearTimeout(pause);
      pause = setTimeout(() => finish(late('without a pause of', times.pause)), times.pause);
    };
    const onData = (piece) => {
      bytes += piece.length;
      if (bytes > limit) finish(tooLarge(limit));
      else {
        pieces.push(piece);
        rest();
      }
    };
    const onEnd = () => finish();
    const onGone = () => finish(new Problem('request-timeout', 'The client has left.'));
    function finish(error) {
      clearTimeout(all);
      clearTimeout(pause);
      req.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      if (error === undefined) resolve();
      else {
        req.on('error', () => {}); // what still comes is nobody's
        req.pause();
        reject(error);
      }
    }
    req.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
    rest();
  });
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
    return { text };
  } catch (cause) {
    throw new Problem('invalid-input', 'The body is not UTF-8.', 'Send it as UTF-8.', { cause });
  }
}

/** `express.json()` and its like may have read the body. */
function parsedBefore(req, limit) {
  const { body } = req;
  const text = Buffer.isBuffer(body) ? body.toString('utf8') : body;
  const bytes =
    typeof text === 'string' ? Buffer.byteLength(text) : Number(headerOf(req, 'content-length'));
  if (bytes > limit) throw tooLarge(limit);
  if (typeof text === 'string') return { text };
  return text === undefined ? { text: '' } : { value: text };
}

const tooLarge = (limit) =>
  new Problem('too-large', `The body has more than ${limit} bytes.`, 'Send less at once.', {
    close: true,
    limit,
  });

/** The JSON of a body. */
async function readJson(req, limits) {
  const type = mediaType(req);
  if (type !== 'application/json' && !/^application\/[\w.-]+\+json$/.test(type)) {
    throw new Problem(
      'unsupported-media-type',
      type === '' ? 'The body has no Content-Type.' : `The body is of type ${type}.`,
      'Send JSON, with "Content-Type: application/json".',
      { headers: { Accept: 'application/json' } },
    );
  }
  const { text, value } = await readBody(req, limits);
  if (text === undefined) return value;
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Its own message may show a part of the body.
    const where = placeOf(text, cause);
    throw new Problem('invalid-input', `The body is not JSON${where}.`, 'Send one JSON value.', {
      cause,
    });
  }
}

function placeOf(text, { message }) {
  const [, position] = /position (\d+)/.exec(message) ?? [];
  if (position === undefined) return text.trim() === '' ? ': it is empty' : '';
  const lines = text.slice(0, Number(position)).split('\n');
  return ` at line ${lines.length}, column ${lines.at(-1).length + 1}`;
}

/** Ends a response with a text. */
function send(req, res, { status, headers = {}, body }) {
  if (res.headersSent || res.destroyed) return;
  res.statusCode = status;
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  const bytes = Buffer.from(body ?? '');
  if (status !== 204 && status !== 304) res.setHeader('Content-Length', bytes.length);
  res.end(req.method === 'HEAD' || status === 204 || status === 304 ? undefined : bytes);
}

module.exports = { headerOf, mediaType, readBody, readJson, secure, send };
