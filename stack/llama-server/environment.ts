/** The environment of a llama-server of ours: what it, its libraries and the drivers of GPUs read, and none of the shell's secrets. */

const PASSED_ON =
  /^(PATH|HOME|USER|LANG|LC_ALL|TZ|TMPDIR|XDG_RUNTIME_DIR|XDG_CACHE_HOME|LD_LIBRARY_PATH|(LLAMA|GGML|CUDA|NVIDIA|HIP|ROCR|ROCM|HSA|VK|MESA|ONEAPI|SYCL|ZE|MTL|METAL|OMP|GOMP|KMP|OPENBLAS|MKL|DYLD)_.*)$/;

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
    (entry): entry is [string, string] => entry[1] !== undefined && PASSED_ON.test(entry[0]) && !OURS.test(entry[0]),
  );
  return { ...DEFAULTS, ...Object.fromEntries(passedOn) };
}
