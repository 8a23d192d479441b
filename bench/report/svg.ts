/** Draws a plot as SVG without a browser, by Vega-Lite and Vega; both are loaded only then. */
import type { TopLevelSpec } from 'vega-lite';
import type { Plot } from './document.ts';

/** In the page's colours and without a background, so that it stands on light and on dark. */
const CONFIG = {
  aria: false,
  background: 'transparent',
  font: 'system-ui, sans-serif',
  view: { stroke: 'var(--grid)' },
  axis: {
    labelColor: 'var(--ink)',
    titleColor: 'var(--ink)',
    gridColor: 'var(--grid)',
    domainColor: 'var(--muted)',
    tickColor: 'var(--muted)',
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    labelLimit: 260,
  },
  header: { labelColor: 'var(--ink)', labelFontSize: 12 },
  legend: { labelColor: 'var(--ink)', labelFontSize: 12, orient: 'top', symbolOpacity: 1, labelLimit: 300 },
} as const;

export async function drawn({ specification }: Plot): Promise<string> {
  const [{ parse, View, Warn }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const specified = { ...specification, config: CONFIG } as unknown as TopLevelSpec;
  const view = new View(parse(compile(specified).spec), { renderer: 'none', logLevel: Warn });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
