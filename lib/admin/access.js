'use strict';

// Who is let in. Without `authorize`: requests of this machine alone, with a session that a one-time token
// has opened. In any case no other site, for a browser sends cookies along with what another page asks for.

const { createHash, randomBytes, timingSafeEqual } = require('node:crypto');
const net = require('node:net');
const { headerOf } = require('./http.js');
const { Problem } = require('./problem.js');

/** What a page of another origin cannot send without asking first, which is not granted. */
const CSRF_HEADER = 'x-requested-with';
const CSRF_VALUE = 'bedrock-profile-client';

/** Milliseconds that a token may be used, and that a session lasts after its last request. */
const TOKEN_LASTS = 10 * 60 * 1000;
const SESSION_LASTS = 8 * 60 * 60 * 1000;
const MOST_SESSIONS = 20;

/** What a proxy says of the one it speaks for. */
const FORWARDED =
  /^(forwarded|via|x-forwarded|x-forwarded-.*|x-real-ip|x-client-ip|x-cluster-client-ip|x-original-.*|client-ip|true-client-ip|cf-connecting-ip|fastly-client-ip|x-envoy-external-address)$/;

const digest = (text) => createHash('sha256').update(String(text)).digest();
const same = (one, other) => timingSafeEqual(digest(one), digest(other));

function isLoopbackAddress(address = '') {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || (net.isIPv4(plain) && plain.startsWith('127.'));
}

/** Whether a Host header names this machine: a name that others may point here does not. */
function isLoopbackHost(host = '') {
  const [, name] = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(host.toLowerCase()) ?? [];
  if (name === undefined) return false;
  if (name === 'localhost' || name === 'localhost.') return true;
  return name.startsWith('[') ? isLoopbackAddress(name.slice(1, -1)) : isLoopbackAddress(name);
}

const hostOf = (req) => headerOf(req, 'host') ?? headerOf(req, ':authority') ?? '';

/** Refuses what does not come from this machine itself. */
function checkLoopback(req) {
  const remedy =
    'Open it on the machine where it runs, or give createAdminRouter() an `authorize`.';
  if (!isLoopbackAddress(req.socket?.remoteAddress)) {
    throw new Problem('not-loopback', 'The request comes from another machine.', remedy);
  }
  const forwarded = Object.keys(req.headers).find((name) => FORWARDED.test(name));
  if (forwarded !== undefined) {
    throw new Problem(
      'not-loopback',
      `The request was forwarded: it has the header ${forwarded}.`,
      remedy,
    );
  }
  const names = req.rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === 'host');
  if (names.length > 1 || !isLoopbackHost(hostOf(req))) {
    throw new Problem(
      'wrong-host',
      'The Host header is not that of this machine.',
      'Use http://127.0.0.1 or http://localhost.',
    );
  }
}

/** Refuses what a page of another site has caused. */
function checkSameSite(req, origins) {
  const isSafe = req.method === 'GET' || req.method === 'HEAD';
  const site = headerOf(req, 'sec-fetch-site');
  const origin = headerOf(req, 'origin');
  const remedy = 'Use the page that is served here, or a program that is no browser.';
  const refuse = (detail) => {
    throw new Problem('cross-site', detail, remedy);
  };
  if (origin !== undefined && !isOwnOrigin(req, origin, origins)) {
    refuse('The request was made by a page of another origin.');
  }
  const isNavigation =
    isSafe &&
    headerOf(req, 'sec-fetch-mode') === 'navigate' &&
    headerOf(req, 'sec-fetch-dest') === 'document';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isNavigation) {
    refuse('The request was made by a page of another origin.');
  }
  if (!isSafe && headerOf(req, CSRF_HEADER)?.toLowerCase() !== CSRF_VALUE) {
    throw new Problem(
      'cross-site',
      'The header X-Requested-With, which a page of another site cannot send, is missing.',
      `Send "X-Requested-With: ${CSRF_VALUE}".`,
    );
  }
}

