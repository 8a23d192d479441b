/** The environment of a llama-server of ours: what it, its libraries and the drivers of GPUs read, and none of the shell's secrets. */

const OF_EVERY_PROGRAM = /^(PATH|HOME|USER|LANG|LC_ALL|TZ|TMPDIR|XDG_RUNTIME_DIR|XDG_CACHE_HOME)$/;
const OF_MODEL_SERVERS =
  /^(LD_LIBRARY_PATH|(LLAMA|GGML|CUDA|NVIDIA|HIP|ROCR|ROCM|HSA|VK|MESA|ONEAPI|SYCL|ZE|MTL|METAL|OMP|GOMP|KMP|OPENBLAS|MKL|DYLD)_.*)$/;

/** What the command line says, or must not be said. */
const OURS =
  /^LLAMA_ARG_(MODEL|MODEL_URL|HF_REPO|HF_FILE|DOCKER_REPO|MODELS_.*|HOST|PORT|REUSE_PORT|API_PREFIX|API_KEY_FILE|SSL_.*)$/;

/**
 * Given as variables, since a server that is too old to know one does not mind: no page of its own, which would take any person around the
 * policies, and no answers to pages of other sites. And a CPU build must not stall for a second where it has as many threads as cores.
 */
const DEFAULTS = {
  LLAMA_ARG_UI: '0',
  LLAMA_ARG_WEBUI: '0',
  LLAMA_ARG_CORS_ORIGINS: 'localhost',
  GOMP_SPINCOUNT: '0',
};

export function serverEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const passedOn = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && isPassedOn(entry[0]),
  );
  return { ...DEFAULTS, ...Object.fromEntries(passedOn) };
}

/** Whether a variable changes what a server does. Another terminal has another PATH, and that makes no other server. */
export function changesServer(name: string): boolean {
  return !OF_EVERY_PROGRAM.test(name);
}

function isPassedOn(name: string): boolean {
  return OF_EVERY_PROGRAM.test(name) || (OF_MODEL_SERVERS.test(name) && !OURS.test(name));
}
