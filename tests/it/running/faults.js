// What is wrong with a page, by what a person with weak eyes, a keyboard or a small screen would miss.
const faults = [];
const root = document.documentElement;
const wide = Math.max(root.scrollWidth, document.body.scrollWidth);
if (wide > window.innerWidth) faults.push(`it is ${wide} px wide`);
if (root.lang !== 'zh-CN') faults.push('no language');
if (!document.title.trim()) faults.push('no title');
if (document.querySelectorAll('h1').length !== 1) faults.push('not one first heading');
if (!document.querySelector('main')) faults.push('no main part');
const name = e => e.outerHTML.slice(0, 100);
const shown = e => e.checkVisibility({opacityProperty: true, visibilityProperty: true});
const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
if (new Set(ids).size !== ids.length) faults.push('an id twice');
for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
  const label = [...(e.labels ?? [])].map(l => l.textContent.trim()).join('') || e.getAttribute('aria-label');
  if (!label) faults.push(`no label: ${name(e)}`);
  if (!shown(e)) continue;
  if (e.matches('[type=checkbox], [type=radio]')) {
    if (e.getBoundingClientRect().width < 20) faults.push(`hard to hit: ${name(e)}`);
  } else if (parseFloat(getComputedStyle(e).fontSize) < 16) faults.push(`smaller than 16 px: ${name(e)}`);
}
for (const e of document.querySelectorAll('button, a[href], summary')) {
  if (!(e.textContent.trim() || e.getAttribute('aria-label'))) faults.push(`nameless: ${name(e)}`);
  if (window.innerWidth < 500 && shown(e) && e.matches('main button, main summary')
      && e.getBoundingClientRect().height < 40) faults.push(`hard to hit: ${name(e)}`);
}
for (const e of document.querySelectorAll('img:not([alt]), table:not(:has(th))')) faults.push(`without words: ${name(e)}`);
if (document.querySelector('script, [style], [onclick], style')) faults.push('a script or a style of its own');
const parse = text => {
  const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
  return {r, g, b, a};
};
const over = (top, below) => {
  const mix = k => top[k] * top.a + below[k] * (1 - top.a);
  return {r: mix('r'), g: mix('g'), b: mix('b'), a: 1};
};
const canvas = matchMedia('(prefers-color-scheme: dark)').matches ? {r: 18, g: 18, b: 18, a: 1} : {r: 255, g: 255, b: 255, a: 1};
const behind = e => {
  const layers = [];
  for (let at = e; at; at = at.parentElement) {
    const style = getComputedStyle(at);
    if (style.backgroundImage !== 'none') return null;
    const color = parse(style.backgroundColor);
    layers.push(color);
    if (color.a === 1) break;
  }
  return layers.reverse().reduce((below, top) => over(top, below), canvas);
};
const light = c => {
  const part = v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  return 0.2126 * part(c.r) + 0.7152 * part(c.g) + 0.0722 * part(c.b);
};
const told = new Set();
for (const e of document.querySelectorAll('body *')) {
  const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  if (!own || !shown(e) || e.matches('option, optgroup, .unseen')) continue;
  const style = getComputedStyle(e), below = behind(e);
  if (!below) continue;
  const above = over(parse(style.color), below);
  const [a, b] = [light(above), light(below)].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05), size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
  const kind = `${e.tagName}.${e.className} ${style.color} on ${JSON.stringify(below)}`;
  if (ratio < (large ? 3 : 4.5) && !told.has(kind)) {
    told.add(kind);
    faults.push(`contrast ${ratio.toFixed(2)}: ${kind}: ${e.textContent.trim().slice(0, 20)}`);
  }
  if (size < 12) faults.push(`tiny: ${name(e)}`);
}
return faults;
