import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Rooms whose files take longest: begun last, they would keep one worker busy alone. */
const LONGEST = ['test/proof/', 'test/documentation/', 'test/stack/', 'test/supervisor/'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const room = ({ moduleId }: TestSpecification): number => {
      const index = LONGEST.findIndex((folder) => moduleId.includes(`/${folder}`));
      return index === -1 ? LONGEST.length : index;
    };
    return (await super.sort(files)).sort((one, other) => room(one) - room(other));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'forks',
    // Tests of whole stacks wait more than they work, so that one more than the smallest machine has cores is no crowd.
    maxWorkers: Math.max(3, availableParallelism()),
    sequence: { sequencer: LongestFirst },
  },
});
