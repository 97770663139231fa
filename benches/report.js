'use strict';

const os = require('node:os');
const { CLIENTS } = require('./clients.js');
const { checked, figure } = require('./goals.js');

const PACKAGES = [
  '@aws-sdk/client-bedrock-runtime',
  '@smithy/node-http-handler',
  '@smithy/undici-http-handler',
  '@ai-sdk/amazon-bedrock',
  'ai',
];

/** What was measured, and on what. */
function machine() {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    packages: Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
  };
}

/** Not every package exports its package.json. */
function versionOf(name) {
  const paths = require.resolve.paths(name);
  const { existsSync, readFileSync } = require('node:fs');
  const { join } = require('node:path');
  const folder = paths.map((at) => join(at, name)).find((at) => existsSync(at));
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
}

function aboutLine({ date, node, cpu, cores, memory, system, release, rounds, quick, packages }) {
  const build = { true: 'release', false: 'development' }[release] ?? 'unknown';
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return (
    `${date}, Node.js ${node}, ${system}, ${cores} × ${cpu}, ${memory}; build: ${build}; ` +
    `${quick ? 'a quick run, in small numbers' : `medians of ${rounds} rounds`}; ${versions.join(', ')}.`
  );
}

const TITLES = { clear: 'In clear text', tls: 'Over TLS' };

/** The measurements as Markdown, a table for each transport. */
function table({ about, rows }) {
  const tables = Object.entries(TITLES).flatMap(([transport, title]) => {
    const chosen = rows.filter((row) => row.transport === transport);
    return chosen.length === 0 ? [] : [`### ${title}`, measurements(chosen)];
  });
  return [aboutLine(about), ...tables].join('\n\n');
}

function measurements(rows) {
  const names = Object.keys(CLIENTS).filter((name) => rows.some(({ values }) => name in values));
  const head = ['For', '', ...names.map((name) => CLIENTS[name].short)];
  const body = rows.map(({ what, unit, values }) => [
    what,
    unit,
    ...names.map((name) => (values[name] === undefined ? '' : figure(values[name]))),
  ]);
  return markdown(head, body, 2);
}

/** What is aimed at and whether it is reached. */
function goalsTable(results) {
  const head = ['For', 'Goal', TITLES.clear, TITLES.tls, 'Met'];
  let last;
  const body = checked(results).flatMap(({ what, goal, clear, tls, measured, met }) => {
    if (!measured) return [];
    const first = what === last ? '' : what;
    last = what;
    const tell = (one) => (one === undefined ? '' : one.text);
    const partly = clear && tls && clear.met !== tls.met;
    return [[first, goal, tell(clear), tell(tls), met ? 'yes' : partly ? 'partly' : 'no']];
  });
  return markdown(head, body, Infinity);
}

/** A table of Markdown; columns from `right` on are numbers. */
function markdown(head, body, right) {
  const widths = head.map((_, at) => Math.max(...[head, ...body].map((cells) => cells[at].length)));
  const pad = (cell, at) => (at >= right ? cell.padStart(widths[at]) : cell.padEnd(widths[at]));
  const line = (cells) => `| ${cells.map(pad).join(' | ')} |`;
  const rule = widths.map((width, at) =>
    at >= right ? `${'-'.repeat(Math.max(1, width - 1))}:` : '-'.repeat(width),
  );
  return [line(head), `| ${rule.join(' | ')} |`, ...body.map(line)].join('\n');
}

module.exports = { aboutLine, goalsTable, machine, table };
