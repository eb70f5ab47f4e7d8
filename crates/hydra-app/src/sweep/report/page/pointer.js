// The point under the pointer, or under the arrow keys.

const tip = byId('tip');
// Farther away, nothing is meant.
const REACH = 60;

// { curve, place } or null
let current = null;

function nearest(left, top) {
  let best = null;
  let least = REACH * REACH;
  for (const curve of drawn) {
    if (state.chosen.size > 0 && !state.chosen.has(curve.job)) continue;
    const start = firstFrom(curve.px, left - REACH);
    for (let place = start; place < curve.px.length && curve.px[place] <= left + REACH; place += 1) {
      if (curve.py[place] < MARGIN.top - 4) continue;
      const distance = (curve.px[place] - left) ** 2 + (curve.py[place] - top) ** 2;
      if (distance < least) [best, least] = [{ curve, place }, distance];
    }
  }
  return best;
}

// The first place in an ascending list that is not below a value.
function firstFrom(list, value) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function show(point) {
  current = point;
  const marker = byId('marker');
  for (const path of plot.querySelectorAll('.near')) path.classList.remove('near');
  for (const row of document.querySelectorAll('tr.near')) row.classList.remove('near');
  if (!point || !frame || !marker) {
    tip.hidden = true;
    if (marker) marker.setAttribute('visibility', 'hidden');
    return;
  }
  const { curve, place } = point;
  const [left, top] = [curve.px[place], Math.max(MARGIN.top, curve.py[place])];
  marker.setAttribute('visibility', 'visible');
  marker.querySelector('line').setAttribute('x1', left);
  marker.querySelector('line').setAttribute('x2', left);
  const circle = marker.querySelector('circle');
  circle.setAttribute('cx', left);
  circle.setAttribute('cy', top);
  circle.setAttribute('class', colours.classes[curve.job]);
  for (const path of plot.querySelectorAll(`.lines [data-job="${curve.job}"]`)) path.classList.add('near');
  const row = byId(`job-${curve.job}`);
  if (row) row.classList.add('near');
  const what = state.smoothing > 0 ? `${axisTitle()}, smoothed` : axisTitle();
  tip.replaceChildren(
    html('span', { class: 'tip-title' }, swatch(colours.classes[curve.job]), title(curve.job)),
    html('span', {}, `${DATA.axis} ${number(curve.x[place])} · ${what} `,
      html('strong', {}, minus(number(curve.y[place])))),
  );
  tip.hidden = false;
  // The drawing is as wide as its frame, but on paper.
  const ratio = plot.getBoundingClientRect().width / frame.width;
  const room = byId('frame').clientWidth - tip.offsetWidth;
  const beside = left * ratio + 14;
  tip.style.left = `${Math.max(0, beside > room ? left * ratio - tip.offsetWidth - 14 : beside)}px`;
  tip.style.top = `${Math.max(0, top * ratio - tip.offsetHeight - 10)}px`;
}

function move(event) {
  if (!frame) return;
  const box = plot.getBoundingClientRect();
  const ratio = frame.width / box.width;
  show(nearest((event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio));
}

function onKey(event) {
  const isMeant = (job) => state.chosen.size === 0 || state.chosen.has(job);
  const reachable = drawn.filter((curve) => curve.x.length > 0 && isMeant(curve.job));
  if (reachable.length === 0) return;
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (event.key === 'Enter' && current) choose([current.curve.job]);
  if (!step) return;
  event.preventDefault();
  const known = current ? reachable.findIndex((curve) => curve.job === current.curve.job) : -1;
  const which = known < 0 ? 0 : (known + step[1] + reachable.length) % reachable.length;
  const curve = reachable[which];
  // With Shift, a twentieth of the curve at once.
  const far = event.shiftKey ? Math.ceil(curve.x.length / 20) : 1;
  const from = known < 0 ? curve.x.length - 1 : firstFrom(curve.px, current.curve.px[current.place]);
  show({ curve, place: Math.max(0, Math.min(curve.x.length - 1, from + step[0] * far)) });
}

function listenToPlot() {
  plot.addEventListener('pointermove', move);
  plot.addEventListener('pointerleave', () => show(null));
  plot.addEventListener('blur', () => show(null));
  plot.addEventListener('keydown', onKey);
  plot.addEventListener('click', (event) => {
    move(event);
    if (current) choose([current.curve.job]);
  });
}
