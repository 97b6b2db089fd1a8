"""What every page must hold, whoever reads it and on whatever: names, roles, contrast, order, no overflow."""

# Source: WCAG 2.2, 1.3.1, 1.4.3, 1.4.10, 2.4.3, 2.4.6, 3.1.1, 4.1.2.
AUDIT = r"""
const faults = [];
const seen = (e) => { const r = e.getBoundingClientRect(); return r.width > 0 && r.height > 0; };
const name = (e) => {
  const label = e.getAttribute("aria-label") || "";
  const by = (e.getAttribute("aria-labelledby") || "").split(" ").map((i) => document.getElementById(i)?.textContent || "").join(" ");
  const own = e.labels ? [...e.labels].map((l) => l.textContent).join(" ") : "";
  return (label + by + own + (["INPUT", "SELECT", "TEXTAREA"].includes(e.tagName) ? "" : e.textContent)).trim();
};
if (!document.documentElement.lang) faults.push("the document has no language");
if (document.querySelectorAll("h1").length !== 1) faults.push("there is not exactly one h1");
if (!document.querySelector("main")) faults.push("there is no main");
let level = 1;
for (const h of document.querySelectorAll("h1,h2,h3,h4")) {
  const mine = Number(h.tagName[1]);
  if (mine > level + 1) faults.push(`heading ${h.textContent} skips a level`);
  level = mine;
}
const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
for (const id of ids) if (ids.filter((i) => i === id).length > 1) faults.push(`id ${id} is there twice`);
for (const e of document.querySelectorAll("a,button,input:not([type=hidden]),select,textarea,[role=region],nav,section[aria-labelledby]")) {
  if (!name(e)) faults.push(`${e.tagName} ${e.outerHTML.slice(0, 80)} has no name`);
  if (e.tabIndex > 0) faults.push(`${e.outerHTML.slice(0, 80)} jumps the order`);
}
for (const t of document.querySelectorAll("table")) {
  if (!t.querySelector("th[scope=col]")) faults.push("a table has no column heads");
  const heads = t.querySelectorAll("thead th").length;
  for (const row of t.querySelectorAll("tbody tr")) if (row.children.length !== heads) faults.push("a row has other cells than heads");
}
const wide = document.documentElement.scrollWidth - window.innerWidth;
if (wide > 0) faults.push(`the page is ${wide} px wider than the window`);
for (const e of document.querySelectorAll("main *")) {
  if (e.closest(".picture") || e.closest("thead") || !seen(e)) continue;
  const r = e.getBoundingClientRect();
  if (r.right > window.innerWidth + 1) { faults.push(`${e.tagName}.${e.className} sticks out by ${Math.round(r.right - window.innerWidth)} px`); break; }
}
const rgb = (c) => { const m = c.match(/[\d.]+/g).map(Number); return m.length > 3 && m[3] === 0 ? null : m; };
const light = (c) => { const f = c.slice(0, 3).map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
const ground = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c) return c; } return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255]; };
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const pale = new Set();
while (walker.nextNode()) {
  const e = walker.currentNode.parentElement;
  if (!walker.currentNode.textContent.trim() || !seen(e) || ["SCRIPT", "STYLE", "TITLE"].includes(e.tagName)) continue;
  const style = getComputedStyle(e);
  const ink = rgb(e.closest("svg") ? style.fill : style.color);
  if (!ink) continue;
  const [a, b] = [light(ink), light(ground(e))].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05);
  const size = parseFloat(style.fontSize);
  const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (ratio < (isLarge ? 3 : 4.5)) pale.add(`${e.tagName}.${e.className} "${walker.currentNode.textContent.trim().slice(0, 24)}" has contrast ${ratio.toFixed(2)}`);
}
return faults.concat([...pale].slice(0, 5));
"""

# Hangul that a Korean page must have, and English that it must not: labels are ours, the ledger's words are not.
KOREAN = r"""
const labels = [...document.querySelectorAll("h1,h2,th,dt,label,button,nav a,.tools a,footer p,.legend li")];
return labels.map((e) => e.textContent.trim()).filter((t) => /^[A-Za-z][a-z]+( [a-z]+)*$/.test(t) && !["English", "ds"].includes(t));
"""
