'use strict';

const { Problem } = require('./problem.js');

/** What was discovered last, here or in the background (`client.keepDiscovering()`). */
class Discoveries {
  #client;
  #found = new Map();
  /** Regions and accounts whose application profiles were listed to the end. */
  #covered = new Set();
  #result = null;
  #running = false;
  #onDiscovery = (result) => this.#keep(result);
  /** Grows with each discovery. */
  version = 0;
  /** When it ended, in milliseconds since 1970. */
  at = 0;

  constructor(client) {
    this.#client = client;
    client.on('discovery', this.#onDiscovery);
  }

  close() {
    this.#client.off('discovery', this.#onDiscovery);
  }

  #keep(result) {
    this.#result = result;
    this.#found = new Map();
    for (const profile of result.profiles) {
      this.#found.set(profile.arn, profile);
      if (profile.type === 'SYSTEM_DEFINED' && !this.#found.has(profile.id))
        this.#found.set(profile.id, profile);
    }
    const failed = new Set(
      result.failures
        .filter(({ permission }) => /ListInferenceProfiles/.test(permission))
        .map(({ region }) => region),
    );
    this.#covered = new Set(
      result.profiles
        .filter(({ type, region }) => type === 'APPLICATION' && !failed.has(region))
        .map(({ region, account }) => `${region} ${account}`),
    );
    this.version += 1;
    this.at = Date.now();
  }

  *profiles() {
    yield* this.#result?.profiles ?? [];
  }

  /** The profile of an ARN, or of a system profile's id. */
  find(id) {
    return this.#found.get(id);
  }

  /** Whether a profile would have been found: its account was asked in its region, and everything answered. */
  covers(arn) {
    const [, , , region, account, resource = ''] = arn.split(':');
    return (
      resource.startsWith('application-inference-profile/') &&
      this.#covered.has(`${region} ${account}`)
    );
  }

  /** The last result, and whether one is under way. */
  summary() {
    const {
      profiles = [],
      failures = [],
      leftOut = [],
      warnings = [],
      mappings = {},
    } = this.#result ?? {};
    const at = this.at === 0 ? null : new Date(this.at).toISOString();
    return {
      running: this.#running,
      at,
      profiles: profiles.length,
      failures,
      leftOut,
      warnings,
      mappings,
    };
  }

  /** Discovers, and tells how far it is. */
  async *run(options, signal) {
    if (this.#running)
      throw new Problem('conflict', 'A discovery is under way.', 'Wait for its end.');
    this.#running = true;
    try {
      const discovery = this.#client.discover({ ...options, abortSignal: signal });
      for await (const { type, ...event } of discovery) yield { event: type, data: event };
      const { profiles, ...proposal } = await discovery.result();
      this.#keep({ profiles, ...proposal });
      yield { event: 'result', data: this.summary() };
    } finally {
      this.#running = false;
    }
  }
}

module.exports = { Discoveries };
