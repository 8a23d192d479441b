/** llama-server's side: which of its paths is answered by what. */
import { fieldsOf } from '../json.ts';
import { applyTemplate, completeChat } from './chat-completions.ts';
import { readJson } from './chat-request.ts';
import { describeModels, describeProps, describeSlots } from './descriptions.ts';
import type { Dialect } from './dialect.ts';
import { METRICS_CONTENT_TYPE, renderMetrics } from './metrics.ts';
import { Refusal, sendJson, sendLoading, sendRefusal, sendRejection, sendText } from './replies.ts';
import { tokenId, tokenize } from './tokens.ts';

export const LLAMA_SERVER: Dialect = {
  routes: {
    'GET /health': (_, response) => sendJson(response, 200, { status: 'ok' }),
    'GET /props': (simulation, response) => sendJson(response, 200, describeProps(simulation)),
    'GET /slots': (simulation, response) => sendJson(response, 200, describeSlots(simulation)),
    'GET /v1/models': (simulation, response) => sendJson(response, 200, describeModels(simulation)),
    'GET /metrics': (simulation, response) => sendText(response, 200, renderMetrics(simulation), METRICS_CONTENT_TYPE),
    'POST /tokenize': (_, response, body) => sendJson(response, 200, { tokens: tokensOf(body) }),
    'POST /apply-template': (simulation, response, body) => sendJson(response, 200, applyTemplate(simulation, body)),
    'POST /v1/chat/completions': (simulation, response, body) => completeChat(simulation, body, response),
  },
  withoutKey: new Set(['GET /health', 'GET /v1/models']),
  refuse: sendRefusal,
  refuseKey: (response) => sendRejection(response, 401, 'authentication_error', 'Invalid API Key'),
  refusePath: (response) => sendRejection(response, 404, 'not_found_error', 'File Not Found'),
  refuseWhileLoading: sendLoading,
};

function tokensOf(body: string): number[] {
  const { content = '' } = fieldsOf(readJson(body));
  if (typeof content !== 'string') {
    throw new Refusal(
      500,
      'server_error',
      `[json.exception.type_error.302] type must be string, but is ${typeof content}`,
    );
  }
  return tokenize(content).map(tokenId);
}
