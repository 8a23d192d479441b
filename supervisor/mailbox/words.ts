/** What models and people are told about letters. Pure. */

/** Added to the system prompt of an agent that has contacts. */
export function describeContacts(contacts: readonly string[]): string {
  const [first = ''] = contacts;
  const others = contacts.length > 1 ? ' A line that begins with @all: goes to all of them.' : '';
  return (
    `You can send messages to these agents: ${contacts.join(', ')}. To send one, begin a line with @ and the name, ` +
    `like this:\n@${first}: Please check this.\nThe message is all that follows, up to the next such line.${others} ` +
    'A line that begins with @user: goes on for the user. Replies come to you as messages that begin with ' +
    '"Message from". Send a message only when you need that agent.'
  );
}

export function describeStrangers(agent: string, strangers: readonly string[], contacts: readonly string[]): string {
  const names = strangers.map((name) => `@${name}`).join(', ');
  return `The answer writes to ${names}: no contact of ${agent}, so that was not sent. Its contacts: ${contacts.join(', ')}.`;
}

export function describeHopLimit(to: readonly string[], hops: number): string {
  return `Not sent to ${to.join(', ')}: ${hops} letters have followed one another already (mailbox.hops).`;
}

export function describeLetterLimit(to: readonly string[], letters: number): string {
  return `Not sent to ${to.join(', ')}: the message that this began with has brought about ${letters} letters already (mailbox.letters).`;
}

export function describeFullInbox(to: readonly string[]): string {
  return `Not sent to ${to.join(', ')}: the inbox is full.`;
}
