/** Ollama's side: which of its paths is answered by what. */
import type { Dialect } from '../dialect.ts';
import { answerOllama } from './answers.ts';
import { describeModel, describeProcesses, describeTags, describeVersion } from './descriptions.ts';
import { sendOllama, sendOllamaRefusal, sendOllamaText } from './replies.ts';
import { readOllamaChat, readOllamaGenerate, readOllamaName } from './requests.ts';

const TEXT_TYPE = 'text/plain; charset=utf-8';

const READING: Dialect['routes'] = {
  '/': (_, response) => sendOllamaText(response, 200, 'Ollama is running', TEXT_TYPE),
  '/api/version': (_, response) => sendOllama(response, 200, describeVersion()),
  '/api/tags': (simulation, response) => sendOllama(response, 200, describeTags(simulation)),
};

export const OLLAMA: Dialect = {
  routes: {
    ...forMethod('GET', READING),
    ...forMethod('HEAD', READING),
    'GET /api/ps': (simulation, response) => sendOllama(response, 200, describeProcesses(simulation)),
    'POST /api/show': (simulation, response, body) =>
      sendOllama(response, 200, describeModel(simulation, readOllamaName(body))),
    'POST /api/chat': (simulation, response, body) => answerOllama(simulation, readOllamaChat(body), 'chat', response),
    'POST /api/generate': (simulation, response, body) =>
      answerOllama(simulation, readOllamaGenerate(body), 'generate', response),
  },
  withoutKey: new Set(['GET /', 'HEAD /']),
  refuse: sendOllamaRefusal,
  refuseKey: (response) => sendOllama(response, 401, { error: 'unauthorized' }),
  refusePath: (response) => sendOllamaText(response, 404, '404 page not found', 'text/plain'),
  refuseWhileLoading: undefined,
};

function forMethod(method: string, routes: Dialect['routes']): Dialect['routes'] {
  return Object.fromEntries(Object.entries(routes).map(([path, handler]) => [`${method} ${path}`, handler]));
}
