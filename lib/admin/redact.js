'use strict';

// No response holds a secret: neither one that this process has been given, nor what looks like one.

const { optionsOf } = require('../client.js');
const { Pace } = require('./pace.js');

const GONE = '[redacted]';

/** Variables whose values nobody is to see. */
const SECRET_NAME =
  /(SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|CREDS|PRIVATE|API_?KEY|ACCESS_?KEY|_KEY|_IV|_PASS)(_|$)|^MONGO_URI$/i;

/** Characters of a piece of a long text, which ends with a line. */
const PIECE = 128 * 1024;

/** Shorter ones would be found in what is none. */
const LEAST = 8;

/** Most names of members that are known to be clean. */
const MOST_NAMES = 2000;

/** What is a secret by its form, wherever it stands. */
const FORMS = [
  // Access key ids of AWS: with them alone nobody can sign, but they name whose keys they are.
  [/\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}\b/g, GONE],
  [/\b(?:bedrock-api-key-|ABSK)[A-Za-z0-9+/=_-]{16,}/g, GONE],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{8,}/g, `$1 ${GONE}`],
  [/\b(X-Amz-(?:Security-Token|Signature|Credential)=)[^&\s"']+/gi, `$1${GONE}`],
  [
    /\b(aws_secret_access_key|aws_session_token|secretAccessKey|sessionToken)(["']?\s*[=:]\s*["']?)[^\s"',}]{8,}/gi,
    `$1$2${GONE}`,
  ],
  [/(\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@:"']*:[^\s/@"']+@/gi, `$1${GONE}@`],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, GONE],
];

function* textsOf(value, depth = 0) {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null && depth < 6) {
    for (const each of Object.values(value)) yield* textsOf(each, depth + 1);
  }
}

/** User name and password of a URL. */
function* loginsOf(text) {
  for (const [, user, password] of text.matchAll(
    /[a-z][a-z0-9+.-]*:\/\/([^\s/@:]*):([^\s/@]+)@/gi,
  )) {
    yield password;
    if (user.length >= 16) yield user;
    try {
      yield decodeURIComponent(password);
    } catch {
      // It is not encoded.
    }
  }
}

/** The secrets that a client and the environment hold. */
function secretsOf(client, more = []) {
  const found = new Set(more);
  const options = optionsOf(client) ?? {};
  const {
    credentials,
    token,
    accounts,
    attribution,
    requestHandler,
    endpoint,
    controlEndpoint,
    store,
  } = options;
  for (const text of textsOf([credentials, token])) found.add(text);
  for (const account of Object.values(accounts ?? {})) {
    for (const text of textsOf([account?.credentials, account?.externalId])) found.add(text);
  }
  if (typeof attribution?.key === 'string') found.add(attribution.key);
  const { externalId } = Object(attribution?.ways?.sessionTags);
  if (typeof externalId === 'string') found.add(externalId);
  for (const place of [endpoint, controlEndpoint, store, requestHandler?.httpsAgent?.proxy?.href]) {
    for (const text of textsOf(place)) for (const login of loginsOf(text)) found.add(login);
  }
  for (const agent of [requestHandler?.httpsAgent, requestHandler?.httpAgent]) {
    const { key, passphrase } = Object(agent?.options ?? agent);
    for (const text of textsOf([key?.toString?.(), passphrase])) found.add(text);
  }
  for (const [name, value] of Object.entries(process.env)) {
    if (SECRET_NAME.test(name) && value !== 'user_provided') found.add(value);
    for (const login of loginsOf(value)) found.add(login);
  }
  return [...found]
    .filter((text) => text.length >= LEAST)
    .sort((one, other) => other.length - one.length);
}

const forRegExp = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Takes secrets out of texts and values. What they are is looked up anew now and then. */
class Redactor {
  #client;
  #more;
  #pattern;
  #until = 0;
  #names = new Set();

  constructor(client, more) {
    this.#client = client;
    this.#more = more;
  }

  #known() {
    if (Date.now() >= this.#until) {
      const secrets = secretsOf(this.#client, this.#more());
      this.#pattern =
        secrets.length > 0 ? new RegExp(secrets.map(forRegExp).join('|'), 'g') : undefined;
      this.#until = Date.now() + 1000;
      this.#names.clear();
    }
    return this.#pattern;
  }

  text(text) {
    const known = this.#known();
    let clean = known === undefined ? text : text.replace(known, GONE);
    for (const [form, instead] of FORMS) clean = clean.replace(form, instead);
    return clean;
  }

  /** The same of a text that may be long, in which no secret has several lines. */
  async longText(text) {
    const pieces = [];
    const pace = new Pace();
    for (let at = 0; at < text.length;) {
      const line = text.indexOf('\n', at + PIECE);
      const end = line < 0 ? text.length : line + 1;
      pieces.push(this.text(text.slice(at, end)));
      at = end;
      if (pace.isOver) await pace.rest();
    }
    return pieces.join('');
  }

  /** A value as JSON text, without secrets in any text or name of it. */
  json(value, space) {
    const clean = (before, after) => this.#member(before, after);
    const replacer = function replacer(name, member) {
      return clean(this[name], member);
    };
    return JSON.stringify(value, replacer, space);
  }

  #member(before, member) {
    if (typeof member === 'string') return this.text(member);
    if (before instanceof Uint8Array) return Buffer.from(before).toString('base64');
    if (typeof member === 'bigint') return member.toString();
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    const names = Object.keys(member);
    if (names.every((name) => this.#isClean(name))) return member;
    return Object.fromEntries(names.map((name) => [this.text(name), member[name]]));
  }

  /** The names of members are the same again and again. */
  #isClean(name) {
    if (name.length < LEAST) return true;
    this.#known();
    if (this.#names.has(name)) return true;
    if (this.text(name) !== name) return false;
    if (this.#names.size >= MOST_NAMES) this.#names.clear();
    this.#names.add(name);
    return true;
  }
}

module.exports = { GONE, Redactor };
