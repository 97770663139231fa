'use strict';

// In words that every Node.js reads: an older one would end at a syntax error that tells nobody why.

const needed = require('../package.json').engines.node.replace(/[^\d.]/g, '');

function isOlder(found, than) {
  const left = found.split('.');
  const right = than.split('.');
  for (let at = 0; at < right.length; at += 1) {
    const difference = parseInt(left[at], 10) - parseInt(right[at], 10);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

if (isOlder(process.versions.node, needed)) {
  throw new Error(
    `bedrock-profile-client needs Node.js ${needed} or newer, and this is ${process.version} ` +
      `(${process.execPath}). Run it with a newer one; nothing else need be installed again.`,
  );
}
