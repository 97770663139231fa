'use strict';

/** Redis servers of a test's own: alone, over TLS, with a password, as a cluster. */

const { execFile, spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { promisify } = require('node:util');

const folders = [];
const running = new Set();

/** A folder that is gone after the tests. */
function folder() {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'store-'));
  folders.push(made);
  return made;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/**
 * Starts a Redis; resolves when it takes connections.
 *
 * @param {{ port?: number, args?: string[], tls?: { cert: string, key: string } }} [options]
 */
async function startRedis({ port, args = [], tls } = {}) {
  const at = port ?? (await freePort());
  const where = folder();
  const secure = [];
  if (tls) {
    for (const name of ['cert', 'key']) fs.writeFileSync(path.join(where, name), tls[name]);
    const file = (name) => path.join(where, name);
    secure.push('--tls-port', String(at), '--port', '0', '--tls-auth-clients', 'no');
    secure.push('--tls-cert-file', file('cert'), '--tls-key-file', file('key'));
    secure.push('--tls-ca-cert-file', file('cert'));
  }
  const plain = tls ? [] : ['--port', String(at)];
  const common = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', where];
  const child = spawn('redis-server', [...plain, ...common, ...secure, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let said = '';
  await new Promise((resolve, reject) => {
    const hear = (chunk) => {
      said += chunk;
      if (said.includes('Ready to accept connections')) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`redis-server ended:\n${said}`)));
  });
  return {
    port: at,
    url: `${tls ? 'rediss' : 'redis'}://127.0.0.1:${at}`,
    /** Runs a command with redis-cli; gives what it prints. */
    cli: async (...command) => {
      const options = tls ? ['--tls', '--insecure'] : [];
      const { stdout } = await promisify(execFile)('redis-cli', [
        ...options,
        '-p',
        String(at),
        ...command,
      ]);
      return stdout.trim();
    },
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    stop: () => stopped(child),
  };
}

/** Three that are a cluster. */
async function startCluster() {
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'];
  const nodes = await Promise.all([0, 1, 2].map(() => startRedis({ args })));
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  await promisify(execFile)('redis-cli', [
    '--cluster',
    'create',
    ...addresses,
    '--cluster-yes',
    '--cluster-replicas',
    '0',
  ]);
  // Each of them knows a little later that all slots are served.
  for (const node of nodes) {
    while (!(await node.cli('CLUSTER', 'INFO')).includes('cluster_state:ok'));
  }
  return { nodes, urls: nodes.map(({ url }) => url) };
}

function stopped(child) {
  return new Promise((resolve) => {
    running.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.removeAllListeners('exit').once('exit', resolve);
    return child.kill('SIGKILL');
  });
}

/** Stops all, and takes their folders away. */
async function clean() {
  await Promise.all([...running].map(stopped));
  for (const made of folders.splice(0)) fs.rmSync(made, { recursive: true, force: true });
}

module.exports = { clean, folder, freePort, startCluster, startRedis };
