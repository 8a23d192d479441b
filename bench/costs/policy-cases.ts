/** The built-in policies as the benchmark measures them: each with options that make it look at everything it can. */
import { BUILT_IN_POLICIES } from '../../policy/built-in.ts';
import type { Policy } from '../../policy/policy.ts';
import { readPolicy } from '../../policy/read-policy.ts';
import { englishText } from './english.ts';

/** One row of the table. */
export interface PolicyCase {
  /** Name of the policy, and how it is used where it is measured in several ways. */
  name: string;
  policy: Policy;
  /** In words. */
  holdback: string;
  /** An answer of about so many characters that the policy has nothing to say against. */
  answer(length: number): string;
}

/** Built-in policy → the ways in which it is measured, with their options; one that is missing here is measured as it is. */
const WAYS: Record<string, Record<string, Record<string, unknown>>> = {
  pattern: {
    '10 literals': {
      literals: 'password|internal only|ACME Corp|top secret|lottery|casino|ERROR|TODO|Smith|hunter2'.split('|'),
    },
    '1 expression': { expressions: ['\\b[A-Z]{2}-\\d{4,6}\\b'] },
    '10 expressions': {
      expressions: [
        ...['\\b[A-Z]{2}-\\d{4,6}\\b', 'pass(?:word|phrase)', '\\bte[sx]ts?\\b', '[\\w.]{1,30}@[\\w.]{1,30}\\.com'],
        ...[
          'https?://\\S{1,80}',
          '\\d{3}-\\d{3}-\\d{4}',
          '(?<=\\$)\\d{5,9}',
          'ACME\\s{1,3}Corp',
          '\\bTODO\\b',
          'z{1,9}b',
        ],
      ],
    },
  },
  budget: { '': { run: { tokens: 1e9, seconds: 1e9 }, chat: { turns: 1e9 } } },
  script: { scripts: { scripts: ['Latin'] }, languages: { languages: ['eng'] } },
  judge: { before: { when: 'before' }, after: { when: 'after' } },
  'off-topic': { '': { forbidden: ['lottery', 'horse racing', 'casino'], wanted: ['report'] } },
};

/** Every built-in policy, in the order of the table. */
export function policyCases(): PolicyCase[] {
  return [...BUILT_IN_POLICIES].flatMap(([name, module]) =>
    Object.entries(WAYS[name] ?? { '': undefined }).map(([way, options]) => {
      const policy = readPolicy(module, { options });
      return {
        name: way === '' ? name : `${name}, ${way}`,
        policy,
        holdback: holdbackOf(policy),
        answer: name === 'json' ? jsonText : englishText,
      };
    }),
  );
}

function jsonText(length: number): string {
  return JSON.stringify(englishText(length));
}

/** What a policy declares to hold back of an answer, in words. */
function holdbackOf({ holdback, patterns, review, reviewWhen = 'before' }: Policy): string {
  if (review !== undefined && reviewWhen === 'before') return 'the whole answer, until it is judged';
  if (holdback === 'turn') return 'the whole answer';
  const parts = [
    ...(holdback === undefined || holdback === 0 ? [] : [`${holdback} characters`]),
    ...(patterns === undefined ? [] : ['what can become a match']),
  ];
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}
