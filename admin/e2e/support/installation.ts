// What stands behind the page in a test: the stand-in, a client of it, a file of mappings, and the router.

import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';

import type { BedrockProfileClient, BedrockProfileClientOptions } from '../../../index';
import type { AdminRouterOptions } from '../../../lib/admin/index';
import type { LocalBedrock, LocalBedrockOptions } from '../../../local-bedrock/index';

const require = createRequire(import.meta.url);

for (const name of Object.keys(process.env)) {
  if (/^(AWS_|BEDROCK_)|^(https?_|all_)?proxy$/i.test(name))
    Reflect.deleteProperty(process.env, name);
}

export interface Setting {
  /** Of the file; `null` for none, so that mappings cannot be written. */
  mappings?: object | null;
  bedrock?: LocalBedrockOptions;
  client?: Partial<BedrockProfileClientOptions>;
  router?: Partial<AdminRouterOptions>;
  /** Nothing listens where AWS is expected. */
  awsAway?: boolean;
}

export interface Installation {
  bedrock: LocalBedrock;
  client: BedrockProfileClient;
  /** The file of mappings. */
  file: string;
  /** Where the page is. */
  url: string;
  /** What signs in; with `authorize` the page itself. */
  entry: () => string;
  close: () => Promise<void>;
}

export const arn = (region: string, id: string): string =>
  `arn:aws:bedrock:${region}:123456789012:application-inference-profile/${id}`;

async function freePort(): Promise<number> {
  const server = http.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

export async function installation(setting: Setting = {}): Promise<Installation> {
  const { startLocalBedrock } = require('../../../local-bedrock') as {
    startLocalBedrock: (options?: LocalBedrockOptions) => Promise<LocalBedrock>;
  };
  const product = require('../../..') as {
    BedrockProfileClient: new (options: BedrockProfileClientOptions) => BedrockProfileClient;
  };
  const { createAdminRouter } = require('../../../lib/admin') as {
    createAdminRouter: (options: AdminRouterOptions) => http.RequestListener & {
      signInPath(): string;
      close(): void;
    };
  };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'page-'));
  const file = path.join(folder, 'mappings.json');
  const { mappings = {} } = setting;
  if (mappings !== null) fs.writeFileSync(file, JSON.stringify(mappings));
  const bedrock = await startLocalBedrock({ pace: 2, ...setting.bedrock });
  const client = new product.BedrockProfileClient({
    region: 'us-east-1',
    endpoint: setting.awsAway ? `http://127.0.0.1:${await freePort()}` : bedrock.url,
    credentials: bedrock.credentials,
    store: 'memory',
    logger: { warn: () => undefined, debug: () => undefined },
    ...(mappings !== null && { mappingsFile: file }),
    ...setting.client,
  });
  const router = createAdminRouter({
    client,
    tryLimit: { perMinute: 100, atOnce: 4 },
    ...setting.router,
  });
  const server = http.createServer(router).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    bedrock,
    client,
    file,
    url,
    entry: () => (setting.router?.authorize ? `${url}/` : `${url}${router.signInPath()}`),
    async close() {
      router.close();
      server.close();
      server.closeAllConnections();
      client.destroy();
      await bedrock.close();
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The cast of the demo: profiles, mappings and what was counted in 90 days. */
export function demoSetting(): Setting {
  const { MAPPINGS, PROFILES, streams } = require('../../../scripts/demo/cast') as {
    MAPPINGS: object;
    PROFILES: LocalBedrockOptions['profiles'];
    streams: () => object[];
  };
  return {
    mappings: MAPPINGS,
    bedrock: { ...(PROFILES && { profiles: PROFILES }) },
    router: sources(streams()),
  };
}

interface HistorySources {
  metrics(query: object): never;
  cost(query: object): never;
}

/** Metrics and costs of a made-up past. */
export function sources(streams: object[]): Partial<AdminRouterOptions> {
  const { History } = require('../../../scripts/demo/history') as {
    History: new (made: object) => HistorySources;
  };
  const history = new History({
    streams,
    priceOf: (model: string, usage: { inputTokens: number; outputTokens: number }) =>
      model.includes('gpt-oss') ? null : usage.inputTokens * 3e-6 + usage.outputTokens * 15e-6,
  });
  return {
    metrics: {
      read: (query) => Promise.resolve(history.metrics(query)),
    },
    cost: {
      read: (query) => Promise.resolve(history.cost(query)),
      budgets: () =>
        Promise.resolve({
          budgets: [
            {
              name: 'Support in a month',
              period: '2026-11',
              limit: 400,
              action: 'refuse',
              each: false,
              spent: 341.2,
            },
            {
              name: 'Each user in a day',
              period: '2026-11-27',
              limit: 5,
              action: 'refuse',
              each: true,
              spent: null,
            },
            {
              name: 'Coding in a day',
              period: '2026-11-27',
              limit: 0.5,
              action: 'warn',
              each: false,
              spent: 0.61,
            },
          ],
        }),
    },
  };
}
