/** The module boundaries of docs/architecture.md, enforced by `npm run lint`. */
const services = '^apps/(gateway|discovery|content-processor|change-detector|notifications|worker)/';

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'apps-import-libs-only',
      comment: 'Only standalone composes other apps; evaluation measures extraction and judge together.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: '^apps/(standalone|evaluation)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'apps-through-index',
      comment: 'standalone and evaluation see of an app what its index.ts exports.',
      severity: 'error',
      from: { path: '^apps/(standalone|evaluation)/' },
      to: { path: services, pathNot: '^apps/[^/]+/(src/index\\.ts|dist/index\\.(js|d\\.ts))$' },
    },
    { name: 'libs-never-import-apps', severity: 'error', from: { path: '^libs/' }, to: { path: '^apps/' } },
    {
      name: 'contracts-import-zod-only',
      severity: 'error',
      from: { path: '^libs/contracts/src/', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: ['^libs/contracts/', '(^|/)node_modules/zod/'] },
    },
    {
      name: 'testing-in-tests-only',
      severity: 'error',
      from: {
        pathNot: ['\\.spec\\.ts$', '/test/', '^libs/testing/', '^apps/standalone/src/demo/', '^apps/chaos/'],
      },
      to: { path: '^libs/testing/' },
    },
    {
      name: 'sql-in-repositories-only',
      comment: 'SQL lives in *.repository.ts and in the libraries that own a schema.',
      severity: 'error',
      from: {
        pathNot: [
          '\\.repository\\.ts$',
          '\\.spec\\.ts$',
          '/test/',
          '^libs/(database|job-engine|supabase-local|testing)/',
        ],
      },
      to: { path: '(^|/)node_modules/(kysely|pg|@electric-sql)/' },
    },
    {
      name: 'models-behind-ai',
      severity: 'error',
      from: { pathNot: '^libs/ai/' },
      to: { path: '(^|/)node_modules/(openai|@ai-sdk)/' },
    },
    {
      name: 'http-clients-behind-their-libraries',
      comment: 'User-chosen addresses through outbound-http, services through service-client.',
      severity: 'error',
      from: {
        pathNot: ['^libs/(outbound-http|service-client)/', '\\.spec\\.ts$', '/test/', '^libs/testing/'],
      },
      to: { path: '(^|/)node_modules/(axios|undici|got|request-filtering-agent)/' },
    },
    {
      name: 'no-dev-dependencies-in-sources',
      severity: 'error',
      from: {
        path: '^(apps|libs)/[^/]+/src/',
        pathNot: ['\\.spec\\.ts$', '^libs/testing/', '^apps/standalone/src/demo/'],
      },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules'] },
    exclude: { path: ['/dist/'] },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@torale/source', 'import', 'require', 'node', 'default'],
    },
  },
};
