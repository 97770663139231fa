'use strict';

/** docs/troubleshooting.md is made from the table of hints. */

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { hintTable } = require('../native.js');

const root = path.join(__dirname, '..');
const page = () => fs.readFileSync(path.join(root, 'docs', 'troubleshooting.md'), 'utf8');

test('the page is what the table says: node scripts/troubleshooting.js', () => {
  // In a process of its own: Prettier is loaded as a module.
  const script = `require('./scripts/troubleshooting.js').written().then((text) => process.stdout.write(text))`;
  const made = execFileSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' });
  expect(page()).toBe(made);
});

test('every entry has its cause, its fix, and where permissions are missing, a policy', () => {
  const hints = JSON.parse(hintTable());
  expect(hints.length).toBeGreaterThan(45);
  for (const { id, title, permissions } of hints) {
    const [, section] = page().split(`\n## ${title}\n\n\`${id}\`\n`);
    const [text] = section.split('\n## ');
    expect(text).toMatch(/\*\*Cause\.\*\* [A-Z`].*\n/);
    expect(text).toMatch(/\*\*Fix\.\*\* [A-Z`].*\n/);
    expect(text).not.toMatch(/\{[a-z_]+\}/);
    if (permissions.length > 0) {
      const [, json] = /```json\n(.*?)```/s.exec(text);
      expect(JSON.parse(json).Statement[0].Action).toEqual(permissions);
    }
  }
});
