/** A report as blocks, which Markdown and HTML are both written from, so that they say the same. */

/** `from`: path of the field of the analysis that its numbers are from. */
export type Block =
  | { kind: 'heading'; text: string }
  | { kind: 'paragraph'; text: string; from?: readonly string[] }
  | { kind: 'list'; items: readonly { text: string; from?: readonly string[] }[] }
  | { kind: 'table'; head: readonly string[]; rows: readonly (readonly string[])[]; from: readonly string[] }
  | { kind: 'plot'; plot: Plot };

/** `specification`: of Vega-Lite, without colours, which the page gives. `text`: what it shows, for those who do not see it. */
export interface Plot {
  title: string;
  text: string;
  specification: Readonly<Record<string, unknown>>;
  from: readonly string[];
}

export interface ReportDocument {
  title: string;
  blocks: readonly Block[];
}

export function heading(text: string): Block {
  return { kind: 'heading', text };
}

export function paragraph(text: string, ...from: string[]): Block {
  return { kind: 'paragraph', text, from };
}

export function table(head: readonly string[], rows: readonly (readonly string[])[], ...from: string[]): Block {
  return { kind: 'table', head, rows, from };
}
