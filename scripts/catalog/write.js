'use strict';

/**
 * The catalog as text, in the form it has: blocks open, a fact on one line where it fits. What is
 * written differs from what was read only where a fact does.
 */

const fs = require('node:fs');
const path = require('node:path');

const WIDTH = 100;

/** A value on one line: `{ "image": true, "audio": false }`. */
function inline(value) {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}: ${inline(member)}`,
  );
  return members.length > 0 ? `{ ${members.join(', ')} }` : '{}';
}

/** `open`: the value stands open though it fits; `lead` and `tail` share its line. */
function text(value, { open = false, depth, lead, tail }) {
  const pad = '  '.repeat(depth);
  const line = inline(value);
  const isCompound = value !== null && typeof value === 'object';
  if (!isCompound || line.length === 2) return line;
  const isArray = Array.isArray(value);
  const fits = depth * 2 + lead.length + line.length + tail.length <= WIDTH;
  if (fits && !open) return line;
  const entries = isArray ? value.map((item) => ['', item]) : Object.entries(value);
  const lines = entries.map(([name, item], index) => {
    const key = isArray ? '' : `${JSON.stringify(name)}: `;
    const comma = index < entries.length - 1 ? ',' : '';
    const inner = text(item, { depth: depth + 1, lead: key, tail: comma });
    return `${pad}  ${key}${inner}${comma}`;
  });
  const [left, right] = isArray ? '[]' : '{}';
  return `${left}\n${lines.join('\n')}\n${pad}${right}`;
}

/** `catalog.json` as text. */
function print(file) {
  const members = Object.entries(file).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${printMember(value)}`,
  );
  return `{\n${members.join(',\n')}\n}\n`;
}

function printBlock(block, depth) {
  const pad = '  '.repeat(depth);
  const lines = Object.entries(block).map(([name, value], index, all) => {
    const open = name === 'facts' || name === 'sources';
    const comma = index < all.length - 1 ? ',' : '';
    const key = `${JSON.stringify(name)}: `;
    return `${pad}  ${key}${text(value, { open, depth: depth + 1, lead: key, tail: comma })}${comma}`;
  });
  return `{\n${lines.join('\n')}\n${pad}}`;
}

function printMember(value) {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) {
    return `[\n${value.map((block) => `    ${printBlock(block, 2)}`).join(',\n')}\n  ]`;
  }
  const entries = Object.entries(value).map(([name, inner]) => {
    const body = typeof inner === 'string' ? JSON.stringify(inner) : printBlock(inner, 2);
    return `    ${JSON.stringify(name)}: ${body}`;
  });
  return `{\n${entries.join(',\n')}\n  }`;
}

/** Writes a file whole or not at all. */
function replace(file, content) {
  const draft = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}`);
  fs.writeFileSync(draft, content);
  fs.renameSync(draft, file);
}

module.exports = { print, replace };
