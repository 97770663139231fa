'use strict';

const js = require('@eslint/js');
const globals = require('globals');

/** What the recommended rules leave open. */
const STRICT = {
  'array-callback-return': 'error',
  'default-case-last': 'error',
  eqeqeq: 'error',
  'no-console': 'error',
  'no-else-return': 'error',
  'no-eval': 'error',
  'no-extend-native': 'error',
  'no-implicit-coercion': 'error',
  'no-implicit-globals': 'error',
  'no-implied-eval': 'error',
  'no-lonely-if': 'error',
  'no-new-func': 'error',
  'no-new-wrappers': 'error',
  'no-param-reassign': 'error',
  'no-return-assign': 'error',
  'no-self-compare': 'error',
  'no-sequences': 'error',
  'no-shadow': 'error',
  'no-template-curly-in-string': 'error',
  'no-throw-literal': 'error',
  'no-unmodified-loop-condition': 'error',
  'no-unneeded-ternary': 'error',
  // `for await (…) { …; break; }` takes the first of a stream.
  'no-unreachable-loop': ['error', { ignore: ['ForOfStatement'] }],
  'no-unused-expressions': 'error',
  'no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
  'no-useless-computed-key': 'error',
  'no-useless-concat': 'error',
  'no-useless-rename': 'error',
  'no-useless-return': 'error',
  'no-var': 'error',
  'object-shorthand': 'error',
  'prefer-const': 'error',
  'prefer-object-has-own': 'error',
  'prefer-object-spread': 'error',
  'prefer-promise-reject-errors': 'error',
  'prefer-rest-params': 'error',
  'prefer-spread': 'error',
  'prefer-template': 'error',
  radix: 'error',
  strict: ['error', 'global'],
  yoda: 'error',
};

/** Who talks to a person at a terminal. */
const TALKS = [
  '.ci/**',
  'benches/**',
  'lib/cli.js',
  'lib/cli/**',
  'local-bedrock/cli.js',
  'scripts/**',
];

module.exports = [
  {
    // Generated, built or brought from elsewhere; the page has a configuration of its own.
    ignores: ['native.js', 'native.d.ts', 'target/', 'npm/', 'coverage/', 'admin/'],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  {
    files: ['**/*.js'],
    languageOptions: { ecmaVersion: 2023, sourceType: 'commonjs', globals: globals.node },
    rules: { ...js.configs.recommended.rules, ...STRICT },
  },
  {
    files: TALKS,
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { ecmaVersion: 2023, sourceType: 'module', globals: globals.node },
    rules: { ...js.configs.recommended.rules, ...STRICT, strict: 'off' },
  },
  {
    files: ['__test__/**/*.js'],
    languageOptions: { globals: { ...globals.node, ...globals.jest } },
    rules: { 'no-console': 'off' },
  },
];
