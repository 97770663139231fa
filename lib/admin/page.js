'use strict';

// The files of the page, read once: what is not among them cannot be asked for, whatever its path says.

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** What the page may do: nothing leaves its own origin. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
];

/** What there is instead of a page that nobody has built. */
const NO_PAGE = {
  status: 503,
  headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  body:
    'The page has not been built here.\n\n' +
    'In a checkout of bedrock-profile-client, run `npm run build:page` and start again; the package from npm has it.\n' +
    'The API works without it: api/openapi.json beside this address describes it.\n',
};

/** The built page of this package. */
const FOLDER = path.join(__dirname, '..', '..', 'admin', 'dist');

class Page {
  #files = new Map();

  constructor(folder = FOLDER) {
    let names = [];
    try {
      names = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
    } catch {
      // This installation has no page; the API works without it.
    }
    const packed = new Map(ENCODINGS.map(([encoding, ending]) => [ending, encoding]));
    for (const entry of names.filter((one) => one.isFile())) {
      const file = path.join(entry.parentPath ?? entry.path, entry.name);
      const ending = path.extname(file);
      const bytes = fs.readFileSync(file);
      const name = `/${path.relative(folder, file).split(path.sep).join('/')}`;
      const encoding = packed.get(ending);
      const plain = encoding === undefined ? name : name.slice(0, -ending.length);
      const known = this.#files.get(plain) ?? {};
      this.#files.set(plain, { ...known, [encoding ?? 'identity']: bytes });
    }
  }

  get isThere() {
    return this.#files.has('/index.html');
  }

  /** The response where there is no page: to who wants to see one. */
  static get missing() {
    return NO_PAGE;
  }

  /** The response for a path; `undefined` where there is no such file. Views of the page are its first file. */
  find(pathname, { accepts = '', wantsHtml = false, ifNoneMatch } = {}) {
    const isView = !path.extname(pathname) && wantsHtml;
    const name = pathname === '/' || isView ? '/index.html' : pathname;
    const file = this.#files.get(name);
    if (file?.identity === undefined) return undefined;
    const encoding = ENCODINGS.map(([one]) => one).find(
      (one) =>
        file[one] && new RegExp(`\\b${one}\\b(?!\\s*;\\s*q=0(?:\\.0*)?(?:,|$))`).test(accepts),
    );
    const body = file[encoding ?? 'identity'];
    const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    const headers = {
      'Content-Type': TYPES[path.extname(name)] ?? 'application/octet-stream',
      'Content-Security-Policy': PAGE_POLICY,
      'Cache-Control': name.startsWith('/assets/')
        ? 'private, max-age=31536000, immutable'
        : 'no-cache',
      ETag: tag,
      Vary: 'Accept-Encoding',
      ...(encoding && { 'Content-Encoding': encoding }),
    };
    return ifNoneMatch === tag ? { status: 304, headers } : { status: 200, headers, body };
  }
}

module.exports = { Page, PAGE_POLICY };
