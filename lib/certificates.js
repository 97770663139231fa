'use strict';

const fs = require('node:fs');
const path = require('node:path');

const environment = require('./environment.js');

/** Where Linux and the BSDs keep the certificates that everyone trusts. */
const FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/ssl/cert.pem',
  '/usr/local/share/certs/ca-root-nss.crt',
];
const FOLDERS = ['/etc/ssl/certs', '/etc/pki/tls/certs', '/usr/share/ca-certificates'];

/** Certificates of Node.js's own where the system has none, as in a slim image; else undefined. */
function withoutSystem() {
  if (['darwin', 'win32'].includes(process.platform)) return undefined;
  const { SSL_CERT_FILE, SSL_CERT_DIR } = process.env;
  const said = [SSL_CERT_FILE, SSL_CERT_DIR].some(Boolean);
  const files = said ? [SSL_CERT_FILE] : FILES;
  const folders = said ? (SSL_CERT_DIR ?? '').split(path.delimiter) : FOLDERS;
  const there = files.filter(Boolean).some((file) => fs.existsSync(file));
  if (there || folders.filter(Boolean).some(holdsFiles)) return undefined;
  // Loaded only here: it takes longer than all else that is loaded.
  return require('node:tls').rootCertificates.join('\n');
}

function holdsFiles(folder) {
  try {
    return fs.readdirSync(folder).length > 0;
  } catch {
    return false;
  }
}

const checked = new Set();

/**
 * The files of certificates that the environment names, all of them trusted. Their paths, not their
 * text, stand in a client's settings: such a bundle has hundreds of kilobytes, and there may be a
 * client for each request.
 */
function named() {
  const files = [...new Set(environment.certificates())];
  for (const file of files) check(file);
  return files;
}

function check(file) {
  if (checked.has(file)) return;
  try {
    fs.closeSync(fs.openSync(file));
  } catch (cause) {
    throw new Error(`The certificates to trust cannot be read from ${file}: ${cause.message}`, {
      cause,
    });
  }
  checked.add(file);
}

module.exports = { named, withoutSystem };
