'use strict';

/** The plots of docs/performance.md, as SVG. */

const echarts = require('echarts');
const { CLIENTS } = require('./clients.js');
const { figure } = require('./goals.js');

const WIDTH = 760;
const OURS = '#0a7d55';
const OTHERS = { floor: '#9aa3ad', floor2: '#9aa3ad' };
const SDK = '#d98324';
const FONT = 'system-ui, sans-serif';

/** Each: the rows over which transport, as bars for each client, shortest first. */
const BARS = [
  ['event', 'Main thread for an event, 100 streams of 200 a second, TLS', 'streams.main', 'tls'],
  [
    'event-total',
    'All threads for an event, 100 streams of 200 a second, TLS',
    'streams.total',
    'tls',
  ],
  ['call', 'Main thread for a Converse call, 8 at once, TLS', 'calls.eight.main', 'tls'],
  ['chat', 'First token of a chat with a new client, 10 ms away, TLS', 'chat.first', 'tls'],
  ['memory', 'Memory of an open stream, TLS', 'memory.stream', 'tls'],
];

function bars({ rows }, [name, title, id, transport]) {
  const row = rows.find((one) => one.id === id && one.transport === transport);
  if (row === undefined) return [];
  const sorted = Object.entries(row.values).sort(([, one], [, other]) => other - one);
  const option = {
    title: heading(`${title}, ${row.unit}`),
    grid: { left: 150, right: 80, top: 44, bottom: 12 },
    xAxis: { type: 'value', show: false },
    yAxis: {
      type: 'category',
      data: sorted.map(([client]) => CLIENTS[client].short),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { color: '#222', fontFamily: FONT, fontSize: 13 },
    },
    series: [
      {
        type: 'bar',
        barWidth: '62%',
        data: sorted.map(([client, value]) => ({
          value,
          itemStyle: { color: client === 'ours' ? OURS : (OTHERS[client] ?? SDK) },
        })),
        label: {
          show: true,
          position: 'right',
          color: '#222',
          fontFamily: FONT,
          formatter: ({ value }) => figure(value),
        },
      },
    ],
  };
  return [{ name, title, svg: draw(option, 56 + 30 * sorted.length) }];
}

/** Resolving, by the number of mappings. */
function resolving({ rows }) {
  const chosen = rows.filter(({ id }) => id.startsWith('resolving.'));
  if (chosen.length === 0) return [];
  const title = 'Resolving a mapped ARN, by the number of mappings';
  const axis = { color: '#222', fontFamily: FONT };
  const option = {
    title: heading(`${title}, µs`),
    grid: { left: 60, right: 40, top: 50, bottom: 40 },
    xAxis: { type: 'log', axisLabel: axis },
    yAxis: { type: 'value', min: 0, axisLabel: axis },
    series: [
      {
        type: 'line',
        symbolSize: 8,
        color: OURS,
        data: chosen.map(({ id, values }) => [Number(id.split('.')[1]), values.ours]),
      },
    ],
  };
  return [{ name: 'resolving', title, svg: draw(option, 240) }];
}

const heading = (text) => ({
  text,
  left: 8,
  top: 8,
  textStyle: { color: '#222', fontFamily: FONT, fontSize: 14, fontWeight: 600 },
});

function draw(option, height) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption({ animation: false, backgroundColor: '#fff', ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  // Its ids and classes count the charts and styles of the process.
  return `${svg.replace(/zr\d+-/g, 'zr-')}\n`;
}

const plots = (results) => [...BARS.flatMap((one) => bars(results, one)), ...resolving(results)];

module.exports = { plots };
