/** Who may import whom. Specs are excepted: they may look at anything. */

const FEATURES = ['users', 'friends', 'groups', 'conversations', 'messages', 'sync'];
const SPEC = '\\.spec\\.ts$';
const server = { path: '^src/', pathNot: SPEC };

const MONGO = '^(node_modules/)?(mongoose|mongodb|@nestjs/mongoose)(/|$)';
const SOCKETS = '^(node_modules/)?(socket\\.io|engine\\.io|@nestjs/platform-socket\\.io)(/|$)';
const REDIS = '^(node_modules/)?ioredis(/|$)';
const EXPRESS = '^(node_modules/)?express(/|$)';

/** A feature knows the features to its left, and each of those only by its front door. */
const featureOrder = FEATURES.slice(0, -1).map((feature, place) => ({
  name: `${feature}-imports-leftwards`,
  comment: 'Towards a feature on the right: define a domain event and let that feature listen.',
  severity: 'error',
  from: { path: `^src/modules/${feature}/`, pathNot: SPEC },
  to: { path: `^src/modules/(${FEATURES.slice(place + 1).join('|')})/` },
}));

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: { pathNot: SPEC }, to: { circular: true } },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependency-in-the-server',
      severity: 'error',
      from: { path: '^(src|packages/[^/]+/src)/', pathNot: SPEC },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'], dependencyTypesNot: ['type-only'] },
    },

    {
      name: 'common-is-a-leaf',
      severity: 'error',
      from: { path: '^src/common/', pathNot: SPEC },
      to: { path: '^(src|packages)/', pathNot: '^(src/common|packages/protocol)/' },
    },
    {
      name: 'config-knows-common-only',
      severity: 'error',
      from: { path: '^src/config/', pathNot: SPEC },
      to: { path: '^src/', pathNot: '^src/(common|config)/' },
    },
    {
      name: 'infra-knows-common-and-config-only',
      severity: 'error',
      from: { path: '^src/infra/', pathNot: SPEC },
      to: { path: '^src/', pathNot: '^src/(common|config|infra)/' },
    },
    {
      name: 'realtime-and-consistency-know-no-feature',
      comment: 'Features register with them, or are found by injection.',
      severity: 'error',
      from: { path: '^src/(realtime|consistency)/', pathNot: SPEC },
      to: { path: '^src/(modules/|app\\.module|main)' },
    },
    {
      name: 'nothing-imports-the-composition-root',
      severity: 'error',
      from: { path: '^src/', pathNot: `${SPEC}|^src/(main\\.ts$|cli/)` },
      to: { path: '^src/(main|app\\.module|configure-app)\\.ts$' },
    },

    ...featureOrder,
    {
      name: 'features-have-front-doors',
      comment: 'Import another feature through its index.ts.',
      severity: 'error',
      from: { path: '^src/modules/([^/]+)/', pathNot: SPEC },
      to: { path: '^src/modules/[^/]+/', pathNot: '^src/modules/($1/|[^/]+/index\\.ts$)' },
    },
    {
      name: 'the-root-uses-front-doors',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$' },
      to: { path: '^src/modules/', pathNot: '/index\\.ts$' },
    },

    {
      name: 'services-and-rules-know-no-edge-and-no-store',
      severity: 'error',
      from: { path: '^src/modules/.*\\.(service|rules)\\.ts$' },
      to: { path: [MONGO, SOCKETS, REDIS, EXPRESS, '\\.(controller|gateway)\\.ts$'] },
    },
    {
      name: 'services-and-rules-know-rows-by-type-only',
      severity: 'error',
      from: { path: '^src/modules/.*\\.(service|rules)\\.ts$' },
      to: { path: '\\.schema\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'rules-are-pure',
      comment: 'Rules import types and other rules, so that a table of cases tests them whole.',
      severity: 'error',
      from: { path: '^src/modules/.*\\.rules\\.ts$' },
      to: {
        path: ['\\.(repository|service|module)\\.ts$', '^src/(infra|realtime|config)/'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'edges-do-not-touch-the-store',
      severity: 'error',
      from: { path: '^src/.*\\.(controller|gateway)\\.ts$' },
      to: { path: [MONGO, '\\.(repository|schema)\\.ts$'] },
    },
    {
      name: 'only-services-and-listeners-publish',
      severity: 'error',
      from: { path: '^src/', pathNot: `${SPEC}|^src/realtime/|\\.(service|listener)\\.ts$` },
      to: { path: '^src/realtime/realtime\\.publisher\\.ts$' },
    },
    {
      name: 'mongoose-in-repositories-only',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: `${SPEC}|^src/infra/mongo/|^src/(infra/revisions|modules)/.*\\.(repository|record|schema|module|consistency)\\.ts$`,
      },
      to: { path: MONGO },
    },
    {
      name: 'sockets-in-realtime-only',
      severity: 'error',
      from: { ...server, pathNot: `${SPEC}|^src/realtime/` },
      to: { path: SOCKETS },
    },
    {
      name: 'redis-in-infra-only',
      severity: 'error',
      from: { ...server, pathNot: `${SPEC}|^src/infra/redis/` },
      to: { path: REDIS },
    },

    {
      name: 'packages-know-no-server',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^(src|test|bench)/' },
    },
    {
      name: 'protocol-knows-zod-only',
      severity: 'error',
      from: { path: '^packages/protocol/src/', pathNot: SPEC },
      to: { pathNot: '^(packages/protocol/src/|node_modules/zod/)' },
    },
    {
      name: 'packages-know-the-protocol-at-most',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: '^packages/($1|protocol|sdk)/' },
    },
    {
      name: 'the-server-knows-no-client',
      severity: 'error',
      from: server,
      to: { path: '^packages/(sdk|web|cli)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules|^packages/[^/]+/dist/' },
    exclude: { path: '(^|/)dist/.*\\.map$' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['main', 'types'],
    },
  },
};
