/** Refuses questions that a lawyer should answer, before the model is asked. */
import { block, definePolicy } from 'interject';

const QUESTIONS = /\b(sue|lawsuit|legal advice)\b/i;

export default definePolicy({
  name: 'no-legal-advice',
  onMessage: ({ content }) => (QUESTIONS.test(content) ? block('legal questions are for a lawyer') : undefined),
});
