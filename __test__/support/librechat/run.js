'use strict';

// Runs programs that have loaded lib/register.js first.

const { execFile } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const { startLocalBedrock } = require('../../../local-bedrock');

const ROOT = path.join(__dirname, '..', '..', '..');
const REGISTER = path.join(ROOT, 'lib', 'register.js');
const support = (file) => path.join(__dirname, file);
const ACTS = /^bedrock-profile-client \S+: is at work for the Bedrock models of this process\.$/;

/** What LibreChat's environment holds, with the stand-in where AWS would be. */
const environmentOf = (server) => ({
  BEDROCK_AWS_DEFAULT_REGION: 'us-east-1',
  BEDROCK_AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
  BEDROCK_AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
  AWS_ENDPOINT_URL: server.url,
});

/** Runs Node.js to its end; `said` is what this package wrote. */
const node = (words, env, more) => run(process.execPath, words, { env, ...more });

function run(command, words, { env = {}, cwd = ROOT, ...more } = {}) {
  return new Promise((resolve) => {
    const options = { cwd, env: { PATH: process.env.PATH, ...env }, timeout: 80_000, ...more };
    execFile(command, words, options, (error, stdout, stderr) => {
      const said = stderr.split('\n').filter((line) => line.startsWith('bedrock-profile-client'));
      resolve({ code: error?.code ?? 0, stdout, stderr, said });
    });
  });
}

/** Runs LibreChat's chain for some calls; what dotenv would bring comes after loading. */
async function chain(calls, { env, before = [], registered = true, ...more } = {}) {
  const words = registered ? [...before, '--require', REGISTER] : before;
  const work = JSON.stringify({ env, calls });
  const { stdout, ...ended } = await node([...words, support('chain.js'), work], {}, more);
  if (ended.code !== 0) throw new Error(ended.stderr || `it ended with ${ended.code}`);
  return { ...ended, results: JSON.parse(stdout) };
}

const profile = (server, id) => server.profiles.find((candidate) => candidate.id === id);
const inference = (server) =>
  server.requests.filter(({ operation }) => operation?.startsWith('Converse'));
const mapped = (mappings) => ({ BEDROCK_INFERENCE_PROFILE_MAPPINGS: JSON.stringify(mappings) });

/** A name that shows a model, under which its profile is kept. */
const nameOf = (model) =>
  expect.stringMatching(new RegExp(`^[\\w-]+\\.${model.replaceAll('.', '\\.')}$`));

/** What is made for a test and taken away after it. */
function opener({ afterEach: after }) {
  const open = [];
  after(async () => {
    for (const undo of open.splice(0)) await undo();
  });

  async function start(options) {
    const server = await startLocalBedrock({ pace: 0, ...options });
    open.push(() => server.close());
    return server;
  }

  /** A folder of files, such as packages under foreign names. */
  function packages(files) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'register-'));
    open.push(() => fs.rmSync(folder, { recursive: true }));
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(folder, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
    }
    return folder;
  }

  return { packages, start };
}

module.exports = {
  ACTS,
  REGISTER,
  ROOT,
  chain,
  environmentOf,
  inference,
  mapped,
  nameOf,
  node,
  opener,
  profile,
  run,
  support,
};