/** Whether an origin is that of the page itself: the host that was asked for, or one that was named. */
function isOwnOrigin(req, origin, origins) {
  if (origins.length > 0) return origins.includes(origin.toLowerCase());
  try {
    const { host, protocol } = new URL(origin);
    return (
      ['http:', 'https:'].includes(protocol) && host === new URL(`${protocol}//${hostOf(req)}`).host
    );
  } catch {
    return false; // "null", for example
  }
}

/** One-time tokens and sessions of this process. */
class Sessions {
  #token;
  #used = new Set();
  #sessions = new Map();
  #cookie = `bedrock-profile-client-${randomBytes(4).toString('hex')}`;
  #now;

  constructor(now = Date.now) {
    this.#now = now;
  }

  /** A token that opens one session, within ten minutes. The one before it is void. */
  issue() {
    const text = randomBytes(24).toString('base64url');
    this.#token = { text, until: this.#now() + TOKEN_LASTS };
    return text;
  }

  /** Opens a session; gives its cookie. */
  open(given, { path, isSecure }) {
    const token = this.#token;
    const remedy =
      'Start it again, or ask for a new one-time URL; each works once, for ten minutes.';
    if (token === undefined || !same(token.text, given)) {
      const wasUsed = this.#used.has(digest(given).toString('hex'));
      const detail = wasUsed
        ? 'The one-time token has been used already.'
        : 'The one-time token is wrong.';
      throw new Problem('token-not-valid', detail, remedy);
    }
    this.#token = undefined;
    if (this.#now() > token.until)
      throw new Problem('token-not-valid', 'The one-time token has expired.', remedy);
    this.#used.add(digest(token.text).toString('hex'));
    const id = randomBytes(24).toString('base64url');
    this.#sessions.set(digest(id).toString('hex'), this.#now() + SESSION_LASTS);
    if (this.#sessions.size > MOST_SESSIONS)
      this.#sessions.delete(this.#sessions.keys().next().value);
    return this.#write(id, path, isSecure, SESSION_LASTS / 1000);
  }

  #write(value, path, isSecure, seconds) {
    const secure = isSecure ? '; Secure' : '';
    return `${this.#cookie}=${value}; Path=${path}; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
  }

  #idOf(req) {
    const cookies = (headerOf(req, 'cookie') ?? '').split(';').map((part) => part.trim());
    const own = cookies.find((part) => part.startsWith(`${this.#cookie}=`));
    return own?.slice(this.#cookie.length + 1);
  }

  /** The end of a request's session, in milliseconds since 1970; an error where it has none. */
  check(req) {
    const id = this.#idOf(req);
    const remedy = 'Open the one-time URL that the server has printed.';
    if (id === undefined) throw new Problem('not-signed-in', 'The request has no session.', remedy);
    const key = digest(id).toString('hex');
    const until = this.#sessions.get(key);
    if (until === undefined || this.#now() > until) {
      this.#sessions.delete(key);
      throw new Problem('session-over', 'The session is over, or is not of this process.', remedy);
    }
    const next = this.#now() + SESSION_LASTS;
    this.#sessions.set(key, next);
    return next;
  }

  /** Ends a request's session; gives the cookie that says so. */
  close(req, { path, isSecure }) {
    const id = this.#idOf(req);
    if (id !== undefined) this.#sessions.delete(digest(id).toString('hex'));
    return this.#write('', path, isSecure, 0);
  }

  /** Secrets that no response may hold. */
  secrets() {
    return this.#token === undefined ? [] : [this.#token.text];
  }
}

/** Asks the caller's `authorize`; gives who it is. */
async function authorized(authorize, req, asked) {
  const answer = await authorize(req, asked);
  if (answer === true) return 'unknown';
  if (typeof answer === 'string' && answer !== '') return answer.slice(0, 200);
  if (typeof answer?.actor === 'string' && answer.actor !== '') return answer.actor.slice(0, 200);
  throw new Problem(
    'not-authorized',
    `You may not ${asked.access === 'read' ? 'read this' : `do this (${asked.operation})`}.`,
    'Sign in as someone who may; `authorize` of createAdminRouter() decides it.',
  );
}

module.exports = {
  CSRF_HEADER,
  CSRF_VALUE,
  Sessions,
  authorized,
  checkLoopback,
  checkSameSite,
  isLoopbackHost,
};
