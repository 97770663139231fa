/** A report of the doctor with a finding of each severity. */
export const REPORT = {
  ok: false,
  failures: 1,
  warnings: 1,
  checks: [
    {
      id: 'package',
      title: 'Package and binary',
      status: 'ok',
      findings: [{ status: 'ok', text: '0.1.0, Node.js 20' }],
    },
    {
      id: 'access',
      title: 'Access to models',
      status: 'failure',
      findings: [
        {
          status: 'failure',
          text: 'AccessDeniedException: the model is not open to the account',
          remedy: 'Ask for access in the console of Bedrock.',
          about: [
            'anthropic.claude-opus-5',
            'anthropic.claude-sonnet-5',
            'amazon.nova-pro-v1:0',
            'meta.llama3-1-8b-instruct-v1:0',
          ],
        },
      ],
    },
    {
      id: 'lifecycle',
      title: 'Legacy and end of life',
      status: 'warning',
      findings: [
        { status: 'ok', text: '3 models are active.' },
        {
          status: 'warning',
          text: 'Claude 3 Haiku is legacy.',
          remedy: 'Move to Claude Haiku 5.5.',
          about: ['anthropic.claude-3-haiku-20240307-v1:0'],
        },
      ],
    },
    { id: 'librechat', title: 'LibreChat', status: 'skipped', findings: [] },
  ],
};
