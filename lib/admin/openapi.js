'use strict';

// The description of the API (OpenAPI 3.1), put together from what each group of routes says of itself.
// The router works by it: paths, parameters, bodies and limits stand nowhere else.

const { version } = require('../../package.json');
const { lazy } = require('../lazy.js');

const GROUPS = ['general', 'profiles', 'mappings', 'models', 'operations'];

const groups = lazy(() => GROUPS.map((name) => ({ name, ...require(`./routes/${name}.js`) })));

/** The description; `base` is where the API is mounted. */
function describe(base = '/api') {
  const withTags = groups().flatMap(({ name, paths }) =>
    Object.entries(paths).map(([path, item]) => [
      path,
      Object.fromEntries(
        Object.entries(item).map(([method, operation]) => [method, { tags: [name], ...operation }]),
      ),
    ]),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'bedrock-profile-client: administration',
      version,
      description:
        'The API behind the page of createAdminRouter(). Requests that change something send X-Requested-With: bedrock-profile-client.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: base }],
    tags: GROUPS.map((name) => ({ name })),
    paths: Object.fromEntries(withTags),
    components: {
      schemas: Object.assign({}, ...groups().map(({ schemas }) => schemas)),
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'bedrock-profile-client',
          description: 'The session of the one-time URL, or what `authorize` looks at',
        },
      },
    },
    security: [{ session: [] }],
  };
}

/** What each operation does. */
const handlersOf = (services) =>
  Object.assign({}, ...groups().map(({ handlers }) => handlers(services)));

module.exports = { describe, handlersOf };
