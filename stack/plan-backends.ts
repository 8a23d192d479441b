/** Which model servers a stack uses, as far as somebody said so: `--backend`, the configuration, a GGUF file. What is left is found (detect.ts). */
import type { BackendConfiguration } from '../supervisor/configuration.ts';
import type { LoadedConfiguration } from './config.ts';
import { SIMULATOR_SLOTS } from './defaults.ts';
import { ollamaUrl } from './ollama-address.ts';
import { SIMULATOR } from './option-kinds.ts';
import type { OptionValues } from './options.ts';
import { isModelFile, type LlamaServerPlan, planLlamaServer } from './plan-llama-server.ts';

export interface PlannedBackend extends BackendConfiguration {
  /** Ours: init starts it and fills in the address. */
  simulator: boolean;
  /** Ours too: a llama-server that init starts, or adopts. */
  llamaServer?: LlamaServerPlan;
  /** Who named it, or where it was found, for people: `--backend`, `found: OLLAMA_HOST`. */
  origin?: string;
  /** What it said of itself when it was found, for people; it may say something else by now. */
  seen?: SeenServer;
}

/** What a model server said of itself. */
export interface SeenServer {
  /** Its kind in a word: `ollama`, `llama-server`. */
  server: string;
  model?: string;
  slots?: number;
}

/** What is wanted of a model server that nobody named. */
export interface BackendSearch {
  model: string | undefined;
  slots: number | undefined;
}

export interface PlannedBackends {
  /** The first is the default one. */
  backends: PlannedBackend[];
  /** Present: nobody named a backend, so the simulator stands in for what may be found. */
  backendSearch?: BackendSearch;
  /** What people should know about the choice. */
  remarks: string[];
}

type Loaded = Pick<LoadedConfiguration, 'name' | 'backends'> | undefined;

/** `folder`: what paths are relative to. @throws Failure (exit code 2) when a GGUF cannot be served */
export function planBackends(options: OptionValues, loaded: Loaded, folder: string): PlannedBackends {
  const { model, slots, llamaArgs } = options;
  const [first, ...others] = namedBackends(options.backend, loaded);
  if (first !== undefined) {
    const said = { ...(model !== undefined && { model }), ...(slots !== undefined && { slots }) };
    return { backends: [{ ...first, ...said }, ...others], remarks: unusedOptions(options, first.origin) };
  }
  if (model !== undefined && isModelFile(model)) {
    return { backends: [ownServer(planLlamaServer({ ...options, model }, folder))], remarks: [] };
  }
  return {
    backends: [{ ...simulatorBackend(), ...(model !== undefined && { model }), ...(slots !== undefined && { slots }) }],
    backendSearch: { model, slots },
    remarks: llamaArgs === undefined ? [] : [LLAMA_ARGS_UNUSED],
  };
}

const LLAMA_ARGS_UNUSED = '--llama-args: not used, since no GGUF file is given with --model';

function unusedOptions({ model, llamaArgs }: OptionValues, origin: string | undefined): string[] {
  const isFile = model !== undefined && isModelFile(model);
  return [
    ...(isFile
      ? [`--model ${model}: asked for by this name; no llama-server is started, since ${origin} names one`]
      : []),
    ...(llamaArgs === undefined ? [] : ['--llama-args: not used, since no llama-server is started']),
  ];
}

function namedBackends(url: string | undefined, loaded: Loaded): PlannedBackend[] {
  const configured = loaded?.backends ?? [];
  const origin = loaded?.name ?? 'configuration';
  const given = url === undefined ? undefined : givenBackend(url);
  // What is configured for another address, an API key above all, must not go to this one.
  const kept = configured.filter(({ name }) => name !== given?.name);
  return [...(given === undefined ? [] : [given]), ...kept.map((one) => ({ ...one, simulator: false, origin }))];
}

function givenBackend(address: string): PlannedBackend {
  const origin = '--backend';
  if (address === SIMULATOR) return { ...simulatorBackend(), origin: 'named with --backend' };
  const ollama = /^ollama:/.test(address) ? ollamaUrl(address) : undefined;
  if (ollama !== undefined) return { name: 'default', kind: 'ollama', url: ollama, simulator: false, origin };
  return { name: 'default', kind: 'openai', url: address, simulator: false, origin };
}

function ownServer(llamaServer: LlamaServerPlan): PlannedBackend {
  const { port, slots } = llamaServer;
  const url = `http://127.0.0.1:${port}`;
  const said = slots === undefined ? {} : { slots };
  return { name: 'llama-server', kind: 'openai', url, simulator: false, llamaServer, origin: '--model', ...said };
}

function simulatorBackend(): PlannedBackend {
  return { name: SIMULATOR, kind: 'openai', url: '', slots: SIMULATOR_SLOTS, simulator: true };
}
