/** A report as Markdown. Plots are in the HTML; here stands what they show. */
import type { Block, ReportDocument } from './document.ts';

export function markdown({ title, blocks }: ReportDocument): string {
  return `${[`# ${title}`, ...blocks.map(written)].join('\n\n')}\n`;
}

function written(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `## ${block.text}`;
    case 'paragraph':
      return escaped(block.text);
    case 'list':
      return block.items.map(({ text }) => `* ${escaped(text)}`).join('\n');
    case 'table':
      return table(block);
    case 'plot':
      return `*${escaped(block.plot.title)}* (plot in the HTML): ${escaped(block.plot.text)}`;
  }
}

function table({ head, rows, from }: Extract<Block, { kind: 'table' }>): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => escaped(cell)).join(' | ')} |`;
  const rule = `|${head.map((_, at) => (isNumeric(rows, at) ? '---:' : '---')).join('|')}|`;
  return [line(head), rule, ...rows.map(line), '', `Fields: ${from.map((path) => `\`${path}\``).join(', ')}`].join(
    '\n',
  );
}

/** Whether the cells of a column are numbers, so that they stand at the right. */
export function isNumeric(rows: readonly (readonly string[])[], at: number): boolean {
  return (
    rows.length > 0 && rows.every((row) => /^[-+−]?[\d.,]+( … {1,2}[-−]?[\d.]+)?$|^–$|^\d+\/\d+$/.test(row[at] ?? ''))
  );
}

/** What Markdown would read as its own: names of files and what servers said come from elsewhere. */
function escaped(text: string): string {
  return text.replace(/[|\\[\]`*]|<(?=[a-z/!?])/gi, '\\$&').replace(/\s*\n\s*/g, ' ');
}
