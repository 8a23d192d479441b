import { describe, expect, it } from 'vitest';
import { ollamaUrl, readOllamaHost } from '../../stack/ollama-address.ts';

/** The cases that Ollama's own tests of `OLLAMA_HOST` have; a client asks this machine where a server listens everywhere. */
describe('OLLAMA_HOST', () => {
  it.each([
    ['', 'http://127.0.0.1:11434'],
    ['1.2.3.4', 'http://1.2.3.4:11434'],
    [':1234', 'http://127.0.0.1:1234'],
    ['1.2.3.4:1234', 'http://1.2.3.4:1234'],
    ['example.com', 'http://example.com:11434'],
    ['example.com:1234', 'http://example.com:1234'],
    [':66000', 'http://127.0.0.1:11434'],
    [':-1', 'http://127.0.0.1:11434'],
    ['1.2.3.4:x', 'http://1.2.3.4:11434'],
    ['[::1]', 'http://[::1]:11434'],
    ['::1', 'http://[::1]:11434'],
    ['[::1]:1337', 'http://[::1]:1337'],
    ['[::]', 'http://[::1]:11434'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    ['0.0.0.0:8080', 'http://127.0.0.1:8080'],
    [' 1.2.3.4 ', 'http://1.2.3.4:11434'],
    ['"1.2.3.4"', 'http://1.2.3.4:11434'],
    [' " 1.2.3.4 " ', 'http://1.2.3.4:11434'],
    ["'1.2.3.4'", 'http://1.2.3.4:11434'],
    ['http://1.2.3.4', 'http://1.2.3.4:80'],
    ['http://1.2.3.4:4321', 'http://1.2.3.4:4321'],
    ['http://0.0.0.0:11434/', 'http://127.0.0.1:11434'],
    ['https://1.2.3.4', 'https://1.2.3.4:443'],
    ['https://1.2.3.4:4321', 'https://1.2.3.4:4321'],
    ['https://example.com/ollama/', 'https://example.com:443/ollama'],
    ['unix:///run/ollama', undefined],
    ['a b', undefined],
  ])('%j is %s', (value, url) => {
    expect(readOllamaHost(value)).toBe(url);
  });
});

describe('an address with ollama://', () => {
  it.each([
    ['ollama://', 'http://127.0.0.1:11434'],
    ['ollama://localhost', 'http://localhost:11434'],
    ['ollama://127.0.0.1:11435/', 'http://127.0.0.1:11435'],
    ['ollama://0.0.0.0', 'http://127.0.0.1:11434'],
    ['ollama://::1', 'http://[::1]:11434'],
    ['ollama://host/api', 'http://host:11434'],
    ['ollama://host:70000', undefined],
    ['ollama://:70000', undefined],
    ['ollama://:x', undefined],
    ['ollama://user@host', undefined],
    ['ollama://:secret@host', undefined],
    ['ollama://http://127.0.0.1:1234', undefined],
    ['ollama://host?x', undefined],
  ])('%s is %s', (address, url) => {
    expect(ollamaUrl(address)).toBe(url);
  });
});
