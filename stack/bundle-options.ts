/** How every bundle of ours is made: one ES module for Node that needs nothing beside it. */

export const MODULE_OPTIONS = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'silent',
  // CommonJS packages inside an ES module still call `require`.
  banner: { js: "import{createRequire as $require}from'node:module';const require=$require(import.meta.url);" },
} as const;
