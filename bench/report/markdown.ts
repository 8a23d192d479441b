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
      return escaped(block.text) + fields(block.from);
    case 'list':
      return block.items.map(({ text, from }) => `* ${escaped(text)}${fields(from)}`).join('\n');
    case 'table':
      return table(block);
    case 'plot':
      return `*${escaped(block.plot.title)}* (plot in the HTML): ${escaped(block.plot.text)}${fields(block.plot.from)}`;
  }
}

function table({ head, rows, from }: Extract<Block, { kind: 'table' }>): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => escaped(cell)).join(' | ')} |`;
  const rule = `|${head.map((_, at) => (isNumeric(rows, at) ? '---:' : '---')).join('|')}|`;
  return [line(head), rule, ...rows.map(line), '', `Fields:${fields(from)}`].join('\n');
}

/** Where the numbers stand in the JSON. */
function fields(from: readonly string[] = []): string {
  return from.length === 0 ? '' : ` ${from.map((path) => `\`${path}\``).join(', ')}`;
}

/** Whether the cells of a column are numbers, so that they stand at the right. */
export function isNumeric(rows: readonly (readonly string[])[], at: number): boolean {
  return rows.length > 0 && rows.every((row) => /^[-+−]?[\d.,]+( … [-−]?[\d.]+)?$|^–$|^\d+\/\d+$/.test(row[at] ?? ''));
}

/** What Markdown would read as its own: names of files and what servers said come from elsewhere. */
function escaped(text: string): string {
  return text.replace(/[|\\[\]`*]|<(?=[a-z/!?])/gi, '\\$&').replace(/\s*\n\s*/g, ' ');
}
