'use strict';

// `doctor`: what is wrong with a configuration, and what to do about it.

const {
  clientOptions,
  gathered,
  json,
  mappingsOption,
  withClient,
  withClientOf,
  withJson,
} = require('./common.js');
const { printable } = require('./terminal.js');

const COLOURS = { ok: 'green', skipped: 'dim', warning: 'yellow', failure: 'red' };

/** A finding as lines, the advice indented below it. */
function lines({ status, text, about, remedy }, style) {
  const whose = about?.length > 1 ? ` (${about.length} models: ${about.join(', ')})` : '';
  const out = [`    ${printable(text)}${printable(whose)}\n`];
  if (remedy && status !== 'ok') out.push(`    ${style.cyan('→')} ${printable(remedy)}\n`);
  return out.join('');
}

function written({ checks, failures, warnings }, style) {
  const out = checks.map(({ title, status, findings }) => {
    const told = findings.filter((finding) => finding.status === status || finding.status !== 'ok');
    const head = `${style[COLOURS[status]](status.padEnd(7))}  ${style.bold(title)}\n`;
    return head + told.map((finding) => lines(finding, style)).join('');
  });
  const count = (number, what) => `${number} ${what}${number === 1 ? '' : 's'}`;
  out.push(`\n${count(failures, 'failure')}, ${count(warnings, 'warning')}\n`);
  return out.join('');
}

function define(program, io) {
  withJson(withClient(program.command('doctor')))
    .description('check configuration, credentials, permissions, models and LibreChat')
    .option(
      '--model <id>',
      'look at this id, and not at those that are configured; repeatable',
      gathered,
    )
    .option(
      '--no-calls',
      'do not call the models; otherwise each is called twice, with one token of output',
    )
    .option(
      '--cache',
      'also try prompt caching, with a prompt of some thousand tokens for each model',
    )
    .option(
      '--librechat <dir>',
      'LibreChat’s folder; otherwise it is looked for in this folder and above',
    )
    .option('--full', 'show account ids whole')
    .option('--strict', 'exit with 1 for warnings too')
    .addHelpText(
      'after',
      `
Exit code 0 where nothing is wrong (warnings may be), 1 otherwise. It changes nothing. docs/cli.md says what
each check asks.

Examples:
  $ bedrock-profile-client doctor --env-file .env
  $ bedrock-profile-client doctor --model arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/rf3zeruqfake --json`,
    )
    .action(
      io.ending((values) =>
        withClientOf({ ...values, quiet: true }, io, async (client, { progress, style }) => {
          const { examine } = require('../doctor');
          const report = await examine({
            client,
            options: { ...mappingsOption(), ...clientOptions(values) },
            names: values.model,
            calls: values.calls,
            cache: values.cache,
            directory: values.librechat,
            full: values.full,
            tell: (text) => progress.on(text),
          });
          progress.done();
          io.stdout.write(values.json ? json(report) : written(report, style));
          return report.failures > 0 || (values.strict && report.warnings > 0) ? 1 : 0;
        }),
      ),
    );
}

module.exports = { define };
