import { fileURLToPath } from 'node:url';

/** Milliseconds; generous, because an embedded Postgres has to start on a busy machine. */
export const testTimeout = 120_000;

/**
 * Jest settings of one workspace project. Sources run untranspiled-by-tsc through swc; workspace packages
 * resolve to their `src` by the `@torale/source` export condition, so no build is needed before unit tests.
 * @param {string} displayName the project's folder name
 */
export const project = (displayName) => ({
  displayName,
  testEnvironment: 'node',
  testEnvironmentOptions: {
    customExportConditions: ['@torale/source', 'node', 'import', 'require', 'default'],
  },
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  // pg requires it and gets, by the `import` condition, the ES module where it expects the class itself.
  moduleNameMapper: { '^pg-pool$': fileURLToPath(new URL('node_modules/pg-pool/index.js', import.meta.url)) },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'commonjs' },
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
      },
    ],
  },
  testTimeout,
});

/** The directory that holds the workspace, for tests that read migrations or spawn built apps. */
export const workspaceRoot = fileURLToPath(new URL('.', import.meta.url));
