'use strict';

/** `client.discover()`: which profiles there are, and what to configure for them. */

const { execFileSync } = require('node:child_process');
const { parseEnv } = require('node:util');
const yaml = require('js-yaml');
const { BedrockProfileClient } = require('..');
const {
  ask,
  client,
  failure,
  freshProfile,
  preamble,
  run,
  start,
  thrown,
  until,
  warnings,
} = require('./support/bedrock');

const OWN = '123456789012';
const OTHER = '210987654321';
const keysOf = (account) => ({
  accessKeyId: `AKIA${account}`,
  secretAccessKey: `secret-of-${account}`,
  account,
});
const accountsOf = (...keys) =>
  Object.fromEntries(keys.map(({ account, ...credentials }) => [account, { credentials }]));

const applications = ({ profiles }) => profiles.filter(({ type }) => type === 'APPLICATION');
const count = (server, operation) =>
  server.requests.filter((request) => request.operation === operation).length;

async function events(discovery) {
  const seen = [];
  for await (const event of discovery) seen.push(event);
  return seen;
}

/** Adds so many profiles. */
const addMany = (server, many, region = 'us-east-1') =>
  Array.from({ length: many }, (_, at) =>
    server.addProfile({
      region,
      id: `many${String(at).padStart(8, '0')}`,
      name: `team ${at % 7} of ${at}`,
      from: 'amazon.nova-pro-v1:0',
      tags: { number: String(at) },
    }),
  );

describe('what it finds', () => {
  test('profiles of both types with names, tags, models and status, whatever `discovery` says', async () => {
    const server = await start();
    const { arn } = server.addProfile({
      region: 'us-east-1',
      id: 'discovered12',
      name: 'Team A',
      description: 'for chats',
      from: 'us.anthropic.claude-sonnet-4-6',
      tags: { team: 'a', 'cost-center': '42' },
    });
    const { profiles, failures } = await client(server, { discovery: false }).discover().result();
    expect(failures).toEqual([]);
    const [found] = profiles.filter((profile) => profile.arn === arn);
    expect(found).toMatchObject({
      arn,
      id: 'discovered12',
      name: 'Team A',
      description: 'for chats',
      type: 'APPLICATION',
      status: 'ACTIVE',
      account: OWN,
      region: 'us-east-1',
      model: 'anthropic.claude-sonnet-4-6',
      otherModels: [],
      tags: { team: 'a', 'cost-center': '42' },
      lifecycle: { status: 'active' },
    });
    expect(found.models.map(({ region }) => region)).toEqual([
      'us-east-1',
      'us-east-2',
      'us-west-2',
    ]);
    const system = profiles.find(({ id }) => id === 'global.anthropic.claude-opus-5');
    expect(system).toMatchObject({
      type: 'SYSTEM_DEFINED',
      model: 'anthropic.claude-opus-5',
      tags: null,
    });
    // The destination that AWS chooses worldwide has no region.
    expect(system.models.map(({ region }) => region)).toEqual(['us-east-1', null]);
  });

  test('what it found need not be asked about again', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const made = client(server);
    await made.discover({ types: ['APPLICATION'], tags: false, models: false }).result();
    expect(made.resolveSync(arn)).toMatchObject({ source: 'cache', name: expect.any(String) });
    await made.converse(ask('Good day', { modelId: arn }));
    expect(count(server, 'GetInferenceProfile')).toBe(0);
  });

  test('a thousand profiles over pages, each once', async () => {
    const server = await start({ pageSize: 90 });
    const added = addMany(server, 1000);
    const discovery = client(server).discover({ types: ['APPLICATION'], concurrency: 16 });
    const seen = await events(discovery);
    const found = seen.filter(({ type }) => type === 'profile').map(({ profile }) => profile);
    expect(found.length).toBe(
      server.profiles.filter(({ region }) => region === 'us-east-1').length,
    );
    const byArn = new Map(found.map((profile) => [profile.arn, profile]));
    expect(byArn.size).toBe(found.length);
    for (const { arn, tags } of added) expect(byArn.get(arn).tags).toEqual(tags);
    expect(count(server, 'ListInferenceProfiles')).toBe(Math.ceil(found.length / 90));
    // How far it is, as it went.
    const numbers = seen.map(({ progress }) => progress.profiles);
    expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
    expect(discovery.progress).toEqual({
      places: 1,
      placesDone: 1,
      pages: Math.ceil(found.length / 90),
      profiles: found.length,
      failures: 0,
    });
  });

  test('several regions at once, no more questions at a time than it is told', async () => {
    const server = await start();
    server.fail({ kind: 'stall-headers', operation: 'ListFoundationModels', times: 100 });
    const regions = ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1', 'ap-south-1'];
    const made = client(server);
    const reading = failure(made.discover({ regions, concurrency: 3 }).result());
    await until(() => count(server, 'ListFoundationModels') === 3);
    await client(server).converse(ask());
    expect(count(server, 'ListFoundationModels')).toBe(3);
    made.destroy();
    expect((await reading).name).toBe('AbortError');
    const found = await client(server).discover({ regions, models: false }).result();
    expect(new Set(applications(found).map(({ region }) => region))).toEqual(
      new Set(regions.slice(0, 3)),
    );
  });

  test('those of other accounts, with their own credentials', async () => {
    const [own, other] = [keysOf(OWN), keysOf(OTHER)];
    const server = await start({ credentials: [own, other] });
    const region = 'us-east-1';
    const from = 'amazon.nova-pro-v1:0';
    const [here, there] = [OWN, OTHER].map((account) =>
      server.addProfile({ region, id: 'sameidinboth', name: 'batch', from, account }),
    );
    const made = client(server, { accounts: accountsOf(other) });
    const found = applications(await made.discover().result());
    expect(found.map(({ arn }) => arn)).toEqual(expect.arrayContaining([here.arn, there.arn]));
    expect(new Set(found.map(({ account }) => account))).toEqual(new Set([OWN, OTHER]));
    const only = applications(await made.discover({ accounts: [OTHER] }).result());
    expect(only.map(({ arn }) => arn)).toEqual([there.arn]);
    const mine = applications(await made.discover({ accounts: ['own'] }).result());
    expect(new Set(mine.map(({ account }) => account))).toEqual(new Set([OWN]));
  });
});

