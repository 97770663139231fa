#!/usr/bin/env node
// Writes into docs/librechat.md what `librechat patch` changes: `node scripts/librechat-patch.js`. A
// test holds the page to it. Made from the tests' code in LibreChat's shape, and not from LibreChat's.
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const parser = require('@babel/parser');
const { patch } = require('../lib/patch/initialize.js');

const root = path.join(__dirname, '..');
const PAGE = path.join(root, 'docs', 'librechat.md');
const SHAPE = path.join(root, '__test__', 'support', 'librechat', 'initialize.ts');
const FILE = 'packages/api/src/endpoints/bedrock/initialize.ts';
const BLOCK = /(<!-- made by scripts\/librechat-patch\.js -->\n\n).*?(\n\n<!-- end -->)/s;

/** Both texts as git shows their difference, under LibreChat's name of the file. */
function difference(before, after) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'librechat-patch-'));
  try {
    fs.writeFileSync(path.join(folder, 'before.ts'), before);
    fs.writeFileSync(path.join(folder, 'after.ts'), after);
    const words = [
      'diff',
      '--no-index',
      '--no-color',
      '--no-ext-diff',
      '-U2',
      'before.ts',
      'after.ts',
    ];
    const { status, stdout, stderr, error } = spawnSync('git', words, {
      cwd: folder,
      encoding: 'utf8',
    });
    if (error) throw error;
    if (status !== 1) throw new Error(`git ${words.join(' ')} ended with ${status}: ${stderr}`);
    const hunks = stdout.slice(stdout.indexOf('\n@@') + 1).trimEnd();
    // Behind a hunk's place git guesses at the function; Prettier takes the space of an empty line.
    return `--- a/${FILE}\n+++ b/${FILE}\n${hunks.replace(/^(@@ [^@]* @@).*$/gm, '$1').replace(/ +$/gm, '')}`;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** The page with the difference in its place. */
function written(page) {
  if (!BLOCK.test(page)) throw new Error(`${PAGE} has no place for the patch.`);
  const source = fs.readFileSync(SHAPE, 'utf8');
  const diff = `\`\`\`diff\n${difference(source, patch(parser, source))}\n\`\`\``;
  return page.replace(BLOCK, (_, from, to) => `${from}${diff}${to}`);
}

if (require.main === module) {
  fs.writeFileSync(PAGE, written(fs.readFileSync(PAGE, 'utf8')));
}

module.exports = { written };
