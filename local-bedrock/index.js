'use strict';

/**
 * A stand-in for Amazon Bedrock on loopback, for demos and tests.
 *
 * ```js
 * const { startLocalBedrock } = require('bedrock-profile-client/local');
 * const server = await startLocalBedrock();
 * // endpoint: server.url, credentials: server.credentials, region: server.region
 * await server.close();
 * ```
 */

require('../lib/node-version.js');

const { authenticate } = require('./auth');
const { controlRoute, denied, handleControl } = require('./control');
const { handleConverse } = require('./converse');
const { BedrockError } = require('./errors');
const { Exchange } = require('./exchange');
const { Faults, faultKinds } = require('./faults');
const { handleCount, handleGuardrail, handleInvoke } = require('./invoke');
const { listen } = require('./listener');
const { modelTable, splitGeo } = require('./models');
const { ProfileStore } = require('./profiles');
const { failQuotas, handleQuotas, quotasAction } = require('./quotas');
const { PromptCache } = require('./usage');
const { actionOf, checkRoles, failSts, handleSts, isSts } = require('./sts');
const { RULES } = require('./validate');

const DEFAULTS = {
  port: 0,
  region: 'us-east-1',
  credentials: {
    accessKeyId: 'AKIALOCALBEDROCK0000',
    secretAccessKey: 'local-bedrock-secret-key-0000000000000000',
  },
  bearerToken: 'local-bedrock-api-key',
  pace: 15,
  tls: undefined,
  profiles: [],
  models: {},
  deny: [],
  roles: [],
  foundationModels: {},
  serviceQuotas: [],
  pageSize: 1000,
  faults: [],
  script: undefined,
  onRequest: undefined,
  now: Date.now,
};

function checkOptions(options) {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(DEFAULTS, name)) {
      throw new TypeError(
        `startLocalBedrock: unknown option ${name}; known are ${Object.keys(DEFAULTS).join(', ')}`,
      );
    }
  }
  const { port, pace, script, onRequest, now, pageSize, roles } = options;
  checkRoles(roles);
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > 1000) {
    throw new TypeError(
      `startLocalBedrock: pageSize must be a whole number from 1 to 1000, not ${pageSize}`,
    );
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError(
      `startLocalBedrock: port must be a whole number from 0 to 65535, not ${port}`,
    );
  }
  if (typeof pace !== 'number' || !(pace >= 0)) {
    throw new TypeError(`startLocalBedrock: pace must be milliseconds from 0 on, not ${pace}`);
  }
  for (const [name, value] of Object.entries({ script, onRequest, now })) {
    if (value !== undefined && typeof value !== 'function') {
      throw new TypeError(`startLocalBedrock: ${name} must be a function`);
    }
  }
}

const MODEL_PATH = /^\/model\/([^/]*)\/([a-z-]+)$/;
const GUARDRAIL_PATH = /^\/guardrail\/([^/]*)\/version\/([^/]*)\/apply$/;

/** What a model can be asked, by the end of the path. */
const MODEL_ROUTES = {
  converse: { operation: 'Converse', answer: handleConverse, stream: false },
  'converse-stream': { operation: 'ConverseStream', answer: handleConverse, stream: true },
  'count-tokens': { operation: 'CountTokens', answer: handleCount },
  invoke: { operation: 'InvokeModel', answer: handleInvoke, stream: false },
  'invoke-with-response-stream': {
    operation: 'InvokeModelWithResponseStream',
    answer: handleInvoke,
    stream: true,
  },
};

/** Which operation a request is for, and what answers it. */
function route(record) {
  const [, id, verb] = (record.method === 'POST' && MODEL_PATH.exec(record.path)) || [];
  if (Object.hasOwn(MODEL_ROUTES, verb ?? '')) {
    const { operation, answer, stream } = MODEL_ROUTES[verb];
    const modelId = decodeURIComponent(id);
    return {
      operation,
      modelId,
      handle: (exchange, server) => answer(exchange, server, { modelId, stream }),
    };
  }
  const applied = record.method === 'POST' && GUARDRAIL_PATH.exec(record.path);
  if (applied) {
    const [guardrail, version] = applied.slice(1).map(decodeURIComponent);
    return {
      operation: 'ApplyGuardrail',
      handle: (exchange, server) => handleGuardrail(exchange, server, { guardrail, version }),
    };
  }
  const ofQuotas = quotasAction(record);
  if (ofQuotas !== undefined) {
    return {
      operation: ofQuotas,
      service: 'servicequotas',
      handle: handleQuotas,
      fail: failQuotas,
    };
  }
  if (isSts(record)) {
    return { operation: actionOf(record), service: 'sts', handle: handleSts, fail: failSts };
  }
  const control = controlRoute(record.method, record.path);
  return (
    control && {
      operation: control.operation,
      handle: (exchange, server) => handleControl(exchange, server, control),
    }
  );
}

