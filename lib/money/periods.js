'use strict';

/** Minutes, hours and days in UTC, as texts: `2026-11-27T10:42`, `2026-11-27T10`, `2026-11-27`. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long each is kept, and how its text looks. */
const RESOLUTIONS = {
  minute: { length: MINUTE, digits: 16, lasts: 3 * HOUR },
  hour: { length: HOUR, digits: 13, lasts: 8 * DAY },
  day: { length: DAY, digits: 10, lasts: 400 * DAY },
};

const periodOf = (resolution, time) =>
  new Date(time).toISOString().slice(0, RESOLUTIONS[resolution].digits);

/** The periods from one time to another, both included. */
function periodsBetween(resolution, from, to) {
  const { length } = RESOLUTIONS[resolution];
  const all = [];
  for (let time = Math.floor(from / length) * length; time <= to; time += length) {
    all.push(periodOf(resolution, time));
  }
  return all;
}

const dayOf = (period) => period.slice(0, 10);
const monthOf = (time) => new Date(time).toISOString().slice(0, 7);

module.exports = { RESOLUTIONS, HOUR, DAY, periodOf, periodsBetween, dayOf, monthOf };
