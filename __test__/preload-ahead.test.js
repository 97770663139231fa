'use strict';

/** lib/preload/ahead.js with a clock of the test's. */

const NAMES = ['one', 'two', 'three'];

/** The module, and the profiles that it asks about. */
function ahead({ answered = () => true, ...more } = {}) {
  jest.resetModules();
  const known = new Map();
  const asked = [];
  const profiles = {
    usersBringKeys: () => false,
    unexplainedNames: () => NAMES,
    isUnexplained: (name) => !known.has(name),
    known: (name) => known.get(name),
    configuredNames: () => [],
    remember: jest.fn(),
    async findInferenceProfile(name) {
      asked.push(name);
      if (answered(name, asked)) known.set(name, { requestedId: name, model: 'a.b' });
    },
    ...more,
  };
  jest.doMock('../lib/profiles.js', () => profiles);
  return { ...require('../lib/preload/ahead.js'), asked, profiles };
}

beforeEach(() => {
  delete process.env.BEDROCK_PROFILE_ALIASES;
  jest.useFakeTimers();
});
afterEach(() => jest.useRealTimers());

test('what had no answer is asked about once more, and never again', async () => {
  const { begin, asked } = ahead({ answered: (name) => name !== 'two' });
  await begin();
  expect(asked).toEqual(NAMES);
  await jest.advanceTimersByTimeAsync(19_999);
  expect(asked).toEqual(NAMES);
  await jest.advanceTimersByTimeAsync(1);
  expect(asked).toEqual([...NAMES, 'two']);
  await jest.advanceTimersByTimeAsync(600_000);
  expect(asked).toEqual([...NAMES, 'two']);
  expect(jest.getTimerCount()).toBe(0);
});

test('where all is answered, nothing is left to do', async () => {
  const { begin, asked, profiles } = ahead();
  await Promise.all([begin(), begin()]);
  await begin();
  expect(asked).toEqual(NAMES);
  expect(jest.getTimerCount()).toBe(0);
  expect(profiles.remember).toHaveBeenCalledTimes(3);
});

test('four are asked about at a time', async () => {
  const names = Array.from({ length: 9 }, (_, at) => `name-${at}`);
  let now = 0;
  let most = 0;
  const { begin } = ahead({
    unexplainedNames: () => names,
    async findInferenceProfile() {
      now += 1;
      most = Math.max(most, now);
      await Promise.resolve();
      now -= 1;
    },
  });
  await begin();
  expect(most).toBe(4);
});

test('a configuration that comes later is looked at later', async () => {
  let names = [];
  const { begin, asked } = ahead({ unexplainedNames: () => names });
  await begin();
  names = ['late'];
  await begin();
  expect(asked).toEqual(['late']);
});

test('what goes wrong is told, and keeps nobody from going on', async () => {
  const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const { about, begin } = ahead({
    unexplainedNames() {
      throw new Error('no addon');
    },
    isUnexplained() {
      throw new Error('none at all');
    },
  });
  await begin();
  await about(['arn:x']);
  await about(undefined);
  const told = write.mock.calls.map(([text]) => text);
  write.mockRestore();
  expect(told).toEqual([
    expect.stringContaining('steps aside: no addon'),
    expect.stringContaining('steps aside: none at all'),
  ]);
});
