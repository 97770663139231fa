'use strict';

/**
 * Counters and histograms that cost next to nothing while calls are made: labels are looked up once for
 * each call, and what Prometheus reads is written when it asks. A family is also what the registry of
 * `prom-client` takes as a metric.
 */

/** Most series of one family: labels are bounded already, and this is what remains if one is not. */
const MOST_SERIES = 5000;

class Family {
  /**
   * @param {'counter' | 'gauge' | 'histogram'} type
   * @param {string} name
   * @param {string} help
   * @param {string[]} labelNames
   */
  constructor(type, name, help, labelNames) {
    this.type = type;
    this.name = name;
    this.help = help;
    this.labelNames = labelNames;
    this.aggregator = 'sum';
    this.series = new Map();
  }

  /** The series of these values, in the order of the names. */
  of(...values) {
    const found = this.series.get(values.join('\u0000'));
    if (found !== undefined) return found;
    const others = values.map(() => 'other');
    return this.#made(this.series.size < MOST_SERIES ? values : others);
  }

  #made(values) {
    const key = values.join('\u0000');
    const labels = Object.fromEntries(this.labelNames.map((name, at) => [name, values[at]]));
    const made = this.series.get(key) ?? this.make(labels);
    this.series.set(key, made);
    return made;
  }

  make(labels) {
    return { labels, value: 0 };
  }

  values() {
    return [...this.series.values()].map(({ labels, value }) => ({ labels, value }));
  }

  /** As `prom-client` reads a metric. */
  async get() {
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator, values: this.values() };
  }

  reset() {
    this.series.clear();
  }

  /** In Prometheus's text format. */
  text() {
    const lines = [`# HELP ${this.name} ${this.help}`, `# TYPE ${this.name} ${this.type}`];
    for (const { labels, value, metricName = this.name } of this.values()) {
      const pairs = Object.entries(labels).map(([name, text]) => `${name}="${escaped(text)}"`);
      lines.push(
        `${metricName}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${written(value)}`,
      );
    }
    return `${lines.join('\n')}\n`;
  }
}

class Counter extends Family {
  constructor(name, help, labelNames = []) {
    super('counter', name, help, labelNames);
  }
}

/** A value that is read when it is asked for. */
class Gauge extends Family {
  #read;

  constructor(name, help, read) {
    super('gauge', name, help, []);
    this.aggregator = 'max';
    this.#read = read;
  }

  values() {
    return [{ labels: {}, value: this.#read() }];
  }
}

class Histogram extends Family {
  constructor(name, help, labelNames, bounds) {
    super('histogram', name, help, labelNames);
    this.bounds = bounds;
  }

  make(labels) {
    return new HistogramSeries(labels, this.bounds);
  }

  values() {
    const all = [];
    for (const { labels, bounds, counts, sum } of this.series.values()) {
      let below = 0;
      counts.forEach((count, at) => {
        below += count;
        const le = at < bounds.length ? bounds[at] : '+Inf';
        all.push({ metricName: `${this.name}_bucket`, labels: { le, ...labels }, value: below });
      });
      all.push({ metricName: `${this.name}_sum`, labels, value: sum });
      all.push({ metricName: `${this.name}_count`, labels, value: below });
    }
    return all;
  }
}

class HistogramSeries {
  constructor(labels, bounds) {
    this.labels = labels;
    this.bounds = bounds;
    this.counts = new Array(bounds.length + 1).fill(0);
    this.sum = 0;
  }

  observe(value) {
    const { bounds } = this;
    let at = 0;
    while (at < bounds.length && value > bounds[at]) at += 1;
    this.counts[at] += 1;
    this.sum += value;
  }
}

const escaped = (text) =>
  String(text).replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

function written(value) {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

module.exports = { Counter, Gauge, Histogram };
