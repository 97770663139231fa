'use strict';

// `discover`: which inference profiles there are, and what to configure for them.

const { Misuse, json, withClient, withClientOf, withJson } = require('./common.js');
const { printable, table } = require('./terminal.js');

const FORMATS = ['table', 'env', 'yaml', 'json'];

const written = {
  json,
  env: ({ env }) => `${env.trimEnd()}\n`,
  yaml: ({ librechatYaml }) => `${librechatYaml.trimEnd()}\n`,
  table({ profiles }, style) {
    if (profiles.length === 0) return 'There are no inference profiles.\n';
    const rows = profiles.map(({ name, type, region, model, arn }) =>
      [name, type === 'APPLICATION' ? 'application' : 'system', region, model ?? '?', arn].map(
        printable,
      ),
    );
    return table([['name', 'type', 'region', 'model', 'arn'], ...rows], style);
  },
};

function define(program, io) {
  withJson(withClient(program.command('discover')))
    .description('which inference profiles there are, and what to configure for them')
    .option('--regions <names>', 'regions, with commas between; else the client’s')
    .option('--system', 'list AWS’s own profiles too')
    .option('--format <format>', `${FORMATS.join(', ')} (as --json)`, 'table')
    .addHelpText(
      'after',
      `
env has the lines for LibreChat's .env, yaml the section for librechat.yaml. What AWS does not answer is
told on stderr, and the exit code is then 1.

Example:
  $ bedrock-profile-client discover --regions us-east-1,eu-west-1 --format env >> .env`,
    )
    .action(
      io.ending((values) => {
        const format = values.json ? 'json' : values.format;
        if (!FORMATS.includes(format)) {
          throw new Misuse(`--format must be one of ${FORMATS.join(', ')}, not "${format}"`);
        }
        return withClientOf(values, io, async (client, { progress, style }) => {
          const types = ['APPLICATION', ...(values.system ? ['SYSTEM_DEFINED'] : [])];
          const regions = values.regions?.split(',').map((name) => name.trim());
          progress.on('Listing inference profiles');
          const discovery = client.discover({ types, ...(regions && { regions }) });
          for await (const { progress: now } of discovery) {
            progress.on(
              `Listing inference profiles: ${now.profiles} found, ${now.placesDone} of ${now.places} regions done`,
            );
          }
          const result = await discovery.result();
          progress.done();
          io.stdout.write(written[format](result, style));
          for (const { region, permission, message } of result.failures) {
            io.stderr.write(`${region}: ${permission}: ${printable(message)}\n`);
          }
          for (const warning of result.warnings) io.stderr.write(`${printable(warning)}\n`);
          return result.failures.length > 0 ? 1 : 0;
        });
      }),
    );
}

module.exports = { define };
