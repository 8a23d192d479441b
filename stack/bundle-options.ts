/** How every bundle of ours is made: one ES module for Node that needs nothing beside it. */

export const MODULE_OPTIONS = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'silent',
  banner: requireFrom('import.meta.url'),
} as const;

/** CommonJS packages inside an ES module still call `require`. `place`: expression for the file it looks from. */
export function requireFrom(place: string): { js: string } {
  return { js: `import{createRequire as $require}from'node:module';const require=$require(${place});` };
}
