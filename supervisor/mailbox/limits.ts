/** What keeps agents that always answer each other from doing so for ever. */

export interface MailboxLimits {
  /** Letters in a row: a user's message has had none, each letter one more than what it answers. */
  hops: number;
  /** Letters that one message of a user may bring about, whoever writes them. */
  letters: number;
}

/**
 * Four: question, answer, question back, answer. The second limit is for those who write to many: five agents that all write to all could send
 * 4⁴ letters in four hops.
 */
export const MAILBOX_LIMITS: MailboxLimits = { hops: 4, letters: 32 };
