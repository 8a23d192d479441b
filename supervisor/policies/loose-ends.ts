/**
 * What a policy leaves behind when it has answered: a promise that nobody waits for, a timer that throws. Its verdict stands, and the
 * process must not end of it: the run would go on after the restart, the policy would do it again, and soon there would be no stack.
 */
import type { Log } from '../../agent/log.ts';
import { toldOf } from './verdict.ts';

/**
 * From now on only what our own code did not foresee ends the process. `policyIn`: the policy that a stack trace leads to, if it leads to
 * one; `programs`: URL of the folder with our own code.
 */
export function surviveLooseEnds(policyIn: (stack: string) => string | undefined, programs: string, log: Log): void {
  process.on('uncaughtException', (error, origin) => {
    const stack = String(error?.stack ?? error);
    const policy = policyIn(stack);
    // Without a place in anybody's code it is something like a failed request: we wait for all of ours.
    const isLooseEnd = policy !== undefined || (origin === 'unhandledRejection' && !stack.includes(programs));
    // Neither its message, which may quote what was judged, nor its stack, which takes 100 ms to translate: there may be one a delta.
    if (isLooseEnd) log.error({ policy, problem: toldOf(error) }, 'a policy left something behind that failed');
    else endWith(stack);
  });
}

/** As the process would end without us. */
function endWith(stack: string): never {
  process.stderr.write(`${stack}\n`);
  process.exit(1);
}