describe('what fails is named, and the rest goes on', () => {
  test.each([
    ['bedrock:ListInferenceProfiles', ({ profiles }) => profiles.length === 0],
    [
      'bedrock:ListTagsForResource',
      (found) => applications(found).every(({ tags }) => tags === null),
    ],
    [
      'bedrock:ListFoundationModels',
      ({ profiles }) => profiles.every((one) => one.lifecycle === null),
    ],
  ])('%s is denied', async (permission, holds) => {
    const server = await start({ deny: [permission] });
    const found = await client(server).discover().result();
    expect(found.failures).toEqual([
      {
        region: 'us-east-1',
        account: 'own',
        cause: 'accessDenied',
        permission,
        message: expect.stringContaining(`not authorized to perform: ${permission}`),
      },
    ]);
    expect(holds(found)).toBe(true);
  });

  test('tags that may not be read are not asked for a thousand times', async () => {
    const server = await start({ deny: ['bedrock:ListTagsForResource'] });
    addMany(server, 200);
    const { profiles } = await client(server)
      .discover({ types: ['APPLICATION'] })
      .result();
    expect(profiles.length).toBeGreaterThan(200);
    // As many as were under way when the fifth was refused.
    expect(count(server, 'ListTagsForResource')).toBeLessThan(20);
  });

  test('one region, one account', async () => {
    const [own, other] = [keysOf(OWN), keysOf(OTHER)];
    const server = await start({ credentials: [own, other] });
    const from = 'amazon.nova-pro-v1:0';
    for (const region of ['us-east-1', 'us-west-2']) {
      for (const account of [OWN, OTHER]) server.addProfile({ region, name: 'one', from, account });
    }
    server.deny('bedrock:ListInferenceProfiles', { region: 'us-west-2', account: OTHER });
    const made = client(server, { accounts: accountsOf(other) });
    const found = await made.discover({ regions: ['us-east-1', 'us-west-2'] }).result();
    expect(found.failures).toMatchObject([
      { region: 'us-west-2', account: OTHER, permission: 'bedrock:ListInferenceProfiles' },
    ]);
    const places = new Set(
      applications(found).map(({ region, account }) => `${region} ${account}`),
    );
    expect(places).toEqual(new Set([`us-east-1 ${OWN}`, `us-east-1 ${OTHER}`, `us-west-2 ${OWN}`]));
  });

  test('an account whose credentials are wrong', async () => {
    const server = await start({ credentials: keysOf(OWN) });
    const made = client(server, { accounts: accountsOf(keysOf(OTHER)) });
    const { profiles, failures } = await made.discover().result();
    expect(profiles.length).toBeGreaterThan(0);
    expect(new Set(failures.map(({ account }) => account))).toEqual(new Set([OTHER]));
    expect(failures[0].message).toContain('The security token included in the request is invalid.');
  });

  test('pages that are throttled are asked for again', async () => {
    const server = await start({ pageSize: 5 });
    const times = 4;
    server.fail({ kind: 'throttle', operation: 'ListInferenceProfiles', times });
    const made = client(server, { maxAttempts: 1 });
    const found = await made
      .discover({ types: ['APPLICATION'], tags: false, models: false })
      .result();
    expect(found.failures).toEqual([]);
    expect(found.profiles.length).toBe(
      server.profiles.filter(({ region }) => region === 'us-east-1').length,
    );
    const refused = server.requests.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(times);
  });

  test('an endpoint that is no control plane', async () => {
    const server = await start();
    server.fail({ kind: 'json-200', operation: 'ListInferenceProfiles', times: 2 });
    const { failures } = await client(server).discover({ models: false }).result();
    expect(failures).toEqual([
      {
        region: 'us-east-1',
        account: 'own',
        cause: 'other',
        permission: 'bedrock:ListInferenceProfiles',
        message: "the answer has no inferenceProfileSummaries: it is not AWS's",
      },
    ]);
  });
});

