#!/usr/bin/env node
// Fails where two types of the workspace have one name and either can be seen outside its module:
// such a name means two things. Types of functions and tests do not count.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');
const FOLDERS = ['core/src', 'src'];
const TYPE = /^(pub(?:\([^)]*\))?\s+)?(?:struct|enum|trait|type|union)\s+(\w+)/;

/** Every type that is declared at the left margin: its name, where, and whether others see it. */
function types(root = ROOT, folders = FOLDERS) {
  const found = [];
  for (const folder of folders) {
    const files = fs.readdirSync(path.join(root, folder), { recursive: true });
    for (const file of files.filter((name) => name.endsWith('.rs')).sort()) {
      const at = path.join(root, folder, file);
      const lines = fs.readFileSync(at, 'utf8').split('\n');
      for (const [index, line] of lines.entries()) {
        const [, seen, name] = TYPE.exec(line) ?? [];
        const where = `${path.posix.join(folder, file.split(path.sep).join('/'))}:${index + 1}`;
        if (name !== undefined) found.push({ name, where, seen: seen !== undefined });
      }
    }
  }
  return found;
}

/** The names that are declared more than once, each in a sentence that names the places. */
function twice(declared) {
  const byName = new Map();
  for (const type of declared) byName.set(type.name, [...(byName.get(type.name) ?? []), type]);
  const found = [...byName.values()].filter((all) => all.length > 1 && all.some((one) => one.seen));
  return found.map((all) => {
    const places = all.map((type) => type.where).join(' and ');
    return `\`${all[0].name}\` is declared in ${places}: rename one of them.`;
  });
}

if (require.main === module) {
  const declared = types();
  const found = twice(declared);
  for (const sentence of found) console.log(sentence);
  console.log(`${found.length} names of ${declared.length} types are declared twice.`);
  process.exit(found.length === 0 ? 0 : 1);
}

module.exports = { twice, types };
