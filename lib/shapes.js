'use strict';

const addon = require('./load.js');

let table;

/** The wire's shapes, as the addon has them: see `core/src/bedrock/shapes.json`. */
function shapes() {
  table ??= JSON.parse(addon.wireShapes());
  return table;
}

/** Adds what a caller's SDK knows and the shapes do not. */
function extend(additions) {
  addon.extendWireShapes(JSON.stringify(additions));
  table = undefined;
}

module.exports = { shapes, extend };
