/** Reads what an adversarial reviewer writes. Pure. */
import { z } from 'zod';
import type { WorkReview } from './result.ts';

const finding = z.object({ severity: z.enum(['critical', 'major', 'minor']), finding: z.string().min(1) });
const review = z.object({ verdict: z.enum(['pass', 'fail']), findings: z.array(finding) });

/** The review in a text, in or without a fence; a pass with a finding that is not minor is none. @returns undefined: not readable */
export function readReview(text: string): Pick<WorkReview, 'verdict' | 'findings'> | undefined {
  const read = review.safeParse(jsonIn(text));
  if (!read.success) return undefined;
  const { verdict, findings } = read.data;
  return { verdict: findings.some(({ severity }) => severity !== 'minor') ? 'fail' : verdict, findings };
}

/** The one JSON object in a text, with other words around it. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
  } catch {
    return undefined;
  }
}
