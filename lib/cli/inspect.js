'use strict';

// `resolve`, `capabilities`, `explain`, `models`: what the client knows, and would send.

const { json, readJson, withClient, withClientOf, withJson } = require('./common.js');
const { printable, styles, table } = require('./terminal.js');

/** Whether a value is a fact of a model. */
const isFact = (value) => typeof value === 'object' && value !== null && 'source' in value;

/** The facts among capabilities, by dotted path. */
function* factsOf(value, path = []) {
  for (const [name, member] of Object.entries(value)) {
    if (isFact(member)) yield [[...path, name].join('.'), member];
    else if (typeof member === 'object' && member !== null) yield* factsOf(member, [...path, name]);
  }
}

const shown = (value) => (typeof value === 'string' ? printable(value) : JSON.stringify(value));

/** Pairs as two columns. */
function pairs(rows, style) {
  const known = rows.filter(([, value]) => value !== null && value !== undefined && value !== '');
  const width = Math.max(...known.map(([name]) => name.length));
  return known
    .map(([name, value]) => `${style.dim(name.padEnd(width))}  ${printable(value)}\n`)
    .join('');
}

function resolve(program, io) {
  withJson(withClient(program.command('resolve <id>')))
    .description('which model is behind an id, and where it is called')
    .addHelpText(
      'after',
      `
Exit code 1 where the model is not known.

Example:
  $ bedrock-profile-client resolve arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/rf3zeruqfake`,
    )
    .action(
      io.ending((id, values) =>
        withClientOf(values, io, async (client, { progress, style }) => {
          progress.on(`Asking AWS about ${id}`);
          const found = await client.resolve(id);
          progress.done();
          if (values.json) io.stdout.write(json(found));
          else {
            const {
              model,
              otherModels = [],
              callId,
              kind,
              region,
              partition,
              source,
              label,
              name,
            } = found;
            const rows = [
              ['model', model ?? 'not known'],
              ['other models', otherModels.join(', ')],
              ['called as', callId],
              ['kind', kind],
              ['region', region],
              ['partition', partition],
              ['known from', source],
              ['name', label ?? name],
            ];
            io.stdout.write(pairs(rows, style));
            // A call logs them; here they belong to what was asked.
            for (const { message } of found.warnings)
              io.stdout.write(`${style.yellow('warning')} ${printable(message)}\n`);
          }
          return found.model === null ? 1 : 0;
        }),
      ),
    );
}

function capabilities(program, io) {
  withJson(withClient(program.command('capabilities <id>')))
    .description('what the model behind an id can do, each fact with its source')
    .addHelpText(
      'after',
      '\nExample:\n  $ bedrock-profile-client capabilities us.anthropic.claude-sonnet-4-6',
    )
    .action(
      io.ending((id, values) =>
        withClientOf(values, io, async (client, { progress, style }) => {
          progress.on(`Asking AWS about ${id}`);
          const found = await client.capabilities(id);
          progress.done();
          if (values.json) {
            io.stdout.write(json(found));
            return;
          }
          const rows = [...factsOf(found)]
            .filter(([, { value }]) => value !== null)
            .map(([path, { value, source }]) => [path, shown(value), source]);
          io.stdout.write(`${style.bold(printable(found.model))}\n`);
          io.stdout.write(table([['fact', 'value', 'source'], ...rows], style));
        }),
      ),
    );
}

function explain(program, io) {
  withJson(withClient(program.command('explain <file>')))
    .description('what would be sent for a Converse input, and why; makes no inference call')
    .option('--stream', 'as ConverseStream')
    .option('--gating <mode>', 'adapt, strict or off')
    .addHelpText(
      'after',
      `
FILE has the input of Converse as JSON ({ "modelId", "messages", … }); - is stdin. Exit code 1 where the
model would refuse something that is not repaired.

Example:
  $ echo '{"modelId":"us.anthropic.claude-sonnet-4-6","messages":[{"role":"user","content":[{"text":"Hi"}]}]}' |
      bedrock-profile-client explain -`,
    )
    .action(
      io.ending((file, values) =>
        withClientOf(values, io, async (client, { progress, style }) => {
          const input = readJson(file);
          progress.on('Asking AWS about the model');
          const { stream, gating } = values;
          const found = await client.explain(input, { stream, gating });
          progress.done();
          if (values.json) io.stdout.write(json(found));
          else io.stdout.write(explained(found, style));
          return found.violations.length > 0 ? 1 : 0;
        }),
      ),
    );
}

