'use strict';

// `bedrock-profile-client/admin`: the API behind the page, as a function that Express 4, Express 5, Connect and
// node:http call alike. It uses only what Node.js gives a request and a response.

const { BedrockProfileClient, optionsOf } = require('../client.js');
const environment = require('../environment.js');
const { kindOf } = require('../errors.js');
const { configuredNames } = require('../profiles.js');
const { CSRF_VALUE, Sessions, authorized, checkLoopback, checkSameSite } = require('./access.js');
const { Audit } = require('./audit.js');
const { Discoveries } = require('./discoveries.js');
const { FileDocument } = require('./file-document.js');
const { headerOf, readJson, secure, send } = require('./http.js');
const { MappingsService } = require('./mappings.js');
const { describe, handlersOf } = require('./openapi.js');
const { Overrides } = require('./overrides.js');
const { Page } = require('./page.js');
const { Problem, ofCall } = require('./problem.js');
const { Profiles } = require('./profiles.js');
const { Recorder } = require('./recorder.js');
const { Redactor } = require('./redact.js');
const { checkBody, readQuery } = require('./schema.js');
const { sourcesOf } = require('./sources.js');
const { StoreDocument } = require('./store-document.js');
const { formatOf, stream } = require('./streams.js');

const BODY_LIMIT = 1024 * 1024;
const TRY_LIMIT = { perMinute: 10, atOnce: 2 };

const OPTIONS = {
  client: ['a BedrockProfileClient', (value) => value instanceof BedrockProfileClient, true],
  authorize: ['a function', (value) => typeof value === 'function'],
  origins: ['an array of origins such as "https://chat.example.com"', isOrigins],
  tryLimit: ['an object { perMinute?, atOnce? } of whole numbers of at least 1', isLimit],
  bodyTimeout: [
    'a whole number of milliseconds',
    (value) => Number.isSafeInteger(value) && value > 0,
  ],
  metrics: ['an object with read(), or false', isSource('read')],
  cost: ['an object with read(), and budgets() where there are some, or false', isSource('read')],
  doctor: ['an object with run(), or false', isSource('run')],
  logger: ['an object with error()', (value) => typeof value?.error === 'function'],
  pageFolder: ['the path of a folder', (value) => typeof value === 'string'],
};

function isSource(method) {
  return (value) => value === false || typeof value?.[method] === 'function';
}

function isOrigins(value) {
  const isOrigin = (text) => {
    try {
      return typeof text === 'string' && new URL(text).origin === text.toLowerCase();
    } catch {
      return false;
    }
  };
  return Array.isArray(value) && value.every(isOrigin);
}

function isLimit(value) {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).every(
    ([name, one]) => Object.hasOwn(TRY_LIMIT, name) && Number.isSafeInteger(one) && one >= 1,
  );
}

function checkOptions(options) {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(
      `createAdminRouter(options): the options must be an object, not ${kindOf(options)}.`,
    );
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(OPTIONS, name));
  if (unknown !== undefined) {
    throw new TypeError(
      `createAdminRouter(options): there is no ${unknown}; there are ${Object.keys(OPTIONS).join(', ')}.`,
    );
  }
  for (const [name, [wanted, fits, required = false]] of Object.entries(OPTIONS)) {
    const value = options[name];
    if (value === undefined ? required : !fits(value)) {
      throw new TypeError(
        `createAdminRouter(options): ${name} must be ${wanted}, not ${kindOf(value)}.`,
      );
    }
  }
}

/** The version that a request is made for. */
function matcherOf(req) {
  const given = headerOf(req, 'if-match');
  if (given === undefined) {
    throw new Problem(
      'version-required',
      'The header If-Match is missing.',
      'Send the ETag that you have read, or "*" to overwrite whatever is there.',
    );
  }
  const tags = given.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return (version) => tags.includes('*') || tags.includes(`"${version}"`) || tags.includes(version);
}

/** The document that mappings are written to: the file where there is one, else the store. */
function documentsOf(client) {
  const file = optionsOf(client).mappingsFile ?? environment.mappingsFile();
  const overrides = new StoreDocument(client, 'overrides');
  const mappings = file ? new FileDocument(file) : new StoreDocument(client, 'mappings');
  const below = file ? new StoreDocument(client, 'mappings') : undefined;
  return { mappings, overrides, below };
}

class Admin {
  #options;
  #sessions = new Sessions();
  #redactor;
  #handlers;
  #operations;
  #page;
  #profiles;
  #discoveries;
  #recorder = new Recorder();
  #schemas;

