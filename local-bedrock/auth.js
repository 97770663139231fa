'use strict';

/** Who is calling: AWS Signature Version 4 and bearer tokens, checked for real. */

const { createHash, createHmac, timingSafeEqual } = require('node:crypto');
const { BedrockError } = require('./errors');

const SERVICE = 'bedrock';
const ALGORITHM = 'AWS4-HMAC-SHA256';
const SKEW_MS = 5 * 60 * 1000;

const refused = (type, message) => new BedrockError(403, type, message, { rule: 'auth' });
const unrecognised = () =>
  refused('UnrecognizedClientException', 'The security token included in the request is invalid.');
const badSignature = (
  message = 'The request signature we calculated does not match the signature you provided. ' +
    'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
) => refused('InvalidSignatureException', message);

const sha256 = (data) => createHash('sha256').update(data).digest('hex');
const hmac = (key, data) => createHmac('sha256', key).update(data).digest();
const escape = (text) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
const amzDate = (ms) => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');

function parseAmzDate(text) {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '');
  return match ? Date.UTC(match[1], match[2] - 1, match[3], match[4], match[5], match[6]) : NaN;
}

/** The path as it is signed: without dot segments, each segment encoded once more. */
function canonicalPath(path) {
  const kept = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') kept.pop();
    else kept.push(escape(segment));
  }
  return `/${kept.join('/')}${kept.length > 0 && path.endsWith('/') ? '/' : ''}`;
}

function canonicalQuery(query) {
  return query
    .split('&')
    .filter(Boolean)
    .map((pair) => {
      const cut = pair.indexOf('=');
      const [key, value] = cut < 0 ? [pair, ''] : [pair.slice(0, cut), pair.slice(cut + 1)];
      return [escape(decodeURIComponent(key)), escape(decodeURIComponent(value))];
    })
    .sort(([a, b], [c, d]) => (a === c ? (b < d ? -1 : 1) : a < c ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join('&');
}

function parseAuthorization(text) {
  const fields = new Map();
  for (const part of text.slice(ALGORITHM.length).split(',')) {
    const cut = part.indexOf('=');
    if (cut > 0) fields.set(part.slice(0, cut).trim(), part.slice(cut + 1).trim());
  }
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !fields.get(name));
  if (missing.length > 0) {
    const list = missing.map((name) => `Authorization header requires '${name}' parameter.`);
    throw refused('IncompleteSignatureException', list.join(' '));
  }
  const credential = fields.get('Credential').split('/');
  const [date, region, service, end] = credential.slice(-4);
  return {
    accessKeyId: credential.slice(0, -4).join('/'),
    date,
    region,
    service,
    end,
    signedHeaders: fields.get('SignedHeaders').split(';'),
    signature: fields.get('Signature'),
  };
}

function checkScope(scope, signedAt, now, service) {
  if (scope.end !== 'aws4_request') {
    throw badSignature("Credential should be scoped with a valid terminator: 'aws4_request'.");
  }
  if (scope.service !== service) {
    throw badSignature(`Credential should be scoped to correct service: '${service}'. `);
  }
  if (!/^[a-z]{2,}(-[a-z]+)+-\d$/.test(scope.region)) {
    throw badSignature('Credential should be scoped to a valid region. ');
  }
  const day = amzDate(signedAt).slice(0, 8);
  if (scope.date !== day) {
    throw badSignature(
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
        `'${scope.date}' != '${day}', from '${amzDate(signedAt)}'.`,
    );
  }
  if (signedAt < now - SKEW_MS) {
    throw badSignature(
      `Signature expired: ${amzDate(signedAt)} is now earlier than ${amzDate(now - SKEW_MS)} ` +
        `(${amzDate(now)} - 5 min.)`,
    );
  }
  if (signedAt > now + SKEW_MS) {
    throw badSignature(
      `Signature not yet current: ${amzDate(signedAt)} is still later than ` +
        `${amzDate(now + SKEW_MS)} (${amzDate(now)} + 5 min.)`,
    );
  }
}

function expectedSignature(request, scope, secretAccessKey) {
  const [path, query = ''] = request.url.split(/\?(.*)/s);
  const headers = scope.signedHeaders.map((name) => {
    // The JavaScript SDK signs HTTP/2's name for the host.
    const value = request.headers[name === ':authority' ? 'host' : name];
    if (value === undefined) throw badSignature();
    return `${name}:${String(value).trim().replace(/\s+/g, ' ')}\n`;
  });
  const canonical = [
    request.method,
    canonicalPath(path),
    canonicalQuery(query),
    headers.join(''),
    scope.signedHeaders.join(';'),
    sha256(request.rawBody),
  ].join('\n');
  const text = [
    ALGORITHM,
    request.headers['x-amz-date'],
    `${scope.date}/${scope.region}/${scope.service}/${scope.end}`,
    sha256(canonical),
  ].join('\n');
  const key = [scope.date, scope.region, scope.service, scope.end].reduce(
    hmac,
    `AWS4${secretAccessKey}`,
  );
  return hmac(key, text).toString('hex');
}

const same = (a, b) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

function verifySignature(request, { credentials, now, service = SERVICE }) {
  const scope = parseAuthorization(request.headers.authorization);
  const signedAt = parseAmzDate(request.headers['x-amz-date']);
  if (Number.isNaN(signedAt)) {
    throw refused(
      'IncompleteSignatureException',
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
  }
  const known = credentials.find(({ accessKeyId }) => accessKeyId === scope.accessKeyId);
  if (!known) throw unrecognised();
  checkScope(scope, signedAt, now, service);
  if (known.expired || known.ends <= now) {
    throw refused('ExpiredTokenException', 'The security token included in the request is expired');
  }
  const token = request.headers['x-amz-security-token'];
  if ((token ?? '') !== (known.sessionToken ?? '')) throw unrecognised();
  const signed = new Set(scope.signedHeaders);
  if (!signed.has('host') && !signed.has(':authority')) throw badSignature();
  if (!signed.has('x-amz-date') || (token && !signed.has('x-amz-security-token')))
    throw badSignature();
  if (!same(expectedSignature(request, scope, known.secretAccessKey), scope.signature)) {
    throw badSignature();
  }
  const { account, session } = known;
  return { kind: 'sigv4', accessKeyId: scope.accessKeyId, region: scope.region, account, session };
}

/**
 * Checks a request and says who it is from; throws what AWS would answer otherwise.
 *
 * @param {{ method: string, url: string, headers: Record<string, string>, rawBody: Buffer }} request
 * @param {{ credentials: object[], bearerTokens: string[], now: number, service?: string }} known
 * @returns {{ kind: 'sigv4' | 'bearer', accessKeyId?: string, region?: string, account?: string,
 *   session?: object }}
 */
function authenticate(request, known) {
  const header = request.headers.authorization;
  if (!header) {
    throw refused('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  if (/^Bearer(\s|$)/i.test(header)) {
    const token = header.slice('Bearer'.length).trim();
    if (!known.bearerTokens.some((expected) => same(expected, token))) {
      throw refused(
        'AccessDeniedException',
        'Authentication failed: Please make sure your API Key is valid.',
      );
    }
    return { kind: 'bearer' };
  }
  if (!header.startsWith(`${ALGORITHM} `)) {
    throw refused('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  return verifySignature(request, known);
}

module.exports = { authenticate, canonicalPath, canonicalQuery };
