'use strict';

// LibreChat's server with several workers: each of them loads what it uses itself.

const cluster = require('node:cluster');

if (cluster.isPrimary) {
  const worker = cluster.fork();
  worker.on('message', (settings) => {
    process.stdout.write(JSON.stringify(settings));
    worker.disconnect();
  });
} else {
  const { bedrockInputParser, bedrockOutputParser } = require('librechat-data-provider');
  const parameters = { model: process.env.MODEL, region: 'us-east-1' };
  process.send(bedrockOutputParser(bedrockInputParser.parse(parameters)));
}