  constructor(options) {
    this.#options = options;
    const { client } = options;
    const sources = sourcesOf(client, options, this.#recorder);
    this.#recorder.start();
    this.#redactor = new Redactor(client, () => this.#sessions.secrets());
    this.#page = new Page(options.pageFolder);
    const { below, ...documents } = documentsOf(client);
    const mappings = new MappingsService(client, documents.mappings, below);
    const overrides = new Overrides(client, documents.overrides);
    const audit = new Audit({ mappings, overrides, documents: Object.values(documents) });
    this.#discoveries = new Discoveries(client);
    this.#profiles = new Profiles(client, {
      mappings,
      discovery: this.#discoveries,
      configured: configuredNames,
      seen: this.#recorder.seen,
    });
    const description = describe();
    this.#schemas = description.components.schemas;
    this.#operations = description.paths;
    this.#handlers = handlersOf({
      client,
      mappings,
      overrides,
      audit,
      profiles: this.#profiles,
      discoveries: this.#discoveries,
      page: this.#page,
      sources,
      tryLimit: { ...TRY_LIMIT, ...options.tryLimit },
      priced: (call) => sources.cost?.price?.(call) ?? null,
      description: () => description,
      sessionOf: ({ actor, expires }) => this.#sessionOf(actor, expires),
    });
  }

  #sessionOf(actor, expires) {
    return {
      actor,
      mode: this.#options.authorize ? 'authorize' : 'loopback',
      expiresAt: expires === undefined ? null : new Date(expires).toISOString(),
      csrf: { header: 'X-Requested-With', value: CSRF_VALUE },
    };
  }

  /** A path that signs in whoever opens it, once, within ten minutes. */
  signInPath() {
    if (this.#options.authorize)
      throw new TypeError('signInPath(): with `authorize` there are no one-time tokens.');
    return `/sign-in?token=${this.#sessions.issue()}`;
  }

  close() {
    this.#profiles.close();
    this.#recorder.close();
    this.#discoveries.close();
  }

  async handle(req, res) {
    secure(res);
    try {
      await this.#route(req, res);
    } catch (error) {
      this.#fail(req, res, error);
    }
  }

  async #route(req, res) {
    const base = mountOf(req);
    const { pathname, search } = placeOf(req);
    if (pathname === '/sign-in') return this.#signIn(req, res, base, search);
    const isApi = pathname === '/api' || pathname.startsWith('/api/');
    const found = isApi ? this.#operationOf(req, pathname.slice('/api'.length) || '/') : undefined;
    checkSameSite(
      req,
      (this.#options.origins ?? []).map((origin) => origin.toLowerCase()),
    );
    const access = found?.operation['x-access'] ?? 'read';
    const admitted = await this.#admit(req, found?.operation.operationId ?? 'page', access);
    if (!isApi) return this.#servePage(req, res, pathname, base);
    return this.#serve(req, res, { ...found, ...admitted, search, base });
  }

  async #admit(req, operation, access) {
    const { authorize } = this.#options;
    if (authorize) return { actor: await authorized(authorize, req, { operation, access }) };
    checkLoopback(req);
    return { actor: 'loopback', expires: this.#sessions.check(req) };
  }

  #signIn(req, res, base, search) {
    if (this.#options.authorize) throw new Problem('not-found', 'There is nothing here.');
    checkLoopback(req);
    if (req.method !== 'GET') throw notAllowed(['GET']);
    const { token } = readQuery(
      search,
      [{ name: 'token', required: true, schema: { type: 'string', maxLength: 200 } }],
      {},
    );
    const cookie = this.#sessions.open(token, {
      path: base || '/',
      isSecure: req.socket.encrypted === true,
    });
    send(req, res, {
      status: 303,
      headers: { 'Set-Cookie': cookie, Location: `${base}/` },
    });
  }

  #operationOf(req, path) {
    const trimmed = path.length > 1 ? path.replace(/\/$/, '') : path;
    const item = Object.hasOwn(this.#operations, trimmed) ? this.#operations[trimmed] : undefined;
    if (item === undefined)
      throw new Problem(
        'not-found',
        'There is no such address.',
        'GET /api/openapi.json lists them.',
      );
    const method = req.method === 'HEAD' ? 'get' : req.method.toLowerCase();
    const methods = Object.keys(item);
    if (!methods.includes(method)) throw notAllowed(methods.map((one) => one.toUpperCase()));
    return { operation: item[method] };
  }

  async #serve(req, res, { operation, actor, expires, search, base }) {
    const parameters = (operation.parameters ?? []).filter((one) => one.in === 'query');
    const query = readQuery(search, parameters, this.#schemas);
    const versioned = (operation.parameters ?? []).some((one) => one.name === 'If-Match');
    const matches = versioned ? matcherOf(req) : undefined;
    const format = operation.responses[200]?.content?.['text/event-stream']
      ? formatOf(req)
      : undefined;
    const body = operation.requestBody && (await this.#body(req, operation));
    const gone = new AbortController();
    res.once('close', () => gone.abort());
    const endSession = () => ({
      'Set-Cookie': this.#sessions.close(req, {
        path: base || '/',
        isSecure: req.socket.encrypted === true,
      }),
    });
    const call = { query, body, matches, actor, expires, signal: gone.signal, endSession };
    let answer;
    try {
      answer = await this.#handlers[operation.operationId](call);
      if (answer.events) {
        await stream(req, res, answer.events, {
          format,
          redactor: this.#redactor,
          signal: gone.signal,
          problem: (error) => this.#problem(error),
        });
        return;
      }
    } finally {
      answer?.finally?.();
    }
    const { status = 200, headers = {}, body: value, text } = answer;
    if (headers.ETag && headerOf(req, 'if-none-match') === headers.ETag && req.method === 'GET') {
      send(req, res, { status: 304, headers });
      return;
    }
    const plain =
      text === undefined ? this.#redactor.json(value) : await this.#redactor.longText(text);
    send(req, res, {
      status,
      headers: {
        ...(text === undefined &&
          value !== undefined && { 'Content-Type': 'application/json; charset=utf-8' }),
        ...headers,
      },
      body: plain,
    });
  }

  async #body(req, operation) {
    const { bodyTimeout } = this.#options;
    const times = bodyTimeout && { all: bodyTimeout, pause: bodyTimeout };
    const value = await readJson(req, {
      limit: operation['x-body-limit'] ?? BODY_LIMIT,
      ...(times && { times }),
    });
    return checkBody(
      operation.requestBody.content['application/json'].schema,
      value,
      this.#schemas,
    );
  }

  #servePage(req, res, pathname, base) {
    if (req.method !== 'GET' && req.method !== 'HEAD') throw notAllowed(['GET', 'HEAD']);
    // The page names its files relative to where it is mounted.
    const { originalUrl = req.url } = req;
    if (pathname === '/' && !originalUrl.split('?')[0].endsWith('/')) {
      send(req, res, { status: 308, headers: { Location: `${base}/` } });
      return;
    }
    const found = this.#page.find(pathname, {
      accepts: headerOf(req, 'accept-encoding'),
      wantsHtml: /text\/html/.test(headerOf(req, 'accept') ?? ''),
      ifNoneMatch: headerOf(req, 'if-none-match'),
    });
    if (found === undefined && !this.#page.isThere && pathname === '/') {
      send(req, res, Page.missing);
      return;
    }
    if (found === undefined)
      throw new Problem('not-found', 'There is nothing here.', `The API is at ${base}/api.`);
    send(req, res, found);
  }

  /** What an error is for the one who asked. What nobody expected is told to the operator alone. */
  #problem(error) {
    if (error instanceof Problem) return error;
    const { name, $metadata, $fault, code } = Object(error);
    const isCall =
      $metadata !== undefined ||
      $fault !== undefined ||
      ['AbortError', 'TimeoutError', 'CredentialsProviderError', 'TokenProviderError'].includes(
        name,
      );
    if (isCall || (typeof code === 'string' && typeof error.syscall === 'string'))
      return ofCall(error);
    const id = Math.random().toString(36).slice(2, 10);
    const message = `bedrock-profile-client: the administration API failed (${id}): ${this.#redactor.text(String(error?.stack ?? error))}`;
    const { logger } = this.#options;
    if (logger) logger.error(message);
    else process.emitWarning(message, 'BedrockProfileWarning');
    return new Problem('internal', 'The request failed here.', `The log has more, under ${id}.`, {
      id,
    });
  }

  #fail(req, res, error) {
    const { status, headers, body, close } = this.#problem(error);
    if (res.headersSent) {
      res.destroy();
      return;
    }
    // What is left of a body would be read as the next request.
    if (close || (!req.complete && req.method !== 'GET')) res.setHeader('Connection', 'close');
    send(req, res, {
      status,
      headers: { 'Content-Type': 'application/problem+json; charset=utf-8', ...headers },
      body: this.#redactor.json(body),
    });
  }
}

