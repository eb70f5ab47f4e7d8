// The table: sorted by any column, filtered by any text.

const STATES = ['done', 'running', 'planned', 'interrupted', 'failed'];

// What is sorted by: numbers first, then texts, and last what is not there, in both directions.
function sortKey(value) {
  if (value === null) return { rank: 2, value: 0 };
  const [text, worth] = value;
  return worth === null ? { rank: 1, value: text } : { rank: 0, value: worth };
}

function compareKeys(one, other) {
  if (one.rank !== other.rank) return one.rank - other.rank;
  return one.value < other.value ? -1 : one.value > other.value ? 1 : 0;
}

let sorting = { id: 'num', down: false };
// All jobs in the order of the table. Sorted again, those that are equal stay as they were.
let order = JOBS.map((_, job) => job);

// What a job's own field says, if it says anything.
const field = (name, of) => (job) => (JOBS[job][name] === null ? null : of(JOBS[job]));
const counted = (value) => (value === null || value === undefined ? null : [minus(number(value)), value]);

// The columns: { id, small, name, hint, isNumber, of(job) -> [text, number] or null }
function columns() {
  const metric = METRICS[state.metric];
  const list = [
    { id: 'num', small: '', name: 'job', isNumber: true, of: (job) => [String(JOBS[job].num), JOBS[job].num] },
    { id: 'state', small: '', name: 'state', of: (job) => [JOBS[job].state, STATES.indexOf(JOBS[job].state)] },
  ];
  const setting = (column) => {
    const name = shortKeys.get(column) === column.key ? column.key : lastPart(column.key);
    return {
      id: `key ${column.key}`,
      small: column.key.slice(0, column.key.length - name.length),
      name,
      hint: column.key,
      isNumber: column.values.every((value) => value[1] !== null),
      of: (job) => valueIn(column, job),
    };
  };
  list.push(...named.map(setting));
  if (metric) {
    const curve = (job) => curveOf(state.metric, job);
    list.push({
      id: 'last', small: 'last', name: metric.name, isNumber: true,
      of: (job) => curve(job) && (curve(job).end ? [curve(job).end, null] : counted(curve(job).last)),
    });
    list.push({
      id: 'best', small: metric.better, name: metric.name, isNumber: true, isBest: true,
      of: (job) => curve(job) && counted(curve(job).best),
    });
  }
  const steps = ({ step, steps: all }) => [all === null ? String(step) : `${step}/${all}`, step];
  if (JOBS.some((job) => job.step !== null)) {
    list.push({ id: 'step', small: '', name: 'step', isNumber: true, of: field('step', steps) });
  }
  const time = ({ time: text, seconds }) => [text, seconds];
  list.push({ id: 'time', small: '', name: 'time', isNumber: true, of: field('seconds', time) });
  if (state.consequences) list.push(...COLUMNS.filter((column) => !column.named).map(setting));
  if (JOBS.some((job) => job.cause !== null)) {
    list.push({ id: 'cause', small: '', name: 'cause', of: field('cause', ({ cause }) => [cause, null]) });
  }
  list.push({ id: 'name', small: '', name: 'directory', of: (job) => [JOBS[job].name, null] });
  return list;
}

function sortBy(id) {
  sorting = { id, down: sorting.id === id && !sorting.down };
  sort();
  arrange();
}

function sort() {
  const column = columns().find((one) => one.id === sorting.id);
  if (!column) return;
  const keys = new Map(order.map((job) => [job, sortKey(column.of(job))]));
  order.sort((one, other) => {
    const [a, b] = [keys.get(one), keys.get(other)];
    const isBackwards = sorting.down && a.rank === b.rank;
    return isBackwards ? compareKeys(b, a) : compareKeys(a, b);
  });
}

// Every word of the filter is in the row, as text or as key=value.
function passes(job, words) {
  if (words.length === 0) return true;
  const text = [title(job), ...columns().map((column) => {
    const value = column.of(job);
    return value === null ? '' : `${column.hint || column.name}=${value[0]} ${value[0]}`;
  })].join(' ').toLowerCase();
  return words.every((word) => text.includes(word));
}

function drawTable() {
  const list = columns();
  const head = list.map((column) => {
    const isSorted = column.id === sorting.id;
    const button = html('button', { type: 'button', title: column.hint },
      column.small ? html('small', {}, `${column.small} `) : null, html('span', {}, column.name));
    button.addEventListener('click', () => sortBy(column.id));
    const direction = isSorted ? (sorting.down ? 'descending' : 'ascending') : 'none';
    return html('th', { scope: 'col', 'aria-sort': direction, class: column.isNumber ? 'number' : null }, button);
  });
  const best = bestJob();
  const rows = state.visible.map((job) => row(job, list, best));
  const table = byId('table');
  // Who sorts by keyboard stays on the heading.
  const held = [...table.querySelectorAll('th button')].indexOf(document.activeElement);
  table.tHead.replaceChildren(html('tr', {}, ...head));
  table.tBodies[0].replaceChildren(...rows);
  if (held >= 0) table.querySelectorAll('th button')[held]?.focus();
  const all = JOBS.length === 1 ? '1 job' : `${JOBS.length} jobs`;
  byId('count').textContent = state.visible.length === JOBS.length ? all : `${state.visible.length} of ${all}`;
}

function row(job, list, best) {
  const cells = list.map((column) => {
    const value = column.of(job);
    const attributes = { class: column.isNumber ? 'number' : null };
    if (column.id === 'num') return html('th', { scope: 'row', class: 'number' }, jobButton(job));
    if (column.id === 'state') return html('td', {}, html('span', { class: `state ${value[0]}` }, value[0]));
    if (column.id === 'name') {
      return html('td', { class: 'long' }, html('a', { href: JOBS[job].href, title: value[0] }, value[0]));
    }
    if (value === null) return html('td', { class: column.isNumber ? 'number missing' : 'missing' }, '–');
    if (column.isBest && job === best) attributes.class = 'number winner';
    if (!column.isNumber) attributes.class = 'long';
    if (value[1] === null && column.isNumber) attributes.class = 'number not-finite';
    return html('td', attributes, html('span', { title: value[0].length > 24 ? value[0] : null }, value[0]));
  });
  const line = html('tr', { id: `job-${job}`, class: state.chosen.has(job) ? 'chosen' : null }, ...cells);
  line.addEventListener('click', (event) => {
    if (!event.target.closest('a, button') && String(getSelection()) === '') choose([job]);
  });
  return line;
}

function jobButton(job) {
  const has = curveOf(state.metric, job) !== null;
  const button = html('button', { type: 'button', 'aria-pressed': state.chosen.has(job), title: title(job) },
    has ? swatch(colours.classes[job]) : html('span', { class: 'swatch' }), html('span', {}, String(JOBS[job].num)));
  button.addEventListener('click', () => choose([job]));
  return button;
}

function bestJob() {
  const metric = METRICS[state.metric];
  if (!metric) return null;
  const numbers = JOBS.map((_, job) => curveOf(state.metric, job)?.best ?? null);
  const isBetter = (one, other) => (metric.better === 'lowest' ? one < other : one > other);
  return numbers.reduce((best, value, job) => {
    if (value === null) return best;
    return best === null || isBetter(value, numbers[best]) ? job : best;
  }, null);
}
