/**
 * How a model is told that a message is another agent's: `Message from NAME:`, an empty line, the message. Whoever builds a transcript and
 * whoever reads one (the simulator) share this one spelling.
 */

const MARK = /^Message from [a-z0-9_-]+:\n\n/;

/** The message as the model of its recipient is shown it. */
export function withLetterMark(from: string, content: string): string {
  return `Message from ${from}:\n\n${content}`;
}

/** The message without the line that says whose it is; any other message as it is. */
export function withoutLetterMark(message: string): string {
  return message.replace(MARK, '');
}
