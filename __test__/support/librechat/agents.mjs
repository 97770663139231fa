// The chat model of @librechat/agents' ES modules, in a program of ES modules. LibreChat's parsers
// are loaded by require, as its server does.

import { createRequire } from 'node:module';
import { CustomChatBedrockConverse } from '@librechat/agents/llm/bedrock';

const { bedrockInputParser, bedrockOutputParser } = createRequire(import.meta.url)(
  'librechat-data-provider',
);

const settings = bedrockOutputParser(bedrockInputParser.parse({ model: process.env.MODEL }));
const credentials = {
  accessKeyId: process.env.BEDROCK_AWS_ACCESS_KEY_ID,
  secretAccessKey: process.env.BEDROCK_AWS_SECRET_ACCESS_KEY,
};
const chat = new CustomChatBedrockConverse({ ...settings, credentials, streaming: false });
const { content } = await chat.invoke('Good day');
process.stdout.write(JSON.stringify({ text: JSON.stringify(content) }));
