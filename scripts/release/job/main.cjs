'use strict';

const { BedrockProfileClient } = require('bedrock-profile-client');
const { main } = require('./job.cjs');

main(BedrockProfileClient);
