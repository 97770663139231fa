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

/** The measurements as Markdown, a table for each transport. */
function table({ node, cpu, cores, system, release }, rows) {
  const build = { true: 'release', false: 'development' }[release] ?? 'unknown';
  const about = `Node.js ${node}, ${system}, ${cores} × ${cpu}; the addon's build: ${build}. Medians.`;
  const titles = { clear: 'In clear text', tls: 'Over TLS' };
  const tables = Object.entries(titles).flatMap(([transport, title]) => {
    const chosen = rows.filter((row) => row.transport === transport);
    return chosen.length === 0 ? [] : [`### ${title}`, lines(chosen)];
  });
  return [about, ...tables].join('\n\n');
}

function lines(rows) {
  const [ours, ...others] = Object.keys(rows[0].values);
  const head = [
    'For',
    '',
    ...Object.keys(rows[0].values).map((name) => CLIENTS[name].title),
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
  return [line(head), rule, ...body.map(line)].join('\n');
}

module.exports = { machine, table };
