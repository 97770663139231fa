'use strict';

/** Service Quotas: ListServiceQuotas and ListAWSDefaultServiceQuotas of Bedrock, in AWS's JSON protocol. */

const { BedrockError } = require('./errors');

const TARGET = /^ServiceQuotasV20190624\.(\w+)$/;
/** Which member of an entry each operation gives. */
const MEMBERS = { ListServiceQuotas: 'value', ListAWSDefaultServiceQuotas: 'default' };

/** The action that is asked for; undefined where the request is none for Service Quotas. */
const quotasAction = ({ method, path, headers }) =>
  method === 'POST' && path === '/' ? TARGET.exec(headers['x-amz-target'] ?? '')?.[1] : undefined;

function handleQuotas(exchange, server) {
  const { record } = exchange;
  const action = quotasAction(record);
  const body = JSON.parse(record.rawBody.toString('utf8') || '{}');
  record.body = body;
  if (!Object.hasOwn(MEMBERS, action)) {
    throw new BedrockError(
      400,
      'UnknownOperationException',
      `There is no operation ${action} here.`,
    );
  }
  if (server.isDenied(`servicequotas:${action}`, record)) {
    throw new BedrockError(
      400,
      'AccessDeniedException',
      `User: arn:aws:iam::123456789012:user/local is not authorized to perform: servicequotas:${action}`,
    );
  }
  if (body.ServiceCode !== 'bedrock') {
    throw new BedrockError(
      400,
      'NoSuchResourceException',
      'The request failed because the specified service does not exist.',
    );
  }
  const size = body.MaxResults ?? 100;
  const start = Number(body.NextToken ?? 0);
  const page = server.serviceQuotas.slice(start, start + size);
  const end = start + page.length;
  json(exchange, 200, {
    Quotas: page.map((quota) => ({
      ServiceCode: 'bedrock',
      QuotaCode: quota.code,
      QuotaName: quota.name,
      Value: quota[MEMBERS[action]] ?? quota.value,
    })),
    ...(end < server.serviceQuotas.length && { NextToken: String(end) }),
  });
}

/** An error as Service Quotas sends it. */
function failQuotas(exchange, { status, type, message }) {
  json(exchange, status, { __type: type, message });
}

function json(exchange, status, body) {
  exchange.send(status, { 'content-type': 'application/x-amz-json-1.1' }, JSON.stringify(body));
}

module.exports = { failQuotas, handleQuotas, quotasAction };
