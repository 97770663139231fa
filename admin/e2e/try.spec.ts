import { demoSetting, arn } from './support/installation';
import { expect, test, type Page } from './support/test';

const OPUS = arn('us-west-2', 'opus50coding');
const HAIKU = arn('eu-west-1', 'haiku55fasts');

async function ask(page: Page, profile: string, prompt: string) {
  await page.getByLabel('Profile', { exact: true }).fill(profile);
  await page.keyboard.press('Escape');
  await page.getByLabel('Prompt', { exact: true }).fill(prompt);
}

test('streams an answer with its thinking, and says what went out', async ({ page, open }) => {
  const { bedrock } = await open(demoSetting(), '/try');
  await ask(page, OPUS, 'What is a profile?');
  await page.getByText('More options').click();
  await page.getByLabel('Temperature').fill('0.7');
  await page.getByLabel('Thinking budget').fill('4096');
  await page.getByLabel('Additional model request fields').fill('{"top_k": 40}');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  const result = page.getByRole('article', { name: OPUS });
  await expect(result.locator('[data-status=done]')).toBeVisible();
  await expect(result.getByText('Thinking', { exact: true })).toBeVisible();
  await expect(result.getByRole('group', { name: 'Answer' })).toContainText('What is a profile?');
  // What was gated, and why.
  await expect(result.getByRole('heading', { name: /changes$/ })).toBeVisible();
  await expect(result.getByText('inferenceConfig.temperature')).toBeVisible();
  await expect(result.getByText('additionalModelRequestFields.top_k')).toBeVisible();
  // The body, byte for byte.
  const sent = bedrock.requests.find(({ operation }) => operation === 'ConverseStream');
  const shown = await result
    .getByRole('group', { name: 'Body, exactly as sent' })
    .getByRole('region')
    .textContent();
  expect(shown).toBe(sent?.rawBody.toString('utf8'));
  for (const name of [
    'First token',
    'In all',
    'Tokens per second',
    'Input tokens',
    'Output tokens',
  ])
    await expect(result.getByText(name, { exact: true })).toBeVisible();
  await expect(result.getByRole('group', { name: 'Cost' })).toBeVisible();
});

test('explains without sending', async ({ page, open }) => {
  const { bedrock } = await open(demoSetting(), '/try');
  await ask(page, OPUS, 'Nothing of this goes out');
  await page.getByText('More options').click();
  await page.getByLabel('Temperature').fill('0.5');
  await page.getByRole('button', { name: 'Explain without sending' }).click();
  const result = page.getByRole('article', { name: OPUS });
  await expect(result.getByText('inferenceConfig.temperature')).toBeVisible();
  await expect(result.getByText('anthropic.claude-opus-5', { exact: true })).toBeVisible();
  await expect(result.getByText('Answer', { exact: true })).toBeHidden();
  expect(bedrock.requests.filter(({ operation }) => operation?.startsWith('Converse'))).toEqual([]);
});

test('asks two profiles the same, side by side', async ({ page, open }) => {
  const { bedrock } = await open(demoSetting(), '/try');
  await ask(page, OPUS, 'Who are you?');
  await page.getByRole('button', { name: 'Compare with a second profile' }).click();
  await page.getByLabel('Second profile').fill(HAIKU);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Send to both' }).click();
  const results = [OPUS, HAIKU].map((name) => page.getByRole('article', { name }));
  for (const result of results) await expect(result.locator('[data-status=done]')).toBeVisible();
  const asked = bedrock.requests.filter(({ operation }) => operation === 'ConverseStream');
  expect(asked.map(({ modelId }) => modelId).sort()).toEqual([HAIKU, OPUS].sort());
  const [left, right] = await Promise.all(results.map((result) => result.boundingBox()));
  expect(left?.y).toBe(right?.y);
});

test('stops a stream, at AWS too', async ({ page, open }) => {
  const setting = demoSetting();
  const { bedrock } = await open(
    { ...setting, bedrock: { ...setting.bedrock, pace: 400 } },
    '/try',
  );
  await ask(page, OPUS, 'A long answer, please');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  const result = page.getByRole('article', { name: OPUS });
  await expect(result.getByText(/^(Thinking|Answering)…$/)).toBeVisible();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(result.getByText('Stopped', { exact: true })).toBeVisible();
  const sent = await bedrock.waitForRequest(({ operation }) => operation === 'ConverseStream');
  expect(await sent.aborted).toBe(true);
  await expect(page.getByRole('button', { name: 'Send', exact: true })).toBeVisible();
});

test('shows what AWS refuses, in its words', async ({ page, open }) => {
  const { bedrock } = await open(demoSetting(), '/try');
  bedrock.fail({
    kind: 'status',
    status: 403,
    type: 'AccessDeniedException',
    message: "You don't have access to the model with the specified model ID.",
  });
  await ask(page, OPUS, 'Hello');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  const alert = page.getByRole('alert');
  await expect(alert).toContainText("You don't have access to the model");
  await expect(alert).toContainText('AccessDeniedException');
});

test('says what cannot be sent as it is typed, and where', async ({ page, open }) => {
  await open(demoSetting(), '/try');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByLabel('Profile', { exact: true })).toBeFocused();
  await expect(page.getByText('This must not be empty.')).toHaveCount(2);
  await page.getByText('More options').click();
  await page.getByLabel('Additional model request fields').fill('{"top_k": ');
  await expect(page.getByText('This is not JSON.')).toBeVisible();
  await page.getByLabel('Temperature').fill('hot');
  await expect(page.getByText('Write a number from 0 to 1.')).toBeVisible();
});

test('works with the keyboard alone, and offers the profiles there are', async ({ page, open }) => {
  await open(demoSetting(), '/try');
  await page.getByLabel('Profile', { exact: true }).focus();
  await page.keyboard.type('support');
  // Those that were found before the last letter are gone by then.
  await expect(page.getByRole('option')).toHaveText([/Support desk/]);
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('option')).toHaveAttribute('data-active-item');
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Profile', { exact: true })).toHaveValue(
    arn('us-east-1', 'supportbot01'),
  );
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(page.getByLabel('Prompt', { exact: true })).toBeFocused();
  await page.keyboard.type('Hello');
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('[data-status=done]')).toBeVisible();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Send', exact: true })).toBeFocused();
});

test('keeps what was typed when one looks at another view', async ({ page, open }) => {
  await open(demoSetting(), '/try');
  await ask(page, OPUS, 'Not lost');
  await page.getByRole('link', { name: 'Audit' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Audit' })).toBeVisible();
  await page.getByRole('link', { name: 'Try' }).click();
  await expect(page.getByLabel('Prompt', { exact: true })).toHaveValue('Not lost');
});
