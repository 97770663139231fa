'use strict';

/** Mappings in a file, which is read again when it changes. */

const fs = require('node:fs');
const path = require('node:path');

const { ask, client, freshProfile, start, until, warnings } = require('./support/bedrock');
const { clean, folder } = require('./support/redis');

const SONNET = 'anthropic.claude-sonnet-4-6';
const OPUS = 'anthropic.claude-opus-4-6-v1';

afterEach(clean);

/** A file of mappings, and a client of it. */
async function withFile(name, text, options) {
  const server = await start();
  const file = path.join(folder(), name);
  if (text !== undefined) fs.writeFileSync(file, text);
  const { heard, logger } = warnings();
  return { server, file, heard, made: client(server, { mappingsFile: file, logger, ...options }) };
}

test('whoever resolves is given an object of his own, and what holds now', async () => {
  const entry = {
    model: SONNET,
    profiles: ['us.anthropic.claude-sonnet-4-6', 'other'],
    label: 'a',
  };
  const text = (label) => JSON.stringify({ mine: { ...entry, label }, other: SONNET });
  const { made, file } = await withFile('mappings.json', text('a'));
  await made.resolve('mine');
  const first = made.resolveSync('mine');
  const kept = structuredClone(first);
  first.profiles.push('x');
  first.warnings.push('x');
  first.model = 'x';
  expect(made.resolveSync('mine')).toEqual(kept);
  fs.writeFileSync(file, text('b'));
  await until(async () => (await made.resolve('mine')).label === 'b');
  expect(made.resolveSync('mine')).toEqual({ ...kept, label: 'b' });
});

const modelOf = async (made, id) => (await made.resolve(id)).model;

test.each([
  ['mappings.json', `{ "mine": "${SONNET}" }`],
  ['mappings.yaml', `# ours\nmine: ${SONNET}\n`],
  ['mappings.yml', `mine: &it\n  model: ${SONNET}\nother: *it\n`],
  ['mappings', `mine: ${SONNET}`],
  ['mappings.conf', `\n  {"mine": "${SONNET}"}`],
])('%s is read', async (name, text) => {
  const { made, heard } = await withFile(name, text);
  expect(await made.resolve('mine')).toMatchObject({ model: SONNET, source: 'mapping' });
  expect(made.resolveSync('mine')).toMatchObject({ model: SONNET });
  expect(heard).toEqual([]);
});

test.each(['adapt', 'strict', 'off'])(
  'with gating "%s" ids are called as it says',
  async (gating) => {
    const { made, server, file } = await withFile('mappings.json', '{}', { gating });
    const { arn } = freshProfile(server);
    fs.writeFileSync(file, JSON.stringify({ mine: arn, [arn]: SONNET }));
    await until(async () => (await made.resolve('mine')).callId === arn);
    expect(made.resolveSync('mine')).toMatchObject({ callId: arn, source: 'mapping' });
    await made.converse(ask('Good day', { modelId: 'mine' }));
    expect(server.requests.at(-1)).toMatchObject({ operation: 'Converse', modelId: arn });
  },
);

describe('a file that changes counts without a restart', () => {
  const other = `{ "mine": "${OPUS}" }`;

  test.each([
    ['written over', (file) => fs.writeFileSync(file, other)],
    [
      'replaced, as editors do',
      (file) => {
        fs.writeFileSync(`${file}.new`, other);
        fs.renameSync(`${file}.new`, file);
      },
    ],
    [
      'deleted and made anew',
      (file) => {
        fs.rmSync(file);
        fs.writeFileSync(file, other);
      },
    ],
  ])('%s', async (_how, change) => {
    const { made, file } = await withFile('mappings.json', `{ "mine": "${SONNET}" }`);
    expect(await modelOf(made, 'mine')).toBe(SONNET);
    change(file);
    await until(async () => (await modelOf(made, 'mine')) === OPUS);
  });

  test('linked anew, as Kubernetes does', async () => {
    const where = folder();
    const version = (name, text) => {
      fs.mkdirSync(path.join(where, name));
      fs.writeFileSync(path.join(where, name, 'mappings.json'), text);
    };
    version('..1', `{ "mine": "${SONNET}" }`);
    version('..2', other);
    fs.symlinkSync('..1', path.join(where, '..data'));
    fs.symlinkSync('..data/mappings.json', path.join(where, 'mappings.json'));
    const made = client(await start(), { mappingsFile: path.join(where, 'mappings.json') });
    expect(await modelOf(made, 'mine')).toBe(SONNET);
    fs.symlinkSync('..2', path.join(where, '..data_tmp'));
    fs.renameSync(path.join(where, '..data_tmp'), path.join(where, '..data'));
    await until(async () => (await modelOf(made, 'mine')) === OPUS);
  });
});

