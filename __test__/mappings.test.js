'use strict';

/** The operator's mappings: what they resolve to, and what is wrong with them. */

const {
  CLAUDE_37,
  ask,
  client,
  collect,
  freshProfile,
  preamble,
  run,
  start,
  warnings,
} = require('./support/bedrock');

const VARIABLE = 'BEDROCK_INFERENCE_PROFILE_MAPPINGS';
const ARN = 'arn:aws:bedrock:us-east-1:123456789123:application-inference-profile/';
const NOVA = 'amazon.nova-pro-v1:0';

const map = (mappings) => {
  process.env[VARIABLE] = typeof mappings === 'string' ? mappings : JSON.stringify(mappings);
};

const operations = (server) => server.requests.map(({ operation }) => operation);

describe('the environment', () => {
  // As it stands in the documentation.
  const EXAMPLE = `{
    "arn:aws:bedrock:us-east-1:123456789123:application-inference-profile/rf3zeruqfake": "anthropic.claude-3-7-sonnet-20250219-v1:0",
    "team-a.anthropic.claude-sonnet-4-6": "arn:aws:bedrock:eu-west-1:123456789123:application-inference-profile/abc123def456",
    "team-b.anthropic.claude-sonnet-4-6": {
      "profiles": [
        "arn:aws:bedrock:us-east-1:123456789123:application-inference-profile/teambprofil1",
        "arn:aws:bedrock:us-east-1:123456789123:application-inference-profile/teambprofil2"
      ],
      "model": "anthropic.claude-sonnet-4-6",
      "label": "Claude for team B"
    }
  }`;

  test("the documentation's example works verbatim", async () => {
    process.env[VARIABLE] = EXAMPLE;
    const server = await start();
    const { heard, logger } = warnings();
    const made = client(server, { logger });
    expect(made.resolveSync(`${ARN}rf3zeruqfake`)).toMatchObject({
      callId: `${ARN}rf3zeruqfake`,
      model: CLAUDE_37,
      region: 'us-east-1',
      source: 'mapping',
    });
    expect(await made.resolve('team-b.anthropic.claude-sonnet-4-6')).toMatchObject({
      callId: `${ARN}teambprofil1`,
      profiles: [`${ARN}teambprofil1`, `${ARN}teambprofil2`],
      model: 'anthropic.claude-sonnet-4-6',
      label: 'Claude for team B',
      region: 'us-east-1',
      source: 'mapping',
    });
    expect(heard).toEqual([]);
    expect(await made.resolve('team-a.anthropic.claude-sonnet-4-6')).toMatchObject({
      callId: 'arn:aws:bedrock:eu-west-1:123456789123:application-inference-profile/abc123def456',
      region: 'eu-west-1',
    });
    expect(heard.filter((message) => message.includes('entry'))).toEqual([]);
    expect(operations(server).filter((operation) => operation.startsWith('Converse'))).toEqual([]);
  });

  test('a chat goes to the ARN of an alias, fitted to its model, and asks AWS nothing', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    map({ [arn]: CLAUDE_37, 'team-x': arn });
    const { $metadata, stream } = await client(server).converseStream(
      ask('Good day', { modelId: 'team-x' }),
    );
    expect(await collect(stream)).not.toHaveLength(0);
    expect($metadata.profile).toMatchObject({
      requestedId: 'team-x',
      callId: arn,
      model: CLAUDE_37,
      source: 'mapping',
    });
    expect(operations(server)).toEqual(['ConverseStream']);
    expect(server.requests[0].modelId).toBe(arn);
  });

  test('an alias leads through an alias to a profile, model names may be aliases', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    map({ [arn]: CLAUDE_37, [CLAUDE_37]: arn, outer: 'inner', inner: arn });
    const made = client(server);
    for (const id of ['outer', CLAUDE_37]) {
      expect(await made.resolve(id)).toMatchObject({ callId: arn, model: CLAUDE_37 });
    }
  });

  test('what changes between two calls is seen by the next', async () => {
    const server = await start();
    const [one, two] = [freshProfile(server), freshProfile(server)];
    const made = client(server);
    const called = async () => {
      await made.converse(ask('Good day', { modelId: 'team-x' }));
      return server.requests.at(-1).modelId;
    };
    map({ 'team-x': { profiles: [one.arn], model: CLAUDE_37 } });
    expect(await called()).toBe(one.arn);
    map({ 'team-x': { profiles: [two.arn], model: CLAUDE_37 } });
    expect(await called()).toBe(two.arn);
    delete process.env[VARIABLE];
    expect(made.resolveSync('team-x')?.callId).not.toBe(two.arn);
  });

  test('is read when it is used, not when the package is loaded', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    const { stdout } = await run(`${preamble(server)}
      process.env.${VARIABLE} = ${JSON.stringify(JSON.stringify({ late: { profiles: [arn], model: CLAUDE_37 } }))};
      console.log(client.resolveSync('late').callId);
    `);
    expect(stdout).toBe(`${arn}\n`);
  });
});

