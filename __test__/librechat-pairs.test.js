'use strict';

/**
 * LibreChat holds model and profile side by side: as `applicationInferenceProfile` beside `model`, or in
 * `inferenceProfiles`, which the admin panel overrides for roles and groups. No file names the profiles
 * here, and AWS says nothing.
 */

const { randomBytes } = require('node:crypto');
const {
  REGISTER,
  chain,
  environmentOf,
  mapped,
  nameOf,
  node,
  opener,
  support,
} = require('./support/librechat/run.js');

jest.setTimeout(90_000);

const { start: startPlain } = opener({ afterEach });

const OPUS_47 = 'anthropic.claude-opus-4-7';
const SONNET_45 = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const DENY = ['bedrock:GetInferenceProfile', 'bedrock:ListInferenceProfiles'];

const start = (options) => startPlain({ deny: DENY, ...options });
const fresh = (server, model) =>
  server.addProfile({
    region: 'us-east-1',
    id: randomBytes(6).toString('hex'),
    from: `us.${model}`,
  }).arn;

/** Runs chats in a process that has loaded lib/register.js, or that has not. */
async function talk(server, chats, { registered = true } = {}) {
  const fields = { region: 'us-east-1', credentials: server.credentials, temperature: 0.4 };
  const work = { env: environmentOf(server), chats: chats.map((chat) => ({ ...fields, ...chat })) };
  const words = registered ? ['--require', REGISTER] : [];
  const ended = await node([...words, support('pairs.js'), JSON.stringify(work)], {});
  if (ended.code !== 0) throw new Error(ended.stderr);
  const results = JSON.parse(ended.stdout);
  const sent = server.requests.map(({ operation, modelId, status, body }) => ({
    operation,
    modelId,
    status,
    temperature: body?.inferenceConfig?.temperature,
  }));
  return { results, sent, stderr: ended.stderr };
}

/** Opus 4.7 takes no temperature: that it was left out shows that the model was known. */
const fitted = (arn) => ({ operation: 'Converse', modelId: arn, status: 200 });

describe('the chat model, which is told both', () => {
  test.each([
    ['the AWS SDK’s client, which register has replaced', {}],
    ['a client of this package', { ours: true }],
  ])('%s: knows the model, and asks nobody', async (_what, more) => {
    const server = await start();
    const arn = fresh(server, OPUS_47);
    const chat = { model: `us.${OPUS_47}`, applicationInferenceProfile: arn, ...more };
    const { sent, results, stderr } = await talk(server, [chat, chat]);
    expect(sent).toEqual([fitted(arn), fitted(arn)]);
    expect(results[0].lc).toBe('LibreChatBedrockConverse');
    expect(stderr).not.toContain('BedrockProfileWarning');
  });

  test('without register, `learn` says it', async () => {
    const server = await start();
    const arn = fresh(server, OPUS_47);
    const chat = { model: OPUS_47, applicationInferenceProfile: arn, ours: true };
    const { sent } = await talk(server, [{ ...chat, learn: [arn, OPUS_47] }], {
      registered: false,
    });
    expect(sent).toEqual([fitted(arn)]);
  });

  test('two teams have different profiles for one model', async () => {
    const server = await start();
    const [one, two] = [fresh(server, OPUS_47), fresh(server, OPUS_47)];
    const { sent } = await talk(
      server,
      [one, two, one].map((arn) => ({ model: OPUS_47, applicationInferenceProfile: arn })),
    );
    expect(sent).toEqual([fitted(one), fitted(two), fitted(one)]);
  });

  test('what one tenant’s settings say of an ARN is not another’s', async () => {
    const [one, two] = ['AKIAPAIRONE', 'AKIAPAIRTWO'].map((accessKeyId) => ({
      accessKeyId,
      secretAccessKey: 'secret',
    }));
    const server = await start({ credentials: [one, two] });
    const arn = fresh(server, OPUS_47);
    const other = { model: SONNET_45, applicationInferenceProfile: arn, credentials: two };
    const chats = [other, { ...other, model: OPUS_47, credentials: one }];
    const { sent } = await talk(server, chats);
    // The second tenant's is wrong, and its own: AWS refuses the temperature, and is learned from.
    expect(sent.at(-1)).toEqual(fitted(arn));
  });

  test('another model beside the ARN, as a summary has it, does not come to be the ARN’s', async () => {
    const server = await start();
    const arn = fresh(server, OPUS_47);
    const chat = { model: OPUS_47, applicationInferenceProfile: arn };
    const { sent } = await talk(server, [chat, { ...chat, model: SONNET_45 }, chat]);
    expect(sent[0]).toEqual(fitted(arn));
    expect(sent.at(-1)).toEqual(fitted(arn));
  });

  test('the operator’s mappings go before it', async () => {
    const server = await start();
    const arn = fresh(server, OPUS_47);
    const env = { ...environmentOf(server), ...mapped({ [arn]: OPUS_47 }) };
    const chat = { model: SONNET_45, applicationInferenceProfile: arn, region: 'us-east-1' };
    const work = { env, chats: [{ ...chat, credentials: server.credentials, temperature: 0.4 }] };
    await node(['--require', REGISTER, support('pairs.js'), JSON.stringify(work)], {});
    expect(server.requests.map(({ modelId, status }) => [modelId, status])).toEqual([[arn, 200]]);
    expect(server.requests[0].body.inferenceConfig?.temperature).toBeUndefined();
  });

  test.each([
    ['no ARN', 'anything'],
    ['an empty text', ''],
    ['an ARN that is none', 'arn:aws:bedrock'],
  ])('%s beside the model changes nothing', async (_what, applicationInferenceProfile) => {
    const server = await start();
    const { results, stderr } = await talk(server, [
      { model: OPUS_47, applicationInferenceProfile },
    ]);
    expect(typeof results[0].content).toBe('string');
    expect(stderr).not.toContain('steps aside');
  });
});

