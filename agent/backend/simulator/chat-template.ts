/**
 * The chat template of the simulated model: messages as the one text the model reads, in the ChatML form. Some templates refuse
 * roles, as real ones do with Jinja's `raise_exception`. Pure.
 */
import type { ModelMessage } from '../backend.ts';
import { Refusal } from './replies.ts';

interface ChatTemplate {
  takesSystem: boolean;
  /** After a system message at the beginning, user and assistant have to take turns. */
  takesAnyOrder: boolean;
}

/** Which roles a template takes. `strict` is what Gemma's refuses, `alternating` what Mistral's does. */
export const TEMPLATES = {
  any: { takesSystem: true, takesAnyOrder: true },
  'no-system': { takesSystem: false, takesAnyOrder: true },
  alternating: { takesSystem: true, takesAnyOrder: false },
  strict: { takesSystem: false, takesAnyOrder: false },
} as const satisfies Record<string, ChatTemplate>;

export type TemplateName = keyof typeof TEMPLATES;

const NO_SYSTEM = 'System role not supported';
const NO_ALTERNATION = 'Conversation roles must alternate user/assistant/user/assistant/...';

const NO_SYSTEM_SOURCE = `{% if m['role'] == 'system' %}{{ raise_exception('${NO_SYSTEM}') }}{% endif %}`;
const ALTERNATION_SOURCE =
  "{% if not (loop.first and m['role'] == 'system') and (m['role'] == 'user') != " +
  "((loop.index0 - (1 if messages[0]['role'] == 'system' else 0)) % 2 == 0) %}" +
  `{{ raise_exception('${NO_ALTERNATION}') }}{% endif %}`;
const TURN_SOURCE = "{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}";
const GENERATION_SOURCE = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/** The template as `/props` shows it. */
export function templateSource(name: TemplateName): string {
  const { takesSystem, takesAnyOrder } = TEMPLATES[name];
  const checks = (takesSystem ? '' : NO_SYSTEM_SOURCE) + (takesAnyOrder ? '' : ALTERNATION_SOURCE);
  return `{% for m in messages %}${checks}${TURN_SOURCE}{% endfor %}${GENERATION_SOURCE}`;
}

/**
 * The prompt of a transcript. A last message of the assistant is left open at its end, so that the model continues it, and an
 * empty one is nothing.
 * @throws Refusal the template refuses a role
 */
export function renderPrompt(name: TemplateName, messages: readonly ModelMessage[], generationPrompt = true): string {
  const last = messages.at(-1);
  const begun = last?.role === 'assistant' ? last.content : undefined;
  const closed = begun === undefined ? messages : messages.slice(0, -1);
  checkRoles(name, closed);
  const turns = closed.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`).join('');
  if (begun === undefined) return turns + (generationPrompt ? '<|im_start|>assistant\n' : '');
  return begun === '' ? turns : `${turns}<|im_start|>assistant\n${begun}`;
}

/** @throws Refusal */
function checkRoles(name: TemplateName, messages: readonly ModelMessage[]): void {
  const { takesSystem, takesAnyOrder } = TEMPLATES[name];
  if (!takesSystem && messages.some(({ role }) => role === 'system')) throw raised(name, NO_SYSTEM);
  const turns = messages[0]?.role === 'system' ? messages.slice(1) : messages;
  const alternates = turns.every(({ role }, index) => role === (index % 2 === 0 ? 'user' : 'assistant'));
  if (!takesAnyOrder && !alternates) throw raised(name, NO_ALTERNATION);
}

const EXCERPT_CHARACTERS = 40;

/** An exception of the template, in the words of a real server (measured in September 2026; older ones answered 500). */
function raised(name: TemplateName, reason: string): Refusal {
  const source = templateSource(name);
  const at = source.indexOf(`raise_exception('${reason}')`);
  const excerpt = source.slice(at - EXCERPT_CHARACTERS, at + EXCERPT_CHARACTERS);
  return new Refusal(
    400,
    'invalid_request_error',
    'Unable to generate parser for this template. Automatic parser generation failed: \n------------\n' +
      `While executing CallExpression at line 1, column ${at + 'raise_exception'.length + 1} in source:\n` +
      `...${excerpt}...\n${' '.repeat(3 + EXCERPT_CHARACTERS)}^\nError: Jinja Exception: ${reason}`,
  );
}
