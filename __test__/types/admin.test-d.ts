import { createAdminRouter, describeAdminApi } from '../../lib/admin';
import { BedrockProfileClient } from '../../index';
import { createServer } from 'node:http';

const client = new BedrockProfileClient();
const router = createAdminRouter({
  client,
  authorize: async (request, { operation, access }) =>
    access === 'read' && operation !== 'page' ? { actor: String(request.user) } : false,
  tryLimit: { perMinute: 3 },
  metrics: false,
  cost: false,
  doctor: false,
});
createServer(router);
const path: string = router.signInPath();
const description: Record<string, unknown> = describeAdminApi('/admin/api');
// @ts-expect-error a client is needed
createAdminRouter({});
void [path, description];