const notAllowed = (methods) =>
  new Problem(
    'method-not-allowed',
    'This address does not take the method.',
    `Use ${methods.join(' or ')}.`,
    { headers: { Allow: methods.join(', ') } },
  );

/** Where the router is mounted: what Express and Connect took off the URL. */
function mountOf(req) {
  if (typeof req.baseUrl === 'string') return req.baseUrl.replace(/\/+$/, '');
  const { originalUrl = req.url, url } = req;
  return originalUrl.endsWith(url) ? originalUrl.slice(0, -url.length).replace(/\/+$/, '') : '';
}

function placeOf(req) {
  const [path, ...rest] = req.url.split('?');
  let pathname;
  try {
    pathname = decodeURIComponent(path);
  } catch (cause) {
    throw new Problem(
      'invalid-input',
      'The path has a % that encodes nothing.',
      'Encode it as %25.',
      { cause },
    );
  }
  if (!pathname.startsWith('/')) pathname = `/${pathname}`;
  return { pathname, search: new URLSearchParams(rest.join('?')) };
}

/**
 * The API behind the page, and the page where it is installed; see lib/admin/index.d.ts.
 *
 * @param {object} options
 */
function createAdminRouter(options) {
  checkOptions(options);
  const admin = new Admin(options);
  const router = (req, res) => {
    void admin.handle(req, res);
  };
  router.signInPath = () => admin.signInPath();
  router.close = () => admin.close();
  return router;
}

module.exports = { createAdminRouter, describeAdminApi: describe };