describe('it ends', () => {
  const stalled = async (options) => {
    const server = await start({ pageSize: 1 });
    server.fail({ kind: 'stall-headers', operation: 'ListTagsForResource', times: 100 });
    const made = client(server);
    const discovery = made.discover({ types: ['APPLICATION'], models: false, ...options });
    return { server, made, discovery };
  };

  test('with AbortError where its signal is aborted mid-way', async () => {
    const controller = new AbortController();
    const { server, discovery } = await stalled({ abortSignal: controller.signal });
    const reading = failure(events(discovery));
    const asked = await server.waitForRequest(
      ({ operation }) => operation === 'ListTagsForResource',
    );
    controller.abort('enough');
    const error = await reading;
    expect(error).toMatchObject({ name: 'AbortError', cause: 'enough' });
    expect(await asked.aborted).toBe(true);
    await expect(discovery.result()).rejects.toBe(error);
    expect(await discovery.next()).toEqual({ done: true, value: undefined });
  });

  test('before it has asked anything where the signal was aborted before', async () => {
    const server = await start();
    const discovery = client(server).discover({ abortSignal: AbortSignal.abort() });
    expect(await failure(discovery.result())).toMatchObject({ name: 'AbortError' });
    expect(server.requests).toEqual([]);
  });

  test('with AbortError where the client is destroyed', async () => {
    const { server, made, discovery } = await stalled();
    const reading = failure(discovery.result());
    await server.waitForRequest(({ operation }) => operation === 'ListTagsForResource');
    made.destroy();
    expect(await reading).toMatchObject({ name: 'AbortError' });
  });

  test('while it waits for AWS to have time', async () => {
    const server = await start();
    server.fail({ kind: 'throttle', operation: 'ListFoundationModels', times: 100 });
    const controller = new AbortController();
    const made = client(server, { maxAttempts: 1 });
    const reading = failure(made.discover({ abortSignal: controller.signal }).result());
    await until(() => count(server, 'ListFoundationModels') > 2);
    controller.abort();
    expect(await reading).toMatchObject({ name: 'AbortError' });
  });

  test('where its reader stops', async () => {
    const { server, discovery } = await stalled();
    expect((await discovery.next()).value.type).toBe('page');
    const asked = await server.waitForRequest(
      ({ operation }) => operation === 'ListTagsForResource',
    );
    await discovery.return();
    expect(await asked.aborted).toBe(true);
    expect(await discovery.next()).toEqual({ done: true, value: undefined });
    expect(count(server, 'ListInferenceProfiles')).toBe(1);
  });

  test('and asks nothing before it is read', async () => {
    const server = await start();
    client(server).discover();
    await client(server).converse(ask());
    expect(count(server, 'ListInferenceProfiles')).toBe(0);
  });
});

