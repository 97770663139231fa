'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { BedrockProfileClient } = require('..');
const { unpack } = require('../scripts/catalog/archive');
const docs = require('../scripts/catalog/docs');
const { literal } = require('../scripts/catalog/literal');
const { CATALOG, Catalog, SCHEMA, readJson, statusOf } = require('../scripts/catalog/load');
const { check, complaints } = require('../scripts/catalog/schema');
const { rank } = require('../scripts/catalog/trust');
const { print } = require('../scripts/catalog/write');

const catalog = Catalog.load();
const schema = readJson(SCHEMA);
const fresh = () => readJson(CATALOG);
const modelOf = (file, id) => file.models.find((model) => model.id === id);

describe('the catalog, as the scripts read it', () => {
  let client;
  beforeAll(() => {
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
    client = new BedrockProfileClient({ region: 'us-east-1', credentials, discovery: false });
  });
  afterAll(() => client.destroy());

  /** The client's answer without ages, which the catalog's file has not. */
  const native = async (id) =>
    JSON.parse(
      JSON.stringify(await client.capabilities(id), (name, value) =>
        name === 'age' ? undefined : value,
      ),
    );

  test('has for every model the facts that the client has', async () => {
    expect(catalog.ids.length).toBeGreaterThanOrEqual(135);
    for (const id of catalog.ids) {
      const ours = catalog.capabilities(id);
      const theirs = await native(id);
      expect(theirs).toMatchObject(ours);
      // What only the client can come to know (from refusals), it does not know yet.
      const others = Object.keys(theirs).filter((name) => !Object.hasOwn(ours, name));
      for (const name of others) expect(theirs[name]).toEqual({ value: null, source: 'assumed' });
    }
  });

  test.each([
    'us.anthropic.claude-opus-4-5-20251101-v1:0',
    'anthropic.claude-sonnet-4-6-v1:0',
    'anthropic.claude-opus-4-5-v1:0',
    'global.anthropic.claude-fable-5-1-v1:0',
    'anthropic.claude-haiku-4-5',
    'amazon.titan-text-lite-v1:0',
    'openai.gpt-oss-120b',
    'moonshotai.kimi-k2-thinking',
    'anthropic.claude-3-5-sonnet-20241022-v2:0:51k',
    'qwen.qwen3-32b',
  ])('finds the model of %s as the client does', async (id) => {
    const found = catalog.names.find(id);
    expect(found).toBeDefined();
    expect(catalog.values(found).family).toBe((await native(id)).family.value);
  });

  test.each([
    'anthropic.claude-3-5-sonnet-20250101-v1:0',
    'anthropic.claude-opus-9',
    'acme.rocket-1',
    'claude',
  ])('finds no model of %s', async (id) => {
    expect(catalog.names.find(id)).toBeUndefined();
    expect((await native(id)).family.source).not.toBe('catalog');
  });

  test('finds a model in an id with a region, as LiteLLM writes it', () => {
    const id = 'bedrock/us-east-1/meta.llama3-8b-instruct-v1:0';
    expect(catalog.names.find(id)).toBe('meta.llama3-8b-instruct-v1:0');
  });

  test('tells where a fact stands, and from which sources', () => {
    expect(catalog.fact('xai.grok-4.7', 'tools.supported')).toEqual({
      value: true,
      said: true,
      where: 'class:grok',
      sources: ['langchain-aws', 'litellm'],
    });
    expect(catalog.fact('xai.grok-4.7', 'eolDate')).toEqual({
      value: null,
      said: false,
      sources: [],
    });
  });

  test.each([
    [{ eolDate: '2026-11-26', legacyDate: '2026-05-26' }, '2026-11-26', 'eol'],
    [{ eolDate: '2026-11-26', legacyDate: '2026-05-26' }, '2026-11-25', 'legacy'],
    [{ eolDate: '2026-11-26', legacyDate: '2026-05-26' }, '2026-05-25', 'active'],
    [{ eolDate: '2026-11-26' }, '2026-01-01', 'legacy'],
    [{ preview: false }, '2026-11-27', 'active'],
    [{ preview: true }, '2026-11-27', 'preview'],
    [{}, '2026-11-27', undefined],
  ])('derives the status of %j on %s', (facts, day, status) => {
    expect(statusOf(facts, day)).toBe(status);
  });

  test('says which class is missing, or extends itself', () => {
    const broken = (classes) => {
      const model = { id: 'xai.grok-9', extends: ['a'], facts: { family: 'grok-9' }, sources: {} };
      const labels = { providers: { xai: 'xAI' }, geographies: { us: 'the United States' } };
      return new Catalog({ ...labels, classes, models: [model] }, schema);
    };
    expect(() => broken({}).values('xai.grok-9')).toThrow('class a is extended, but is not in');
    const circle = { a: { extends: ['b'], facts: {} }, b: { extends: ['a'], facts: {} } };
    expect(() => broken(circle).values('xai.grok-9')).toThrow('class a extends itself');
    expect(() => catalog.values('acme.rocket-1')).toThrow('acme.rocket-1 is not in the catalog');
  });

  test('is written as it was read', () => {
    expect(print(fresh())).toBe(fs.readFileSync(CATALOG, 'utf8'));
  });

  test('names only sources of which it is known how far they are trusted', () => {
    for (const source of Object.keys(catalog.file.sources)) expect(rank(source)).toBeDefined();
    expect(rank('rule:S1')).toBeLessThan(rank('aws:model-card'));
    expect(rank('aws:model-card')).toBeLessThan(rank('botocore'));
    expect(rank('botocore')).toBeLessThan(rank('litellm'));
    expect(rank('litellm')).toBeLessThan(rank('models.dev:langchain'));
    expect(rank('models.dev')).toBeLessThan(rank('roo'));
    expect(() => rank('hearsay')).toThrow('does not say how far hearsay is trusted');
  });
});

