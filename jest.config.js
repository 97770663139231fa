'use strict';

// Suites about streams, aborts and faults run three times: in clear text, and as production speaks,
// over TLS with HTTP/2 and with HTTP/1.1. `__test__/support/bedrock.js` reads TRANSPORT.

const common = {
  rootDir: __dirname,
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/target', '<rootDir>/npm'],
};

const OVER_TLS = ['client', 'commands', 'errors', 'stream', 'streaming-tools'].map(
  (suite) => `<rootDir>/__test__/${suite}.test.js`,
);

const overTls = (displayName, transport) => ({
  ...common,
  displayName,
  globals: { TRANSPORT: transport },
  testMatch: OVER_TLS,
});

module.exports = {
  testTimeout: 30_000,
  projects: [
    { ...common, displayName: 'clear text', testMatch: ['<rootDir>/__test__/**/*.test.js'] },
    overTls('HTTP/2 over TLS', 'http2'),
    overTls('HTTP/1.1 over TLS', 'http1'),
  ],
};
