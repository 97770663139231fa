import { BedrockProfileClient } from 'bedrock-profile-client';

import job from './job.cjs';

await job.main(BedrockProfileClient);
