/** The conformance suite over the simulator in both its dialects, and over a real llama-server where one is named. */

import { createBackend } from '../../agent/backend/registry.ts';
import type { FaultKind } from '../../agent/backend/simulator/faults.ts';
import { startSimulator } from '../../agent/backend/simulator/server.ts';
import { definitionOf } from './collect.ts';
import { testConformance } from './conformance.ts';
import type { Failure, Script } from './conformance-bench.ts';

const FAULTS: Record<Failure, FaultKind> = {
  truncate: 'truncate',
  hang: 'hang',
  loading: '503',
  internal: 'error-line',
  garbage: 'garbage',
};

const script: Script = {
  say: (text) => `say: ${text}`,
  think: (reasoning, text) => `think: ${reasoning}\nsay: ${text}`,
  fail: (failure, text) => `fault: ${FAULTS[failure]} 3\nsay: ${text}`,
};

const SPEEDS = [
  ['', { ttftMs: 5, tokensPerSecond: 500 }],
  [' as fast as it can', { ttftMs: 0, tokensPerSecond: 0 }],
] as const;

const DIALECTS = [
  { kind: 'openai', server: 'simulator', tellsOverflow: true, refusesUnknownModels: false },
  { kind: 'ollama', server: 'ollama', tellsOverflow: false, refusesUnknownModels: true },
] as const;

for (const { kind, ...dialect } of DIALECTS) {
  for (const [speed, settings] of SPEEDS) {
    testConformance({
      name: `simulator as ${kind}${speed}`,
      ...dialect,
      tooManyWords: 5000,
      createBackend: (definition) => createBackend(definition, {}),
      startServer: async () => {
        const simulator = await startSimulator({ ...settings, slots: 2, contextTokens: 1000, models: ['tiny'] });
        const definition = definitionOf(simulator.url, { kind });
        return { definition, model: 'tiny', slots: 2, close: () => simulator.close() };
      },
      script,
    });
  }
}

const llamaUrl = process.env.INTERJECT_TEST_LLAMA_URL;
if (llamaUrl === undefined) {
  console.log('conformance: llama-server left out, because INTERJECT_TEST_LLAMA_URL does not name a running one');
} else {
  testConformance({
    name: `llama-server at ${llamaUrl}`,
    server: 'llama-server',
    tooManyWords: 300_000,
    tellsOverflow: true,
    refusesUnknownModels: false,
    createBackend: (definition) => createBackend(definition, {}),
    startServer: async () => ({ definition: definitionOf(llamaUrl), model: 'any', slots: 2, close: async () => {} }),
  });
}
