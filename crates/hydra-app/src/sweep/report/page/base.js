// The data, what is chosen, and how elements are made. Text from outside is only ever set as text.

const DATA = JSON.parse(document.getElementById('data').textContent);
const JOBS = DATA.jobs;
const METRICS = DATA.metrics;
const COLUMNS = DATA.columns;
const SVG = document.getElementById('plot').namespaceURI;

const state = {
  metric: 0,
  colour: 'job',
  smoothing: 0,
  log: false,
  outliers: false,
  filter: '',
  consequences: false,
  // Jobs that are singled out, by their place; none: all are shown alike.
  chosen: new Set(),
  // Places of the jobs that the filter lets through, in the order of the table.
  visible: JOBS.map((_, place) => place),
};

const byId = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const html = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

// Four or five digits, as many as tell jobs apart.
function number(value) {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) {
    return value.toExponential(3).replace(/\.?0+e/, 'e').replace('e+', 'e');
  }
  if (Number.isInteger(value)) return String(value);
  if (size >= 1e4) return value.toFixed(0);
  return size >= 1 ? value.toPrecision(5).replace(/\.?0+$/, '') : value.toFixed(4);
}

const minus = (text) => text.replace(/-/g, '\u2212');

// What a job has in a column: [text, number], or null.
function valueIn(column, job) {
  const place = column.cells[job];
  return place === null ? null : column.values[place];
}

const lastPart = (key) => (/^[\w.@/-]+$/.test(key) ? key.slice(key.lastIndexOf('.') + 1) : key);

// Short names of the keys that the overrides name, as long as they need to be to differ.
const named = COLUMNS.filter((column) => column.named);
const shortKeys = new Map(named.map((column) => {
  const short = lastPart(column.key);
  const isAlone = named.filter((other) => lastPart(other.key) === short).length === 1;
  return [column, isAlone ? short : column.key];
}));

const clip = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

// `lr=0.1 seed=0`
function settings(job) {
  const parts = named.map((column) => {
    const value = valueIn(column, job);
    return value === null ? null : `${clip(shortKeys.get(column), 40)}=${clip(value[0], 40)}`;
  });
  return parts.filter((part) => part !== null).join(' ');
}

const title = (job) => `#${JOBS[job].num} ${settings(job)}`.trim();

const decoded = new Map();

// The places of points: their distances, or as they are.
function points(packed) {
  if (!packed) return null;
  let place = 0;
  const x = packed.plain || packed.steps.map((step) => (place += step));
  return { x, y: packed.y };
}

// A job's curve of a metric: { x, y, means, last, best, at, end, count }, or null.
function curveOf(metric, job) {
  const packed = METRICS[metric] && METRICS[metric].curves[job];
  if (!packed) return null;
  if (!decoded.has(packed)) {
    decoded.set(packed, { ...packed, ...points(packed.points), means: points(packed.means) });
  }
  return decoded.get(packed);
}

// Runs once before the next picture, however often it is asked for.
function soon(task) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      task();
    });
  };
}
