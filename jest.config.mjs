import { testTimeout } from './jest.preset.mjs';

export default {
  projects: ['<rootDir>/libs/*/jest.config.mjs', '<rootDir>/apps/*/jest.config.mjs'],
  reporters: ['default', '<rootDir>/scripts/jest-total-reporter.mjs'],
  maxWorkers: 2,
  // A worker that read 50 MB pages or ran several databases makes room for the next test file.
  workerIdleMemoryLimit: '1GB',
  // Jest reads this one from the top only.
  testTimeout,
};
