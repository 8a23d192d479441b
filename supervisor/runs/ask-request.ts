/** What a policy may ask a model server, checked: policies are written by people, often without a compiler. */
import { z } from 'zod';
import type { AskRequest } from '../../policy/policy.ts';
import { unknownBackend } from '../backends.ts';

const MOST_CHARACTERS = 4_000_000;

const schema = z.strictObject({
  backend: z.string().min(1).optional(),
  model: z.string().min(1).optional(),
  messages: z
    .array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string().max(MOST_CHARACTERS) }))
    .min(1),
  maxTokens: z.int().positive().optional(),
  temperature: z.number().min(0).max(5).optional(),
  schema: z.record(z.string(), z.unknown()).optional(),
});

/** The request as it was checked. @throws TypeError what is wrong with it, and the backends that there are */
export function readAskRequest(request: unknown, backends: readonly string[]): AskRequest {
  const result = schema.safeParse(request);
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new TypeError(`ask: ${problems.join('; ')}`);
  }
  const { backend } = result.data;
  if (backend !== undefined && !backends.includes(backend)) throw new TypeError(unknownBackend(backend, backends));
  return result.data as AskRequest;
}
