/**
 * Every message between an agent and the supervisor, one table a direction. No message holds anything that makes sense
 * on one host only: no path, no process id, no address. `turn` is an id that is unique beyond one process.
 */
import { count, flag, type Infer, list, messages, number, object, oneOf, optional, record, text } from './shape.ts';

const usage = record({ promptTokens: count, completionTokens: count, cachedTokens: count });

/**
 * When things of a turn happened: milliseconds since its start, on the monotonic clock of the agent's machine. `clockMs`: what that
 * clock read at the start; only processes of one machine can compare it.
 */
const timing = record({
  clockMs: number,
  /** The request was sent; its headers came; the first text that is not empty came. Absent: that did not happen. */
  sentMs: optional(number),
  acceptedMs: optional(number),
  firstTextMs: optional(number),
  /** The last line was read, or the call failed. */
  endMs: number,
  /** Largest number of bytes that was handed to the parser at once. */
  largestReadBytes: count,
});

/** The model server's own figures; see `ServerFigures`. */
const figures = record({
  loadMs: optional(number),
  promptEvalMs: optional(number),
  evalMs: optional(number),
  totalMs: optional(number),
  promptTokens: optional(count),
  answerTokens: optional(count),
  doneReason: optional(text),
});

/** How a turn ended at the agent. */
const outcome = oneOf('finished', 'failed', 'cancelled');

/** A turn's end as the agent keeps it until the supervisor has recorded it. Lengths are UTF-16 code units. */
const turnEnd = record({
  turn: text,
  outcome,
  /** Whole length of what was streamed on each channel. */
  textLength: count,
  reasoningLength: count,
  finishReason: optional(oneOf('stop', 'length')),
  usage: optional(usage),
  /** A BackendErrorCode, or `agent_failed`. */
  errorCode: optional(text),
  /** May quote what the model wrote. */
  errorMessage: optional(text),
  /** What readers may be told instead; absent: `errorMessage`. */
  errorTold: optional(text),
  /** Of `context_overflow`, where the server says so: tokens of the prompt, and tokens that there is room for. */
  promptTokens: optional(count),
  contextTokens: optional(count),
  /** Milliseconds from the request to the first delta, on the agent's monotonic clock. */
  firstDeltaMs: optional(number),
  timing: optional(timing),
  figures: optional(figures),
  /** Milliseconds from reading the delta that was objected to until the connection to the model was closed. */
  cutMs: optional(number),
});

/** Agent → supervisor. */
export const fromAgent = messages({
  hello: {
    agent: text,
    /** Unique for each start of the process. */
    incarnation: text,
    /** Every turn whose end the supervisor has not recorded yet, as far as this agent knows. */
    turns: list(record({ turn: text })),
  },
  delta: { turn: text, channel: oneOf('text', 'reasoning'), offset: count, text },
  /** The model server has not answered the request of this turn for a while: others use it. */
  'turn-waiting': { turn: text },
  /** After `turn-waiting`: the model server has taken the request. */
  'turn-accepted': { turn: text },
  /** Something the model server did silently; `text` is for people. */
  notice: { turn: text, code: oneOf('prompt_truncated'), text },
  'turn-ended': { end: turnEnd },
});

/** Supervisor → agent. */
export const toAgent = messages({
  'turn-start': {
    turn: text,
    /** For log lines only: the run, its chat, and the turn's number in it. */
    run: text,
    chat: optional(text),
    number: optional(count),
    /** Name of a backend from the agent's configuration. */
    backend: text,
    model: text,
    /** The last message is an answer to go on with: this many characters of leading white space of what comes are dropped. */
    dropSpace: optional(count),
    /** Milliseconds without anything from the model server after which the turn fails as `backend_timeout`; absent: no limit. */
    silenceMs: optional(count),
    messages: list(record({ role: oneOf('system', 'user', 'assistant'), content: text })),
    /** What the answer is to be; absent: whatever the model writes. */
    format: optional(
      record({
        type: oneOf('json_object', 'json_schema'),
        name: optional(text),
        schema: optional(object),
        strict: optional(flag),
      }),
    ),
    options: record({
      temperature: optional(number),
      topP: optional(number),
      topK: optional(count),
      repeatPenalty: optional(number),
      maxTokens: optional(count),
      seed: optional(number),
      stop: optional(list(text)),
      presencePenalty: optional(number),
      frequencyPenalty: optional(number),
      context: optional(count),
      numGpu: optional(number),
      /** A duration as Ollama writes it, or seconds. */
      keepAlive: optional(text),
    }),
  },
  /** Close the connection to the model now; `offset`: text length at which the supervisor objected, for the measured `cutMs`. */
  'turn-cancel': { turn: text, offset: optional(count) },
  /** After a reconnect: send again from these offsets, then go on; if the turn has ended, send its end again too. */
  'turn-resume': { turn: text, textOffset: count, reasoningOffset: count },
  /** The end of this turn is recorded; forget it. */
  'turn-end-recorded': { turn: text },
});

export type FromAgent = Infer<typeof fromAgent>;
export type ToAgent = Infer<typeof toAgent>;
export type TurnEnd = Infer<typeof turnEnd>;
export type TurnStart = Extract<ToAgent, { type: 'turn-start' }>;
