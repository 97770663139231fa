'use strict';

/**
 * What all clients call: answers that stand ready, paced cheaply. It runs in a process of its own,
 * so that its work is not taken for a client's. `local-bedrock` checks each request, which costs
 * more than sending the answer; here nothing is checked.
 */

const fs = require('node:fs');
const { performance } = require('node:perf_hooks');
const { listen } = require('../local-bedrock/listener.js');
const { eventFrame } = require('../local-bedrock/eventstream.js');
const { ANSWER, FRAMES } = require('./inputs.js');

const TICK = 1;
/** So much of a request's body is looked at. */
const SHORT = 4096;
const HEAD = { 'x-amzn-requestid': '00000000-0000-4000-8000-000000000000' };
const JSON_HEAD = {
  ...HEAD,
  'content-type': 'application/json',
  'content-length': Buffer.byteLength(ANSWER),
};
const STREAM_HEAD = { ...HEAD, 'content-type': 'application/vnd.amazon.eventstream' };

/** Streams under way, each with the time at which its next event is due. */
const paced = new Set();
let timer;

function tick() {
  const now = performance.now();
  for (const stream of paced) {
    if (stream.due > now) continue;
    stream.due = Math.max(stream.due + stream.period, now - stream.period);
    stream.write(stream.sent);
    stream.sent += 1;
    if (stream.sent < stream.events) continue;
    paced.delete(stream);
    stream.res.end(FRAMES.last);
  }
  if (paced.size === 0) {
    clearInterval(timer);
    timer = undefined;
  }
}

/** A stream that begins with the others, at `go`: while some are opened, others do not speak. */
function pace(res, events, rate, stamped) {
  const write = stamped ? writeStamped(res) : writer(res);
  const stream = { res, write, events, period: 1000 / rate, sent: 0, due: Infinity };
  res.on('close', () => paced.delete(stream));
  paced.add(stream);
}

function go() {
  const now = performance.now();
  for (const stream of paced) {
    // Models do not speak in step: each stream has a phase of its own.
    if (stream.due === Infinity) stream.due = now + Math.random() * stream.period;
  }
  timer ??= setInterval(tick, TICK);
}

/**
 * Writes a delta by its number. Node.js's response would cost this process twice as much: a chunk of
 * HTTP/1.1 stands ready with its length around it, and HTTP/2 has no need of a compatible response.
 */
function writer(res) {
  if (res.stream) return (at) => res.stream.write(FRAMES.deltas[at % FRAMES.deltas.length]);
  const { socket } = res;
  return (at) => socket.write(CHUNKS[at % CHUNKS.length]);
}

const CHUNKS = FRAMES.deltas.map((frame) =>
  Buffer.concat([Buffer.from(`${frame.length.toString(16)}\r\n`), frame, Buffer.from('\r\n')]),
);

/** So many events pass for each that says when it was sent: making a frame takes time too. */
const STAMPED = 8;

function writeStamped(res) {
  const write = writer(res);
  return (at) => (at % STAMPED === 0 ? res.write(stamp()) : write(at));
}

/** An event that says when it was sent, by a clock that all processes share. */
function stamp() {
  const text = `@${process.hrtime.bigint() / 1000n}`;
  return eventFrame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } });
}

const number = (body, name) => Number(new RegExp(`"${name}":"(\\d+)"`).exec(body)?.[1] ?? 0);

function answer(req, res, body) {
  res.on('error', () => {});
  if (!req.url.endsWith('/converse-stream')) {
    res.writeHead(200, JSON_HEAD);
    res.end(ANSWER);
    return;
  }
  const [events, rate, held, stamped] = ['events', 'rate', 'held', 'stamped'].map((name) =>
    number(body, name),
  );
  res.writeHead(200, STREAM_HEAD);
  if (held > 0) {
    // Its reader ends it.
    res.write(FRAMES.first);
    return;
  }
  if (rate > 0) {
    res.write(FRAMES.first);
    pace(res, events, rate, stamped > 0);
    return;
  }
  res.end(whole(events));
}

/** Streams that are sent at once, by the number of their events. */
const wholes = new Map();

function whole(events) {
  if (!wholes.has(events)) {
    const deltas = Array.from(
      { length: events },
      (_, at) => FRAMES.deltas[at % FRAMES.deltas.length],
    );
    wholes.set(events, Buffer.concat([FRAMES.first, ...deltas, FRAMES.last]));
  }
  return wholes.get(events);
}

async function main() {
  const [key, cert] = process.argv.slice(2);
  const tls = key && { key: fs.readFileSync(key), cert: fs.readFileSync(cert) };
  const onRequest = (req, res) => {
    let body = '';
    req.on('data', (chunk) => {
      // A stream's pace stands in its body, which is short; of any other only the end matters.
      if (body.length < SHORT) body += chunk.latin1Slice();
    });
    req.on('error', () => {});
    req.on('end', () => answer(req, res, body));
  };
  const listener = await listen(onRequest, { tls });
  let since = performance.eventLoopUtilization();
  process.on('message', (message) => {
    if (message === 'go') {
      go();
      process.send('gone');
      return;
    }
    if (message === 'connections') {
      process.send(listener.connections());
      return;
    }
    // How busy this process has been since it was last asked.
    const load = performance.eventLoopUtilization(since);
    since = performance.eventLoopUtilization();
    process.send(load.utilization);
  });
  process.on('disconnect', () => process.exit());
  process.send({ url: `${tls ? 'https' : 'http'}://${listener.host}:${listener.port}` });
}

main();
