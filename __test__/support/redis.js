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
 * @param {{ port?: number, args?: string[], tls?: { cert: string, key: string }, file?: string }} [options]
 * `file`: its settings, instead of those that keep a server from writing
 */
async function startRedis({ port, args = [], tls, file } = {}) {
  const at = port ?? (await freePort());
  const where = folder();
  const secure = [];
  if (tls) {
    for (const name of ['cert', 'key']) fs.writeFileSync(path.join(where, name), tls[name]);
    const pem = (name) => path.join(where, name);
    secure.push('--tls-port', String(at), '--port', '0', '--tls-auth-clients', 'no');
    secure.push('--tls-cert-file', pem('cert'), '--tls-key-file', pem('key'));
    secure.push('--tls-ca-cert-file', pem('cert'));
  }
  const plain = tls ? [] : ['--port', String(at)];
  const unsaved = file ? [] : ['--save', '', '--appendonly', 'no'];
  const common = ['--bind', '127.0.0.1', ...unsaved, '--dir', where];
  const settings = [...(file ? [file] : []), ...plain, ...common, ...secure, ...args];
  const child = spawn('redis-server', settings, {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let said = '';
  await new Promise((resolve, reject) => {
    const hear = (chunk) => {
      said += chunk;
      if (/Ready to accept connections|Sentinel ID is/.test(said)) resolve();
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

/** What a sentinel calls the primary that it watches. */
const SERVICE = 'bedrock-tests';

/**
 * A primary with a replica, watched by a sentinel that makes the replica the primary soon after the first
 * one has gone.
 */
async function startSentinel() {
  const primary = await startRedis();
  const follows = ['--replicaof', '127.0.0.1', String(primary.port)];
  const replica = await startRedis({ args: follows });
  while (!(await replica.cli('INFO', 'replication')).includes('master_link_status:up'));
  const port = await freePort();
  const file = path.join(folder(), 'sentinel.conf');
  const settings = [
    `sentinel monitor ${SERVICE} 127.0.0.1 ${primary.port} 1`,
    `sentinel down-after-milliseconds ${SERVICE} 300`,
    `sentinel failover-timeout ${SERVICE} 2000`,
  ];
  fs.writeFileSync(file, `${settings.join('\n')}\n`);
  // The file comes first: a sentinel writes down there what it knows.
  const sentinel = await startRedis({ port, file, args: ['--sentinel'] });
  while (!(await sentinel.cli('SENTINEL', 'replicas', SERVICE)).includes(String(replica.port)));
  return {
    primary,
    replica,
    sentinel,
    url: `redis+sentinel://127.0.0.1:${port}/${SERVICE}`,
    /** The port of the server that is the primary now. */
    now: async () => {
      const said = await sentinel.cli('SENTINEL', 'get-master-addr-by-name', SERVICE);
      return Number(said.split('\n')[1]);
    },
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
  // A store may still be writing into one.
  const again = { maxRetries: 20, retryDelay: 50 };
  for (const made of folders.splice(0)) {
    fs.rmSync(made, { recursive: true, force: true, ...again });
  }
}

module.exports = { clean, folder, freePort, startCluster, startRedis, startSentinel };
