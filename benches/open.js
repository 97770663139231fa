'use strict';

/**
 * What opening a client costs on the event loop: `node benches/open.js`. Users with keys of their own,
 * 300 mappings in the options or in the environment; each client is made, opened, and asked once for
 * what a mapping says. Prints microseconds for each as a table.
 */

const { BedrockProfileClient } = require('../index.js');
const { forgetEnvironment } = require('./clients.js');

const MODEL = 'anthropic.claude-sonnet-4-6';
const MAPPINGS = Object.fromEntries(
  Array.from({ length: 300 }, (_, n) => [
    `arn:aws:bedrock:us-east-1:123456789123:application-inference-profile/profile${n}`,
    MODEL,
  ]),
);
const [ARN] = Object.keys(MAPPINGS);

const users = (count) =>
  Array.from({ length: count }, (_, n) => ({
    accessKeyId: `AKIA${String(n).padStart(16, '0')}`,
    secretAccessKey: `secret-${n}`,
  }));

/** Microseconds for each of so many rounds over the users; the median of some runs. */
function measure(credentials, rounds, options, use) {
  const runs = Array.from({ length: 5 }, () => {
    const started = performance.now();
    for (let n = 0; n < rounds; n += 1) {
      use({ region: 'us-east-1', credentials: credentials[n % credentials.length], ...options });
    }
    return ((performance.now() - started) * 1000) / rounds;
  });
  return runs.sort((one, other) => one - other)[2];
}

const open = (options) => new BedrockProfileClient(options).resolveSync(MODEL);

function main() {
  forgetEnvironment();
  const warm = new BedrockProfileClient({ region: 'us-east-1', mappings: MAPPINGS });
  const rows = {};
  for (const count of [1, 2000]) {
    const credentials = users(count);
    const row = { option: measure(credentials, 4000, { mappings: MAPPINGS }, open) };
    process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS = JSON.stringify(MAPPINGS);
    row.environment = measure(credentials, 4000, {}, open);
    delete process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS;
    row['without mappings'] = measure(credentials, 4000, {}, open);
    rows[`${count} users`] = row;
  }
  rows['resolve only'] = { option: measure([undefined], 4000, {}, () => warm.resolveSync(ARN)) };
  console.table(rows);
}

main();