describe('what it proposes', () => {
  const found = async (profiles, options) => {
    const server = await start();
    for (const profile of server.profiles) server.removeProfile(profile);
    const added = profiles.map((profile) => server.addProfile({ region: 'us-east-1', ...profile }));
    const result = await client(server, options).discover({ tags: false, models: false }).result();
    return { server, added, result };
  };

  test('an alias for each, `<name>.<vendor>.<model>`, and lines that are ready to use', async () => {
    const { server, added, result } = await found([
      { id: 'aaaaaaaaaaaa', name: 'Team A', from: 'us.anthropic.claude-sonnet-4-6' },
      { id: 'bbbbbbbbbbbb', name: 'batch', from: 'amazon.nova-pro-v1:0' },
    ]);
    const names = ['Team-A.anthropic.claude-sonnet-4-6', 'batch.amazon.nova-pro-v1:0'];
    expect(result.aliases).toEqual({ [names[0]]: added[0].arn, [names[1]]: added[1].arn });
    const env = parseEnv(result.env);
    expect(env).toEqual(result.environment);
    const shell = execFileSync('sh', [
      '-c',
      `${result.env}printf %s "$BEDROCK_INFERENCE_PROFILE_MAPPINGS"`,
    ]);
    expect(JSON.parse(shell)).toEqual(result.mappings);
    expect(env.BEDROCK_AWS_MODELS.split(',')).toEqual(names);
    expect(JSON.parse(env.BEDROCK_INFERENCE_PROFILE_MAPPINGS)).toEqual(result.mappings);
    const { bedrock } = yaml.load(result.librechatYaml).endpoints;
    expect(bedrock).toEqual({ models: names, inferenceProfiles: result.aliases });
    // A client takes them as they are, and asks AWS nothing.
    Object.assign(process.env, env);
    const heard = [];
    const made = client(server, { logger: { warn: (text) => heard.push(text) } });
    const before = server.requests.length;
    expect(await made.resolve(names[0])).toMatchObject({
      callId: added[0].arn,
      model: 'anthropic.claude-sonnet-4-6',
      source: 'mapping',
      label: 'Team A',
    });
    expect(server.requests.length).toBe(before);
    expect(heard).toEqual([]);
  });

  test('LibreChat takes what is for librechat.yaml', async () => {
    const { configSchema } = require('librechat-data-provider');
    const { result } = await found(
      [{ name: "it's: #1", from: 'amazon.nova-pro-v1:0' }].map((one) => ({
        ...one,
        name: 'odd - name',
      })),
    );
    const config = { version: '1.3.0', ...yaml.load(result.librechatYaml) };
    const read = configSchema.strict().safeParse(config);
    expect(read.error).toBeUndefined();
    expect(read.data.endpoints.bedrock.inferenceProfiles).toEqual(result.aliases);
    const none = yaml.load((await found([])).result.librechatYaml);
    expect(none.endpoints.bedrock).toEqual({ models: [], inferenceProfiles: {} });
  });

  test('names of their own for profiles of one name, and none that the mappings have', async () => {
    const from = 'amazon.nova-pro-v1:0';
    const taken = { 'mine.amazon.nova-pro-v1:0': 'amazon.nova-pro-v1:0' };
    const { result } = await found(
      [
        { id: 'aaaaaaaaaaaa', name: 'batch', from },
        { id: 'bbbbbbbbbbbb', name: 'batch', from, region: 'us-west-2' },
        { id: 'cccccccccccc', name: 'mine', from },
        // A name that would be read as another model's.
        { id: 'dddddddddddd', name: 'claude-opus-5', from },
      ],
      { mappings: taken },
    );
    expect(Object.keys(result.aliases)).toEqual([
      'batch.amazon.nova-pro-v1:0',
      'cccccccccccc.amazon.nova-pro-v1:0',
      'dddddddddddd.amazon.nova-pro-v1:0',
    ]);
    const both = await found([
      { id: 'aaaaaaaaaaaa', name: 'batch', from, account: OWN },
      { id: 'bbbbbbbbbbbb', name: 'batch', from, account: OTHER },
    ]);
    expect(Object.keys(both.result.aliases)).toEqual([
      'batch-aaaaaaaaaaaa.amazon.nova-pro-v1:0',
      'batch-bbbbbbbbbbbb.amazon.nova-pro-v1:0',
    ]);
  });

  test('a line that no process can be given is named', async () => {
    const server = await start();
    addMany(server, 1000);
    const { warnings: told } = await client(server)
      .discover({ tags: false, models: false })
      .result();
    expect(told).toEqual([
      expect.stringMatching(
        /^BEDROCK_INFERENCE_PROFILE_MAPPINGS has \d+ bytes; Linux allows 131072/,
      ),
    ]);
  });

  test('models that disagree, a profile that is not active, one without a model', () => {
    const { propose } = require('../lib/discovery/propose.js');
    const profile = (id, more) => ({
      arn: `arn:aws:bedrock:us-east-1:${OWN}:application-inference-profile/${id}`,
      name: id,
      type: 'APPLICATION',
      status: 'ACTIVE',
      model: 'amazon.nova-pro-v1:0',
      otherModels: [],
      ...more,
    });
    const {
      mappings,
      leftOut,
      warnings: told,
    } = propose(
      [
        profile('several', { otherModels: ['amazon.nova-lite-v1:0'] }),
        profile('gone', { status: 'DELETING' }),
        profile('empty', { model: null }),
      ],
      () => false,
    );
    expect(Object.values(mappings)).toEqual([
      { profiles: [expect.stringMatching(/several$/)], label: 'several' },
    ]);
    expect(told).toEqual([expect.stringContaining('amazon.nova-pro-v1:0, amazon.nova-lite-v1:0')]);
    expect(leftOut.map(({ why }) => why)).toEqual([
      'its status is DELETING',
      'AWS names no model behind it',
    ]);
  });
});

