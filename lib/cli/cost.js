'use strict';

// `cost`: what calls have cost, as the store of the client has it, and how far budgets are used.

const { Misuse, json, withClient, withClientOf, withJson } = require('./common.js');
const { printable, table } = require('./terminal.js');

const RESOLUTIONS = ['minute', 'hour', 'day'];
const DIMENSIONS = ['period', 'profile', 'model', 'user', 'team'];
/** `--by day` is what people say. */
const SAID = { day: 'period', hour: 'period', minute: 'period' };

const OFF =
  'nothing is counted: set BEDROCK_PROFILE_COSTS=true, also where LibreChat runs. docs/cost.md says more.';

function dimensionsOf(text, resolution) {
  const names = text.split(',').map((name) => name.trim());
  const odd = names.find((name) => !DIMENSIONS.includes(name) && !Object.hasOwn(SAID, name));
  if (odd !== undefined) {
    throw new Misuse(`--by must be of ${DIMENSIONS.join(', ')}, with commas between, not "${odd}"`);
  }
  const said = names.find((name) => Object.hasOwn(SAID, name));
  if (said && resolution && said !== resolution) {
    throw new Misuse(`--by ${said} and --resolution ${resolution} contradict each other`);
  }
  return { by: [...new Set(names.map((name) => SAID[name] ?? name))], said };
}

function queryOf({ from, to, by, resolution, csv }) {
  if (resolution !== undefined && !RESOLUTIONS.includes(resolution)) {
    throw new Misuse(`--resolution must be one of ${RESOLUTIONS.join(', ')}, not "${resolution}"`);
  }
  for (const [name, value] of Object.entries({ from, to })) {
    if (value !== undefined && Number.isNaN(Date.parse(value)))
      throw new Misuse(`--${name} must be a time such as 2026-11-01, not "${value}"`);
  }
  const { by: dimensions, said } =
    by === undefined ? { by: ['period', 'profile', 'model'] } : dimensionsOf(by, resolution);
  return {
    ...(from && { from }),
    // The whole of a day that is named without a time.
    ...(to && { to: /^\d{4}-\d{2}-\d{2}$/.test(to) ? `${to}T23:59:59.999Z` : to }),
    by: dimensions,
    resolution: resolution ?? said ?? 'day',
    ...(csv && { format: 'csv' }),
  };
}

const number = (value) => value.toLocaleString('en-US');
const usd = (value) =>
  value === null ? 'unknown' : `$${value.toFixed(value > 0 && value < 0.01 ? 6 : 2)}`;

/** A sum is known as far as its parts are. */
function costOf({ cost, unpricedCalls }) {
  if (unpricedCalls === 0 || cost === null) return usd(cost);
  return `${usd(cost)} + unknown`;
}

function written({ rows, by, budgets, complete }, style) {
  const parts = [];
  if (rows.length === 0) parts.push('No call was counted in this time.\n');
  else {
    const head = [...by, 'calls', 'errors', 'input', 'output', 'cache read', 'cache write', 'cost'];
    const lines = rows.map((row) =>
      [
        ...by.map((name) => row[name] || '–'),
        number(row.calls),
        number(row.errors),
        number(row.inputTokens),
        number(row.outputTokens),
        number(row.cacheReadInputTokens),
        number(row.cacheWriteInputTokens),
        costOf(row),
      ].map(printable),
    );
    parts.push(table([head, ...lines], style));
    const known = rows.filter(({ cost }) => cost !== null);
    const total = known.length === 0 ? null : known.reduce((sum, { cost }) => sum + cost, 0);
    const unpriced = rows.reduce((sum, { unpricedCalls }) => sum + unpricedCalls, 0);
    const missing =
      unpriced > 0 ? `, without ${number(unpriced)} calls whose price is not known` : '';
    parts.push(`\n${style.bold(`${usd(total)} in all`)}${missing}\n`);
  }
  if (!complete) parts.push(style.yellow('The store did not give all of it: there may be more.\n'));
  if (budgets.length > 0) {
    const lines = budgets.map(({ name, period, spent, limit, each, action }) => [
      printable(name),
      period,
      each ? 'each by itself' : usd(spent),
      usd(limit),
      each || spent === null ? '–' : `${Math.floor((spent / limit) * 100)} %`,
      action,
    ]);
    parts.push(
      '\n',
      table([['budget', 'period', 'spent', 'limit', 'used', 'action'], ...lines], style),
    );
  }
  return parts.join('');
}

function define(program, io) {
  withJson(withClient(program.command('cost')))
    .description(
      'what calls have cost, by profile, model, user, team and day, and how far budgets are used',
    )
    .option('--from <time>', 'a day or a time; else 30 days, 60 hours or 60 minutes before')
    .option('--to <time>', 'likewise; a day counts whole; else now')
    .option(
      '--by <names>',
      'day (hour, minute), profile, model, user, team, with commas between; else day,profile,model',
    )
    .option('--resolution <name>', 'minute, hour or day')
    .option('--csv', 'print CSV')
    .addHelpText(
      'after',
      `
It reads what LibreChat counts with BEDROCK_PROFILE_COSTS=true, from the same store (docs/store.md): for costs of
all replicas, run it with the same variables. Times are UTC. What has no price is "unknown", and never zero.

Examples:
  $ bedrock-profile-client cost --env-file .env --from 2026-11-01 --by user
  $ bedrock-profile-client cost --from 2026-11-01 --to 2026-11-30 --by day,profile --csv > november.csv`,
    )
    .action(
      io.ending((values) => {
        if (values.csv && values.json) throw new Misuse('--csv and --json contradict each other');
        const query = queryOf(values);
        return withClientOf(values, io, async (client, { progress, style }) => {
          const { wantedOf } = require('../money/index.js');
          if (wantedOf({}) === undefined) throw new Misuse(OFF);
          progress.on('Reading what was counted');
          const report = await client.costs(query);
          const budgets = values.csv ? [] : await client.budgets();
          progress.done();
          if (values.csv) io.stdout.write(report);
          else if (values.json) io.stdout.write(json({ ...report, budgets }));
          else io.stdout.write(written({ ...report, by: query.by, budgets }, style));
          return 0;
        });
      }),
    );
}

module.exports = { define };
