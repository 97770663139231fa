'use strict';

// What CHANGELOG.md must be: https://keepachangelog.com/en/1.1.0/. Node's built-ins only.

const SECTIONS = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];
const VERSION = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;
const RELEASE = /^\[([^\]]+)\] - (\d{4}-\d{2}-\d{2})( \[YANKED\])?$/;

const isDate = (text) => new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true;

/** The newer version first: `1.2.0` before `1.2.0-rc.1` before `1.1.9`. */
function newerFirst(one, other) {
  const [left, right] = [one, other].map((text) => text.split(/-(.*)/s));
  const numbers = (text) => text.split('.').map(Number);
  const [these, those] = [numbers(left[0]), numbers(right[0])];
  const at = these.findIndex((value, index) => value !== those[index]);
  if (at >= 0) return those[at] - these[at];
  if (left[1] === undefined || right[1] === undefined) {
    return (left[1] === undefined ? 0 : 1) - (right[1] === undefined ? 0 : 1);
  }
  return right[1].localeCompare(left[1], 'en', { numeric: true });
}

/**
 * What is wrong with a changelog, one line each; nothing where all is well.
 *
 * @param {string} text
 * @param {string} version of package.json
 */
function problemsOf(text, version) {
  const problems = [];
  const releases = [];
  let heading;
  let section;
  const say = (index, what) => problems.push(`CHANGELOG.md:${index + 1}: ${what}`);
  const lines = text.split('\n');
  if (lines[0] !== '# Changelog') say(0, 'the first line must be "# Changelog"');
  lines.forEach((line, index) => {
    const [, marks, title] = /^(##+) (.*)$/.exec(line) ?? [];
    if (marks === '##') {
      heading = { title, sections: new Set() };
      section = undefined;
      if (title === '[Unreleased]') {
        if (releases.length > 0) say(index, '[Unreleased] must be the first version');
      } else {
        const [, number, date] = RELEASE.exec(title) ?? [];
        if (number === undefined || !VERSION.test(number) || !isDate(date)) {
          say(index, `"${title}" must be [Unreleased] or [1.2.3] - 2026-01-31`);
        } else {
          releases.push({ number, date, index });
        }
      }
    } else if (marks === '###') {
      section = title;
      if (heading === undefined) say(index, `"${title}" is of no version`);
      else if (heading.sections.has(title)) say(index, `${heading.title} has "${title}" twice`);
      heading?.sections.add(title);
      if (!SECTIONS.includes(title)) say(index, `"${title}" must be one of ${SECTIONS.join(', ')}`);
    } else if (marks !== undefined) {
      say(index, 'headings are of two levels: versions and sections');
    } else if (section !== undefined && /^\S/.test(line) && !/^(- |\[[^\]]+\]: )/.test(line)) {
      say(index, 'what changed must be an item of a list');
    }
  });
  if (!/^## \[Unreleased\]$/m.test(text)) say(0, 'there is no "## [Unreleased]"');
  releases.slice(1).forEach(({ number, date, index }, before) => {
    if (newerFirst(releases[before].number, number) >= 0) say(index, `${number} is not older`);
    if (releases[before].date < date) say(index, `${date} is later than the release above`);
  });
  const [latest] = releases;
  if (latest !== undefined && latest.number !== version) {
    say(latest.index, `the latest release is ${latest.number}, and package.json is ${version}`);
  }
  return problems;
}

/** The changelog with what was unreleased as a release. */
function released(text, version, date) {
  if (text.includes(`## [${version}]`)) return text;
  return text.replace(
    /^## \[Unreleased\]\n+(?:To become .*\n+)?/m,
    `## [Unreleased]\n\n## [${version}] - ${date}\n\n`,
  );
}

module.exports = { problemsOf, released };