test.each([
  ['mappings.json', '{ "mine": "x",\n "b" }', 'at line 2, column 6'],
  ['mappings.yaml', `mine: ${OPUS}\nother: [a\n`, 'line '],
  ['mappings.yaml', '- a list\n', 'is an array, not an object'],
  ['mappings.json', Buffer.from([0x7b, 0x0a, 0xff]), 'is no UTF-8 at line 2, column 1'],
  ['mappings.json', '', 'is empty at line 1, column 1'],
  ['mappings.yaml', ' \n', 'is empty at line 1, column 1'],
  ['mappings.yaml', `mine: ${OPUS}\n\tother: x\n`, 'at line 2, column 1'],
])('a bad edit of %s keeps what held, and says where: %#', async (name, bad, said) => {
  const good = name.endsWith('json') ? `{ "mine": "${SONNET}" }` : `mine: ${SONNET}\n`;
  const { made, file, heard } = await withFile(name, good);
  expect(await modelOf(made, 'mine')).toBe(SONNET);
  fs.writeFileSync(file, bad);
  await until(async () => {
    expect(await modelOf(made, 'mine')).toBe(SONNET);
    return heard.length > 0;
  });
  expect(heard).toHaveLength(1);
  expect(heard[0]).toContain(`The mappings file ${file}`);
  expect(heard[0]).toContain(said);
  expect(heard[0]).toContain('goes on holding');
  fs.writeFileSync(file, good.replace(SONNET, OPUS));
  await until(async () => (await modelOf(made, 'mine')) === OPUS);
});

test.each([
  [
    'mappings.json',
    `{\n  "new": "${OPUS}",\n  "mine": 5\n}`,
    'entry "mine" at line 3, column 3: the value',
  ],
  [
    'mappings.json',
    '{ "mine": { "profile": ["x"] } }',
    'entry "mine" at line 1, column 3: it says',
  ],
  [
    'mappings.json',
    '{\n"mine": "a", "a": "mine" }',
    'entry "a" at line 2, column 14: the mappings go round',
  ],
  [
    'mappings.yaml',
    `new: ${OPUS}\nmine:\n  model: [x]\n`,
    'entry "mine" at line 2, column 1: "model"',
  ],
  ['mappings.yaml', `mine: {model: ${OPUS}, allow: [mars]}\n`, 'at line 1, column 1: "allow"'],
])(
  'an edit of %s with a bad entry keeps what held, and says where: %#',
  async (name, bad, said) => {
    const good = name.endsWith('json') ? `{ "mine": "${SONNET}" }` : `mine: ${SONNET}\n`;
    const { made, file, heard } = await withFile(name, good);
    expect(await modelOf(made, 'mine')).toBe(SONNET);
    fs.writeFileSync(file, bad);
    const kept = 'What it said before goes on holding.';
    await until(async () => {
      expect(await modelOf(made, 'mine')).toBe(SONNET);
      return heard.some((text) => text.includes(kept));
    });
    expect(heard.join('\n')).toContain(said);
    expect(heard.at(-1)).toMatch(/The mappings file \S+ has (an error|errors), and is not used\./);
    fs.writeFileSync(file, good.replace(SONNET, OPUS));
    await until(async () => (await modelOf(made, 'mine')) === OPUS);
  },
);

