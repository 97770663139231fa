'use strict';

/** No secret stands in what is, printed or logged. */

const util = require('node:util');
const ours = require('..');
const { client, outcome, preamble, run, start } = require('./support/bedrock');

const OPERATIONS = ['converse', 'converseStream'];

describe('secrets', () => {
  const SECRET = 'wJalrXUtnFEMI/K7MDENG/very-secret';
  const TOKEN = 'session-token-that-nobody-may-see';

  /** Everything one may print of an error or a client. */
  const printed = (value) =>
    [
      util.inspect(value, { depth: 20, showHidden: true }),
      JSON.stringify(value),
      String(value),
      value.stack ?? '',
      JSON.stringify(value.$response ?? {}),
    ].join('\n');

  test('stand in no error and no client', async () => {
    const server = await start();
    const credentials = { ...server.credentials, secretAccessKey: SECRET, sessionToken: TOKEN };
    const made = client(server, { credentials, token: { token: TOKEN } });
    const seen = [printed(made)];
    const note = async (options, kind) => {
      if (kind) server.fail({ kind, times: 3 });
      for (const operation of OPERATIONS) {
        const { error } = await outcome(client(server, options), operation);
        seen.push(printed(error));
      }
    };
    await note({ credentials, maxAttempts: 1 });
    await note({ credentials: undefined, token: { token: TOKEN }, maxAttempts: 1 });
    await note({ credentials, maxAttempts: 1 }, 'reset-before-headers');
    await note({ credentials, maxAttempts: 1 }, 'html-200');
    await note({ credentials: async () => ({ accessKeyId: 7, secretAccessKey: SECRET }) });
    await note({ credentials, region: async () => 7 });
    await note({ credentials, region: 'us/east' });
    for (const text of seen) {
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(TOKEN);
    }
  });

  test('stand in no error of the options', () => {
    for (const options of [
      { credentials: SECRET },
      { credentials: { accessKeyId: 'AKIA', secret: SECRET } },
      { token: SECRET },
      { token: { value: SECRET } },
      { endpoint: `ftp://user:${SECRET}@host` },
    ]) {
      let error;
      try {
        new ours.BedrockProfileClient(options);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(TypeError);
      expect(printed(error)).not.toContain(SECRET);
    }
  });

  test('stand in nothing that is printed', async () => {
    const server = await start();
    const credentials = { accessKeyId: 'AKIAWRONG', secretAccessKey: SECRET, sessionToken: TOKEN };
    const { stdout, stderr } = await run(
      `${preamble(server, { credentials })}
      console.log(client);
      client.converse(input).catch((error) => console.log(error));`,
      { env: { RUST_LOG: 'trace', RUST_BACKTRACE: '1', NODE_DEBUG: 'http' } },
    );
    expect(stdout).toContain('UnrecognizedClientException');
    expect(stdout + stderr).not.toContain(SECRET);
    expect(stdout + stderr).not.toContain(TOKEN);
  });
});
