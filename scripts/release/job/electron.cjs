'use strict';

// Makes this Node.js as much like a process of Electron as can be without it, before the job is loaded.
// ROLE is the process: browser (the main process), utility, renderer, or node (ELECTRON_RUN_AS_NODE).

const { ROLE } = process.env;

Object.defineProperty(process, 'versions', {
  value: Object.freeze({ ...process.versions, electron: '45.5.0', chrome: '150.0.0.0' }),
});
if (ROLE !== 'node') process.type = ROLE;

if (ROLE === 'renderer') {
  // A page's globals stand in the place of Node.js's: timers are numbers and have no `unref`.
  globalThis.window = globalThis;
  globalThis.document = {};
  const timers = new Map();
  for (const kind of ['Timeout', 'Interval']) {
    const [set, clear] = [globalThis[`set${kind}`], globalThis[`clear${kind}`]];
    globalThis[`set${kind}`] = (...list) => {
      const timer = set(...list);
      timers.set(timers.size + 1, timer);
      return timers.size;
    };
    globalThis[`clear${kind}`] = (id) => clear(timers.get(id));
  }
  // The module is there, and a worker is not.
  require('node:worker_threads').Worker = class Worker {
    constructor() {
      throw new Error('The V8 platform used by this instance of Node does not support Workers');
    }
  };
}
