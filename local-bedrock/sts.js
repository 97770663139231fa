'use strict';

/** AWS STS: AssumeRole gives sessions of the roles that a server was started with; GetCallerIdentity. */

const { randomBytes } = require('node:crypto');
const { BedrockError } = require('./errors');

const ROLE = /^arn:aws(?:-[a-z-]+)?:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/;
const SECONDS = 3600;
/** The account of credentials that name none. */
const ACCOUNT = '123456789012';

/** Whether a request is for STS: its protocol has one path, and the action in a form. */
const isSts = ({ method, path, headers }) =>
  method === 'POST' &&
  path === '/' &&
  /^application\/x-www-form-urlencoded/.test(headers['content-type'] ?? '');

const formOf = (record) => new URLSearchParams(record.rawBody.toString('utf8'));

/** The action that is asked for, as the name of an operation. */
const actionOf = (record) => formOf(record).get('Action') ?? undefined;

/** `Tags.member.1.Key=…&Tags.member.1.Value=…` */
function tagsOf(form) {
  const tags = {};
  for (let at = 1; form.has(`Tags.member.${at}.Key`); at += 1) {
    tags[form.get(`Tags.member.${at}.Key`)] = form.get(`Tags.member.${at}.Value`) ?? '';
  }
  return tags;
}

function handleSts(exchange, server) {
  const { record } = exchange;
  const form = formOf(record);
  record.body = Object.fromEntries(form);
  if (form.get('Action') === 'GetCallerIdentity') return identify(exchange);
  if (form.get('Action') !== 'AssumeRole') {
    throw new BedrockError(400, 'InvalidAction', `Could not find operation ${form.get('Action')}.`);
  }
  const arn = form.get('RoleArn') ?? '';
  const name = form.get('RoleSessionName') ?? '';
  const role = server.roles.find((candidate) => candidate.arn === arn);
  const trusted = role && (role.externalId ?? null) === form.get('ExternalId');
  if (!trusted || server.isDenied('sts:AssumeRole', record)) {
    throw new BedrockError(
      403,
      'AccessDenied',
      'User: arn:aws:iam::123456789012:user/local is not authorized to perform: sts:AssumeRole on ' +
        `resource: ${arn}`,
    );
  }
  const seconds = Number(form.get('DurationSeconds') ?? role.seconds ?? SECONDS);
  const [, account, roleName] = ROLE.exec(arn);
  const ends = server.now() + (role.seconds ?? seconds) * 1000;
  const session = {
    accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(20).toString('hex'),
    sessionToken: randomBytes(32).toString('base64url'),
    account,
    ends,
    session: { role: arn, name, tags: tagsOf(form) },
  };
  server.knownCredentials.push(session);
  const id = `AROA${randomBytes(8).toString('hex').toUpperCase()}`;
  xml(exchange, 200, 'AssumeRoleResponse', [
    '<AssumeRoleResult>',
    `<AssumedRoleUser><AssumedRoleId>${id}:${escape(name)}</AssumedRoleId>`,
    `<Arn>arn:aws:sts::${account}:assumed-role/${roleName}/${escape(name)}</Arn></AssumedRoleUser>`,
    `<Credentials><AccessKeyId>${session.accessKeyId}</AccessKeyId>`,
    `<SecretAccessKey>${session.secretAccessKey}</SecretAccessKey>`,
    `<SessionToken>${session.sessionToken}</SessionToken>`,
    `<Expiration>${new Date(ends).toISOString()}</Expiration></Credentials>`,
    '</AssumeRoleResult>',
    `<ResponseMetadata><RequestId>${record.requestId}</RequestId></ResponseMetadata>`,
  ]);
}

/** Who has signed. */
function identify(exchange) {
  const { account = ACCOUNT, session } = exchange.record.auth;
  const [, , roleName] = ROLE.exec(session?.role ?? '') ?? [];
  const [arn, id] = session
    ? [
        `arn:aws:sts::${account}:assumed-role/${roleName}/${session.name}`,
        `AROALOCAL:${session.name}`,
      ]
    : [`arn:aws:iam::${account}:user/local`, 'AIDALOCALBEDROCK0000'];
  xml(exchange, 200, 'GetCallerIdentityResponse', [
    `<GetCallerIdentityResult><Arn>${escape(arn)}</Arn><UserId>${escape(id)}</UserId>`,
    `<Account>${account}</Account></GetCallerIdentityResult>`,
    `<ResponseMetadata><RequestId>${exchange.record.requestId}</RequestId></ResponseMetadata>`,
  ]);
}

/** An error as STS sends it. */
function failSts(exchange, { status, type, message }) {
  const { requestId } = exchange.record;
  xml(exchange, status, 'ErrorResponse', [
    `<Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${escape(type)}</Code>`,
    `<Message>${escape(message)}</Message></Error><RequestId>${requestId}</RequestId>`,
  ]);
}

function xml(exchange, status, root, parts) {
  const text = `<${root} xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${parts.join('')}</${root}>`;
  exchange.send(status, { 'content-type': 'text/xml' }, text);
}

const escape = (text) => text.replace(/[<>&"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** Throws where a role is none that can be assumed. */
function checkRoles(roles) {
  for (const { arn } of roles) {
    if (!ROLE.test(arn ?? '')) {
      throw new TypeError(
        `startLocalBedrock: roles: ${JSON.stringify(arn)} is not the ARN of a role, such as ` +
          'arn:aws:iam::210987654321:role/reader',
      );
    }
  }
}

module.exports = { actionOf, checkRoles, failSts, handleSts, isSts };
