// The stand-in as its users write it.

import { BedrockProfileClient } from '../..';
import { faultKinds, startLocalBedrock } from '../../local-bedrock';
import type { LocalRequest } from '../../local-bedrock';

function is<T>(_value: T): void {}

export async function starting(): Promise<void> {
  const server = await startLocalBedrock({
    pace: 0,
    deny: ['bedrock:GetInferenceProfile'],
    faults: ['throttle', { kind: 'cut-reset', after: 2, times: 3 }],
    profiles: [{ region: 'us-east-1', from: 'amazon.nova-pro-v1:0', name: 'batch' }],
    script: async (request) => (request.modelId === 'm' ? 'Hello' : undefined),
  });
  new BedrockProfileClient({
    region: server.region,
    endpoint: server.url,
    credentials: server.credentials,
    token: { token: server.bearerToken },
  });
  server.fail('throttle', { kind: 'exception', type: 'modelStreamErrorException' });
  const request = await server.waitForRequest(({ operation }) => operation === 'Converse');
  is<LocalRequest>(request);
  is<boolean>(await request.aborted);
  is<string | undefined>(server.profiles[0]?.arn);
  is<readonly string[]>(faultKinds);
  await server.close();

  // @ts-expect-error a number of milliseconds
  await startLocalBedrock({ pace: 'fast' });
  // @ts-expect-error a profile is copied from something
  server.addProfile({ region: 'us-east-1' });
  // @ts-expect-error there is no such option
  await startLocalBedrock({ prot: 1 });
  // @ts-expect-error a fault has a kind
  server.fail({ times: 2 });
}
