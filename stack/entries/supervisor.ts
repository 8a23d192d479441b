/** Entry of the supervisor process: the engine, what it does for its doors, and the HTTP door. */
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Engine } from '../../supervisor/engine.ts';
import type { ProcessView } from '../../supervisor/metrics/metrics.ts';
import { PolicyLoadError } from '../../supervisor/policies/hosted.ts';
import { surviveLooseEnds } from '../../supervisor/policies/loose-ends.ts';
import type { PolicyBundler } from '../../supervisor/policies/reloads.ts';
import { RunWaiters } from '../../supervisor/run-waiters.ts';
import type { SupervisorSettings } from '../../supervisor/settings.ts';
import { StackSupervisor } from '../../supervisor/supervisor.ts';
import { buildPage } from '../../ui/assets.ts';
import { createGateway } from '../../ui/gateway.ts';
import { benchmarkLauncher } from '../benchmark-process.ts';
import { runChild } from '../child.ts';
import { dataFolder } from '../data-folder.ts';
import { EXIT, Failure } from '../failure.ts';
import { holdbackNote } from '../holdback-note.ts';
import { createLog } from '../log.ts';
import { openDoor } from '../open-door.ts';
import { readPidFile } from '../pid-file.ts';
import { bundlePolicy } from '../policy-bundle.ts';
import { processMemory } from '../process-memory.ts';
import { stopBundler } from '../user-module.ts';

/** The bundles of the worker threads lie beside this one. */
const WORKERS = {
  watchdog: besideThis('watchdog-worker.mjs'),
  checkpoint: besideThis('checkpoint-worker.mjs'),
  trial: besideThis('trial-worker.mjs'),
};

const IN_QUARANTINE =
  'in quarantine, for it did not return: runs that it covers are refused until it is changed or released';

runChild({
  role: 'supervisor',
  openLog: createLog,
  async begin({ settings }, { log, send, signal }) {
    const waiters = new RunWaiters();
    const engine = new Engine(settings, WORKERS, log, {
      onRunEnd: (run) => waiters.ended(run),
      chargeExit: (agent, incarnation) => send({ type: 'exit-charged', agent, incarnation }),
      stopAgent: (agent) => send({ type: 'stop-agent', agent }),
    });
    signal.addEventListener('abort', () => engine.leaving());
    surviveLooseEnds((stack) => engine.bench.policies.blame(stack), new URL('.', import.meta.url).href, log);
    const restartAgent = (agent: string): void => send({ type: 'restart-agent', agent });
    const processes = (): ProcessView[] => processViews(settings.dataFolder);
    const launchBenchmark = benchmarkLauncher(besideThis('benchmark.mjs'), log);
    const supervisor = new StackSupervisor(engine, waiters, { restartAgent, processes, launchBenchmark });
    await engine.start().catch((error: unknown) => {
      throw error instanceof PolicyLoadError ? new Failure(error.message, EXIT.usage) : error;
    });
    supervisor.resume();
    const page = buildPage();
    const gateway = await createGateway({ supervisor, settings, log, page });
    const closing = new AbortController();
    await openDoor({
      ...{ host: settings.host, port: settings.port, wasOpen: settings.previousExit !== undefined },
      listen: (at) => gateway.listen(at),
      tell: (text) => send({ type: 'warning', text }),
      signal: closing.signal,
    });
    engine.awaitAgents();
    engine.followPolicies(policyBundler(settings.dataFolder, page));
    const port = (gateway.server.address() as AddressInfo | null)?.port ?? settings.port;
    return {
      ready: { port, policies: policyNotes(engine, settings) },
      async drain(graceMs) {
        const isLeft = supervisor.stopAccepting();
        await engine.drain(graceMs);
        await isLeft;
      },
      async stop() {
        closing.abort();
        await supervisor.stopAccepting();
        await gateway.close();
        await engine.close();
      },
      onMessage(message) {
        if (message.type === 'agent-started') engine.agentStarted(message.agent, message.incarnation, message.restarts);
        if (message.type === 'agent-exited') engine.agentExited(message.agent, message);
      },
    };
  },
});

function policyNotes({ bench }: Engine, { agents }: SupervisorSettings): { name: string; holdback: string }[] {
  const quarantined = new Set(bench.policies.views([]).flatMap((view) => (view.quarantined ? view.name : [])));
  const loaded = new Map(agents.flatMap(({ name }) => bench.policies.of(name)).map((policy) => [policy.name, policy]));
  return [...loaded.values()].map(({ name, policy }) => {
    return { name, holdback: quarantined.has(name) ? IN_QUARANTINE : holdbackNote(policy) };
  });
}

/** As init records them. */
function processViews(folder: string): ProcessView[] {
  const recorded = readPidFile(dataFolder(folder).pidFile)?.processes ?? [];
  return recorded.map(({ id, kind, pid }) => ({ id, kind, memory: processMemory(pid) }));
}

/** `page`: it is built in this process too, and whoever is done with the bundler ends it. */
function policyBundler(folder: string, page: Promise<unknown>): PolicyBundler {
  const { policies } = dataFolder(folder);
  return {
    async bundle(path, use) {
      await page.catch(() => undefined);
      return bundlePolicy(path, use, policies);
    },
    rest: stopBundler,
  };
}

function besideThis(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
