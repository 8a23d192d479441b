/**
 * One policy's review of one answer: from its call until it has decided, failed, or its time is up. It settles exactly once, whatever the
 * policy does, and nothing of it goes on at a model server after that.
 */
import type { AnswerFormat, ModelRequest } from '../../agent/backend/backend.ts';
import type { AskRequest, AskResult, TurnToReview, Verdict } from '../../policy/policy.ts';
import { isReviewedBefore } from '../gate/reviewed.ts';
import type { LoadedPolicy } from '../policies/loaded-policy.ts';
import { PolicyFailure } from '../policies/verdict.ts';
import { readAskRequest } from './ask-request.ts';
import type { AskState, Question } from './asks.ts';
import { Deadline } from './deadline.ts';
import type { LiveRun } from './live-run.ts';
import type { Workbench } from './workbench.ts';

/** Milliseconds that a review may take where its policy does not say. */
const DEFAULT_DEADLINE_MS = 30_000;

/** What a policy is given, but for what belongs to its own sitting. */
export type Subject = Omit<TurnToReview, 'ask' | 'signal'>;

type Bench = Pick<Workbench, 'asks' | 'backends' | 'policies'>;

export class Sitting {
  readonly loaded: LoadedPolicy;
  /** Readers are shown nothing until it is over. */
  readonly isBefore: boolean;
  /** Of all that was asked. */
  readonly tokens = { promptTokens: 0, completionTokens: 0 };
  /** Undefined while it goes on. */
  result: readonly Verdict[] | PolicyFailure | undefined;
  isLate = false;
  #isStopped = false;
  readonly #bench: Bench;
  readonly #run: LiveRun;
  readonly #abort = new AbortController();
  readonly #startedAt = performance.now();
  readonly #states = new Map<symbol, AskState>();
  #deadline: Deadline | undefined;

  constructor(loaded: LoadedPolicy, bench: Bench, run: LiveRun) {
    this.loaded = loaded;
    this.isBefore = isReviewedBefore(loaded.policy);
    this.#bench = bench;
    this.#run = run;
  }

  /** Milliseconds since it began. */
  get ms(): number {
    return performance.now() - this.#startedAt;
  }

  /** Calls the policy. `onOver` is called later, once, unless it is abandoned before. */
  begin(subject: Subject, onOver: () => void): void {
    const { signal } = this.#abort;
    const decided = (result: readonly Verdict[] | PolicyFailure): void => {
      if (this.#isStopped) return;
      this.result = result;
      this.#stop('the review is over');
      onOver();
    };
    const { reviewDeadlineMs = DEFAULT_DEADLINE_MS } = this.loaded.policy;
    this.#deadline = new Deadline(reviewDeadlineMs, () => {
      this.isLate = true;
      decided(new PolicyFailure(this.loaded, 'review', `it did not decide within ${reviewDeadlineMs} ms`));
    });
    const ask = (request: unknown): Promise<AskResult> => this.#ask(request);
    this.#bench.policies.review(this.loaded, { ...subject, ask, signal }, this.#run.number).then(decided, decided);
  }

  /** Nobody wants to know any more. */
  abandon(): void {
    this.#stop('the review is not wanted any more');
  }

  #stop(why: string): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#deadline?.halt();
    this.#bench.policies.abortReview(this.loaded, this.#run.number, this.#abort, traceless(new Error(why)));
  }

  async #ask(given: unknown): Promise<AskResult> {
    try {
      if (this.#isStopped) await this.#refuse();
      const result = await this.#bench.asks.ask({ ...this.#read(given), ...this.#follow() });
      this.tokens.promptTokens += result.promptTokens;
      this.tokens.completionTokens += result.completionTokens;
      return result;
    } catch (error) {
      throw traceless(error);
    } finally {
      this.#bench.policies.watchNext(this.loaded, this.#run.number);
    }
  }

  /** Later, so that a policy that asks again and again does not keep everybody from their work. */
  async #refuse(): Promise<never> {
    await new Promise((resolve) => setImmediate(resolve));
    throw this.#abort.signal.reason;
  }

  #read(given: unknown): Pick<Question, 'place' | 'model' | 'request'> {
    const { place: own, agent } = this.#run;
    const request = readAskRequest(given, this.#bench.backends.names);
    const { backend: place = own } = request;
    const usual = place === own ? agent.model : undefined;
    const model = request.model ?? usual;
    return { place, model, request: (backend) => this.#requestTo(backend, request, place === own) };
  }

  /** `isOwn`: it goes where the turns of the agent go. */
  #requestTo(backend: string, request: AskRequest, isOwn: boolean): ModelRequest {
    const { agent } = this.#run;
    const { messages, maxTokens, temperature, schema } = request;
    const usual = (isOwn ? agent.model : undefined) ?? this.#bench.backends.model(backend);
    const model = request.model ?? usual;
    // Asked otherwise than the agent does, Ollama would load the same model again, and again for the next turn.
    const { context, numGpu, keepAlive } = isOwn && model === usual ? agent : ({} as Partial<typeof agent>);
    const options = Object.entries({ maxTokens, temperature, context, numGpu, keepAlive });
    const asked = Object.fromEntries(options.filter(([, value]) => value !== undefined));
    return { model, messages, options: asked, ...(schema && { format: answerFormat(schema) }) };
  }

  /** The time of a review does not run while all that it does is to wait for a slot. */
  #follow(): Pick<Question, 'signal' | 'onState'> {
    const key = Symbol('question');
    const onState = (state: AskState): void => {
      if (state === 'over') this.#states.delete(key);
      else this.#states.set(key, state);
      const states = [...this.#states.values()];
      const isQueued = states.length > 0 && states.every((one) => one === 'queued');
      if (isQueued) this.#deadline?.halt();
      else if (!this.#isStopped) this.#deadline?.go();
    };
    return { signal: this.#abort.signal, onState };
  }
}

/** Where a policy leaves it behind, it must not look like a failure of our own code: see loose-ends.ts. */
function traceless(error: unknown): unknown {
  if (error instanceof Error) error.stack = `${error.name}: ${error.message}`;
  return error;
}

function answerFormat(schema: Readonly<Record<string, unknown>>): AnswerFormat {
  return { type: 'json_schema', name: 'answer', strict: true, schema };
}
