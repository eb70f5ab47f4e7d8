// The curves.

const plot = byId('plot');
const MARGIN = { top: 26, right: 14, bottom: 38, left: 60 };
// More of them hide the smoothed ones.
const MOST_RAW = 40;
// More of them are drawn thinner, so that it is seen where most of them are.
const MANY = 30;
const CROWD = 200;

// What is drawn: [{ job, x, y: data; px, py: places }], and the frame.
let drawn = [];
let frame = null;

const axisTitle = () => METRICS[state.metric].name;

function drawPlot() {
  if (METRICS.length === 0) return;
  const width = Math.max(280, byId('frame').clientWidth);
  const height = Math.round(Math.min(460, Math.max(280, width * 0.46)));
  plot.setAttribute('viewBox', `0 0 ${width} ${height}`);
  const jobs = state.visible.filter((job) => curveOf(state.metric, job));
  const curves = jobs.map((job) => curveOf(state.metric, job));
  const first = curves.reduce((low, curve) => Math.min(low, curve.x[0]), Infinity);
  const last = curves.reduce((high, curve) => Math.max(high, curve.x[curve.x.length - 1]), -Infinity);
  const isSmooth = state.smoothing > 0;
  const main = curves.map((curve) => (isSmooth ? smoothed(curve, state.smoothing, last - first) : curve));
  const values = range(main.flatMap((curve) => curve.y), state.log, state.outliers);
  drawn = [];
  if (jobs.length === 0 || !values) {
    const text = jobs.length === 0 ? 'no curve to show' : 'no value above 0';
    plot.replaceChildren(svg('text', { x: width / 2, y: height / 2, class: 'empty' }, text));
    frame = null;
    return;
  }
  const right = width - MARGIN.right;
  const bottom = height - MARGIN.bottom;
  // A single step stands in the middle.
  const around = first === last ? 1 : 0;
  const x = scale(first - around, last + around, MARGIN.left, right, false);
  const y = scale(values[0], values[1], bottom, MARGIN.top, state.log);
  frame = { width, height, right, bottom, x, y };

  const raw = svg('g', { class: 'raw' });
  const density = jobs.length > CROWD ? 'crowd' : jobs.length > MANY ? 'many' : '';
  const lines = svg('g', { class: `lines ${density}` });
  const ends = svg('g', { class: 'ends-of' });
  jobs.forEach((job, index) => {
    if (isSmooth && (jobs.length <= MOST_RAW || state.chosen.has(job))) {
      raw.append(line(curves[index], job, x, y));
    }
    lines.append(line(main[index], job, x, y));
    const lost = curves[index].end ? lostAt(main[index], job, x, y) : null;
    if (lost) ends.append(lost);
    drawn.push(placed(main[index], job, x, y));
  });
  const inside = svg('g', { 'clip-path': 'url(#inside)' }, raw, lines, ends);
  const size = { width: right - MARGIN.left + 4, height: bottom - MARGIN.top + 5 };
  const rectangle = svg('rect', { x: MARGIN.left, y: MARGIN.top - 4, ...size });
  const defs = svg('defs', {}, svg('clipPath', { id: 'inside' }, rectangle));
  const marker = svg('g', { id: 'marker', class: 'marker', visibility: 'hidden' },
    svg('line', { y1: MARGIN.top, y2: bottom }), svg('circle', { r: 4 }));
  plot.replaceChildren(defs, axes(first, last, values), inside, marker);
  const places = `${DATA.axis} ${number(first)} to ${number(last)}`;
  const heights = `values ${number(values[0])} to ${number(values[1])}`;
  plot.setAttribute('aria-label', `${axisTitle()} of ${jobs.length} jobs, ${places}, ${heights}`);
  showChosen();
  describe(jobs, curves, values);
}

