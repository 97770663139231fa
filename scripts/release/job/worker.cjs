'use strict';

// The job in the main thread and in two workers, at once.

const { Worker, isMainThread } = require('node:worker_threads');

if (isMainThread) {
  for (let count = 0; count < 2; count += 1) {
    new Worker(__filename).once('exit', (code) => {
      if (code !== 0) process.exitCode = code;
    });
  }
}
require('./main.cjs');
