'use strict';

// Streams of events: server-sent events, or lines of JSON.

const { once } = require('node:events');
const { clearInterval, setInterval } = require('node:timers');
const { headerOf } = require('./http.js');
const { Problem } = require('./problem.js');

/** Milliseconds of silence after which a proxy is told that there will be more. */
const HEARTBEAT = 15_000;

const FORMATS = {
  'text/event-stream': {
    write: (event, json) => `event: ${event}\ndata: ${json}\n\n`,
    heartbeat: ': still there\n\n',
  },
  'application/x-ndjson': {
    write: (event, json) => `{"event":${JSON.stringify(event)},"data":${json}}\n`,
    heartbeat: '\n',
  },
};

/** The format that a request accepts. */
function formatOf(req) {
  const accepted = (headerOf(req, 'accept') ?? '*/*').toLowerCase();
  const types = accepted.split(',').map((part) => part.split(';')[0].trim());
  const found = types.find((type) => Object.hasOwn(FORMATS, type));
  if (found !== undefined) return found;
  if (types.some((type) => ['*/*', 'text/*', ''].includes(type))) return 'text/event-stream';
  if (types.includes('application/*')) return 'application/x-ndjson';
  throw new Problem(
    'not-acceptable',
    'This address answers with a stream.',
    `Accept ${Object.keys(FORMATS).join(' or ')}.`,
  );
}

/**
 * Sends events as they come. An error before the first of them is the response; a later one is an event.
 *
 * @param {AsyncIterable<{ event: string, data: unknown }>} events
 */
async function stream(req, res, events, { format, redactor, signal, problem }) {
  const { write, heartbeat } = FORMATS[format];
  const iterator = events[Symbol.asyncIterator]();
  let beat;
  const put = async (text) => {
    if (res.destroyed) return;
    const ready = res.write(text);
    res.flush?.(); // compression would hold it back
    // The signal says that the response is closed, too.
    if (!ready) await once(res, 'drain', { signal }).catch(() => {});
  };
  const begin = () => {
    res.statusCode = 200;
    res.setHeader('Content-Type', `${format}; charset=utf-8`);
    res.setHeader('X-Accel-Buffering', 'no');
    res.flushHeaders();
    beat = setInterval(() => {
      if (!res.writableNeedDrain) res.write(heartbeat);
    }, HEARTBEAT).unref();
  };
  try {
    for (;;) {
      const { done, value } = await iterator.next();
      if (signal.aborted) return;
      if (!res.headersSent) begin();
      if (done) break;
      await put(write(value.event, redactor.json(value.data)));
    }
    res.end();
  } catch (error) {
    if (signal.aborted) return;
    if (!res.headersSent) throw error;
    await put(write('error', redactor.json(problem(error).body)));
    res.end();
  } finally {
    clearInterval(beat);
    await iterator.return?.();
  }
}

module.exports = { formatOf, stream };
