// Which colour a job has, and the legend. The colours themselves are in the style sheet: they differ in the dark.

const HUES = 8;
const SHADES = 12;
const DASHES = 3;

// Up to so many entries a legend says more than a gradient.
const MOST_ENTRIES = 14;

// Distinct values of a column, in order: numbers as numbers.
function ranked(column) {
  const used = new Set(column.cells.filter((cell) => cell !== null));
  const places = [...used];
  places.sort((one, other) => compareKeys(sortKey(column.values[one]), sortKey(column.values[other])));
  return places;
}

function shadeClass(rank, count) {
  return `r${count < 2 ? 0 : Math.round((rank * (SHADES - 1)) / (count - 1))}`;
}

// { classes: a class for each job, entries: [{ text, jobs, class }], gradient: [first, last] or null, title }
function colouring() {
  const column = COLUMNS[state.colour];
  if (column === undefined) return byJob();
  const places = ranked(column);
  const isScale = places.length > HUES || places.every((place) => column.values[place][1] !== null);
  const classOf = (rank) => (isScale ? shadeClass(rank, places.length) : `k${rank}`);
  const ranks = new Map(places.map((place, rank) => [place, rank]));
  const classes = column.cells.map((cell) => (cell === null ? 'none' : classOf(ranks.get(cell))));
  const entry = (place, rank) => ({
    text: column.values[place][0],
    class: classOf(rank),
    jobs: JOBS.map((_, job) => job).filter((job) => column.cells[job] === place),
  });
  const isLong = places.length > MOST_ENTRIES;
  const entries = isLong ? [] : places.map(entry);
  const without = JOBS.map((_, job) => job).filter((job) => column.cells[job] === null);
  if (without.length > 0) entries.push({ text: 'no such key', class: 'none', jobs: without });
  const ends = [places[0], places[places.length - 1]].map((place) => column.values[place][0]);
  return { classes, entries, gradient: isLong ? ends : null, title: column.key };
}

function byJob() {
  const classes = JOBS.map((_, job) => `k${job % HUES} d${Math.floor(job / HUES) % DASHES}`);
  // The values alone, so that there is room for those that differ; their keys are in the title.
  const values = (job) => named.map((column) => clip(valueIn(column, job)?.[0] ?? '–', 24)).join(' · ');
  const entries = JOBS.map(({ num }, job) => (
    { text: String(num), more: values(job), hint: title(job), class: classes[job], jobs: [job] }));
  const keys = named.map((column) => clip(shortKeys.get(column), 24)).join(' · ');
  return { classes, entries, gradient: null, title: keys ? `job  ${keys}` : 'job' };
}

// A key that groups jobs is a better colour than a number for each of them, where there are many.
function firstColour() {
  if (JOBS.length <= HUES) return 'job';
  const counts = COLUMNS.map((column) => new Set(column.cells).size);
  const differs = (column, place) => column.named && counts[place] > 1;
  const isNumeric = (column) => column.values.every((value) => value[1] !== null);
  const groups = COLUMNS.findIndex((column, place) => differs(column, place) && counts[place] <= HUES);
  if (groups >= 0) return groups;
  const scale = COLUMNS.findIndex((column, place) => differs(column, place) && isNumeric(column));
  return scale >= 0 ? scale : 'job';
}

let colours = { classes: [], entries: [], gradient: null, title: '' };

function swatch(classes) {
  const line = svg('line', { x1: 0, y1: 5, x2: 22, y2: 5, class: classes });
  return svg('svg', { class: 'swatch', viewBox: '0 0 22 10', width: 22, height: 10, 'aria-hidden': 'true' }, line);
}

function drawLegend() {
  const legend = byId('legend');
  const head = html('p', { class: 'legend-title', title: colours.title }, colours.title);
  const parts = [head];
  if (colours.gradient) {
    const steps = Array.from({ length: SHADES }, (_, shade) => html('span', { class: `block r${shade}` }));
    const ends = colours.gradient.map((text) => html('span', { title: text }, clip(text, 16)));
    parts.push(html('div', { class: 'gradient' }, ...steps), html('div', { class: 'ends' }, ...ends));
  }
  const visible = new Set(state.visible);
  const list = html('ul', {});
  for (const entry of colours.entries) {
    const jobs = entry.jobs.filter((job) => visible.has(job) && curveOf(state.metric, job));
    if (jobs.length === 0) continue;
    const isChosen = jobs.every((job) => state.chosen.has(job));
    const more = entry.jobs.length > 1 ? html('span', { class: 'many' }, `×${jobs.length}`) : null;
    const values = entry.more ? html('span', { class: 'values' }, `  ${entry.more}`) : null;
    const button = html('button', { type: 'button', 'aria-pressed': isChosen, title: entry.hint || entry.text },
      swatch(entry.class), html('span', { class: 'text' }, entry.text, values), more);
    button.addEventListener('click', () => choose(jobs));
    list.append(html('li', {}, button));
  }
  parts.push(list);
  const top = legend.scrollTop;
  legend.replaceChildren(...parts);
  legend.scrollTop = top;
}
