import { describe, expect, it } from 'vitest';
import { chooseOllamaModel, hasOllamaModel, readOllamaModels } from '../../stack/ollama-models.ts';

const model = (name: string, modified_at = '2026-01-01T00:00:00Z', more: object = {}) => ({
  name,
  modified_at,
  ...more,
});
const read = (...models: object[]) => readOllamaModels(JSON.stringify({ models })) ?? [];

describe('the model of an Ollama', () => {
  const OLDER = model('llama3.2:1b', '2026-03-01T10:00:00.123456789+02:00');
  const NEWER = model('gemma3:latest', '2026-03-01T09:00:00Z');

  it('is the one that is loaded, else the one that was changed last', () => {
    expect(chooseOllamaModel(read(OLDER, NEWER), read())).toBe('gemma3:latest');
    expect(chooseOllamaModel(read(NEWER, OLDER), read())).toBe('gemma3:latest');
    expect(chooseOllamaModel(read(NEWER, OLDER), read(OLDER))).toBe('llama3.2:1b');
    expect(chooseOllamaModel(read(model('undated', ''), OLDER), read())).toBe('llama3.2:1b');
  });

  it.each([
    ['nomic-embed-text:latest', { details: { family: 'nomic-bert' } }],
    ['embeddinggemma:latest', { details: { family: 'gemma3', families: ['gemma3'] } }],
    ['bge-m3:latest', { details: { families: ['bert'] } }],
    ['mxbai:latest', { details: { family: 'bert', families: null } }],
    ['quiet', { capabilities: ['embedding'] }],
    ['gpt-oss:120b-cloud', { remote_model: 'gpt-oss:120b', remote_host: 'https://ollama.com:443' }],
  ])('is never %s, loaded or not', (name, more) => {
    const other = model(name, '2026-09-01T00:00:00Z', more);
    expect(chooseOllamaModel(read(other, OLDER), read(other))).toBe('llama3.2:1b');
    expect(chooseOllamaModel(read(other), read(other))).toBeUndefined();
  });

  it('may leave out :latest when it is looked up', () => {
    const models = read(NEWER, model('hf.co/u/m-GGUF:Q4_K_M'), model('host:5000/ns/m:latest'));
    for (const name of ['gemma3', 'gemma3:latest', 'GEMMA3', 'hf.co/u/m-GGUF:Q4_K_M', 'host:5000/ns/m']) {
      expect(hasOllamaModel(models, name), name).toBe(true);
    }
    for (const name of ['gemma3:4b', 'gemma', 'hf.co/u/m-GGUF']) expect(hasOllamaModel(models, name), name).toBe(false);
  });
});

it('a reply that lists no models is none', () => {
  for (const body of ['', 'Ollama is running', '{}', '{"models": 3}', 'null'])
    expect(readOllamaModels(body)).toBeUndefined();
  expect(readOllamaModels('{"models": [null, {}, {"model": "m"}]}')?.map(({ name }) => name)).toEqual(['m']);
});
