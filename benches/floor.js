'use strict';

/**
 * The floor: `node:http` that only cuts frames and parses JSON. It signs nothing, checks nothing,
 * knows no shapes, has no iterators and gives each event to a function.
 */

const http = require('node:http');
const https = require('node:https');

const PRELUDE = 12;
const CHECKSUM = 4;

function open({ url, ca, maxSockets }) {
  const { hostname, port, protocol } = new URL(url);
  const secure = protocol === 'https:';
  const agent = { keepAlive: true, maxSockets, ca };
  return {
    request: secure ? https.request : http.request,
    to: {
      method: 'POST',
      hostname,
      port,
      agent: secure ? new https.Agent(agent) : new http.Agent(agent),
    },
    destroy() {
      this.to.agent.destroy();
    },
  };
}

function post({ request, to }, operation, { modelId, ...input }, signal) {
  const body = bodyOf(input);
  return new Promise((resolve, reject) => {
    const sent = request({
      ...to,
      signal,
      path: `/model/${encodeURIComponent(modelId)}/${operation}`,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    sent.on('response', resolve).on('error', reject).end(body);
  });
}

async function converse(client, input) {
  const response = await post(client, 'converse', input);
  const chunks = [];
  await new Promise((resolve, reject) => {
    response.on('data', (chunk) => chunks.push(chunk));
    response.on('end', resolve).on('error', reject);
  });
  return textOfAnswer(chunks);
}

function textOfAnswer(chunks) {
  const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  return JSON.parse(body.toString()).output.message.content[0].text;
}

/** A replacer makes `JSON.stringify` several times slower: it is there for files alone. */
function bodyOf(input) {
  const files = input.messages.at(-1).content.some(({ image, document }) => image ?? document);
  return files ? JSON.stringify(input, bytesAsText) : JSON.stringify(input);
}

function bytesAsText(_key, value) {
  if (!(value instanceof Uint8Array)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
}

async function stream(client, input, { signal, event }) {
  const response = await post(client, 'converse-stream', input, signal);
  let rest;
  await new Promise((resolve, reject) => {
    response.on('data', (chunk) => {
      rest = cut(rest === undefined ? chunk : Buffer.concat([rest, chunk]), event);
    });
    response.on('end', resolve).on('error', reject);
  });
}

/** Gives the events of whole frames away, and what is left of the last. */
function cut(bytes, event) {
  let at = 0;
  while (bytes.length - at >= PRELUDE) {
    const total = bytes.readUInt32BE(at);
    if (bytes.length - at < total) break;
    const start = at + PRELUDE + bytes.readUInt32BE(at + 4);
    const payload = JSON.parse(bytes.toString('utf8', start, at + total - CHECKSUM));
    event({ [eventType(bytes, at + PRELUDE, start)]: payload });
    at += total;
  }
  return at === bytes.length ? undefined : bytes.subarray(at);
}

/** The header `:event-type`; every header of these frames is a text. */
function eventType(bytes, start, end) {
  for (let at = start; at < end;) {
    const name = bytes[at];
    const length = bytes.readUInt16BE(at + name + 2);
    const value = at + name + 4;
    // Of the headers that Bedrock sends only this one has 11 characters.
    if (name === 11) return bytes.latin1Slice(value, value + length);
    at = value + length;
  }
  return '';
}

module.exports = { open, converse, stream, cut, bodyOf, textOfAnswer };