describe('the check before the catalog is written', () => {
  test('finds nothing wrong with the catalog', () => {
    expect(check(fresh(), schema)).toEqual([]);
  });

  test.each([
    ['maxOutputTokens', '4096', 'expected integer or null, found "4096"'],
    ['maxOutputTokens', 0, '0 is below 1'],
    ['maxOutputTokens', 1.5, 'expected integer or null, found 1.5'],
    ['maxTokens', 1, 'no such member'],
    ['temperature', { max: 2 }, '2 is above 1'],
    ['reasoning', { efforts: ['extreme'] }, 'found "extreme"'],
    ['reasoning', { thinkingTypes: ['adaptive', 'adaptive'] }, 'an item stands twice'],
    ['tools', { useIdPattern: '[' }, 'Invalid regular expression'],
    ['status', 'active', 'no such member'],
    ['dataRetentionModes', ['never'], 'found "never"'],
    ['successor', 'Claude', 'does not match'],
    ['eolDate', '2026-9-1', 'does not match'],
    ['inputs', {}, 'fewer than 1 members'],
  ])('refuses the fact %s: %j', (fact, value, problem) => {
    const file = fresh();
    file.models[0].facts[fact] = value;
    const found = complaints(file, schema);
    expect(found.join('\n')).toContain(problem);
    expect(found.join('\n')).toContain(`/models/0/facts/${fact}`);
  });

  test('knows every keyword of the schema, and passes over none', () => {
    expect(() => complaints(1, { multipleOf: 2 })).toThrow('keyword multipleOf is not known');
    expect(() => complaints('x', { format: 'uri' })).toThrow('format uri is not known');
  });

  test.each([
    ['models are not sorted', (file) => file.models.reverse()],
    ['what is hearsay?', (file) => (file.models[0].sources.hearsay = 'family')],
    ['where is contextWindow known from?', (file) => (file.models[0].sources = { id: 'family' })],
    ['a source for eolDate, which is not there', (file) => (file.models[9].sources.id = 'eolDate')],
    ['source zzz is never named', (file) => (file.sources.zzz = 'nobody')],
    [
      'mars is none of the geographies',
      (file) => (file.models[9].facts.inferenceProfilePrefixes = ['mars']),
    ],
    [
      'the successor acme.rocket-2 is not in the catalog',
      (file) => {
        file.models[0].facts.successor = 'acme.rocket-2';
        file.models[0].sources.id = 'family successor';
      },
    ],
    [
      'in us-gov: where is contextWindow known from?',
      (file) => {
        file.models[0].geographies = {
          'us-gov': { facts: { contextWindow: 1, streaming: false }, sources: { id: 'streaming' } },
        };
      },
    ],
    [
      'streaming repeats what its classes say',
      (file) => {
        file.models[0].facts.streaming = true;
        file.models[0].sources.id = 'family streaming';
      },
    ],
  ])('finds that %s', (problem, spoil) => {
    const file = fresh();
    delete modelOf(file, file.models[9].id).facts.eolDate;
    for (const [source, paths] of Object.entries(file.models[9].sources)) {
      file.models[9].sources[source] = paths.replace(/ ?eolDate/, '') || 'family';
    }
    spoil(file);
    expect(check(file, schema).join('\n')).toContain(problem);
  });
});

