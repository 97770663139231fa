'use strict';

// The job in a child that is forked, as Electron's utilityProcess and child_process.fork do.

const { fork } = require('node:child_process');
const path = require('node:path');

fork(path.join(__dirname, 'main.cjs')).once('exit', (code) => {
  process.exitCode = code ?? 1;
});
