'use strict';

// A syntax tree with its source, and edits where its nodes are: what is not touched keeps its text, its
// comments and its lines.

/**
 * @param {{ parse: Function }} parser `@babel/parser`
 * @param {string} source TypeScript
 */
function treeOf(parser, source) {
  const { program } = parser.parse(source, { sourceType: 'module', plugins: ['typescript'] });
  return program;
}

/** Every node below one, itself first; a node's parents stand in the second argument, nearest last. */
function* nodes(node, parents = []) {
  yield [node, parents];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === 'string') yield* nodes(child, [...parents, node]);
    }
  }
}

/** The nodes of a type for which something holds. */
const all = (root, type, holds = () => true) =>
  [...nodes(root)].filter(([node]) => node.type === type && holds(node)).map(([node]) => node);

/** An expression without the types and parentheses around it. */
function bare(node) {
  const wrapped = ['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression'];
  return wrapped.includes(node?.type) ? bare(node.expression) : node;
}

const isName = (node, name) => node?.type === 'Identifier' && (!name || node.name === name);

/** Whether an expression is a call of a function of this name. */
const calls = (node, name) => node?.type === 'CallExpression' && isName(node.callee, name);

/** The names that a pattern declares. */
function declared(pattern) {
  switch (pattern?.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap(({ value, argument }) => declared(value ?? argument));
    case 'ArrayPattern':
      return pattern.elements.flatMap(declared);
    case 'AssignmentPattern':
      return declared(pattern.left);
    case 'RestElement':
      return declared(pattern.argument);
    default:
      return [];
  }
}

/** Edits of a source, made at once: `at` where something is put, `to` behind what it replaces. */
class Edits {
  #source;
  #edits = [];

  constructor(source) {
    this.#source = source;
  }

  text({ start, end }) {
    return this.#source.slice(start, end);
  }

  put(at, text) {
    this.replace({ start: at, end: at }, text);
  }

  replace({ start, end }, text) {
    this.#edits.push({ start, end, text, order: this.#edits.length });
  }

  /** Removes a node that has lines of its own, with them. */
  removeLines({ start, end }) {
    const from = this.#source.lastIndexOf('\n', start) + 1;
    const to = this.#source.indexOf('\n', end) + 1;
    this.replace({ start: from, end: to === 0 ? this.#source.length : to }, '');
  }

  /** The white space before a node in its line. */
  indentOf({ start }) {
    const from = this.#source.lastIndexOf('\n', start) + 1;
    return /^[ \t]*/.exec(this.#source.slice(from))[0];
  }

  apply() {
    const inOrder = this.#edits.sort((a, b) => a.start - b.start || a.order - b.order);
    let result = '';
    let at = 0;
    for (const { start, end, text } of inOrder) {
      result += this.#source.slice(at, start) + text;
      at = end;
    }
    return result + this.#source.slice(at);
  }
}

/** Works on a text with `\n` at the ends of its lines, and gives it back with those that it had. */
function withLineFeeds(text, work) {
  if (!text.includes('\r\n')) return work(text);
  return work(text.replaceAll('\r\n', '\n'))?.replaceAll('\n', '\r\n');
}

module.exports = { treeOf, nodes, all, bare, isName, calls, declared, Edits, withLineFeeds };
