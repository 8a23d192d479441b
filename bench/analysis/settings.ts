/** What a configuration set, in few words: `A defaults; B gpu 80, ctx 512, t 0.8`. */

const SHORT: Readonly<Record<string, string>> = {
  num_gpu: 'gpu',
  num_ctx: 'ctx',
  temperature: 't',
  top_p: 'top-p',
  top_k: 'top-k',
  repeat_penalty: 'penalty',
};

type Options = Readonly<Record<string, unknown>>;

export function configurationLabel(a: Options, b: Options): string {
  const [one, other] = [labelOf(a), labelOf(b)];
  return one === other ? `both ${one}` : `A ${one}; B ${other}`;
}

function labelOf(options: Options): string {
  const set = Object.entries(SHORT).flatMap(([name, short]) => {
    const value = options[name];
    return value === undefined || value === null ? [] : [`${short} ${String(value)}`];
  });
  return set.length === 0 ? 'defaults' : set.join(', ');
}
