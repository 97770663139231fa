'use strict';

/**
 * A TCP proxy that stands for the way to AWS: it holds every byte for some milliseconds, each way.
 * `node benches/proxy.js <port> <milliseconds>`, forked; it says which port it listens on.
 */

const net = require('node:net');
const { performance } = require('node:perf_hooks');

/** Timers of Node.js are whole milliseconds: the last of them is waited out. */
const SPIN = 1.5;

const [port, milliseconds] = process.argv.slice(2).map(Number);

/** What is on its way, in the order in which it is due: all of it takes equally long. */
const held = [];
let waiting = false;

function deliver() {
  waiting = false;
  const now = performance.now();
  while (held.length > 0 && held[0].due <= now) held.shift().give();
  wait();
}

function wait() {
  if (waiting || held.length === 0) return;
  waiting = true;
  const left = held[0].due - performance.now();
  if (left > SPIN) setTimeout(deliver, Math.floor(left - SPIN));
  else setImmediate(deliver);
}

function hold(give) {
  held.push({ due: performance.now() + milliseconds, give });
  wait();
}

function join(from, to) {
  from.on('data', (chunk) => hold(() => to.writable && to.write(chunk)));
  from.on('end', () => hold(() => to.end()));
  from.on('error', () => to.destroy());
  from.on('close', () => hold(() => to.destroy()));
}

const server = net.createServer((client) => {
  const upstream = net.connect({ port, host: '127.0.0.1', noDelay: true });
  client.setNoDelay(true);
  join(client, upstream);
  join(upstream, client);
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => {});
process.on('disconnect', () => process.exit());