describe('settings that come back as parameters', () => {
  test('keep a profile of which nothing is known but the model beside it', async () => {
    const server = await start();
    const arn = fresh(server, OPUS_47);
    const parameters = { model: OPUS_47, applicationInferenceProfile: arn, temperature: 0.4 };
    const { results } = await chain([{ parameters, call: true, streaming: false }], {
      env: environmentOf(server),
    });
    expect(results[0].settings).toMatchObject({ model: nameOf(OPUS_47) });
    expect(server.requests.map(({ operation, modelId }) => [operation, modelId])).toEqual([
      ['Converse', arn],
    ]);
  });

  test('and leave it where only the model has been changed', async () => {
    const server = await start();
    const arn = fresh(server, OPUS_47);
    const { results } = await chain(
      [OPUS_47, SONNET_45].map((model) => ({
        parameters: { model, applicationInferenceProfile: arn },
      })),
      { env: environmentOf(server) },
    );
    expect(results[0].settings.model).toEqual(nameOf(OPUS_47));
    expect(results[1].settings.model).toBe(SONNET_45);
  });
});

describe('client.learn()', () => {
  const { BedrockProfileClient } = require('..');
  const { client, start: startHere, thrown } = require('./support/bedrock');

  test('is for this client, and what AWS has said goes before it', async () => {
    const server = await startHere();
    const arn = fresh(server, OPUS_47);
    const [one, two] = [client(server), client(server)];
    one.learn(arn, OPUS_47);
    expect(one.resolveSync(arn)).toMatchObject({ model: OPUS_47, source: 'mapping' });
    expect(two.resolveSync(arn)).toBeUndefined();
    expect(await two.resolve(arn)).toMatchObject({ model: OPUS_47, source: 'aws' });
    two.learn(arn, SONNET_45);
    expect(two.resolveSync(arn)).toMatchObject({ model: OPUS_47, source: 'cache' });
    one.learn(arn, SONNET_45);
    expect(one.resolveSync(arn)).toMatchObject({ model: OPUS_47 });
  });

  test.each([
    [['x', OPUS_47], 'the ARN must be one'],
    [[undefined, OPUS_47], 'the ARN must be one, not undefined'],
    [['arn:aws:bedrock:us-east-1:1:x', 3], 'the id must be a string, not 3'],
    [['arn:a', 'arn:b'], 'the model must be the id of a model'],
    [['arn:a', ''], 'the model must be the id of a model'],
  ])('%j is refused', (given, text) => {
    const made = new BedrockProfileClient({ region: 'us-east-1' });
    expect(thrown(() => made.learn(...given)).message).toContain(text);
  });
});
