'use strict';

/** Who takes part in the page's demo: profiles of some teams, what they ask, and what goes wrong. */

const ACCOUNT = '123456789012';
const arn = (region, id, account = ACCOUNT) =>
  `arn:aws:bedrock:${region}:${account}:application-inference-profile/${id}`;

/** Beside the stand-in's own profiles. */
const PROFILES = [
  {
    region: 'us-east-1',
    id: 'supportbot01',
    name: 'support-sonnet-5',
    from: 'us.anthropic.claude-sonnet-5',
    tags: { team: 'support', 'cost-center': '4711' },
  },
  {
    region: 'us-east-1',
    id: 'marketing001',
    name: 'marketing-haiku-5-5',
    from: 'us.anthropic.claude-haiku-5-5',
    tags: { team: 'marketing' },
  },
  {
    region: 'eu-central-1',
    id: 'forschung001',
    name: 'forschung-opus-5-5',
    description: 'Für Auswertungen, die in der EU bleiben',
    from: 'eu.anthropic.claude-opus-5-5',
    tags: { team: 'research', sprache: 'de' },
  },
  {
    region: 'us-west-2',
    id: 'longname0001',
    name: 'evaluation-of-customer-conversations-across-all-product-lines-q4',
    from: 'us.anthropic.claude-sonnet-4-6',
    tags: { team: 'research' },
  },
];

/** What the file of mappings says at the beginning. */
const MAPPINGS = {
  [arn('us-east-1', 'supportbot01')]: {
    model: 'anthropic.claude-sonnet-5',
    label: 'Support desk',
  },
  [arn('us-east-1', 'sonnet46team')]: {
    model: 'anthropic.claude-sonnet-4-6',
    label: 'Team A · Sonnet 4.6',
  },
  [arn('us-west-2', 'opus50coding')]: { model: 'anthropic.claude-opus-5', label: 'Coding' },
  [arn('eu-central-1', 'forschung001')]: {
    model: 'anthropic.claude-opus-5-5',
    label: 'Forschung (nur EU, für Auswertungen vertraulicher Unterlagen)',
  },
  // AWS says that it is Nova 2 Lite.
  [arn('eu-west-1', 'nova2liteeus')]: { model: 'amazon.nova-lite-v1:0', label: 'Nova Lite' },
  // It was deleted at AWS.
  [arn('us-east-1', 'goneforever1')]: 'anthropic.claude-3-haiku-20240307-v1:0',
  'team-a.claude-sonnet': arn('us-east-1', 'sonnet45team'),
};

const TEAMS = {
  research: ['ada', 'grace', 'שרה לוי'],
  support: ['alan', 'barbara', 'maximilian.hohenstein-schwarzenberg@customer-success.example.com'],
  engineering: ['donald', 'edsger', 'margaret'],
  marketing: ['ida', 'tim'],
};

/**
 * Who asks what of which profile: team, id, model, name in the history, calls of each user in the busiest hour,
 * milliseconds to the first token, tokens a second.
 */
const USES = [
  ['support', 'supportbot01', 'anthropic.claude-sonnet-5', 'Support desk', 46, 620, 84],
  ['engineering', 'opus50coding', 'anthropic.claude-opus-5', 'Coding', 22, 1450, 46],
  ['research', 'forschung001', 'anthropic.claude-opus-5-5', 'forschung-opus-5-5', 7, 1800, 41],
  ['research', 'sonnet46team', 'anthropic.claude-sonnet-4-6', 'Team A · Sonnet 4.6', 14, 700, 78],
  ['marketing', 'marketing001', 'anthropic.claude-haiku-5-5', 'marketing-haiku-5-5', 18, 310, 160],
  ['marketing', 'nova2liteeus', 'amazon.nova-2-lite-v1:0', 'Nova Lite', 11, 260, 190],
  ['engineering', 'gptoss120big', 'openai.gpt-oss-120b-1:0', 'batch-gpt-oss', 30, 420, 120],
];

const streams = () =>
  USES.flatMap(([team, , model, profile, perHour, firstTokenMs, tokensPerSecond]) =>
    TEAMS[team].map((user, at) => ({
      team,
      user,
      model,
      profile,
      perHour: perHour / (at + 1),
      firstTokenMs,
      tokensPerSecond,
      inputTokens: 2400,
      outputTokens: 380,
    })),
  );

const PROMPTS = [
  'Summarize the customer’s last three messages.',
  'Write a test for the retry of a stream that was cut.',
  'Which of these headlines is the clearest?',
  'Explain this stack trace.',
  'Translate the release notes into German.',
];

/** What goes wrong now and then; what the client would retry happens as often as it retries. */
const FAULTS = [
  { kind: 'throttle', times: 4 },
  {
    kind: 'status',
    status: 400,
    type: 'ValidationException',
    message: 'Input is too long for requested model.',
  },
  {
    kind: 'status',
    status: 403,
    type: 'AccessDeniedException',
    message: "You don't have access to the model with the specified model ID.",
  },
  { kind: 'model-timeout', times: 4 },
];

module.exports = { FAULTS, MAPPINGS, PROFILES, PROMPTS, TEAMS, USES, streams };
