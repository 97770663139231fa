'use strict';

// Chat models of @librechat/agents that are told model and profile side by side, in a process of its
// own. Its work comes as JSON: the fields of each model; `ours` gives it a client of this package.

const { env = {}, chats } = JSON.parse(process.argv[2]);
Object.assign(process.env, env);

async function main() {
  const { getChatModelClass } = require('@librechat/agents');
  const ChatModel = getChatModelClass('bedrock');
  const results = [];
  let client;
  for (const { ours, learn, ...fields } of chats) {
    if (ours) {
      const { BedrockProfileClient } = require('../../..');
      client ??= new BedrockProfileClient({
        region: fields.region,
        credentials: fields.credentials,
      });
      if (learn) client.learn(...learn);
      fields.client = client;
    }
    const model = new ChatModel({ streaming: false, ...fields });
    const { content } = await model
      .invoke('Good day')
      .catch((error) => ({ content: error.message }));
    results.push({ content, name: ChatModel.name, lc: ChatModel.lc_name() });
  }
  process.stdout.write(JSON.stringify(results));
}

main();
