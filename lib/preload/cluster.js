'use strict';

// In a cluster one process asks AWS for all: the primary gives the turn to the first worker that wants
// to ask, and hands its answers to the others. A primary that does not have this file does not answer;
// its workers then ask themselves.

const TAG = 'bedrock-profile-client';

/** Milliseconds within which a primary that has this file answers. */
const PATIENCE = 2000;

// The primary's.
let answers;
let asking = false;
let turn;
const waiting = new Set();

/**
 * Runs a question once for all processes of a cluster; elsewhere it is simply run.
 *
 * @template T
 * @param {() => Promise<T[]>} ask
 * @returns {Promise<T[]>}
 */
async function once(ask) {
  const cluster = require('node:cluster');
  if (cluster.isWorker && process.connected) return fromPrimary(ask);
  asking = true;
  const found = await ask();
  settle(found);
  return found;
}

/** In a worker: what another one has found, or what it finds itself when its turn comes. */
function fromPrimary(ask) {
  return new Promise((resolve, reject) => {
    const own = () => {
      end();
      ask().then((found) => {
        if (process.connected) post(process, { found });
        resolve(found);
      }, reject);
    };
    const timer = setTimeout(own, PATIENCE);
    timer.unref();
    const hear = (message) => {
      const { found, go: isTurn } = message?.[TAG] ?? {};
      if (message?.[TAG]) clearTimeout(timer);
      if (isTurn) own();
      if (!found) return;
      end();
      resolve(found);
    };
    const end = () => {
      clearTimeout(timer);
      process.off('message', hear);
      process.off('disconnect', own);
    };
    process.on('message', hear);
    process.once('disconnect', own);
    post(process, { asks: true });
  });
}

/**
 * In a cluster's primary: listens to what its workers have to say to each other.
 *
 * @param {import('node:cluster').Cluster} cluster
 */
function watch(cluster) {
  if (!cluster.isPrimary) return;
  cluster.on('message', (worker, message) => {
    if (message?.[TAG]) heard(worker, message[TAG]);
  });
  cluster.on('exit', left);
}

/** In the primary: a worker wants to ask, or has found something. */
function heard(worker, { asks, found }) {
  if (Array.isArray(found)) settle(found);
  if (!asks) return;
  if (answers !== undefined) post(worker, { found: answers });
  else if (asking || turn !== undefined) {
    waiting.add(worker);
    post(worker, { wait: true });
  } else go(worker);
}

/** In the primary: a worker is gone. Another one goes on where it was to ask. */
function left(worker) {
  waiting.delete(worker);
  if (turn !== worker) return;
  const [next] = waiting;
  go(next);
}

function go(worker) {
  turn = worker;
  waiting.delete(worker);
  if (worker !== undefined) post(worker, { go: true });
}

function settle(found) {
  answers = found;
  turn = undefined;
  for (const worker of waiting) post(worker, { found });
  waiting.clear();
}

/** To a process that may have gone meanwhile. */
const post = (target, message) => target.send({ [TAG]: message }, () => {});

module.exports = { once, watch };
