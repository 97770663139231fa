'use strict';

/**
 * `npm run demo`: a chat through application inference profiles, against the local stand-in; with
 * `--arn` against AWS. Needs nothing but Node to start.
 */

const path = require('node:path');
const { parseArgs } = require('node:util');
const { prepare } = require('./demo/prepare');
const { inputFor, script } = require('./demo/scenes');
const { play, showError } = require('./demo/show');
const { Terminal } = require('./demo/terminal');
const { playUi } = require('./demo/ui');

const ROOT = path.join(__dirname, '..');

const HELP = `Usage: npm run demo [-- options]

Without options: a chat against a local stand-in for Bedrock; no AWS account is needed.

  --ui             stay running, with the page in a browser and made-up traffic behind it
  --port N         the page's port (default: a free one)
  --arn ARN        call this inference profile on AWS, with the credentials of the environment
  --region NAME    the region of the client (default: that of the ARN)
  --prompt TEXT    what to ask
  --help           show this
`;

const OPTIONS = {
  ui: { type: 'boolean' },
  port: { type: 'string' },
  arn: { type: 'string' },
  region: { type: 'string' },
  prompt: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
};

/** What the user's shell sets for AWS must not reach the stand-in's client. */
function forgetEnvironment() {
  for (const name of Object.keys(process.env)) {
    if (/^(AWS_|BEDROCK_)|^(https?_|all_)?proxy$/i.test(name)) delete process.env[name];
  }
}

const regionOf = (arn) => /^arn:[^:]+:bedrock:([a-z0-9-]+):/.exec(arn)?.[1];

/** Two profiles against the stand-in: one that AWS is asked about, one that a mapping names. */
async function playLocally({ prompt, region = 'us-east-1' }, terminal, signal) {
  forgetEnvironment();
  const { startLocalBedrock } = require('../local-bedrock');
  const server = await startLocalBedrock({ region, script });
  const clients = [];
  try {
    const { BedrockProfileClient } = require('..');
    const make = (options) => {
      const client = new BedrockProfileClient({
        region,
        endpoint: server.url,
        credentials: server.credentials,
        ...options,
      });
      clients.push(client);
      return client;
    };
    const stage = (cast) => ({ ...cast, terminal, signal });
    const profile = (id) => server.profiles.find((each) => each.id === id);
    const lookUps = () =>
      server.requests.filter(({ operation }) => operation === 'GetInferenceProfile').length;
    terminal.line(
      `A stand-in for Bedrock is at ${server.url}. It refuses what the real one refuses.`,
    );

    const opus = profile('opus50coding');
    await play(
      {
        title: '1  A profile that nobody has told the client about',
        note: 'The ARN does not say which model it is: the client asks the control plane, in the region of the ARN.',
        input: inputFor(opus.arn, prompt),
      },
      stage({ client: make(), ungated: make({ gating: 'off' }) }),
    );
    terminal.field('AWS asked', `${lookUps()} × GetInferenceProfile; the answer is kept`);

    server.deny('bedrock:GetInferenceProfile');
    const haiku = profile('haiku55fasts');
    const before = lookUps();
    process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS = JSON.stringify({
      [haiku.arn]: haiku.model,
      [`team-a.${haiku.model}`]: haiku.arn,
    });
    await play(
      {
        title: '2  A profile by its alias, from BEDROCK_INFERENCE_PROFILE_MAPPINGS',
        note: 'This account may not call GetInferenceProfile: the mapping says what is behind the ARN.',
        input: inputFor(`team-a.${haiku.model}`, prompt),
      },
      stage({ client: make() }),
    );
    terminal.field('AWS asked', `${lookUps() - before} × GetInferenceProfile`);
    terminal.line();
    terminal.line('The same against your own profile on AWS:');
    terminal.line(terminal.style('bold', '  npm run demo -- --arn <ARN> [--prompt "…"]'));
    terminal.line();
    terminal.line('To see and change profiles, models, costs and more in a browser:');
    terminal.line(terminal.style('bold', '  npm run demo -- --ui'));
  } finally {
    for (const client of clients) client.destroy();
    await server.close();
  }
}

async function playOnAws({ arn, region = regionOf(arn), prompt }, terminal, signal) {
  const { BedrockProfileClient } = require('..');
  const client = new BedrockProfileClient(region ? { region } : {});
  try {
    await play({ title: 'On AWS', input: inputFor(arn, prompt) }, { client, terminal, signal });
  } finally {
    client.destroy();
  }
}

function performanceOf({ ui, arn }) {
  if (!ui) return arn ? playOnAws : playLocally;
  forgetEnvironment();
  return playUi;
}

async function main(argv, out = process.stdout) {
  let values;
  try {
    ({ values } = parseArgs({ args: argv, options: OPTIONS }));
    if (values.ui && values.arn) throw new TypeError('--ui is with the stand-in: leave out --arn.');
  } catch (error) {
    process.stderr.write(`demo: ${error.message}\n\n${HELP}`);
    return 2;
  }
  if (values.help) {
    out.write(HELP);
    return 0;
  }
  const terminal = new Terminal(out);
  const stop = new AbortController();
  // What stays until it is stopped ends well when it is.
  const stopped = values.ui ? 0 : 130;
  for (const name of values.ui ? ['SIGINT', 'SIGTERM'] : ['SIGINT']) {
    process.once(name, () => {
      terminal.clearStatus();
      stop.abort();
      process.exitCode = stopped;
      // A second Ctrl-C, or a child that does not end, must not be waited for.
      process.once('SIGINT', () => process.exit(130));
    });
  }
  try {
    await prepare(ROOT, terminal, { page: values.ui });
    await performanceOf(values)(values, terminal, stop.signal);
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return 130;
    terminal.line();
    showError(terminal, error);
    if (error.output) terminal.line(error.output);
    return 1;
  }
}

if (require.main === module) {
  // `npm run demo | head` is no failure.
  process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  main(process.argv.slice(2)).then((code) => {
    process.exitCode = code;
  });
}

module.exports = { main };
