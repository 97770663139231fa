'use strict';

/**
 * What both clients call: answers that stand ready, paced cheaply. It runs in a process of its own,
 * so that its work is not taken for a client's. `local-bedrock` checks each request, which costs
 * more than sending the answer; here nothing is checked.
 */

const fs = require('node:fs');
const { performance } = require('node:perf_hooks');
const { listen } = require('../local-bedrock/listener.js');
const { ANSWER, FRAMES } = require('./inputs.js');

const TICK = 1;
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
    stream.res.write(FRAMES.deltas[stream.sent % FRAMES.deltas.length]);
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

function pace(res, events, rate) {
  const period = 1000 / rate;
  // Models do not speak in step: each stream has a phase of its own.
  const due = performance.now() + Math.random() * period;
  const stream = { res, events, period, due, sent: 0 };
  res.on('close', () => paced.delete(stream));
  paced.add(stream);
  timer ??= setInterval(tick, TICK);
}

const number = (body, name) => Number(new RegExp(`"${name}":"(\\d+)"`).exec(body)?.[1] ?? 0);

function answer(req, res, body) {
  res.on('error', () => {});
  if (!req.url.endsWith('/converse-stream')) {
    res.writeHead(200, JSON_HEAD);
    res.end(ANSWER);
    return;
  }
  const events = number(body, 'events');
  const rate = number(body, 'rate');
  res.writeHead(200, STREAM_HEAD);
  if (rate > 0) {
    res.write(FRAMES.first);
    pace(res, events, rate);
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
    const chunks = [];
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('error', () => {});
    // A stream's pace stands in its body; of any other body only the end matters.
    req.on('end', () => answer(req, res, chunks.length === 1 ? chunks[0].toString() : ''));
  };
  const listener = await listen(onRequest, { tls });
  let since = performance.eventLoopUtilization();
  process.on('message', (message) => {
    if (message !== 'load') return;
    // How busy this process has been since it was last asked.
    const load = performance.eventLoopUtilization(since);
    since = performance.eventLoopUtilization();
    process.send({ load: load.utilization });
  });
  process.on('disconnect', () => process.exit());
  process.send({ url: `${tls ? 'https' : 'http'}://${listener.host}:${listener.port}` });
}

main();
