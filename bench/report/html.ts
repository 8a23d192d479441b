/**
 * A report as one HTML file that needs nothing else: no script, no font, no image from elsewhere. It follows the reader's choice of light
 * or dark; wide tables and plots scroll by themselves, so that it can be read on a phone.
 */
import type { Block, ReportDocument } from './document.ts';
import { isNumeric } from './markdown.ts';
import { STYLE } from './style.ts';
import { drawn } from './svg.ts';

export async function html({ title, blocks }: ReportDocument): Promise<string> {
  const body: string[] = [];
  for (const block of blocks) body.push(await written(block));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${body.join('\n')}
</main>
</body>
</html>
`;
}

async function written(block: Block): Promise<string> {
  switch (block.kind) {
    case 'heading':
      return `<h2>${escaped(block.text)}</h2>`;
    case 'paragraph':
      return `<p>${escaped(block.text)}</p>`;
    case 'list':
      return `<ul>${block.items.map(({ text, from }) => `<li>${escaped(text)}${fields(from ?? [])}</li>`).join('')}</ul>`;
    case 'table':
      return table(block);
    case 'plot':
      return figure(block);
  }
}

async function figure({ plot }: Extract<Block, { kind: 'plot' }>): Promise<string> {
  const name = escaped(`${plot.title}. ${plot.text}`);
  const svg = (await drawn(plot)).replace('<svg ', `<svg role="img" aria-label="${name}" `);
  const caption = `<b>${escaped(plot.title)}.</b> ${escaped(plot.text)}${fields(plot.from)}`;
  return `<figure><figcaption>${caption}</figcaption><div class="wide" tabindex="0">${svg}</div></figure>`;
}

function table({ head, rows, from }: Extract<Block, { kind: 'table' }>): string {
  const kinds = head.map((_, at) => (isNumeric(rows, at) ? ' class="number"' : ''));
  const line = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell, at) => `<${tag}${kinds[at]}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  const body = rows.map((row) => line(row, 'td')).join('\n');
  return `<div class="wide" tabindex="0"><table><thead>${line(head, 'th')}</thead><tbody>\n${body}\n</tbody></table></div>${fields(from)}`;
}

function fields(from: readonly string[]): string {
  return from.length === 0 ? '' : ` <small>${from.map((path) => `<code>${escaped(path)}</code>`).join(' ')}</small>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
