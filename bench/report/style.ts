/** How the HTML report looks, in light and in dark. `--a`, `--b`: the agents; `--wait`: waiting; `--bad`: invalid. */
export const STYLE = `
:root {
  --surface: #ffffff; --ink: #1c2530; --muted: #66717f; --grid: #e1e5ea; --stripe: #f5f7f9;
  --a: #1f6fb5; --b: #b8541b; --wait: #b9c6d4; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --surface: #14191f; --ink: #e3e8ee; --muted: #97a3b1; --grid: #303a46; --stripe: #1b222a;
    --a: #6aaef0; --b: #f09a62; --wait: #4a5868; --bad: #ff8a80;
  }
}
body { margin: 0; background: var(--surface); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 74rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 0.6rem; }
p, li { max-width: 48rem; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
.wide:focus-visible { outline: 2px solid var(--a); outline-offset: 2px; }
table { border-collapse: collapse; width: max-content; font-size: 0.87rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.7rem 0.25rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--grid); }
th { border-bottom-color: var(--muted); font-weight: 600; }
td { min-width: 3rem; max-width: 26rem; }
tbody tr:nth-child(even) { background: var(--stripe); }
.number { text-align: right; white-space: nowrap; }
figure { margin: 1.4rem 0; }
figcaption { max-width: 48rem; margin-bottom: 0.5rem; }
figure svg { display: block; min-width: 38rem; width: 100%; max-width: 48rem; height: auto; }
small, code { color: var(--muted); font-size: 0.75rem; }
@media print { .wide { overflow: visible; } }
`;
