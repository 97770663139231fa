'use strict';

// The dependency in a package.json of LibreChat's, beside the AWS SDK's client: what the workspace
// calls a dependency or a peer is called the same. Only its line is touched.

const { withLineFeeds } = require('./tree.js');

const SDK = '@aws-sdk/client-bedrock-runtime';

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const lineOf = (name) => new RegExp(`^([ \\t]*)"${escaped(name)}": *"[^"]*"(,?)[ \\t]*\\n`, 'm');

/** Whether a text names the package; throws what JSON.parse throws where it is no JSON. */
function names(text, name) {
  const manifest = JSON.parse(text);
  const sections = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'];
  return sections.some((section) => Object.hasOwn(manifest[section] ?? {}, name));
}

/**
 * The text with the dependency, in its place by the alphabet; `undefined` where the SDK is not in it.
 *
 * @param {string} text
 * @param {string} name
 * @param {string} spec
 */
const add = (text, name, spec) => withLineFeeds(text, (lines) => addLine(lines, name, spec));

function addLine(text, name, spec) {
  if (names(text, name)) return text;
  const sdk = lineOf(SDK).exec(text);
  if (!sdk) return undefined;
  const line = `${sdk[1]}${JSON.stringify(name)}: ${JSON.stringify(spec)}`;
  // From the SDK's line on, to the first name that comes later, or to the end of the section.
  let at = sdk.index + sdk[0].length;
  const entry = /[ \t]*"([^"]+)": *"[^"]*"(,?)[ \t]*\n/y;
  let last = sdk[2] === '';
  for (;;) {
    entry.lastIndex = at;
    const next = entry.exec(text);
    if (!next || next[1] > name) break;
    at = entry.lastIndex;
    last = next[2] === '';
  }
  if (!last) return `${text.slice(0, at)}${line},\n${text.slice(at)}`;
  const before = text.slice(0, at).replace(/\n$/, ',\n');
  return `${before}${line}\n${text.slice(at)}`;
}

/** The text without the dependency. */
const remove = (text, name) => withLineFeeds(text, (lines) => removeLine(lines, name));

function removeLine(text, name) {
  const line = lineOf(name).exec(text);
  if (!line) return text;
  const before = text.slice(0, line.index);
  const after = text.slice(line.index + line[0].length);
  // The last of a section has no comma, and neither has the one that becomes the last.
  return line[2] === ',' ? before + after : before.replace(/,([ \t]*\n)$/, '$1') + after;
}

module.exports = { add, remove, names };
