'use strict';

/** AWS's default chain: each of its sources, with real files, scripts and servers on loopback. */

const { createHash } = require('node:crypto');
const { chmodSync, mkdirSync, writeFileSync } = require('node:fs');
const http = require('node:http');
const { once } = require('node:events');
const path = require('node:path');

const { preamble, run, start } = require('./support/bedrock');
const { folder } = require('./support/certificates');

const KEYS = { accessKeyId: 'AKIACHAIN00000000000', secretAccessKey: 'lasting-secret' };
const SESSION = 'chain-session-token';
const TEMPORARY = {
  accessKeyId: 'ASIACHAIN00000000000',
  secretAccessKey: 'temporary-secret',
  sessionToken: SESSION,
};
const ENDS = new Date(Date.now() + 60 * 60 * 1000).toISOString().replace(/\.\d+Z$/, 'Z');

const servers = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

/** A server of AWS's beside Bedrock: answers what `answer` gives, and keeps what it was asked. */
async function serve(answer) {
  const asked = [];
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    asked.push({ method: request.method, url: request.url, headers: request.headers, body });
    const { status = 200, headers = {}, text = '' } = answer(asked.at(-1)) ?? { status: 404 };
    response.writeHead(status, headers).end(text);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, asked };
}

/** Files of a home of its own: path below it → content. */
function home(files = {}) {
  const at = folder();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(at, name)), { recursive: true });
    writeFileSync(path.join(at, name), content);
  }
  return at;
}

/** Calls Bedrock in a process with this environment and nothing else of AWS; tells what signed. */
async function call(env, options = {}) {
  const bedrock = await start({ credentials: [KEYS, TEMPORARY] });
  const script = `${preamble(bedrock, { credentials: undefined, ...options })}
    client.converse(input).then((answer) => console.log(answer.stopReason),
      (error) => console.log(error.name + ': ' + error.message));
  `;
  const ended = await run(script, {
    env: { HOME: home(), AWS_EC2_METADATA_DISABLED: 'true', AWS_MAX_ATTEMPTS: '1', ...env },
  });
  const { headers, auth } = bedrock.requests[0] ?? {};
  return { ...ended, headers, auth };
}

const works = (ended, { accessKeyId, sessionToken } = TEMPORARY) => {
  expect(ended).toMatchObject({ code: 0, stdout: 'end_turn\n', stderr: '' });
  expect(ended.headers.authorization).toContain(accessKeyId);
  expect(ended.headers['x-amz-security-token']).toBe(sessionToken);
};

const credentialsFile = (profile, more = '') =>
  `[${profile}]\naws_access_key_id = ${KEYS.accessKeyId}\naws_secret_access_key = ${KEYS.secretAccessKey}\n${more}`;

