import { testTimeout } from './jest.preset.mjs';

export default {
  projects: ['<rootDir>/libs/*/jest.config.mjs', '<rootDir>/apps/*/jest.config.mjs'],
  reporters: ['default', '<rootDir>/scripts/jest-total-reporter.mjs'],
  maxWorkers: 2,
  // Jest reads this one from the top only.
  testTimeout,
};