test('a file that was bad from the beginning may be put right step by step', async () => {
  const { made, file } = await withFile('mappings.json', `{ "a": 1, "b": 2, "mine": "${SONNET}" }`);
  expect(await modelOf(made, 'mine')).toBe(SONNET);
  fs.writeFileSync(file, `{ "b": 2, "mine": "${OPUS}" }`);
  await until(async () => (await modelOf(made, 'mine')) === OPUS);
});

test('YAML may merge what entries have in common', async () => {
  const text = `base: &base\n  model: ${SONNET}\n  label: ours\nmine:\n  <<: *base\n  label: mine\n`;
  const { made, heard } = await withFile('mappings.yaml', text);
  expect(await made.resolve('mine')).toMatchObject({ model: SONNET, label: 'mine' });
  expect(heard).toEqual([]);
});

test('what is no file is one warning, and nobody waits for its end', async () => {
  const { heard, logger } = warnings();
  await client(await start(), { mappingsFile: '/dev/zero', logger }).converse(ask());
  expect(heard).toEqual([
    'bedrock-profile-client: The mappings file /dev/zero is no regular file.',
  ]);
});

test('a file that is not there is one warning, and counts when it comes', async () => {
  const { made, file, heard } = await withFile('mappings.json');
  await made.converse(ask());
  expect(heard).toEqual([expect.stringContaining(`The mappings file ${file} cannot be read`)]);
  fs.writeFileSync(file, `{ "mine": "${SONNET}" }`);
  await until(() => made.resolve('mine').then(({ model }) => model === SONNET));
});

test('a bad entry is named, and the others work', async () => {
  const text = `{ "bad": 1, "mine": "${SONNET}" }`;
  const { made, heard, file } = await withFile('mappings.json', text);
  expect(await modelOf(made, 'mine')).toBe(SONNET);
  expect(heard).toEqual([expect.stringContaining(`The mappings file ${file}, entry "bad"`)]);
});

test('option and environment take precedence, and what they override is said', async () => {
  process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS = `{ "b": "${OPUS}" }`;
  const text = `{ "a": "${SONNET}", "b": "${SONNET}", "c": "b" }`;
  const { made, heard } = await withFile('mappings.json', text, { mappings: { a: OPUS } });
  expect(await modelOf(made, 'a')).toBe(OPUS);
  expect(await modelOf(made, 'b')).toBe(OPUS);
  // An entry of the file may lead into the environment's.
  expect(await modelOf(made, 'c')).toBe(OPUS);
  delete process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS;
  const said = (id, over) => `has an entry for "${id}" too: it is overridden by ${over}.`;
  expect(heard).toEqual([
    expect.stringContaining(said('a', 'The option "mappings"')),
    expect.stringContaining(said('b', 'BEDROCK_INFERENCE_PROFILE_MAPPINGS')),
  ]);
});

test('the environment names the file, and its ARNs are not asked about', async () => {
  const server = await start();
  const { arn } = freshProfile(server);
  const file = path.join(folder(), 'mappings.yaml');
  fs.writeFileSync(file, `'${arn}': ${SONNET}\n`);
  process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS_FILE = file;
  process.env.BEDROCK_AWS_MODELS = arn;
  const { heard, logger } = warnings();
  const made = client(server, { logger });
  const { $metadata } = await made.converse(ask('Good day', { modelId: arn }));
  delete process.env.BEDROCK_INFERENCE_PROFILE_MAPPINGS_FILE;
  delete process.env.BEDROCK_AWS_MODELS;
  expect($metadata.profile).toMatchObject({ model: SONNET, source: 'mapping' });
  expect(server.requests.map(({ operation }) => operation)).toEqual(['Converse']);
  expect(heard).toEqual([]);
});