describe('the default chain', () => {
  test('keys of the environment', async () => {
    const ended = await call({
      AWS_ACCESS_KEY_ID: TEMPORARY.accessKeyId,
      AWS_SECRET_ACCESS_KEY: TEMPORARY.secretAccessKey,
      AWS_SESSION_TOKEN: SESSION,
    });
    works(ended);
  });

  test('the shared credentials file, with the default profile', async () => {
    works(await call({ HOME: home({ '.aws/credentials': credentialsFile('default') }) }), KEYS);
  });

  test.each([
    ['AWS_PROFILE', (name) => [{ AWS_PROFILE: name }, {}]],
    ['BEDROCK_AWS_PROFILE', (name) => [{ BEDROCK_AWS_PROFILE: name }, {}]],
    ['the option profile', (name) => [{}, { profile: name }]],
  ])('the profile that %s names, before keys of the environment', async (_how, by) => {
    const file = path.join(home({ anywhere: credentialsFile('team') }), 'anywhere');
    const [env, options] = by('team');
    const other = { AWS_ACCESS_KEY_ID: 'AKIAOTHER', AWS_SECRET_ACCESS_KEY: 'other' };
    const ended = await call({ AWS_SHARED_CREDENTIALS_FILE: file, ...other, ...env }, options);
    expect(ended.stdout).toBe('end_turn\n');
    expect(ended.headers.authorization).toContain(KEYS.accessKeyId);
    // AWS's own two that contradict each other are told.
    expect(/AWS_PROFILE and AWS_ACCESS_KEY_ID are both set/.test(ended.stderr)).toBe(
      env.AWS_PROFILE !== undefined,
    );
  });

  test('keys that have rotated in the shared credentials file, once the old ones have expired', async () => {
    const old = { ...TEMPORARY, accessKeyId: 'ASIAOLD0000000000000', expired: true };
    const bedrock = await start({ credentials: [TEMPORARY, old] });
    const section = ({ accessKeyId, secretAccessKey, sessionToken }) =>
      [
        '[default]',
        `aws_access_key_id = ${accessKeyId}`,
        `aws_secret_access_key = ${secretAccessKey}`,
        `aws_session_token = ${sessionToken}\n`,
      ].join('\n');
    const file = path.join(home({ credentials: section(old) }), 'credentials');
    const script = `${preamble(bedrock, { credentials: undefined })}
      const outcome = () => client.converse(input).then((it) => it.stopReason, (error) => error.name);
      (async () => {
        console.log(await outcome());
        require('node:fs').writeFileSync(${JSON.stringify(file)}, ${JSON.stringify(section(TEMPORARY))});
        console.log(await outcome(), await outcome());
      })();
    `;
    const ended = await run(script, {
      env: { HOME: home(), AWS_EC2_METADATA_DISABLED: 'true', AWS_SHARED_CREDENTIALS_FILE: file },
    });
    expect(ended.stdout).toBe('ExpiredTokenException\nend_turn end_turn\n');
  });

  test('a process is run again before its keys end, and gives others then', async () => {
    const at = home();
    const script = path.join(at, 'give-keys');
    writeFileSync(
      script,
      `#!/bin/sh\necho run >> ${at}/runs\nnow=$(date -u -d '+2 seconds' +%Y-%m-%dT%H:%M:%SZ)\necho '{"Version":1,"AccessKeyId":"${TEMPORARY.accessKeyId}","SecretAccessKey":"${TEMPORARY.secretAccessKey}","SessionToken":"${SESSION}","Expiration":"'$now'"}'\n`,
    );
    chmodSync(script, 0o755);
    const config = path.join(
      home({ config: `[default]\ncredential_process = ${script}\n` }),
      'config',
    );
    const bedrock = await start({ credentials: [TEMPORARY] });
    const calls = `${preamble(bedrock, { credentials: undefined })}
      const fs = require('node:fs');
      const runs = () => fs.readFileSync(${JSON.stringify(path.join(at, 'runs'))}, 'utf8').split('\\n').length - 1;
      (async () => {
        await client.converse(input);
        const before = runs();
        while (runs() === before) await client.converse(input);
        console.log(before, runs());
      })();
    `;
    const ended = await run(calls, { env: { HOME: home(), AWS_CONFIG_FILE: config } });
    expect(ended).toMatchObject({ code: 0, stdout: '1 2\n' });
  });

  test('a process of the configuration file', async () => {
    const script = path.join(
      home({
        'give-keys': `#!/bin/sh\necho '${JSON.stringify({
          Version: 1,
          AccessKeyId: TEMPORARY.accessKeyId,
          SecretAccessKey: TEMPORARY.secretAccessKey,
          SessionToken: SESSION,
          Expiration: ENDS,
        })}'\n`,
      }),
      'give-keys',
    );
    chmodSync(script, 0o755);
    const config = `[profile vault]\ncredential_process = ${script}\n`;
    const file = path.join(home({ config }), 'config');
    const ended = await call({ AWS_CONFIG_FILE: file, AWS_PROFILE: 'vault' });
    works(ended);
  });

  test('SSO, with the token of a sign-in', async () => {
    const sso = await serve(({ url }) =>
      url.startsWith('/federation/credentials')
        ? {
            headers: { 'content-type': 'application/json' },
            text: JSON.stringify({
              roleCredentials: { ...TEMPORARY, expiration: Date.parse(ENDS) },
            }),
          }
        : undefined,
    );
    const config = `
[profile staff]
sso_session = company
sso_account_id = 123456789123
sso_role_name = Bedrock
[sso-session company]
sso_region = us-east-1
sso_start_url = https://company.awsapps.com/start
`;
    const token = JSON.stringify({
      accessToken: 'signed-in',
      expiresAt: ENDS,
      region: 'us-east-1',
      startUrl: 'https://company.awsapps.com/start',
    });
    const name = createHash('sha1').update('company').digest('hex');
    const HOME = home({ '.aws/config': config, [`.aws/sso/cache/${name}.json`]: token });
    const ended = await call({ HOME, AWS_PROFILE: 'staff', AWS_ENDPOINT_URL_SSO: sso.url });
    works(ended);
    expect(sso.asked[0].headers['x-amz-sso_bearer_token']).toBe('signed-in');
    expect(sso.asked[0].url).toContain('role_name=Bedrock');
  });

  test('a web identity, at STS', async () => {
    const sts = await serve(() => ({
      headers: { 'content-type': 'text/xml' },
      text: `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
        <AssumeRoleWithWebIdentityResult><Credentials>
          <AccessKeyId>${TEMPORARY.accessKeyId}</AccessKeyId>
          <SecretAccessKey>${TEMPORARY.secretAccessKey}</SecretAccessKey>
          <SessionToken>${SESSION}</SessionToken><Expiration>${ENDS}</Expiration>
        </Credentials></AssumeRoleWithWebIdentityResult>
      </AssumeRoleWithWebIdentityResponse>`,
    }));
    const ended = await call({
      AWS_WEB_IDENTITY_TOKEN_FILE: path.join(home({ token: 'who-i-am' }), 'token'),
      AWS_ROLE_ARN: 'arn:aws:iam::123456789123:role/bedrock',
      AWS_ROLE_SESSION_NAME: 'chat',
      AWS_ENDPOINT_URL_STS: sts.url,
    });
    works(ended);
    const asked = new URLSearchParams(sts.asked[0].body);
    expect(Object.fromEntries(asked)).toMatchObject({
      Action: 'AssumeRoleWithWebIdentity',
      WebIdentityToken: 'who-i-am',
      RoleSessionName: 'chat',
    });
  });

  const fromContainer = () =>
    serve(() => ({
      headers: { 'content-type': 'application/json' },
      text: JSON.stringify({
        AccessKeyId: TEMPORARY.accessKeyId,
        SecretAccessKey: TEMPORARY.secretAccessKey,
        Token: SESSION,
        Expiration: ENDS,
      }),
    }));

  test.each([
    ['AWS_CONTAINER_AUTHORIZATION_TOKEN', () => 'the-token'],
    [
      'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
      () => path.join(home({ token: 'the-token' }), 'token'),
    ],
  ])('a container (ECS, EKS), with %s', async (name, value) => {
    const agent = await fromContainer();
    const ended = await call({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${agent.url}/role`,
      [name]: value(),
      // What is beside the container is never behind a proxy.
      PROXY: 'http://127.0.0.1:1',
    });
    works(ended);
    expect(agent.asked[0]).toMatchObject({ url: '/role', headers: { authorization: 'the-token' } });
  });

  test("the instance's metadata (IMDS)", async () => {
    const role = '/latest/meta-data/iam/security-credentials';
    const imds = await serve(({ method, url, headers }) => {
      if (method === 'PUT') {
        return { text: 'imds-token', headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' } };
      }
      if (headers['x-aws-ec2-metadata-token'] !== 'imds-token') return { status: 401 };
      if (url.replace(/\/$/, '').endsWith('security-credentials')) return { text: 'bedrock-role' };
      if (url === '/latest/meta-data/placement/region') return { text: 'us-west-2' };
      if (!url.startsWith(role) && !url.includes('security-credentials')) return undefined;
      return {
        text: JSON.stringify({
          Code: 'Success',
          AccessKeyId: TEMPORARY.accessKeyId,
          SecretAccessKey: TEMPORARY.secretAccessKey,
          Token: SESSION,
          Expiration: ENDS,
        }),
      };
    });
    const env = {
      AWS_EC2_METADATA_DISABLED: 'false',
      AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url,
    };
    const ended = await call(env, { region: undefined });
    works(ended);
    // Where nothing else says a region, it is the instance's.
    expect(ended.headers.authorization).toContain('/us-west-2/bedrock/');
    expect(imds.asked[0]).toMatchObject({ method: 'PUT', url: '/latest/api/token' });
  });

  test('where nobody gives keys, the error says what to set', async () => {
    const ended = await call({});
    expect(ended.stdout).toMatch(/^CredentialsProviderError: Could not load credentials from any/);
    expect(ended.headers).toBeUndefined();
  });
});

describe('a bearer token', () => {
  test('of a sign-in with SSO, where the scheme is preferred and no other token is there', async () => {
    const HOME = home({
      '.aws/config': `
[default]
sso_session = company
auth_scheme_preference = httpBearerAuth
[sso-session company]
sso_region = us-east-1
sso_start_url = https://company.awsapps.com/start
`,
      [`.aws/sso/cache/${createHash('sha1').update('company').digest('hex')}.json`]: JSON.stringify(
        {
          accessToken: 'signed-in',
          expiresAt: ENDS,
          region: 'us-east-1',
          startUrl: 'https://company.awsapps.com/start',
        },
      ),
    });
    const { headers } = await call({ HOME });
    expect(headers.authorization).toBe('Bearer signed-in');
  });

  test('that nobody gives is named', async () => {
    const ended = await call({ AWS_AUTH_SCHEME_PREFERENCE: 'httpBearerAuth' });
    expect(ended.stdout).toMatch(/^TokenProviderError: Could not load a token from any providers/);
  });
});
