#!/usr/bin/env node
// Writes docs/troubleshooting.md from the table of hints: `node scripts/troubleshooting.js`. A test holds
// the page to the table.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { format, resolveConfig } = require('prettier');

const { hintTable } = require('../native.js');

const PAGE = path.join(__dirname, '..', 'docs', 'troubleshooting.md');

/** What stands for what a hint fills in for a call. */
const FILLED = {
  called: 'the id that was called',
  model: 'the model',
  region: 'the region',
  partition: 'the AWS partition',
  domain: 'amazonaws.com',
  reserved: '',
  burndown: '',
  fewer:
    'Lower `maxTokens` to near the longest answer that is needed, or make fewer calls at a time.',
  profiles: '',
  profile_ids: '',
  modes: 'one that the model allows',
  window: '',
  eol: '',
  successor: '',
  action: 'the action',
  denied: 'the resource that the message names',
  denied_place: '',
  or_allow: ', or allow `bedrock:GetInferenceProfile`',
};

function filled(text, { permissions }) {
  const values = { ...FILLED, actions: permissions.join(' and '), policy: 'the policy below' };
  const out = text.replace(/\{([a-z_]+)\}/g, (whole, name) => {
    if (!Object.hasOwn(values, name)) throw new Error(`{${name}} of a hint has no text here.`);
    return values[name];
  });
  return out.replace(/(^|[.!?] )([a-z])/g, (_, before, letter) => before + letter.toUpperCase());
}

const code = (words) => words.map((word) => `\`${word}\``).join(', ');

/** What an error is recognized by. */
function signs({ names, statuses, codes, texts }) {
  return [
    names.length > 0 && `- name: ${code(names)}`,
    statuses.length > 0 && `- or HTTP status: ${code(statuses.map(String))}`,
    codes.length > 0 && `- \`code\`: ${code(codes)}`,
    texts.length > 0 && `- message contains: ${texts.map((text) => `“${text}”`).join(' or ')}`,
  ].filter(Boolean);
}

/** The resource of a statement: what is called, and the foundation models behind it. */
function resources(permissions) {
  const invokes = permissions.every((action) => action.startsWith('bedrock:Invoke'));
  if (invokes) {
    return [
      'arn:aws:bedrock:*:<account>:application-inference-profile/*',
      'arn:aws:bedrock:*::foundation-model/*',
    ];
  }
  if (permissions[0] === 'bedrock:GetInferenceProfile') {
    return ['arn:aws:bedrock:*:<account>:application-inference-profile/*'];
  }
  return permissions[0] === 'sts:AssumeRole' ? ['arn:aws:iam::<account>:role/<role>'] : ['*'];
}

function policy({ permissions }) {
  const Statement = [{ Effect: 'Allow', Action: permissions, Resource: resources(permissions) }];
  return `\`\`\`json\n${JSON.stringify({ Version: '2012-10-17', Statement }, undefined, 2)}\n\`\`\``;
}

function section(hint) {
  return [
    `## ${hint.title}`,
    `\`${hint.id}\``,
    signs(hint).join('\n'),
    `**Cause.** ${filled(hint.cause, hint)}`,
    `**Fix.** ${filled(hint.remedy, hint)}`,
    hint.permissions.length > 0 && `**Minimal IAM policy**\n\n${policy(hint)}`,
    hint.page && `AWS: <${hint.page}>`,
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** A heading's anchor, as GitHub makes it. */
const slugOf = (title) =>
  title
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

/** The page. */
async function written() {
  const hints = JSON.parse(hintTable());
  const rows = hints.map(({ id, title }) => `| \`${id}\` | [${title}](#${slugOf(title)}) |`);
  const text = `# Troubleshooting

<!-- made by scripts/troubleshooting.js from core/src/hints/ -->

An error keeps AWS's name and text. What this client knows beside that is in \`error.hint\`, written for the
call that failed; \`error.hintId\` (not enumerable) is the id in this table, which log lines have as \`cause\`.
The entries are tried in this order, and the first that fits is taken. \`npx bedrock-profile-client doctor\`
looks for most of them before a user meets one: [Command line](cli.md#doctor).

| id | what has happened |
| --- | --- |
${rows.join('\n')}

${hints.map(section).join('\n\n')}
`;
  return format(text, { ...(await resolveConfig(PAGE)), parser: 'markdown' });
}

if (require.main === module) {
  written().then((text) => fs.writeFileSync(PAGE, text));
}

module.exports = { PAGE, written };
