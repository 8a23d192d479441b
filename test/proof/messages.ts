/** What tests say to the simulator. */

/** A user message that makes the simulator say this, without containing it. */
export function sayCoded(text: string): string {
  return `say-coded: ${Buffer.from(text).toString('hex')}`;
}

/** This many tokens of text. */
export function words(count: number): string {
  return Array.from({ length: count }, (_, index) => `word${index}`).join(' ');
}