/** The operation a request is for, before anything of it has been judged. */
function operationOf(record) {
  try {
    return route(record)?.operation;
  } catch {
    return undefined; // a path that cannot be decoded is refused when it is served
  }
}

/** The IAM action of an inference call; the control plane and STS have their own check. */
const ACTIONS = {
  Converse: 'bedrock:InvokeModel',
  ConverseStream: 'bedrock:InvokeModelWithResponseStream',
  InvokeModel: 'bedrock:InvokeModel',
  InvokeModelWithResponseStream: 'bedrock:InvokeModelWithResponseStream',
  CountTokens: 'bedrock:CountTokens',
  ApplyGuardrail: 'bedrock:ApplyGuardrail',
};

function checkAllowed(record, server) {
  const action = Object.hasOwn(ACTIONS, record.operation ?? '') && ACTIONS[record.operation];
  if (!action || !server.isDenied(action, record)) return;
  const [, id] = MODEL_PATH.exec(record.path) ?? [];
  const called = id === undefined ? '*' : decodeURIComponent(id);
  throw denied(action, called.startsWith('arn:') ? called : resourceOf(called, record));
}

/** The ARN that a policy speaks of: of a system profile, or of a foundation model. */
function resourceOf(id, { region = 'us-east-1' }) {
  if (id === '*') return id;
  return splitGeo(id)[0] === undefined
    ? `arn:aws:bedrock:${region}::foundation-model/${id}`
    : `arn:aws:bedrock:${region}:123456789012:inference-profile/${id}`;
}

async function serve(exchange, server) {
  const { record } = exchange;
  let found;
  try {
    found = route(record);
    record.operation = found?.operation;
    if (await server.faults.intercept(exchange, found?.modelId)) return;
    record.auth = authenticate(record, {
      credentials: server.knownCredentials,
      bearerTokens: server.bearerTokens,
      now: server.now(),
      service: found?.service,
    });
    record.region = record.auth.region;
    if (!found) {
      throw new BedrockError(
        404,
        'UnknownOperationException',
        'The requested operation is not recognized by the service.',
      );
    }
    checkAllowed(record, server);
    await found.handle(exchange, server);
  } catch (error) {
    if (error instanceof BedrockError && record.status === undefined) {
      if (found?.fail) found.fail(exchange, error);
      else exchange.error(error);
      return;
    }
    const failure =
      error instanceof URIError
        ? new BedrockError(400, 'ValidationException', 'The request path is malformed.')
        : error;
    server.onFailure(failure);
    if (record.status !== undefined) exchange.cut('rst');
    else if (failure instanceof BedrockError) exchange.error(failure);
    else
      exchange.error({
        status: 500,
        type: 'InternalServerException',
        message: `local-bedrock failed: ${error.message}`,
      });
  }
}

/** Requests as they came, and a way to wait for one. */
class Recorder {
  requests = [];
  #waiting = new Set();

