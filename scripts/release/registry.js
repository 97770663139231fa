'use strict';

// An npm registry on loopback: Verdaccio, with nothing in it and nothing behind it.

const net = require('node:net');
const path = require('node:path');

const { root } = require('./platforms.js');
const { publish } = require('./publish.js');
const { environment, must, start, temporary, write } = require('./run.js');
const { npmCli, tool } = require('./tools.js');
const { bundleDependencies = [] } = require('../../package.json');

/** A port that was free a moment ago; Verdaccio cannot choose one itself. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts it; `publish(folder)` publishes what is staged there, `publishOne` one package's folder. */
async function startRegistry() {
  const folder = temporary('registry');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  write(folder, {
    'config.yaml': `storage: ./storage
auth: { htpasswd: { file: ./htpasswd, max_users: 10 } }
max_body_size: 400mb
packages: { '**': { access: $all, publish: $authenticated, unpublish: $authenticated } }
log: { type: stdout, format: json, level: warn }
`,
  });
  const words = [
    tool('registry', 'verdaccio', 'bin', 'verdaccio'),
    ...['--config', path.join(folder, 'config.yaml'), '--listen', `127.0.0.1:${port}`],
  ];
  const server = await start(process.execPath, words, /http address/, {
    cwd: folder,
    env: environment(folder),
  });
  const response = await fetch(`${url}-/user/org.couchdb.user:rehearsal`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'rehearsal', password: 'only-on-loopback', type: 'user' }),
  });
  const { token, error } = await response.json();
  if (token === undefined) throw new Error(`The registry gave no token: ${error}`);
  write(folder, { '.npmrc': `registry=${url}\n//127.0.0.1:${port}/:_authToken=${token}\n` });
  const options = {
    cwd: folder,
    env: environment(folder, { npm_config_cache: path.join(folder, 'cache') }),
  };
  const publishOne = (where) =>
    must(process.execPath, [npmCli(), 'publish', '--ignore-scripts', where], options);
  // Not every package manager takes these from the package that brings them.
  for (const name of bundleDependencies) publishOne(path.join(root, 'node_modules', name));
  return {
    url,
    storage: path.join(folder, 'storage'),
    publish: (where) => publish(where, options),
    publishOne,
    stop: server.stop,
  };
}

module.exports = { startRegistry };
