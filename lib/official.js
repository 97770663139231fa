'use strict';

// What this client does not send by itself goes through the caller's own AWS SDK, with the same
// options, the resolved id, and in its region.

const { inputError } = require('./errors.js');
const { OWN } = require('./options.js');
const { originalOf } = require('./preload/exports.js');
const { describe } = require('./settings.js');
const { requireSdk } = require('./sdk.js');

/** The AWS SDK's clients behind one of ours, by region and account; made when one is needed. */
class Official {
  #clients = new Map();

  /**
   * @param {object} command
   * @param {object} [options] of `send`
   * @param {object} options.settings gathered options of our client
   * @param {{ callId: string, region: string } | undefined} options.resolved what its id stands for
   * @param {{ applyToStack(stack: object): unknown, isEmpty: boolean }} options.stack
   */
  send(command, options, { settings, resolved, stack }) {
    const sdk = requireSdk(command);
    const account = accountOf(resolved?.callId);
    const other = account !== undefined && settings.accounts?.[account];
    if (other?.roleArn !== undefined) throw cannotAssume(command, account);
    const client = this.#client(sdk, settings, resolved?.region ?? undefined, other && account);
    const sent = rewritten(command, resolved, stack);
    return client.send(sent, options);
  }

  #client(sdk, settings, region, account) {
    const clients = this.#clients.get(sdk) ?? new Map();
    this.#clients.set(sdk, clients);
    const key = JSON.stringify([region, account]);
    if (!clients.has(key)) {
      // Where lib/register.js has put ours in its place, the one that it stands for.
      const Client = originalOf(sdk.BedrockRuntimeClient);
      const signed = account ? signedBy(settings, settings.accounts[account]) : settings;
      clients.set(key, new Client(configOf(signed, region)));
    }
    return clients.get(key);
  }

  destroy() {
    for (const clients of this.#clients.values()) {
      for (const client of clients.values()) client.destroy();
    }
    this.#clients.clear();
  }
}

/** The options for credentials and signing; without them ours reads the environment. */
const SIGNS = ['credentials', 'credentialDefaultProvider', 'token', 'authSchemePreference'];

/** The account that an ARN names. */
function accountOf(id) {
  const [arn, , , , account] = (id ?? '').split(':');
  return arn === 'arn' && account ? account : undefined;
}

/** The options with the credentials of another account in the place of all that signs. */
function signedBy(options, { credentials }) {
  const others = Object.entries(options).filter(([name]) => !SIGNS.includes(name));
  return { ...Object.fromEntries(others), credentials };
}

/** The sessions of roles are the addon's: the AWS SDK would sign with the keys of another account. */
function cannotAssume(command, account) {
  return inputError(
    `${command.constructor.name} is sent by the AWS SDK, which does not assume the role of ` +
      `options.accounts["${account}"]. Give { credentials } for this account instead: keys, or a provider ` +
      'that assumes the role, such as fromTemporaryCredentials of @aws-sdk/credential-providers.',
  );
}

/** The options of our client as the AWS SDK's takes them; what the environment says to ours, too. */
function configOf(options, region) {
  const kept = Object.entries(options).filter(
    ([name]) => !OWN.includes(name) && name !== 'handler',
  );
  const config = Object.fromEntries(kept);
  const { credentials, endpoint, region: ours } = describe(options).known;
  config.region = region ?? ours;
  if (endpoint !== undefined) config.endpoint = endpoint;
  if (SIGNS.some((name) => options[name] !== undefined)) return config;
  if (credentials.bearer !== undefined) {
    config.token = { token: credentials.bearer };
    config.authSchemePreference = ['httpBearerAuth'];
  } else if (credentials.static) {
    config.credentials = credentials.static;
  } else if (credentials.chain?.profile) {
    config.profile = credentials.chain.profile;
  }
  return config;
}

/** The command with the id that is called, and with our client's middleware; a copy where it must. */
function rewritten(command, resolved, stack) {
  const { input } = command;
  const modelId = resolved?.callId ?? input.modelId;
  if (modelId === input.modelId && stack.isEmpty) return command;
  const copy = new command.constructor({ ...input, ...(resolved ? { modelId } : {}) });
  copy.middlewareStack.use(stack);
  if (command.middlewareStack) copy.middlewareStack.use(command.middlewareStack);
  return copy;
}

module.exports = { Official };
