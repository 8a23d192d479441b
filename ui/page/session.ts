/** How the page gets in: the token from the address, or typed in, becomes a cookie and is forgotten. */
import { api } from './api.ts';
import { find } from './composer.ts';

/** Exchanges `#token=…` and takes it out of the address bar and the history. @throws ApiError when it is not the token */
export async function enterWithToken(): Promise<void> {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return;
  history.replaceState(null, '', location.pathname);
  await api.session(token);
}

/** Calls `enter` when a person has typed the right token. */
export function onTokenGiven(form: HTMLFormElement, enter: () => Promise<void>, fail: (error: unknown) => void): void {
  const field = find('token', HTMLInputElement);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const token = field.value;
    field.value = '';
    api.session(token).then(enter).catch(fail);
  });
}
