'use strict';

/** What runs beside the measured process, each in a process of its own. */

const { execFile, execFileSync, fork } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { promisify } = require('node:util');

/** A certificate for the server, which every client trusts through NODE_EXTRA_CA_CERTS. */
function makeCertificate() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bedrock-bench-'));
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name));
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const about = ['-nodes', '-days', '2', '-subj', '/CN=bench'];
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', key, '-out', cert];
  execFileSync('openssl', [...words, ...about, ...names, ...files], { stdio: 'ignore' });
  return { key, cert };
}

/** A forked program that answers each message with one. */
async function start(file, words) {
  const child = fork(path.join(__dirname, file), words, { execArgv: [] });
  const next = () =>
    new Promise((resolve, reject) => {
      const onExit = (code) => reject(new Error(`${file} ended with ${code}.`));
      child.once('exit', onExit).once('message', (message) => {
        child.removeListener('exit', onExit);
        resolve(message);
      });
    });
  const first = await next();
  return {
    first,
    ask(question) {
      const answer = next();
      child.send(question);
      return answer;
    },
    stop: () => void child.kill(),
  };
}

/**
 * A server of its own. `at` is where clients find it.
 *
 * @param {'clear' | 'tls'} transport
 */
async function startServer(transport) {
  const { key, cert } = JSON.parse(process.env.BENCH_CERTIFICATE);
  const secure = transport === 'tls';
  const child = await start('server.js', secure ? [key, cert] : []);
  const at = { url: child.first.url, ca: secure ? fs.readFileSync(cert, 'utf8') : undefined };
  return {
    /** `go` lets the paced streams that are open begin. */
    at: { ...at, go: () => child.ask('go') },
    /** How busy the server has been since the last question: 0 to 1. */
    load: () => child.ask('load'),
    /** How many connections it has been given. */
    connections: () => child.ask('connections'),
    stop: child.stop,
  };
}

/** A TCP proxy that holds every byte for so many milliseconds, each way. */
async function startProxy(server, milliseconds) {
  const { port } = new URL(server.at.url);
  const child = await start('proxy.js', [port, String(milliseconds)]);
  const url = new URL(server.at.url);
  url.port = child.first.port;
  return { at: { ...server.at, url: url.origin }, stop: child.stop };
}

/** A measurement in a process of its own; its last line is JSON. */
async function fresh(...words) {
  const file = path.join(__dirname, 'fresh.js');
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', file, ...words], {
    maxBuffer: 1 << 26,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

module.exports = { makeCertificate, startServer, startProxy, fresh };