function explained({ resolved, changes, violations, request }, style) {
  const { model, source, region } = resolved;
  const lines = [
    pairs(
      [
        ['model', model ?? 'not known: nothing is fitted'],
        ['known from', source],
        ['region', region],
        ['request', `${request.method} ${request.url}`],
      ],
      style,
    ),
  ];
  for (const { path, action, rule, reason } of changes) {
    lines.push(`${style.cyan(action)} ${path} (${rule}): ${printable(reason)}\n`);
  }
  for (const { path, rule, reason, remedy } of violations) {
    lines.push(
      `${style.red('refused')} ${path} (${rule}): ${printable(reason)} ${printable(remedy)}\n`,
    );
  }
  if (changes.length + violations.length === 0) lines.push('Nothing is changed.\n');
  lines.push(`\n${printable(JSON.stringify(JSON.parse(request.body), undefined, 2))}\n`);
  return lines.join('');
}

const yes = ({ value }) => (value === null ? '?' : value ? 'yes' : 'no');
const number = ({ value }) => (value === null ? '?' : value.toLocaleString('en-US'));

/** What is shown of a model. */
const row = (name, model, region, found) => [
  name,
  model ?? 'not known',
  region ?? '',
  number(found.contextWindow),
  number(found.maxOutputTokens),
  yes(found.reasoning.supported),
  yes(found.promptCaching.supported),
  found.status.value ?? '?',
];
const HEAD = ['name', 'model', 'region', 'context', 'output', 'thinking', 'caching', 'status'];

function models(program, io) {
  withJson(withClient(program.command('models')))
    .description('the models that LibreChat’s configuration names, and what is known of them')
    .option('--all', 'every model of the catalog; asks nobody')
    .addHelpText(
      'after',
      '\nNames are those of BEDROCK_AWS_MODELS, of the mappings and of librechat.yaml.',
    )
    .action(
      io.ending(async (values) => {
        if (values.all) return catalog(values, io);
        return withClientOf(values, io, async (client, { progress, style }) => {
          const names = require('../profiles.js').configuredNames().filter(Boolean);
          if (names.length === 0) {
            io.stderr.write('No model is configured: BEDROCK_AWS_MODELS names them.\n');
            if (values.json) io.stdout.write(json([]));
            return 1;
          }
          const found = [];
          for (const [at, name] of names.entries()) {
            progress.on(`Asking AWS about ${name} (${at + 1} of ${names.length})`);
            const { model, region } = await client.resolve(name);
            found.push({ name, model, region, capabilities: await client.capabilities(name) });
          }
          progress.done();
          if (values.json) io.stdout.write(json(found));
          else {
            const rows = found.map((one) =>
              row(one.name, one.model, one.region, one.capabilities).map(printable),
            );
            io.stdout.write(table([HEAD, ...rows], style));
          }
          return found.some(({ model }) => model === null) ? 1 : 0;
        });
      }),
    );
}

function catalog({ json: asJson }, io) {
  const all = require('../catalog.js').catalogModels();
  if (asJson) {
    io.stdout.write(json(all));
    return 0;
  }
  const rows = all.map((one) => [
    one.model,
    one.contextWindow?.toLocaleString('en-US') ?? '?',
    one.maxOutputTokens?.toLocaleString('en-US') ?? '?',
    one.reasoning?.supported ? 'yes' : 'no',
    one.promptCaching?.supported ? 'yes' : 'no',
    one.status ?? '?',
  ]);
  io.stdout.write(table([['model', ...HEAD.slice(3)], ...rows], styles(io.stdout)));
  return 0;
}

const define = (program, io) => {
  resolve(program, io);
  capabilities(program, io);
  explain(program, io);
  models(program, io);
};

module.exports = { define };