describe('in the background', () => {
  const options = { every: 1000, types: ['APPLICATION'], tags: false, models: false };

  test('it is repeated until it is stopped, and tells what it found each time', async () => {
    const server = await start();
    const heard = [];
    const made = client(server).on('discovery', (result) => heard.push(result));
    const refreshing = made.keepDiscovering(options);
    await until(() => heard.length === 1);
    const { arn } = freshProfile(server);
    await until(() => heard.length === 2);
    expect(heard.map(({ profiles }) => profiles.some((one) => one.arn === arn))).toEqual([
      false,
      true,
    ]);
    expect(heard[1].environment.BEDROCK_AWS_MODELS).toContain('anthropic.claude-3-7');
    refreshing.stop();
    refreshing.stop();
    expect(count(server, 'ListInferenceProfiles')).toBe(2);
  });

  test('one leads, and another follows when it has gone', async () => {
    const server = await start({ credentials: keysOf(OTHER) });
    const heard = [];
    const clients = ['one', 'two', 'three'].map((name) => {
      const made = client(server).on('discovery', () => heard.push(name));
      made.keepDiscovering(options);
      return made;
    });
    await until(() => heard.length === 2);
    const [leader] = heard;
    expect(heard).toEqual([leader, leader]);
    clients[['one', 'two', 'three'].indexOf(leader)].destroy();
    await until(() => heard.length === 3);
    expect(heard[2]).not.toBe(leader);
    expect(count(server, 'ListInferenceProfiles')).toBe(3);
  });

  test('a signal and destroy() end it, also in the midst of a round', async () => {
    const server = await start();
    server.fail({ kind: 'stall-headers', operation: 'ListInferenceProfiles', times: 100 });
    const controller = new AbortController();
    const { heard, logger } = warnings();
    const made = client(server, { logger, tenant: 'ends' });
    made.keepDiscovering({ ...options, abortSignal: controller.signal });
    const asked = await server.waitForRequest();
    controller.abort();
    expect(await asked.aborted).toBe(true);
    expect(heard).toEqual([]);
    made.keepDiscovering({ ...options, abortSignal: AbortSignal.abort() });
    expect(count(server, 'ListInferenceProfiles')).toBe(1);
  });

  test('what goes wrong is a warning, once, and it goes on', async () => {
    const server = await start({ deny: ['bedrock:ListInferenceProfiles'] });
    const results = [];
    const made = client(server, { tenant: 'goes on' }).on('discovery', (one) => results.push(one));
    made.keepDiscovering(options);
    await until(() => results.length === 1);
    server.allow('bedrock:ListInferenceProfiles');
    await until(() => results.length === 2);
    expect(results.map(({ failures, profiles }) => [failures.length, profiles.length > 0])).toEqual(
      [
        [1, false],
        [0, true],
      ],
    );
  });

  test.each([
    [undefined, 'every must be a whole number of milliseconds from 1000 to 86400000 (a day), not'],
    [{ every: 10 }, 'not 10'],
    [{ every: '1h' }, 'not a string'],
    [{ every: 1000, region: 'x' }, 'there is no region'],
  ])('%j is refused', (given, text) => {
    const made = new BedrockProfileClient({ region: 'us-east-1' });
    expect(thrown(() => made.keepDiscovering(given)).message).toContain(text);
  });

  test('it does not keep a process', async () => {
    const server = await start();
    const script = `${preamble(server)}
      client.on('discovery', () => console.log('found')).keepDiscovering({ every: 60000, tags: false });`;
    expect(await run(script)).toMatchObject({ code: 0, stdout: 'found\n' });
  });
});

