/** Answers that have to fit a schema: how each kind of server is asked for them, and what the simulator makes of that. */
import { expect, test } from 'vitest';
import { chatCompletionBody } from '../../agent/backend/chat-completion-request.ts';
import { ollamaChatBody } from '../../agent/backend/ollama-chat-request.ts';
import { answerBySchema } from '../../agent/backend/simulator/schema-answer.ts';

const schema = {
  type: 'object',
  properties: {
    reason: { type: 'string' },
    verdict: { type: 'string', enum: ['ok', 'drift'] },
    sure: { type: 'number' },
  },
};
const request = { model: 'm', messages: [{ role: 'user', content: 'hi' }] as const, options: {} };

test('OpenAI and llama-server get a response format, Ollama a format; nobody gets one unasked', () => {
  const format = { type: 'json_schema', name: 'verdict', strict: true, schema } as const;
  expect(JSON.parse(chatCompletionBody({ ...request, format })).response_format).toEqual({
    type: 'json_schema',
    json_schema: { name: 'verdict', strict: true, schema },
  });
  expect(JSON.parse(ollamaChatBody({ ...request, format })).format).toEqual(schema);
  const object = { ...request, format: { type: 'json_object' } } as const;
  expect(JSON.parse(chatCompletionBody(object)).response_format).toEqual({ type: 'json_object' });
  expect(JSON.parse(ollamaChatBody(object)).format).toBe('json');
  expect(chatCompletionBody(request)).not.toContain('response_format');
  expect(ollamaChatBody(request)).not.toContain('format');
});

test('the simulator takes the first of several values, or the one that the judged part names in capitals', () => {
  const said = (text: string): unknown => JSON.parse(answerBySchema(schema, text));
  expect(said('fine')).toEqual({ reason: 'Nothing to object to.', verdict: 'ok', sure: 0 });
  expect(said('a DRIFT')).toEqual({ reason: 'It says "DRIFT".', verdict: 'drift', sure: 0 });
  expect(said('{"question":"a DRIFT","answer":"fine"}')).toMatchObject({ verdict: 'ok' });
  expect(said('{"question":"fine","answer":"a DRIFT"}')).toMatchObject({ verdict: 'drift' });
});
