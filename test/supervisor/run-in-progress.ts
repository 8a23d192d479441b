/** A stack over a scripted model, with one run of it whose model has been asked and has said nothing yet. */
import { type ScriptedCall, type ScriptedModel, scriptedModel } from '../agent/scripted-model.ts';
import { type RunningStack, startStack } from './running-stack.ts';

export interface RunInProgress {
  stack: RunningStack;
  model: ScriptedModel;
  run: string;
  call: ScriptedCall;
}

export async function runInProgress(): Promise<RunInProgress> {
  const model = await scriptedModel();
  const stack = await startStack({ backend: model.definition });
  const run = await stack.say('hello');
  return { stack, model, run, call: await model.call() };
}
