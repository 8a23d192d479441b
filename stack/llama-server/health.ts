/** Asks a llama-server on this machine whether it has loaded its model. */
import { ask } from '../../agent/backend/question.ts';
import { ServerAddress } from '../../agent/backend/server-address.ts';

export function serverUrl(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** `silent`: nobody answers within two seconds. Never rejects. */
export async function askHealth(port: number, signal: AbortSignal): Promise<'ready' | 'loading' | 'silent'> {
  // This one question needs no API key.
  const address = new ServerAddress({ name: '', kind: 'openai', url: serverUrl(port) }, {});
  const { status } = await ask(address, '/health', signal);
  if (status === 0) return 'silent';
  return status === 200 ? 'ready' : 'loading';
}