function axes(first, last, values) {
  const { right, bottom, x, y, width } = frame;
  const group = svg('g', { class: 'axes' });
  const about = Math.max(2, width / 110);
  const isWhole = JOBS.every((_, job) => curveOf(state.metric, job)?.points.plain === undefined);
  const sideways = first === last ? [[first, number(first)]] : linearTicks(first, last, about, isWhole ? 1 : 0);
  for (const [tick, label] of sideways) {
    group.append(svg('line', { class: 'tick', x1: x(tick), x2: x(tick), y1: bottom, y2: bottom + 4 }));
    group.append(svg('text', { x: x(tick), y: bottom + 17, class: 'under' }, label));
  }
  const upwards = state.log ? logTicks(values[0], values[1], 8) : linearTicks(values[0], values[1], 6, 0);
  for (const [tick, label] of upwards) {
    group.append(svg('line', { class: 'grid', x1: MARGIN.left, x2: right, y1: y(tick), y2: y(tick) }));
    group.append(svg('text', { x: MARGIN.left - 8, y: y(tick) + 4, class: 'beside' }, label));
  }
  group.append(svg('line', { class: 'base', x1: MARGIN.left, x2: right, y1: bottom, y2: bottom }));
  group.append(svg('text', { x: right, y: bottom + 33, class: 'beside name' }, DATA.axis));
  group.append(svg('text', { x: 0, y: 12, class: 'name' }, axisTitle()));
  return group;
}

const isShown = (value) => value !== null && (!state.log || value > 0);

function line(curve, job, x, y) {
  let path = '';
  let pen = 'M';
  let alone = null;
  curve.y.forEach((value, place) => {
    if (!isShown(value)) {
      // A point between two gaps is a dot.
      if (alone) path += 'h0.01';
      [pen, alone] = ['M', null];
      return;
    }
    path += `${pen}${x(curve.x[place]).toFixed(1)} ${clamp(y(value)).toFixed(1)}`;
    alone = pen === 'M';
    pen = 'L';
  });
  if (alone) path += 'h0.01';
  return svg('path', { d: path, class: colours.classes[job], 'data-job': job });
}

// Far outside is far enough: browsers draw lines to 1e30 wrongly, and of a range from -1e308 to 1e308 there is no place.
const clamp = (place) => Math.max(-5000, Math.min(10000, place || 0));

// A cross where a curve stops being finite.
function lostAt(curve, job, x, y) {
  const place = curve.y.findLastIndex(isShown);
  if (place < 0) return null;
  const top = Math.max(MARGIN.top + 4, clamp(y(curve.y[place])));
  const [left, size] = [x(curve.x[place]), 4.5];
  const d = `M${left - size} ${top - size}l${2 * size} ${2 * size}m0 ${-2 * size}l${-2 * size} ${2 * size}`;
  return svg('path', { d, class: `lost ${colours.classes[job]}`, 'data-job': job });
}

function placed(curve, job, x, y) {
  const shown = curve.y.map((value, place) => place).filter((place) => isShown(curve.y[place]));
  const of = (list, places) => places.map((place) => list[place]);
  const [xs, ys] = [of(curve.x, shown), of(curve.y, shown)];
  return { job, x: xs, y: ys, px: xs.map(x), py: ys.map((value) => clamp(y(value))) };
}

// Those that are singled out stand out, and lie on top.
function showChosen() {
  plot.classList.toggle('some', state.chosen.size > 0);
  for (const path of plot.querySelectorAll('[data-job]')) {
    const isChosen = state.chosen.has(Number(path.dataset.job));
    path.classList.toggle('chosen', isChosen);
    if (isChosen) path.parentNode.append(path);
  }
}

function describe(jobs, curves, values) {
  const lost = curves.filter((curve) => curve.end).length;
  const above = drawn.filter((curve) => curve.y.some((value) => value > values[1])).length;
  const notes = [];
  const count = (many, one, several) => (many === 1 ? `1 curve ${one}` : `${many} curves ${several}`);
  if (lost > 0) notes.push(`${count(lost, 'ends', 'end')} at a value that is not finite (×).`);
  if (above > 0) notes.push(`${count(above, 'leaves', 'leave')} the frame.`);
  byId('plot-note').textContent = notes.join(' ');
}
