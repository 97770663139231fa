#!/usr/bin/env node
// Fails on a circle of files in the core: a file that is used, over others, by what it uses itself.
// Each of the folders below is looked at on its own. Tests within a file do not count.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const SOURCE = path.join(__dirname, '..', '..', 'core', 'src');
const FOLDERS = ['bedrock', 'gate', 'model', 'profile::resolver'];

/** Every Rust file, by the path of its module (`bedrock::shapes`), the crate's root being ''. */
function modules(source) {
  const found = new Map();
  for (const entry of fs.readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.rs')) continue;
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    const parts = path.relative(source, file).slice(0, -3).split(path.sep);
    if (['mod', 'lib'].includes(parts.at(-1))) parts.pop();
    found.set(parts.join('::'), file);
  }
  return found;
}

/** What the compiler sees of a file, without comments, texts and tests. */
function code(text) {
  const bare = text
    .replace(/\/\/[^\n]*/g, '')
    .replace(/\bpub\(in [^)]*\)/g, 'pub')
    .replace(/"(?:[^"\\]|\\.)*"/gs, '""')
    .replace(/#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*mod \w+ \{.*$/s, '');
  return bare;
}

/** The paths of `use` declarations, with braces taken apart. */
function uses(text) {
  const found = [];
  for (const [, tree] of text.matchAll(/\buse\s+([^;]+);/g))
    expand(tree.replace(/\s+/g, ''), '', found);
  return found;
}

function expand(tree, prefix, found) {
  const open = tree.indexOf('{');
  if (open < 0) {
    found.push(prefix + tree.replace(/as\w+$/, ''));
    return;
  }
  const before = prefix + tree.slice(0, open);
  let depth = 0;
  let start = open + 1;
  for (let at = open; at < tree.length; at += 1) {
    if (tree[at] === '{') depth += 1;
    if (tree[at] === '}') depth -= 1;
    if ((tree[at] === ',' && depth === 1) || depth === 0) {
      const part = tree.slice(start, at);
      if (part !== '') expand(part, before, found);
      start = at + 1;
      if (depth === 0) return;
    }
  }
}

/** The module that a path leads to, seen from another; undefined where it leaves the crate. */
function target(used, from, known) {
  const steps = used.split('::').filter((step) => step !== '' && step !== '*');
  const here = from === '' ? [] : from.split('::');
  let at;
  if (steps[0] === 'crate') at = [];
  else if (steps[0] === 'super') at = here.slice(0, -1);
  else if (steps[0] === 'self') at = here;
  else if (known.has([...here, steps[0]].join('::'))) return resolve(here, steps, known);
  else return undefined;
  steps.shift();
  while (steps[0] === 'super') {
    at = at.slice(0, -1);
    steps.shift();
  }
  return resolve(at, steps, known);
}

function resolve(start, steps, known) {
  const at = [...start];
  for (const step of steps) {
    if (!known.has([...at, step].join('::'))) break;
    at.push(step);
  }
  return at.join('::');
}

/** Which modules each module uses. */
function graph(source = SOURCE) {
  const known = modules(source);
  const edges = new Map();
  for (const [name, file] of known) {
    const text = code(fs.readFileSync(file, 'utf8'));
    // Paths in code too, also those that begin with a module of this one's own (`ids::I1`).
    const paths = [...uses(text), ...(text.match(/(?<![\w:]|\$)[a-z]\w*(?:::\w+)+/g) ?? [])];
    const targets = paths.map((used) => target(used, name, known));
    edges.set(name, new Set(targets.filter((used) => used !== undefined && used !== name)));
  }
  return edges;
}

/** The circles of modules within a folder, each as the list of its modules. */
function circles(edges, folder) {
  const inside = (name) => name === folder || name.startsWith(`${folder}::`);
  const found = [];
  const index = new Map();
  const low = new Map();
  const stack = [];
  function visit(name) {
    index.set(name, index.size);
    low.set(name, index.get(name));
    stack.push(name);
    for (const next of edges.get(name)) {
      if (!inside(next)) continue;
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(name, Math.min(low.get(name), low.get(next)));
    }
    if (low.get(name) !== index.get(name)) return;
    const circle = stack.splice(stack.indexOf(name));
    if (circle.length > 1) found.push(circle.sort());
  }
  for (const name of edges.keys()) if (inside(name) && !index.has(name)) visit(name);
  return found;
}

if (require.main === module) {
  const edges = graph();
  const found = FOLDERS.flatMap((folder) => circles(edges, folder));
  for (const circle of found) {
    console.log(`These files use each other in a circle: ${circle.join(', ')}.`);
    for (const name of circle) {
      const used = [...edges.get(name)].filter((next) => circle.includes(next));
      console.log(`  ${name} uses ${used.join(', ')}`);
    }
  }
  console.log(`${found.length} circles in ${FOLDERS.join(', ')}.`);
  process.exit(found.length === 0 ? 0 : 1);
}

module.exports = { FOLDERS, circles, graph };