  add(record) {
    this.requests.push(record);
    for (const waiter of this.#waiting) waiter(record);
  }

  waitFor(matches) {
    const found = this.requests.find(matches);
    if (found) return Promise.resolve(found);
    return new Promise((resolve) => {
      const waiter = (record) => {
        if (!matches(record)) return;
        this.#waiting.delete(waiter);
        resolve(record);
      };
      this.#waiting.add(waiter);
    });
  }
}

/**
 * Starts the stand-in. It listens on 127.0.0.1 only.
 *
 * @param {object} [options]
 * @param {number} [options.port] 0, the default, takes a free one
 * @param {string} [options.region] what `region` of the result says; any region is served
 * @param {object | object[]} [options.credentials] `{ accessKeyId, secretAccessKey, sessionToken?, expired? }`
 * @param {string} [options.bearerToken]
 * @param {number} [options.pace] milliseconds between the pieces of a stream
 * @param {{ key: string, cert: string }} [options.tls] speaks TLS, with HTTP/2 by ALPN
 * @param {object[]} [options.profiles] application profiles beside the default ones: `{ region, id, from, name? }`
 * @param {Record<string, string>} [options.models] model id → known id whose behaviour it has
 * @param {string[]} [options.deny] IAM actions that are refused
 * @param {object[]} [options.roles] roles that STS lets assume: `{ arn, externalId?, seconds? }`
 * @param {object[]} [options.serviceQuotas] what Service Quotas lists: `{ code, name, value, default? }`
 * @param {Record<string, object>} [options.foundationModels] what GetFoundationModel says differently, by id
 * @param {number} [options.pageSize] how many profiles a page of a list holds at most
 * @param {object[]} [options.faults] what goes wrong, see `fail`
 * @param {(request: object) => unknown} [options.script] gives answers of its own
 * @param {(request: object) => void} [options.onRequest] is told of every request
 * @param {() => number} [options.now] the server's clock
 */
async function startLocalBedrock(options = {}) {
  const settings = { ...DEFAULTS };
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) settings[name] = value;
  }
  checkOptions(settings);
  const table = modelTable(settings.models);
  const profiles = new ProfileStore(table);
  for (const profile of settings.profiles) profiles.add(profile);
  const refusals = settings.deny.map((action) => ({ action }));
  const recorder = new Recorder();
  const failures = [];
  const server = {
    table,
    profiles,
    now: settings.now,
    pace: settings.pace,
    script: settings.script,
    cache: new PromptCache(),
    faults: new Faults(),
    knownCredentials: [settings.credentials].flat(),
    bearerTokens: [settings.bearerToken].flat(),
    roles: settings.roles,
    foundationModels: settings.foundationModels,
    serviceQuotas: settings.serviceQuotas,
    pageSize: settings.pageSize,
    isDenied: (action, { region, auth }) =>
      refusals.some(
        (one) =>
          (one.action === action || one.action === `${action.split(':')[0]}:*`) &&
          (one.region ?? region) === region &&
          (one.account ?? auth?.account) === auth?.account,
      ),
    onFailure: (error) => failures.push(error),
  };
  server.faults.add(...settings.faults);

  const listener = await listen(async (req, res) => {
    const exchange = new Exchange(req, res, listener.socketOf(req), settings.now);
    try {
      await exchange.read(req);
    } catch {
      return; // the client left before its request was complete
    }
    exchange.record.operation = operationOf(exchange.record);
    recorder.add(exchange.record);
    settings.onRequest?.(exchange.record);
    await serve(exchange, server);
  }, settings);

  return {
    url: `${settings.tls ? 'https' : 'http'}://${listener.host}:${listener.port}`,
    host: listener.host,
    port: listener.port,
    region: settings.region,
    credentials: server.knownCredentials[0],
    bearerToken: server.bearerTokens[0],
    /** Every request, in order of arrival. */
    requests: recorder.requests,
    /** Resolves with the first request, past or to come, that `matches`. */
    waitForRequest: (matches = () => true) => recorder.waitFor(matches),
    /** Application profiles: `{ arn, id, name, region, model, … }`. */
    get profiles() {
      return profiles.applications();
    },
    addProfile: (profile) => profiles.add(profile),
    removeProfile: (profile) => profiles.remove(profile),
    /**
     * Refuses an action (`bedrock:GetInferenceProfile`) from now on, or allows it again; with `where`, in
     * one region, or to one account, only.
     */
    deny: (action, where = {}) => void refusals.push({ action, ...where }),
    allow(action) {
      for (let at = refusals.length - 1; at >= 0; at -= 1) {
        if (refusals[at].action === action) refusals.splice(at, 1);
      }
    },
    /** Lets things go wrong: `fail('throttle')`, `fail({ kind: 'cut-reset', after: 2, times: 3 })`. */
    fail: (...faults) => server.faults.add(...faults),
    get pendingFaults() {
      return server.faults.pending;
    },
    /** How many connections have been opened. */
    get connections() {
      return listener.connections();
    },
    /** Errors of the stand-in itself; empty unless it has a bug or a script threw. */
    failures,
    close: () => listener.close(),
  };
}

module.exports = { startLocalBedrock, faultKinds, rules: RULES };
