/** Names of models as Ollama reads them: without a tag they mean `latest`, and case does not matter. Pure. */
import { Refusal } from '../replies.ts';

/** The name with its tag. */
export function withTag(name: string): string {
  return name.split('/').at(-1)?.includes(':') ? name : `${name}:latest`;
}

/**
 * The name, with its tag, of the model that is meant.
 * @throws Refusal there is none
 */
export function findModel(models: readonly string[], wanted: string): string {
  const name = withTag(wanted).toLowerCase();
  const found = models.map(withTag).find((model) => model.toLowerCase() === name);
  if (found === undefined)
    throw new Refusal(404, 'not_found_error', `model "${wanted}" not found, try pulling it first`);
  return found;
}
