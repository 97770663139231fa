'use strict';

const os = require('node:os');
const { CLIENTS } = require('./clients.js');

function machine() {
  return {
    node: process.versions.node,
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    system: `${os.platform()} ${os.arch()}`,
  };
}

function figure(value) {
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** The measurements as a Markdown table. */
function table({ node, cpu, cores, system, release }, rows) {
  const [ours, ...others] = Object.keys(CLIENTS);
  const head = [
    'For',
    '',
    ...Object.values(CLIENTS).map(({ title }) => title),
    ...others.map((name) => `${CLIENTS[name].short} ÷ this`),
    'Target',
  ];
  const body = rows.map(({ what, unit, values, target }) => [
    what,
    unit,
    ...Object.values(values).map(figure),
    ...others.map((name) => (unit === '%' ? '' : `${figure(values[name] / values[ours])}×`)),
    target ?? '',
  ]);
  const widths = head.map((_, at) => Math.max(...[head, ...body].map((cells) => cells[at].length)));
  const line = (cells) =>
    `| ${cells.map((cell, at) => (at > 1 ? cell.padStart(widths[at]) : cell.padEnd(widths[at]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (at > 1 ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
  const build = { true: 'release', false: 'development' }[release] ?? 'unknown';
  return [
    `Node.js ${node}, ${system}, ${cores} × ${cpu}; the addon's build: ${build}. Medians.`,
    '',
    line(head),
    rule,
    ...body.map(line),
  ].join('\n');
}

module.exports = { machine, table };