describe('bad input', () => {
  test.each([
    [[], 'the options must be an object, not an array'],
    [
      { regions: 'us-east-1' },
      'regions must be an array of regions such as "us-east-1", not a string',
    ],
    [{ regions: [] }, 'regions must be an array of regions such as "us-east-1", not an array'],
    [{ regions: ['us east'] }, 'regions has "us east"; it holds regions'],
    [{ regions: [undefined] }, 'regions has undefined'],
    [{ accounts: [OTHER] }, `accounts has "${OTHER}"; it holds accounts of the client: "own"`],
    [{ types: ['ALL'] }, 'types has "ALL"; it holds APPLICATION and SYSTEM_DEFINED'],
    [{ tags: 'yes' }, 'tags must be a boolean, not a string'],
    [{ concurrency: 0 }, 'concurrency must be a whole number from 1 to 64, not 0'],
    [{ region: 'us-east-1' }, 'there is no region; there are regions'],
  ])('%j', async (options, text) => {
    const made = new BedrockProfileClient({ region: 'us-east-1' });
    const error = await failure((async () => made.discover(options).result())());
    expect(error.name).toBe('ValidationException');
    expect(error.message).toContain(text);
  });

  test('no region at all', async () => {
    const error = await failure(new BedrockProfileClient({}).discover().result());
    expect(error.message).toContain('no region is known. Give `regions`');
  });

  test('a signal that is none', () => {
    const made = new BedrockProfileClient({ region: 'us-east-1' });
    expect(thrown(() => made.discover({ abortSignal: 1 })).message).toContain('AbortSignal');
  });
});
