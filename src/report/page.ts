/** The report as one HTML page that needs nothing but itself: styles, drawings and tables are within. */
import type { Figure } from "./figures/figure.ts";
import { escapeXml, withoutTitle } from "./figures/svg.ts";
import { type Column, cellText, type Table } from "./tables/table.ts";

export interface Section {
  /** Anchor in the page. */
  readonly id: string;
  readonly title: string;
  /** Plain text. */
  readonly text: string;
  readonly parts: readonly (Figure | Table)[];
}

export interface Page {
  readonly title: string;
  /** What the report is about: names and values. */
  readonly facts: readonly (readonly [string, string])[];
  /** The findings, a sentence or two each; plain text. */
  readonly findings: readonly string[];
  readonly sections: readonly Section[];
  /** How it was made, a line each; plain text. */
  readonly method: readonly string[];
  /** Printed where given; without it the page depends on its inputs alone. */
  readonly date?: string;
}

export function renderPage({ title, facts, findings, sections, method, date }: Page): string {
  const contents = [...sections.map(({ id, title }) => [id, title] as const), ["method", "How this was made"] as const];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="spiking-yolo">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escapeXml(title)}</h1>
${date === undefined ? "" : `<p>${escapeXml(date)}</p>\n`}<dl>
${facts.map(([name, value]) => `<div><dt>${escapeXml(name)}</dt><dd>${escapeXml(value)}</dd></div>`).join("\n")}
</dl>
<nav aria-label="Contents"><ul>
${contents.map(([id, name]) => `<li><a href="#${id}">${escapeXml(name)}</a></li>`).join("\n")}
</ul></nav>
</header>
<main>
<section aria-labelledby="findings">
<h2 id="findings">In short</h2>
<ul>
${findings.map((finding) => `<li>${prose(finding)}</li>`).join("\n")}
</ul>
</section>
${sections.map(renderSection).join("\n")}
<section aria-labelledby="method">
<h2 id="method">How this was made</h2>
<ul>
${method.map((line) => `<li>${escapeXml(line)}</li>`).join("\n")}
</ul>
</section>
</main>
</body>
</html>
`;
}

function renderSection({ id, title, text, parts }: Section): string {
  return `<section aria-labelledby="${id}">
<h2 id="${id}">${escapeXml(title)}</h2>
<p>${prose(text)}</p>
${parts.map((part) => ("svg" in part ? renderFigure(part) : renderTable(part))).join("\n")}
</section>`;
}

function renderFigure({ id, label, title, caption, svg }: Figure): string {
  return `<h3 id="${id}">${escapeXml(`${label}. ${title}`)}</h3>
<figure>
<div class="drawing">${withoutTitle(svg).trim()}</div>
<figcaption>${prose(caption)} ${dataLinks(id, label, [["SVG", `figures/${id}.svg`]])}</figcaption>
</figure>`;
}

function renderTable(table: Table): string {
  const { id, label, title, caption, columns, rows } = table;
  const isText = ({ key }: Column) => rows.some((row) => typeof row[key] === "string");
  const kind = (column: Column) => (isText(column) ? ' class="text"' : "");
  const head = columns.map((column) => `<th scope="col"${kind(column)}>${escapeXml(column.label)}</th>`).join("");
  const body = rows.map((row) => {
    const cells = columns.map((column, i) => {
      const text = escapeXml(cellText(column, row));
      return i === 0 ? `<th scope="row" class="text">${text}</th>` : `<td${kind(column)}>${text}</td>`;
    });
    return `<tr>${cells.join("")}</tr>`;
  });
  // A region that scrolls must be reachable by keyboard.
  return `<div class="together">
<h3 id="${id}">${escapeXml(`${label}. ${title}`)}</h3>
<p class="caption">${prose(caption)} ${dataLinks(id, label, [["LaTeX", `data/${id}.tex`]])}</p>
<div class="wide" role="region" aria-labelledby="${id}" tabindex="0">
<table aria-labelledby="${id}">
<thead><tr>${head}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table>
</div>
</div>`;
}

/** Plain text, whose numbers keep their units. */
function prose(text: string): string {
  return escapeXml(text.replace(/(\d) (?=%|[pnµm]?J\b)/g, "$1\u00a0"));
}

function dataLinks(id: string, label: string, more: readonly (readonly [string, string])[]): string {
  const links = [...more, ["CSV", `data/${id}.csv`], ["JSON", `data/${id}.json`]].map(
    ([name, path]) => `<a href="${path}" aria-label="${escapeXml(label)} as ${name}">${name}</a>`,
  );
  return `<span class="data">${links.join(" ")}</span>`;
}

const style = `
:root{color:#1b1f24;background:#fff;font:16px/1.55 "DejaVu Sans",system-ui,sans-serif}
body{max-width:66rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.7rem;line-height:1.25}h2{font-size:1.3rem;margin-top:2.6rem;border-bottom:1px solid #d0d7de}
h3{font-size:1.02rem;margin:2rem 0 .4rem}
p,li,figcaption{max-width:52rem}
a{color:#0b5ea8}
dl{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:1rem 0}dt{color:#57606a;font-size:.85rem}dd{margin:0}
nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;list-style:none;padding:0}
figure{margin:0}.drawing{overflow-x:auto}.drawing svg{max-width:100%;height:auto;display:block}
figcaption,.caption{color:#424a53;font-size:.88rem;margin:0;padding:.3rem 0 .6rem}
.data a{margin-right:.5rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.86rem;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid #d0d7de;vertical-align:bottom}
td,tbody th{white-space:nowrap}.text{text-align:left}tbody th{font-weight:normal}
@media print{body{max-width:none;padding:0;font-size:10pt}nav,.data{display:none}
h2,h3,h2+p{break-after:avoid}h2+p{break-inside:avoid}#method+ul{font-size:8.5pt}figure,tr,.together{break-inside:avoid}.wide,.drawing{overflow:visible}
table{font-size:7pt}th,td{padding:1.5pt 3pt}a{color:inherit;text-decoration:none}}
@page{margin:14mm}
`;