describe('the option', () => {
  test('lies over the environment, key by key', async () => {
    const server = await start();
    map({ [`${ARN}bothbothboth`]: CLAUDE_37, [`${ARN}environment1`]: CLAUDE_37 });
    const made = client(server, { mappings: { [`${ARN}bothbothboth`]: NOVA } });
    expect(made.resolveSync(`${ARN}bothbothboth`).model).toBe(NOVA);
    expect(made.resolveSync(`${ARN}environment1`).model).toBe(CLAUDE_37);
  });

  test('of one client is not that of another', async () => {
    const server = await start();
    const id = `${ARN}twoclients12`;
    const one = client(server, { mappings: { [id]: CLAUDE_37 } });
    const two = client(server, { mappings: { [id]: NOVA } });
    expect([one.resolveSync(id).model, two.resolveSync(id).model]).toEqual([CLAUDE_37, NOVA]);
  });

  test('of a wrong entry warns and names the option', async () => {
    const server = await start();
    const { heard, logger } = warnings();
    client(server, { logger, mappings: { bad: 5 } }).resolveSync(CLAUDE_37);
    expect(heard).toEqual([expect.stringContaining('The option "mappings", entry "bad"')]);
  });
});

describe('what is wrong', () => {
  const GOOD = `${ARN}goodgoodgood`;

  // what it is, the text of the variable, the entry, what the warning says
  const WRONG = [
    ['a value that is no model id', { bad: 'claude three' }, '"bad"', 'neither a model id'],
    [
      'a value that is nearly one',
      { [`${ARN}nearly123456`]: 'claude 3.7 sonnet' },
      'nearly123456',
      'did you mean',
    ],
    ['a number', { bad: 5 }, '"bad"', 'the value is a number'],
    ['null', { bad: null }, '"bad"', 'the value is null'],
    ['an array', { bad: [] }, '"bad"', 'the value is an array'],
    ['an empty value', { bad: '' }, '"bad"', 'the value is empty'],
    ['an empty key', { '': CLAUDE_37 }, 'entry ""', 'the key is empty'],
    [
      'a malformed ARN as key',
      { [ARN.replace('123456789123', '1234')]: CLAUDE_37 },
      ':1234:',
      'account (part 5)',
    ],
    ['a malformed ARN as value', { bad: 'arn:aws:bedrock::x' }, '"bad"', 'parts of an ARN'],
    ['aliases in a loop', { a: 'b', b: 'c', c: 'a' }, '"a"', '"a" → "b" → "c" → "a"'],
    ['an alias of itself', { a: 'a' }, '"a"', 'loop'],
    ['an object that says nothing', { bad: {} }, '"bad"', 'give "profiles"'],
    ['an object with a wrong member', { bad: { model: 5 } }, '"bad"', '"model" is a number'],
    [
      'an object with an unknown member',
      { bad: { model: CLAUDE_37, modl: 1 } },
      '"bad"',
      '"modl" means nothing',
    ],
  ];

  test.each(WRONG)('%s is named, and the others work', async (_what, wrong, entry, text) => {
    map({ ...wrong, [GOOD]: CLAUDE_37 });
    const server = await start();
    const { heard, logger } = warnings();
    const made = client(server, { logger });
    expect(made.resolveSync(GOOD)).toMatchObject({ model: CLAUDE_37, source: 'mapping' });
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatch(/^bedrock-profile-client: BEDROCK_INFERENCE_PROFILE_MAPPINGS, entry /);
    expect(heard[0]).toContain(entry);
    expect(heard[0]).toContain(text);
  });

  test('a key that stands there twice is named, the last one counts', async () => {
    map(`{"${GOOD}": "${NOVA}", "${GOOD}": "${CLAUDE_37}"}`);
    const server = await start();
    const { heard, logger } = warnings();
    expect(client(server, { logger }).resolveSync(GOOD).model).toBe(CLAUDE_37);
    expect(heard).toEqual([
      expect.stringMatching(/goodgoodgood": the key stands there more than once/),
    ]);
  });

  test.each([
    ['no JSON', '{bad', 'line 1, column 2'],
    ['single quotes', "{'a':'b'}", 'double quotes'],
    ['a comma at the end', `{"${GOOD}": "${NOVA}",}`, 'comma'],
    ['an array', '[]', 'is an array'],
    ['a text', '"x"', 'is a text'],
    ['cut short', '{"a": "b', 'not JSON'],
  ])('%s: one warning says where, and chats work', async (_what, text, said) => {
    map(text);
    const server = await start();
    const { heard, logger } = warnings();
    expect((await client(server, { logger }).converse(ask())).stopReason).toBe('end_turn');
    expect(heard).toHaveLength(1);
    expect(heard[0]).toContain(VARIABLE);
    expect(heard[0]).toContain(said);
    expect(heard[0]).toContain('None of its mappings is used.');
  });

  test.each(['', '   ', '{}', '\uFEFF{}'])(
    '%j is no mappings, and nothing is wrong',
    async (text) => {
      map(text);
      const server = await start();
      const { heard, logger } = warnings();
      client(server, { logger }).resolveSync(CLAUDE_37);
      expect(heard).toEqual([]);
    },
  );

  test('names of Object.prototype are names like any other', async () => {
    const server = await start();
    const { arn } = freshProfile(server);
    map(`{"__proto__": "${arn}", "constructor": "${arn}", "${arn}": "${CLAUDE_37}"}`);
    const made = client(server);
    for (const id of ['__proto__', 'constructor']) {
      expect(made.resolveSync(id)).toMatchObject({ callId: arn, model: CLAUDE_37 });
    }
    expect(made.resolveSync('toString')).toBeUndefined();
    expect({}.model).toBeUndefined();
  });

  test('is told once, not for each call', async () => {
    map({ bad: 5 });
    const server = await start();
    const { heard, logger } = warnings();
    const made = client(server, { logger });
    for (let n = 0; n < 3; n += 1) await made.converse(ask());
    await client(server, { logger }).converse(ask());
    expect(heard).toHaveLength(1);
  });

  test('is told once, also where each request makes its client and keys come from a function', async () => {
    map({ bad: 5 });
    const server = await start();
    const { heard, logger } = warnings();
    for (let n = 0; n < 3; n += 1) {
      await client(server, { logger, credentials: async () => server.credentials }).converse(ask());
    }
    expect(heard).toHaveLength(1);
  });

  test('is a warning of the process where there is no logger', async () => {
    const server = await start();
    const { stdout, stderr } = await run(
      `${preamble(server)}
      process.on('warning', ({ name, message }) => console.log(name, '|', message));
      client.converse(input).then(({ stopReason }) => console.log(stopReason));`,
      { env: { [VARIABLE]: '{"bad": 5}' } },
    );
    expect(stdout).toContain(
      'BedrockProfileWarning | BEDROCK_INFERENCE_PROFILE_MAPPINGS, entry "bad"',
    );
    expect(stdout).toContain('end_turn');
    expect(stderr).toContain('BedrockProfileWarning');
  });
});

describe('BEDROCK_AWS_MODELS', () => {
  test('lists an ARN that nothing maps: one warning with the line to add', async () => {
    const server = await start();
    const [known, unknown] = [freshProfile(server), freshProfile(server)];
    map({ [known.arn]: CLAUDE_37 });
    process.env.BEDROCK_AWS_MODELS = `us.anthropic.claude-sonnet-4-6, ${known.arn},${unknown.arn}`;
    const { heard, logger } = warnings();
    const made = client(server, { logger });
    await made.converse(ask());
    await made.converse(ask());
    expect(heard).toHaveLength(1);
    expect(heard[0]).toContain('BEDROCK_AWS_MODELS');
    expect(heard[0]).toContain(`{ "${unknown.arn}": "<model id`);
    expect(heard[0]).not.toContain(known.arn);
  });
});
