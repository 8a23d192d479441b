/** Short, sensible sentences about what a message is about: what the simulator says when nobody tells it what to say. Pure. */
import { pick } from './hash.ts';

const COMMON_WORDS = new Set(
  `about after again also because been before being could does doing done each every from give have hello here into just know
  like make more most much must need only other over please really said same shall should show some such tell than that their
  them then there these they thing think this those through want were what when where which while will with without would your`.split(
    /\s+/,
  ),
);

const SHORTEST_TOPIC_CHARACTERS = 4;
const MOST_TOPICS = 2;

type Sentence = (topic: string) => string;

const OPENINGS: [Sentence, ...Sentence[]] = [
  (topic) => `A short answer about ${topic}: begin with what you can check, then go on from there.`,
  (topic) => `With ${topic} it helps to look at one part at a time.`,
  (topic) => `The main thing about ${topic} is to keep it simple and to write down what you find.`,
  (topic) => `${capital(topic)} can be answered in two steps: collect the facts, then decide.`,
];

const FOLLOW_UPS: [Sentence, ...Sentence[]] = [
  () => '',
  (topic) => ` If you tell me more about ${topic}, I can be more precise.`,
  () => ' The first step is usually the one that matters.',
  () => ' Small steps are easier to test. Stop when the result is good enough.',
];

const WITHOUT_TOPIC: [string, ...string[]] = [
  'Hello! What would you like to talk about?',
  'I am listening. What shall we look at first?',
  'Good to hear from you. Ask me anything and I will answer briefly.',
];

/** One to three sentences; the same for the same message and `salt`. */
export function smallTalk(message: string, salt: string): string {
  const topic = topicOf(message);
  if (topic === '') return pick(WITHOUT_TOPIC, salt);
  return pick(OPENINGS, salt)(topic) + pick(FOLLOW_UPS, `${salt} follow-up`)(topic);
}

function topicOf(message: string): string {
  const words = message.match(/[\p{L}\p{N}_-]+/gu) ?? [];
  const telling = words.filter(
    (word) => word.length >= SHORTEST_TOPIC_CHARACTERS && !COMMON_WORDS.has(word.toLowerCase()),
  );
  return [...new Set(telling)].slice(0, MOST_TOPICS).join(' and ');
}

function capital(text: string): string {
  return text.replace(/^./u, (first) => first.toUpperCase());
}
