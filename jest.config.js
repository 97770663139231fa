'use strict';

// Suites about streams, aborts and faults run three times: in clear text, and as production speaks,
// over TLS with HTTP/2 and with HTTP/1.1. `__test__/support/bedrock.js` reads TRANSPORT.

// What one test has learned is no other's: a suite about stores names its own.
process.env.BEDROCK_PROFILE_STORE ??= 'memory';

const common = {
  rootDir: __dirname,
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/target', '<rootDir>/npm'],
};

const suites = (names) => names.map((name) => `<rootDir>/__test__/${name}.test.js`);

const OVER_TLS = suites([
  'accounts',
  'bridge',
  'client',
  'commands',
  'connection',
  'credentials',
  'deadlines',
  'discover',
  'endings',
  'errors',
  'failover',
  'listeners',
  'middleware',
  'odd-answers',
  'stream',
  'streaming-tools',
]);

const overTls = (displayName, transport, testMatch) => ({
  ...common,
  displayName,
  globals: { TRANSPORT: transport },
  testMatch,
});

module.exports = {
  testTimeout: 30_000,
  projects: [
    { ...common, displayName: 'clear text', testMatch: ['<rootDir>/__test__/**/*.test.js'] },
    overTls('HTTP/2 over TLS', 'http2', OVER_TLS),
    overTls('HTTP/1.1 over TLS', 'http1', OVER_TLS),
  ],
};
