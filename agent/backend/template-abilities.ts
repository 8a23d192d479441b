/**
 * What the chat template of a llama-server takes: tried with `POST /apply-template`, which renders messages without asking the model.
 * Some templates raise at a role they do not know, others leave its text out without a word; both count as not taken.
 */
import type { ModelMessage, TemplateAbilities } from './backend.ts';
import { continuation } from './chat-completion-request.ts';
import { fieldsOf, parseJson, textOf } from './json.ts';
import { type Answer, ask } from './question.ts';
import type { ServerAddress } from './server-address.ts';

/** Words that no template writes by itself. */
const [FIRST, SECOND] = ['interject-probe-one', 'interject-probe-two'];

const TRIALS = {
  systemRole: [
    { role: 'system', content: FIRST },
    { role: 'user', content: SECOND },
  ],
  consecutiveUsers: [
    { role: 'user', content: FIRST },
    { role: 'user', content: SECOND },
  ],
  continuesAnswer: [
    { role: 'user', content: FIRST },
    { role: 'assistant', content: SECOND },
  ],
} satisfies Record<string, ModelMessage[]>;

/** Remembers what was tried, so that regular probes stay cheap. */
export class TemplateProbe {
  readonly #address: ServerAddress;
  #known: { identity: string; abilities: TemplateAbilities | undefined } | undefined;

  constructor(address: ServerAddress) {
    this.#address = address;
  }

  /** The server went away: another one may come back. */
  forget(): void {
    this.#known = undefined;
  }

  /**
   * What the template takes; undefined when the server has no `/apply-template` or did not answer. Never throws.
   * @param identity of model and template: it is tried anew when this has changed
   */
  async abilities(identity: string, signal: AbortSignal): Promise<TemplateAbilities | undefined> {
    if (this.#known?.identity === identity) return this.#known.abilities;
    const prompts: (string | undefined)[] = [];
    for (const messages of [TRIALS.systemRole, TRIALS.consecutiveUsers, TRIALS.continuesAnswer]) {
      const answer = await this.#apply(messages, signal);
      if (answer.failure !== undefined) return undefined;
      prompts.push(promptOf(answer));
      if (prompts.includes(undefined)) break;
    }
    const abilities = abilitiesOf(prompts);
    this.#known = { identity, abilities };
    return abilities;
  }

  #apply(messages: readonly ModelMessage[], signal: AbortSignal): Promise<Answer> {
    const body = JSON.stringify({ messages, ...continuation(messages) });
    return ask(this.#address, '/apply-template', signal, body);
  }
}

/** Empty when the template raises; undefined where nothing is rendered for anybody. */
function promptOf({ status, body }: Answer): string | undefined {
  if (status === 400 || status === 500) return '';
  return status === 200 ? textOf(fieldsOf(parseJson(body)).prompt) : undefined;
}

function abilitiesOf([system, users, answer]: (string | undefined)[]): TemplateAbilities | undefined {
  if (system === undefined || users === undefined || answer === undefined) return undefined;
  return {
    systemRole: holdsBoth(system),
    consecutiveUsers: holdsBoth(users),
    continuesAnswer: answer.trimEnd().endsWith(SECOND),
  };
}

function holdsBoth(prompt: string): boolean {
  return prompt.includes(FIRST) && prompt.includes(SECOND);
}
