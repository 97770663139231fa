'use strict';

// What is taken of `requestHandler`: the calls are made natively, so a handler is read and not used.

const { kindOf } = require('./errors.js');

const TIMES = ['connectionTimeout', 'requestTimeout', 'socketTimeout'];
const PROTOCOLS = { 'http/1.1': 'http1', h2: 'http2' };

/** Options of an agent that are taken. */
const TAKEN = ['ca', 'cert', 'key', 'rejectUnauthorized', 'maxSockets', 'maxTotalSockets'];

/** Those that would change whom is spoken to, and how. The others are about keeping sockets. */
const REFUSED = [
  'auth',
  'checkServerIdentity',
  'ciphers',
  'clientCertEngine',
  'createConnection',
  'crl',
  'ecdhCurve',
  'family',
  'localAddress',
  'localPort',
  'lookup',
  'maxVersion',
  'minVersion',
  'passphrase',
  'pfx',
  'privateKeyEngine',
  'privateKeyIdentifier',
  'pskCallback',
  'secureContext',
  'secureOptions',
  'secureProtocol',
  'servername',
  'sigalgs',
  'socketPath',
];
/** TLS 1.2 and 1.3 are spoken, so these say nothing new. */
const VERSIONS = { minVersion: ['TLSv1', 'TLSv1.1', 'TLSv1.2'], maxVersion: ['TLSv1.3'] };

const refuse = (what) => new TypeError(`BedrockProfileClient: options.requestHandler${what}`);

/**
 * Reads a handler or its options.
 *
 * @param {object} handler
 * @returns {Promise<object>} `connectionTimeout`, `requestTimeout`, `socketTimeout`, `warnsOnly`,
 *   `protocol`, and `http` and `https`: what their agents say
 */
async function readHandler(handler) {
  const own = typeof handler.handle === 'function';
  const config = (await (handler.configProvider ?? handler.config ?? handler)) ?? {};
  for (const name of TIMES) {
    const value = config[name] ?? 0;
    if (!Number.isSafeInteger(value) || value < 0) {
      throw refuse(`.${name} must be a whole number of milliseconds, not ${kindOf(value)}.`);
    }
  }
  const protocol = own ? PROTOCOLS[handler.metadata?.handlerProtocol] : undefined;
  const connect = readAgent(config.nodeHttp2ConnectOptions, 'nodeHttp2ConnectOptions');
  const plain = config.httpAgent ?? (await config.httpAgentProvider?.());
  return {
    connectionTimeout: config.connectionTimeout,
    requestTimeout: config.requestTimeout,
    socketTimeout: config.socketTimeout,
    warnsOnly: protocol === 'http1' && !config.throwOnRequestTimeout,
    protocol,
    http: { ...connect, ...readAgent(plain, 'httpAgent') },
    https: { ...connect, ...readAgent(config.httpsAgent ?? config.httpAgent, 'httpsAgent') },
  };
}

function readAgent(agent, name) {
  if (agent === undefined || agent === null) return {};
  if (typeof agent !== 'object') throw refuse(`.${name} must be an agent, not ${kindOf(agent)}.`);
  const isAgent = typeof agent.destroy === 'function';
  const proxy = isAgent ? readProxy(agent, name) : undefined;
  const options = { ...(isAgent ? agent.options : agent) };
  for (const option of REFUSED) {
    const value = options[option] ?? undefined;
    if (value === undefined || VERSIONS[option]?.includes(value)) continue;
    throw refuse(
      `.${name} has \`${option}\`, which cannot be honoured. Of an agent are taken: its proxy, ${TAKEN.join(', ')}.`,
    );
  }
  checkProxyEnv(options.proxyEnv, name);
  const most = Math.min(agent.maxSockets ?? Infinity, agent.maxTotalSockets ?? Infinity);
  return defined({
    proxy,
    ca: pem(options.ca, name, 'ca'),
    certificate: pem(options.cert, name, 'cert'),
    key: pem(options.key, name, 'key'),
    unverified:
      options.rejectUnauthorized === undefined ? undefined : options.rejectUnauthorized === false,
    maxSockets: Number.isFinite(most) && most > 0 ? most : undefined,
  });
}

const defined = (members) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

/** An agent of Node.js may read proxies from an environment; it must be that of the process. */
function checkProxyEnv(said, name) {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((one) => [
    one,
    one.toLowerCase(),
  ]);
  if (!said || names.every((one) => (said[one] ?? '') === (process.env[one] ?? ''))) return;
  throw refuse(
    `.${name} has a \`proxyEnv\` of its own, which cannot be honoured. Proxies are those of ` +
      'process.env, or of an HttpsProxyAgent.',
  );
}

/** The proxy of an `HttpsProxyAgent` or `HttpProxyAgent`. */
function readProxy(agent, name) {
  const { proxy } = agent;
  if (proxy === undefined) {
    // Whoever has an agent has loaded these.
    const plain = [require('node:http').Agent.prototype, require('node:https').Agent.prototype];
    if (plain.includes(Object.getPrototypeOf(agent))) return undefined;
    throw refuse(
      `.${name} is a ${agent.constructor?.name}, whose connections cannot be made here. Give an Agent ` +
        'of node:https, or an HttpsProxyAgent of https-proxy-agent.',
    );
  }
  const { ca, rejectUnauthorized } = agent.connectOpts ?? {};
  if (ca !== undefined || rejectUnauthorized === false) {
    throw refuse(
      `.${name} has TLS options for the proxy itself, which cannot be honoured. ` +
        'NODE_EXTRA_CA_CERTS names certificates to trust.',
    );
  }
  const headers =
    typeof agent.proxyHeaders === 'function' ? agent.proxyHeaders() : agent.proxyHeaders;
  return proxyOf(proxy.href ?? proxy, `options.requestHandler.${name}`, headers);
}

/**
 * A proxy as the addon takes it: its URL, and apart from it what only it may read.
 *
 * @param {string} url
 * @param {string} name the option or variable that sets it
 * @param {Record<string, string>} [more] headers for it
 */
function proxyOf(url, name, more = {}) {
  let parsed;
  try {
    parsed = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `http://${url}`);
  } catch {
    // Told below, without the text: it may hold a password.
  }
  if (!['http:', 'https:'].includes(parsed?.protocol)) {
    throw new TypeError(
      `${name} must be the URL of an HTTP proxy such as "http://proxy.example.com:3128".`,
    );
  }
  const { username, password } = parsed;
  const headers = Object.entries(more).flatMap(([key, value]) =>
    [value].flat().map((item) => [key.toLowerCase(), String(item)]),
  );
  if (username || password) {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    headers.push(['proxy-authorization', `Basic ${Buffer.from(pair).toString('base64')}`]);
  }
  return { url: `${parsed.protocol}//${parsed.host}`, headers };
}

/** Certificates or a key in PEM, as one text. */
function pem(value, name, option) {
  if (value === undefined || value === null) return undefined;
  const parts = [value].flat().map((part) => {
    if (typeof part === 'string') return part;
    if (part instanceof Uint8Array || ArrayBuffer.isView(part)) return Buffer.from(part).toString();
    throw refuse(`.${name} has a \`${option}\` that is neither a text nor a Buffer of PEM.`);
  });
  return parts.join('\n');
}

module.exports = { readHandler, proxyOf };
