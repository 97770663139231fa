'use strict';

/**
 * What was seen of the service holds three: the stand-in refuses it with that text, the gate repairs or
 * names it, and the catalog has the fact behind it. What was seen to be accepted is touched by none.
 */

const { BedrockProfileClient } = require('..');
const { startLocalBedrock } = require('../local-bedrock');
const { modelTable } = require('../local-bedrock/models');
const { readRequest } = require('../local-bedrock/rules/request');
const { RULES } = require('../local-bedrock/validate');
const { seen } = require('./fixtures/refusals.json');

const gating = new BedrockProfileClient({
  region: 'us-east-1',
  endpoint: 'http://127.0.0.1:9',
  credentials: { accessKeyId: 'AKIALOCALBEDROCK0000', secretAccessKey: 'unused' },
  discovery: false,
  learning: false,
});
const table = modelTable();

let server;
beforeAll(async () => {
  server = await startLocalBedrock({ pace: 0 });
});
afterAll(() => server.close());

/** What the stand-in answers to a request as it is. */
async function answerOf({ model, request, stream }) {
  const geo = table.find(model).profileOnly
    ? `${table.prefixesOf(table.find(model)).includes('us') ? 'us' : 'global'}.`
    : '';
  const operation = stream ? 'converse-stream' : 'converse';
  const url = `${server.url}/model/${encodeURIComponent(geo + model)}/${operation}`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.bearerToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  const body = await response.text();
  return {
    status: response.status,
    message: response.status === 200 ? '' : JSON.parse(body).message,
  };
}

/** Places are those of longer conversations. */
const placeless = (text) => text.replace(/\d+/g, 'N');

const named = (list) =>
  list.map((entry) => [
    `${entry.link.replace('https://github.com/', '')} on ${entry.model}`,
    entry,
  ]);
const refused = named(seen.filter(({ accepted }) => !accepted));
const accepted = named(seen.filter((entry) => entry.accepted));

test('each entry says where and when', () => {
  for (const { date, link } of seen) {
    expect(date).toMatch(/^202[4-6]-\d\d-\d\d$/);
    expect(link).toMatch(/^https:\/\/github\.com\/[\w.-]+\/[\w.-]+\/issues\/\d+$/);
  }
});

test.each(refused)('the stand-in refuses what was seen in %s', async (_name, entry) => {
  const { status, message } = await answerOf(entry);
  expect(status).toBe(entry.status ?? 400);
  expect(placeless(message)).toContain(placeless(entry.text));
});

test.each(accepted)('the stand-in accepts what was seen in %s', async (_name, entry) => {
  expect(await answerOf(entry)).toEqual({ status: 200, message: '' });
});

// What is left (`left`) no repair can know, such as the right format of an image that is called bmp.
test.each(refused.filter(([, { left }]) => !left))(
  'the gate repairs or names what was seen in %s',
  async (_name, entry) => {
    const input = { modelId: entry.model, ...entry.request };
    const { request: made, violations } = await gating.explain(input, { stream: entry.stream });
    const stream = made.url.endsWith('/converse-stream');
    const read = readRequest(JSON.parse(made.body), { stream });
    const left = RULES.filter(({ when }) => when(read, table.find(entry.model)))
      .map(({ rule }) => rule)
      .filter((rule) => !violations.some((violation) => violation.rule === rule));
    expect(left).toEqual([]);
  },
);

test.each(accepted)('the gate leaves alone what was seen in %s', async (_name, entry) => {
  const input = { modelId: entry.model, ...entry.request };
  const { changes, violations } = await gating.explain(input, { stream: entry.stream });
  expect([...changes.filter(({ rule }) => rule !== 'I1'), ...violations]).toEqual([]);
});

test.each(named(seen.filter(({ fact }) => fact)))(
  'the catalog has the fact behind %s',
  async (_name, { model, fact, value }) => {
    const capabilities = await gating.capabilities(model);
    const found = fact.split('.').reduce((at, key) => at[key], capabilities);
    expect(found).toMatchObject({ value, source: 'catalog' });
  },
);
