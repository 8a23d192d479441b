/** What a simulator says of itself: `/props`, `/slots`, `/v1/models`, with llama-server's fields in its order. */
import type { AnswerRequest } from './answer-request.ts';
import { TEMPLATES, templateSource } from './chat-template.ts';
import { FINGERPRINT } from './completion-body.ts';
import type { Simulation } from './simulation.ts';
import type { Slot } from './slots.ts';

/** The seed that stands for a random one. */
const RANDOM_SEED = 2 ** 32 - 1;
const VOCABULARY_TOKENS = 32_000;

/** `simulator: true` is ours: by it a probe tells the simulator from a real server. */
export function describeProps({ alias, settings }: Simulation): object {
  return {
    default_generation_settings: { params: samplingOf(undefined), n_ctx: settings.contextTokens },
    total_slots: settings.slots,
    model_alias: alias,
    model_ftype: 'simulated',
    model_path: alias,
    modalities: { vision: false, video: false, audio: false },
    media_marker: '<__media__>',
    endpoint_slots: true,
    endpoint_props: false,
    endpoint_metrics: true,
    ui: false,
    ui_settings: {},
    chat_template: templateSource(settings.template),
    chat_template_caps: {
      supports_object_arguments: false,
      supports_parallel_tool_calls: false,
      supports_preserve_reasoning: false,
      supports_reasoning_effort: false,
      supports_string_content: true,
      supports_system_role: TEMPLATES[settings.template].takesSystem,
      supports_tool_calls: false,
      supports_tools: false,
      supports_typed_content: false,
    },
    bos_token: '<s>',
    eos_token: '<|im_end|>',
    build_info: FINGERPRINT,
    is_sleeping: false,
    cors_proxy_enabled: false,
    simulator: true,
  };
}

export function describeSlots({ slots, settings }: Simulation): object[] {
  return slots.slots.map((slot) => describeSlot(slot, settings.contextTokens));
}

export function describeModels({ alias, settings: { contextTokens }, startedAt }: Simulation): object {
  return {
    models: [
      {
        name: alias,
        model: alias,
        modified_at: '',
        size: '',
        digest: '',
        type: 'model',
        description: '',
        tags: [''],
        capabilities: ['completion'],
        parameters: '',
        details: {
          parent_model: '',
          format: 'gguf',
          family: '',
          families: [''],
          parameter_size: '',
          quantization_level: '',
        },
      },
    ],
    object: 'list',
    data: [
      {
        id: alias,
        aliases: [alias],
        tags: [],
        object: 'model',
        created: Math.floor(startedAt / 1000),
        owned_by: 'llamacpp',
        meta: {
          vocab_type: 1,
          n_vocab: VOCABULARY_TOKENS,
          n_ctx: contextTokens,
          n_ctx_train: contextTokens,
          n_embd: 0,
          n_params: 0,
          size: 0,
          ftype: 'simulated',
        },
      },
    ],
  };
}

function describeSlot({ id, busy, work, cache }: Slot, contextTokens: number): object {
  const slot = { id, n_ctx: contextTokens, speculative: false, is_processing: busy };
  if (work === undefined) return slot;
  const { maxTokens } = work.request;
  return {
    ...slot,
    id_task: work.task,
    n_prompt_tokens: busy ? work.promptTokens + work.decoded : cache.length,
    n_prompt_tokens_processed: busy ? work.promptTokens - work.cachedTokens : 0,
    n_prompt_tokens_cache: busy ? work.cachedTokens : 0,
    params: samplingOf(work.request),
    next_token: [
      {
        has_next_token: busy,
        has_new_line: false,
        n_remain: busy && maxTokens !== -1 ? maxTokens - work.decoded : -1,
        n_decoded: busy ? work.decoded : 0,
      },
    ],
  };
}

function samplingOf(request: AnswerRequest | undefined): object {
  return {
    seed: request?.seed ?? RANDOM_SEED,
    temperature: request?.temperature ?? 0.8,
    dynatemp_range: 0,
    dynatemp_exponent: 1,
    top_k: 40,
    top_p: 0.95,
    min_p: 0.05,
    top_n_sigma: -1,
    xtc_probability: 0,
    xtc_threshold: 0.1,
    typical_p: 1,
    repeat_last_n: 64,
    repeat_penalty: 1,
    presence_penalty: 0,
    frequency_penalty: 0,
    dry_multiplier: 0,
    dry_base: 1.75,
    dry_allowed_length: 2,
    dry_penalty_last_n: 64,
    mirostat: 0,
    mirostat_tau: 5,
    mirostat_eta: 0.1,
    adaptive_target: -1,
    adaptive_decay: 0.9,
    max_tokens: request?.maxTokens ?? -1,
    n_predict: request?.maxTokens ?? -1,
    n_keep: 0,
    n_discard: 0,
    ignore_eos: false,
    stream: request?.stream ?? false,
    n_probs: 0,
    min_keep: 0,
    chat_format: request === undefined ? 'Content-only' : 'peg-native',
    reasoning_format: request === undefined ? 'none' : 'deepseek',
    reasoning_in_content: false,
    generation_prompt: request === undefined ? '' : '<|im_start|>assistant\n',
    samplers: ['penalties', 'dry', 'top_n_sigma', 'top_k', 'typ_p', 'top_p', 'min_p', 'xtc', 'temperature'],
    'speculative.types': 'none',
    timings_per_token: false,
    post_sampling_probs: false,
    backend_sampling: false,
    lora: [],
  };
}
