import { BedrockProfileClient, type BedrockProfileClientConfig } from 'bedrock-profile-client';

const options: BedrockProfileClientConfig = {
  region: 'us-east-1',
  endpoint: process.env.JOB_ENDPOINT,
  credentials: {
    accessKeyId: process.env.JOB_KEY ?? '',
    secretAccessKey: process.env.JOB_SECRET ?? '',
  },
};
const client = new BedrockProfileClient(options);
const resolved = await client.resolve(process.env.JOB_PROFILE ?? '');
const model: string | null = resolved.model;
const response = await client.converse({
  modelId: resolved.requestedId,
  messages: [{ role: 'user', content: [{ text: 'Good day' }] }],
});
const text = response.output?.message?.content?.[0]?.text ?? '';
client.destroy();
if (model !== process.env.JOB_MODEL || text === '') throw new Error(`${model}: ${text}`);
process.stdout.write(`${JSON.stringify({ model, text: text.length })}\n`);
