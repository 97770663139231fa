'use strict';

const environment = require('./environment.js');
const hub = require('./hub.js');

/** The name of sessions whose option says none; CloudTrail shows it. */
const SESSION = 'bedrock-profile-client';

/**
 * Who signs, for ARNs of other accounts too.
 *
 * @param {object} options gathered options
 * @param {{ profile?: string, region?: string, schemes: string[] }} common
 * @returns {{ credentials: object, accounts?: object, providers: Function[], hidden?: boolean }}
 *   `credentials`, `accounts`: as the addon takes them; `providers`: whom it will ask; `hidden`: whether
 *   keys of the environment are passed over
 */
function signerOf(options, common) {
  const { provider, ...own } = ownSigner(options, common);
  const providers = provider === undefined ? [] : [provider];
  if (options.accounts === undefined) return { ...own, providers };
  const accounts = {};
  for (const [id, account] of Object.entries(options.accounts)) {
    if (account.roleArn === undefined) {
      const signer = keysOf(account.credentials, askerOf(options, common));
      accounts[id] = { credentials: signer.credentials };
      if (signer.provider) providers.push(signer.provider);
    } else {
      accounts[id] = { role: { sessionName: SESSION, ...account } };
    }
  }
  return { ...own, accounts, providers };
}

/**
 * Credentials and signing: the AWS SDK's order, with LibreChat's variables where its default chain stands.
 *
 * @param {object} options gathered options
 * @param {{ profile?: string, region?: string, schemes: string[] }} common the profile that is meant,
 *   the region, and the auth schemes of the environment
 * @returns {{ credentials: object, provider?: Function, hidden?: boolean }} `credentials`: as the addon
 *   takes them; `provider`: whom it will ask; `hidden`: whether keys of the environment are passed over
 */
function ownSigner(options, { profile, region, schemes }) {
  const [scheme] = (options.authSchemePreference || schemes).filter((name) =>
    ['sigv4', 'httpBearerAuth'].includes(name),
  );
  const ask = askerOf(options, { region });
  const own = () =>
    typeof options.token === 'function'
      ? ask(options.token, 'token')
      : { credentials: { bearer: environment.fromEnvironment(options.token.token) } };
  if (scheme === 'httpBearerAuth') {
    if (options.token) return own();
    const bearer = environment.bearerToken() ?? environment.libreChatToken();
    if (bearer !== undefined) return { credentials: { bearer } };
    return { credentials: { tokenChain: { profile: profile ?? null } } };
  }
  if (options.credentials) return keysOf(options.credentials, ask);
  if (options.token && scheme === undefined) return own();
  if (options.credentialDefaultProvider) return keysOf(defaultProvider(options), ask);
  if (options.profile) return { credentials: { chain: { profile: options.profile } } };
  const bearer = scheme === undefined ? environment.libreChatToken() : undefined;
  if (bearer !== undefined) return { credentials: { bearer } };
  return { credentials: environment.credentials(), hidden: environment.profileHidesKeys() };
}

/** Lets the addon ask a provider, which is told what the AWS SDK tells one. */
function askerOf({ profile }, { region }) {
  const about = { callerClientConfig: { region: async () => region, profile } };
  return (provider, kind) => {
    const says = `${region} ${profile}`;
    const number = hub.registerProvider(provider, kind, about, says);
    return {
      credentials: { [kind === 'token' ? 'tokenProvider' : 'provider']: number },
      provider,
    };
  };
}

/** A token of the environment is preferred to keys. */
function schemesOf(profile) {
  if (environment.bearerToken() !== undefined) return ['httpBearerAuth'];
  return environment.authSchemes(profile) ?? [];
}

function keysOf(credentials, ask) {
  if (typeof credentials === 'function') return ask(credentials, 'keys');
  const [accessKeyId, secretAccessKey, sessionToken] = [
    credentials.accessKeyId,
    credentials.secretAccessKey,
    credentials.sessionToken,
  ].map(environment.fromEnvironment);
  const { expiration, accountId } = credentials;
  const ends = expiration === undefined ? undefined : new Date(expiration).getTime();
  return {
    credentials: {
      static: { accessKeyId, secretAccessKey, sessionToken, expiration: ends, accountId },
    },
  };
}

const defaults = new WeakMap();

/** What `credentialDefaultProvider` gives, the same for the same function: its keys are kept. */
function defaultProvider({ credentialDefaultProvider: make, ...options }) {
  if (!defaults.has(make)) defaults.set(make, make({ ...options, parentClientConfig: options }));
  return defaults.get(make);
}

module.exports = { schemesOf, signerOf };
