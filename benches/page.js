#!/usr/bin/env node
// `npm run bench:page -- results.json`: makes the measured part of docs/performance.md, its plots and the
// figures in README.md of what `npm run bench -- --out results.json` has written, and keeps the results
// in benches/results.json. With `--check` it writes nothing and says what differs from those results.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const prettier = require('prettier');

const { SDKS } = require('./clients.js');
const { figure } = require('./goals.js');
const { plots } = require('./plots.js');
const { aboutLine, goalsTable, table } = require('./report.js');

const ROOT = path.join(__dirname, '..');
const RESULTS = path.join(__dirname, 'results.json');
const PAGE = 'docs/performance.md';
const PLOTS = 'docs/performance';

const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8');

/** A text with what stands between two comments replaced. */
function replace(text, name, by) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`There is no ${begin} … ${end}.`);
  return `${text.slice(0, from + begin.length)}\n\n${by}\n\n${text.slice(to)}`;
}

/** The row of this name over a transport. */
function valuesOf({ rows }, id, transport) {
  const found = rows.find((row) => row.id === id && row.transport === transport);
  if (found === undefined) throw new Error(`The results have no ${id} over ${transport}.`);
  return found.values;
}

/** The three figures that count, as README.md has them. */
function figures(results) {
  const of = (id) => {
    const values = valuesOf(results, id, 'tls');
    return { ours: values.ours, sdk: Math.min(...SDKS.map((name) => values[name])) };
  };
  const [event, call, chat] = ['streams.main', 'calls.eight.main', 'chat.first'].map(of);
  const times = ({ ours, sdk }) => `${figure(sdk / ours)} × less`;
  const row = (what, unit, { ours, sdk }, than) =>
    `| ${what} | ${figure(ours)} ${unit} | ${figure(sdk)} ${unit} | ${than} |`;
  return [
    '|   | this client | AWS SDK, its best | |',
    '|---|--:|--:|--:|',
    row('an event of a stream, main thread', 'µs', event, times(event)),
    row('a Converse call, 8 at once, main thread', 'µs', call, times(call)),
    row(
      'first token of a chat with a new client, 10 ms away',
      'ms',
      chat,
      `${figure(chat.sdk - chat.ours)} ms earlier`,
    ),
  ].join('\n');
}

function measuredPart(results, pictures) {
  const images = pictures.map(({ name, title }) => `![${title}](performance/${name}.svg)`);
  return [
    aboutLine(results.about),
    '### Goals',
    goalsTable(results),
    '### Plots',
    ...images,
    table(results).split('\n\n').slice(1).join('\n\n'),
  ].join('\n\n');
}

/** Every file that is made of the results, by its path. */
async function made(results) {
  const pictures = plots(results);
  const formatted = async (file, text) =>
    prettier.format(text, {
      ...(await prettier.resolveConfig(path.join(ROOT, file))),
      filepath: file,
    });
  const page = replace(read(PAGE), 'measured', measuredPart(results, pictures));
  const readme = replace(read('README.md'), 'figures', figures(results));
  return {
    [PAGE]: await formatted(PAGE, page),
    'README.md': await formatted('README.md', readme),
    ...Object.fromEntries(pictures.map(({ name, svg }) => [`${PLOTS}/${name}.svg`, svg])),
  };
}

async function main([given]) {
  if (given === undefined) throw new Error('usage: node benches/page.js <results.json> | --check');
  const checking = given === '--check';
  const results = JSON.parse(fs.readFileSync(checking ? RESULTS : given, 'utf8'));
  const files = await made(results);
  const differs = Object.entries(files).filter(
    ([file, text]) => !fs.existsSync(path.join(ROOT, file)) || read(file) !== text,
  );
  if (checking) {
    for (const [file] of differs) console.error(`${file} is not what benches/results.json makes.`);
    process.exitCode = differs.length > 0 ? 1 : 0;
    return;
  }
  fs.mkdirSync(path.join(ROOT, PLOTS), { recursive: true });
  for (const [file, text] of differs) fs.writeFileSync(path.join(ROOT, file), text);
  const json = await prettier.format(JSON.stringify(results), { parser: 'json', printWidth: 100 });
  fs.writeFileSync(RESULTS, json);
  console.log(`${differs.length} of ${Object.keys(files).length} files have changed.`);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
