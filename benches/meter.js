'use strict';

/** Measures what a stretch of work costs the main thread, and the process. */

const fs = require('node:fs');
const { performance } = require('node:perf_hooks');

/** Waited on for a moment, and never woken. */
const NEVER = new Int32Array(new SharedArrayBuffer(4));
const SCHEDULER = `/proc/self/task/${process.pid}/schedstat`;

/**
 * Milliseconds for which the main thread has been on a CPU; undefined where the system does not
 * say. Waiting for a CPU does not count, so a busy machine disturbs it little.
 */
function mainThread() {
  // The scheduler counts a stretch of work where it ends, or at its next tick, milliseconds later.
  Atomics.wait(NEVER, 0, 0, 0.05);
  if (process.threadCpuUsage) {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  }
  try {
    return Number(fs.readFileSync(SCHEDULER, 'utf8').split(' ', 1)[0]) / 1e6;
  } catch {
    return undefined;
  }
}

/** Starts a measurement; the result ends it and gives milliseconds for each of `count`. */
function measure() {
  const loop = performance.eventLoopUtilization();
  const usage = process.cpuUsage();
  const thread = mainThread();
  const started = performance.now();
  return (count) => {
    const wall = performance.now() - started;
    const now = mainThread();
    const { active, idle } = performance.eventLoopUtilization(loop);
    const { user, system } = process.cpuUsage(usage);
    return {
      /** The loop at work, waiting for a CPU included: what other requests wait for. */
      active: active / count,
      /** The main thread on a CPU; where the system does not say, the loop at work. */
      main: (now === undefined ? active : now - thread) / count,
      /** All threads of the process on CPUs. */
      total: (user + system) / 1000 / count,
      wall: wall / count,
      /** Share of the time for which the loop had nothing to do. */
      idle: idle / (active + idle),
    };
  };
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The value below which a share of numbers lies. */
function percentile(numbers, share) {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** The median of each member of a list of measurements. */
function medians(measurements) {
  const names = Object.keys(measurements[0]);
  return Object.fromEntries(names.map((name) => [name, median(measurements.map((m) => m[name]))]));
}

module.exports = { measure, median, medians, percentile };
