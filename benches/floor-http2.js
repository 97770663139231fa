'use strict';

/** The floor over HTTP/2: `node:http2`, one session, frames and JSON as in floor.js. */

const http2 = require('node:http2');
const { bodyOf, cut, textOfAnswer } = require('./floor.js');

/** A window that no stream of the benchmarks fills; Node.js's own is 64 KiB. */
const WINDOW = 1 << 20;
/** Streams of one session: what Bedrock's servers allow. */
const STREAMS = 100;

function open({ url, ca }) {
  const sessions = [];
  const destroy = () => sessions.forEach(({ session }) => session.destroy());
  return { url, ca, sessions, destroy };
}

/** A place on a session that has one, or on a new one. */
function place(client) {
  const free = client.sessions.find(({ streams }) => streams < STREAMS);
  if (free !== undefined) return free;
  const session = http2.connect(client.url, {
    ca: client.ca,
    settings: { initialWindowSize: WINDOW, enablePush: false },
    maxSessionMemory: 1000,
  });
  session.on('connect', () => session.setLocalWindowSize(STREAMS * WINDOW));
  session.on('error', () => {});
  const made = { session, streams: 0 };
  client.sessions.push(made);
  return made;
}

function post(client, operation, { modelId, ...input }, signal) {
  const body = bodyOf(input);
  const at = place(client);
  at.streams += 1;
  const request = at.session.request(
    {
      ':method': 'POST',
      ':path': `/model/${encodeURIComponent(modelId)}/${operation}`,
      'content-type': 'application/json',
    },
    { signal },
  );
  request.on('close', () => {
    at.streams -= 1;
  });
  request.end(body);
  return request;
}

async function converse(client, input) {
  const response = post(client, 'converse', input);
  const chunks = [];
  await new Promise((resolve, reject) => {
    response.on('data', (chunk) => chunks.push(chunk));
    response.on('end', resolve).on('error', reject);
  });
  return textOfAnswer(chunks);
}

async function stream(client, input, { signal, event }) {
  const response = post(client, 'converse-stream', input, signal);
  let rest;
  await new Promise((resolve, reject) => {
    response.on('data', (chunk) => {
      rest = cut(rest === undefined ? chunk : Buffer.concat([rest, chunk]), event);
    });
    response.on('end', resolve).on('error', reject);
  });
}

module.exports = { open, converse, stream };
