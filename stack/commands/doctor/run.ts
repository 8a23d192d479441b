/** Runs `doctor`: one check after the other, each told as soon as it is done. */
import { membersOf } from '../../../supervisor/pools.ts';
import { settleBackends } from '../../detect.ts';
import { EXIT, messageOf } from '../../failure.ts';
import type { GivenOptions } from '../../options.ts';
import { makePlan, type PlannedBackend, type StackPlan } from '../../plan.ts';
import { printable } from '../../printable.ts';
import { readOptions } from '../../read-options.ts';
import type { Paint } from '../../start-lines.ts';
import { paintFor, say } from '../../terminal.ts';
import { checkBackend } from './check-backend.ts';
import { checkFolder, checkPort, checkStack } from './check-folder.ts';
import { checkPolicies } from './check-policies.ts';
import { checkNode, checkSqlite } from './check-system.ts';
import { type Finding, fail, findingLines, note, ok } from './finding.ts';

/** Returns 0, or 1 when something would keep a start from working. */
export async function runDoctor(given: GivenOptions): Promise<number> {
  const report = new Report(await paintFor(process.stdout));
  report.tell(checkNode());
  report.tell(checkSqlite());
  const plan = await planned(given, report);
  if (plan !== undefined) await checkPlan(plan, report);
  return report.exitCode;
}

class Report {
  readonly #paint: Paint;
  exitCode: number = EXIT.ok;

  constructor(paint: Paint) {
    this.#paint = paint;
  }

  tell(finding: Finding): void {
    if (finding.level === 'fail') this.exitCode = EXIT.failed;
    // What servers say of themselves is in it.
    const { text, advice } = finding;
    const safe = { ...finding, text: printable(text), ...(advice !== undefined && { advice: printable(advice) }) };
    say(findingLines(safe, this.#paint));
  }
}

/** What a start with these options would run; undefined: none, and that was told. */
async function planned(given: GivenOptions, report: Report): Promise<StackPlan | undefined> {
  try {
    const { options, configuration } = await readOptions(given);
    const plan = await settleBackends(makePlan(options, configuration, process.cwd()));
    report.tell(
      ok('config', `${plan.configurationFile ?? 'no file'}; agents ${plan.agents.map(({ name }) => name).join(', ')}`),
    );
    return plan;
  } catch (error) {
    report.tell(fail('config', messageOf(error), 'Correct this first: nothing else can be checked.'));
    return undefined;
  }
}

async function checkPlan(plan: StackPlan, report: Report): Promise<void> {
  const { dataFolder, host, port, policies, backends, pools } = plan;
  report.tell(checkFolder(dataFolder));
  const { finding, url } = checkStack(dataFolder);
  report.tell(finding);
  report.tell(await checkPort(host, port, url));
  const places = [...backends.map(({ name }) => name), ...Object.keys(pools)];
  for (const policy of await checkPolicies(policies, places)) report.tell(policy);
  for (const remark of plan.remarks ?? []) report.tell(note('model', remark));
  for (const backend of backends) {
    for (const model of await checkBackend(backend, modelsOf(plan, backend))) report.tell(model);
  }
  for (const [name, members] of Object.entries(pools)) report.tell(ok('pool', `${name}: ${members.join(', ')}`));
}

/** The models that agents ask a server for, by itself or in a pool; those of the server itself where they name none. */
function modelsOf({ agents, backends, pools }: StackPlan, { name, model }: PlannedBackend): string[] {
  const own = agents.filter(({ backend = backends[0]?.name ?? '' }) => membersOf(pools, backend).includes(name));
  const named = own.map((agent) => agent.model ?? model);
  return [...new Set([...named, ...(own.length === 0 ? [model] : [])])].filter((one) => one !== undefined);
}
