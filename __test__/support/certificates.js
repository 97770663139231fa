'use strict';

/** Certificates for tests of TLS, made by openssl: authorities, and what they sign. */

const { execFileSync } = require('node:child_process');
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const HERE = 'subjectAltName=IP:127.0.0.1,DNS:localhost';
const made = [];

afterAll(() => {
  for (const one of made.splice(0)) rmSync(one, { recursive: true });
});

/** A folder that goes with the suite. */
function folder() {
  const temporary = mkdtempSync(path.join(tmpdir(), 'bedrock-profile-client-'));
  made.push(temporary);
  return temporary;
}

function openssl(...args) {
  execFileSync('openssl', args, { stdio: 'ignore' });
}

function read(key, cert) {
  return {
    key: readFileSync(key, 'utf8'),
    cert: readFileSync(cert, 'utf8'),
    keyFile: key,
    file: cert,
  };
}

/** A certificate that nobody else has signed; that of an authority, as openssl makes it. */
function selfSigned({ subject = '/CN=itself', san = HERE, days = 2 } = {}) {
  const at = folder();
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(at, name));
  openssl(
    'req',
    '-x509',
    ...CURVE,
    '-keyout',
    key,
    '-out',
    cert,
    '-days',
    String(days),
    '-subj',
    subject,
    '-addext',
    san,
  );
  return read(key, cert);
}

/** A certificate that an authority has signed; `days` below 0: one that has expired. */
function signedBy(authority, { subject = '/CN=server', san = HERE, days = 2, ca = false } = {}) {
  const at = folder();
  const [key, request, cert, extensions] = ['key.pem', 'request.pem', 'cert.pem', 'extensions'].map(
    (name) => path.join(at, name),
  );
  openssl('req', '-new', ...CURVE, '-keyout', key, '-out', request, '-subj', subject);
  writeFileSync(
    extensions,
    ca ? 'basicConstraints=critical,CA:TRUE\n' : `${san}\nbasicConstraints=CA:FALSE\n`,
  );
  openssl(
    ...['x509', '-req', '-in', request, '-CA', authority.file, '-CAkey', authority.keyFile],
    ...['-CAcreateserial', '-days', String(days), '-extfile', extensions, '-out', cert],
  );
  return read(key, cert);
}

module.exports = { folder, selfSigned, signedBy };
