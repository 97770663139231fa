'use strict';

// As where npm left the binary out: the addon's loader finds none.

const Module = require('node:module');

const resolve = Module._resolveFilename;
Module._resolveFilename = function resolveFilename(request, ...rest) {
  if (request === '../native.js' || request.endsWith('.node')) {
    throw new Error('Cannot find native binding.');
  }
  return Reflect.apply(resolve, this, [request, ...rest]);
};
