'use strict';

/** What the suites of the administration API share: servers of each kind, requests, and the description. */

const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const Ajv = require('ajv/dist/2020');
const express5 = require('express');
const express4 = require('express4');
const { createAdminRouter, describeAdminApi } = require('../../lib/admin');
const { client, start } = require('./bedrock');

const HEADERS = { 'X-Requested-With': 'bedrock-profile-client' };
const description = describeAdminApi();

const closing = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function temporary() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'admin-'));
  closing.push(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 20 }));
  return folder;
}

/** How the router is mounted. */
const MOUNTS = {
  'Express 5': (router, before) => {
    const app = express5();
    for (const each of before) app.use(each);
    return app.use('/admin', router);
  },
  'Express 4': (router, before) => {
    const app = express4();
    for (const each of before) app.use(each);
    return app.use('/admin', router);
  },
  'node:http': (router) => router,
};

/** Serves a router; gives its address. */
async function serve(router, mount = 'Express 5', before = []) {
  const server = http.createServer(MOUNTS[mount](router, before));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    router.close();
    server.close();
    server.closeAllConnections();
  });
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    base: mount === 'node:http' ? origin : `${origin}/admin`,
    port: server.address().port,
  };
}

/**
 * A stand-in, a client of it, a file of mappings, and the API over them.
 *
 * @param {object} [options] `mount`, `mappings` (of the file), `client`, `router` (more options of either)
 */
async function admin(options = {}) {
  const bedrock = options.bedrock ?? (await start(options.bedrockOptions));
  const folder = temporary();
  const file =
    options.file === null ? undefined : path.join(folder, options.file ?? 'mappings.json');
  if (file && options.mappings !== undefined) {
    const { mappings } = options;
    fs.writeFileSync(file, typeof mappings === 'string' ? mappings : JSON.stringify(mappings));
  }
  const made = client(bedrock, {
    store: 'memory',
    ...(file && { mappingsFile: file }),
    ...options.client,
  });
  const router = createAdminRouter({ client: made, authorize: () => 'ada', ...options.router });
  const served = await serve(router, options.mount, options.before);
  const call = caller(served.base, options.headers);
  return { bedrock, client: made, router, file, folder, ...served, call };
}

/** Makes requests, and holds each answer to the description. */
function caller(base, always = {}) {
  return async (method, address, { body, headers = {}, raw = false } = {}) => {
    const response = await fetch(`${base}/api${address}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(method === 'GET' ? {} : HEADERS),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...always,
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const type = response.headers.get('content-type')?.split(';')[0] ?? '';
    const value =
      /json$/.test(type) && type !== 'application/x-ndjson' ? JSON.parse(text) : undefined;
    if (!raw) conforms(method, address, { status: response.status, type, value, text });
    return { status: response.status, headers: response.headers, type, text, body: value };
  };
}

const ajv = new Ajv({ strict: false, allErrors: true });
ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
ajv.addSchema({ $id: 'api', components: description.components });
const compiled = new Map();

/** What is wrong with a value, by a schema of the description. */
function faults(schema, value) {
  const key = JSON.stringify(schema);
  if (!compiled.has(key))
    compiled.set(key, ajv.compile(JSON.parse(key.replaceAll('"#/', '"api#/'))));
  const validate = compiled.get(key);
  return validate(value) ? [] : validate.errors;
}

/** Events of a stream, in either form. */
function eventsOf(text) {
  if (text.startsWith('{'))
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return [...text.matchAll(/^event: (.*)\ndata: (.*)\n\n/gm)].map(([, event, data]) => ({
    event,
    data: JSON.parse(data),
  }));
}

/** What was answered so far, by operation and status. */
const answered = new Set();

/** Fails where an answer is none that the description has. */
function conforms(method, address, { status, type, value, text }) {
  const name = address.split('?')[0] || '/';
  const operation = description.paths[name]?.[method.toLowerCase()];
  if (operation === undefined) return; // no address of the API: a problem, which other tests look at
  answered.add(`${operation.operationId} ${status}`);
  const response = operation.responses[status];
  const where = `${method} ${name} → ${status} ${type}`;
  expect({ where, described: response !== undefined }).toEqual({ where, described: true });
  if (response.content === undefined) {
    expect({ where, text }).toEqual({ where, text: '' });
    return;
  }
  const { schema } = response.content[type] ?? {};
  expect({ where, described: schema !== undefined }).toEqual({ where, described: true });
  const values =
    value === undefined ? (/stream|ndjson/.test(type) ? eventsOf(text) : [text]) : [value];
  for (const one of values)
    expect({ where, faults: faults(schema, one) }).toEqual({ where, faults: [] });
}

/** The ETag of mappings or overrides. */
async function version(call, address = '/mappings') {
  return (await call('GET', address)).headers.get('etag');
}

module.exports = {
  HEADERS,
  MOUNTS,
  admin,
  answered,
  caller,
  description,
  eventsOf,
  faults,
  serve,
  temporary,
  version,
};