describe('docs/models.md', () => {
  test('is what the catalog says: node scripts/catalog.js docs', () => {
    expect(docs.isFresh()).toBe(true);
  });

  test('has a row for every model', () => {
    const rows = docs.render().match(/^\| `[^`]+` +\|.*$/gm);
    for (const id of catalog.ids) {
      expect(rows.filter((row) => row.startsWith(`| \`${id}\` `))).toHaveLength(1);
    }
  });

  test('is stale where it is missing or differs', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'docs-'));
    const file = path.join(folder, 'docs', 'models.md');
    expect(docs.isFresh(file)).toBe(false);
    expect(docs.write(file)).toBe(file);
    expect(docs.isFresh(file)).toBe(true);
    fs.appendFileSync(file, '\n');
    expect(docs.isFresh(file)).toBe(false);
    fs.rmSync(folder, { recursive: true });
  });

  test.each([
    [
      'anthropic.claude-opus-4-6-v1',
      [
        'off: (enabled), disabled, adaptive; effort low, medium, high, max',
        'T or P, K 0–500',
        'yes; auto, any, tool',
        'from 4,096; 5m, 1h; tools, system, messages',
      ],
    ],
    [
      'anthropic.claude-opus-5-5',
      ['always: adaptive; effort low, medium, high, xhigh, max', 'none'],
    ],
    ['meta.llama4-scout-17b-instruct-v1:0', ['10,000,000', 'not while streaming; auto']],
    ['deepseek.r1-v1:0', ['no setting', 'T, P', 'end of life 2027-03-30']],
    ['openai.gpt-6-sol', ['1,050,000 (922,000 in)', 'available']],
    [
      'anthropic.claude-sonnet-4-5-20250929-v1:0',
      ['end of life 2027-04-08 → anthropic.claude-sonnet-5-5'],
    ],
    ['amazon.nova-pro-v1:0', ['T 0.00001–1, P, K 0–128', 'image, document, video']],
    ['moonshotai.kimi-k3', ['?', 'image, document?']],
  ])('tells of %s', (id, cells) => {
    const row = docs
      .render()
      .split('\n')
      .find((line) => line.startsWith(`| \`${id}\` `));
    expect(row.split('|').map((cell) => cell.trim())).toEqual(expect.arrayContaining(cells));
  });
});

describe('what published packages are read with', () => {
  test.each([
    [
      '{"a": [1, 2.5, -3e2,], # why\n "b": (True, None),}',
      { a: [1, 250 / 100, -300], b: [true, null] },
    ],
    ["{'it\\'s': 'one' \"two\"}", { "it's": 'onetwo' }],
    [
      '{ id: "x", "limit.context": 2e5, /* max */ open: false, // so\n }',
      { id: 'x', 'limit.context': 200000, open: false },
    ],
    ['{}', {}],
  ])('a literal: %s', (source, value) => {
    expect(literal(source)).toEqual(value);
  });

  test.each([
    ['{"a": eval("1")}', 'line 1: expected a literal, found "eval(\\"1\\")}"'],
    ['{"a": 1\n "b": 2}', 'line 2: expected , or }, found'],
    ['{"a": "no end}', 'expected the end of a string'],
    ['{"a"}', 'expected :'],
  ])('no literal: %s', (source, problem) => {
    expect(() => literal(source)).toThrow(problem);
  });

  test('an archive of neither kind is refused', () => {
    expect(() => unpack('a.rpm', Buffer.from(''), () => true)).toThrow('neither a .tgz nor a .whl');
    expect(() => unpack('a.whl', Buffer.from('no zip'), () => true)).toThrow('not a zip archive');
  });
});
