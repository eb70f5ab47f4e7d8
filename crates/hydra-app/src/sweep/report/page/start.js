// Where it all begins.

// What is shown in what order has changed.
function arrange() {
  const words = state.filter.toLowerCase().split(/\s+/).filter((word) => word !== '');
  state.visible = order.filter((job) => passes(job, words));
  drawTable();
  drawSamples();
  drawLegend();
  drawPlot();
}

// What is compared, or its colours have changed.
function redraw() {
  colours = colouring();
  drawBest();
  arrange();
}

// Singles jobs out, or no longer. Nothing is built anew: who clicks twice hits the same thing.
function choose(jobs) {
  const isChosen = jobs.length > 0 && jobs.every((job) => state.chosen.has(job));
  for (const job of jobs) {
    if (isChosen) state.chosen.delete(job);
    else state.chosen.add(job);
  }
  markChosen();
}

function markChosen() {
  byId('clear').hidden = state.chosen.size === 0;
  for (const job of state.visible) {
    const line = byId(`job-${job}`);
    line.classList.toggle('chosen', state.chosen.has(job));
    line.querySelector('th button').setAttribute('aria-pressed', state.chosen.has(job));
  }
  const held = [...byId('legend').querySelectorAll('button')].indexOf(document.activeElement);
  drawLegend();
  if (held >= 0) byId('legend').querySelectorAll('button')[held]?.focus();
  drawSamples();
  if (state.smoothing > 0) drawPlot();
  else showChosen();
}

function option(value, text) {
  return html('option', { value }, clip(text, 60));
}

function judgeOutliers() {
  const values = JOBS.flatMap((_, job) => curveOf(state.metric, job)?.y ?? []);
  state.outliers = hasOutliers(values);
  byId('outliers').checked = state.outliers;
  const canLog = values.some((value) => value !== null && value > 0);
  byId('log').disabled = !canLog;
  if (!canLog) state.log = byId('log').checked = false;
}

function listen() {
  const plotSoon = soon(drawPlot);
  const on = (id, event, task) => byId(id).addEventListener(event, (what) => task(what.target));
  for (const id of ['controls', 'table-controls']) {
    byId(id).addEventListener('submit', (event) => event.preventDefault());
  }
  on('metric', 'change', (select) => {
    state.metric = Number(select.value);
    judgeOutliers();
    if (sorting.id === 'last' || sorting.id === 'best') sort();
    redraw();
  });
  on('colour', 'change', (select) => {
    state.colour = select.value === 'job' ? 'job' : Number(select.value);
    redraw();
  });
  on('smoothing', 'input', (slider) => {
    state.smoothing = Number(slider.value);
    byId('smoothing-value').textContent = slider.value;
    plotSoon();
  });
  on('log', 'change', (box) => {
    state.log = box.checked;
    drawPlot();
  });
  on('outliers', 'change', (box) => {
    state.outliers = box.checked;
    drawPlot();
  });
  on('filter', 'input', (field) => {
    state.filter = field.value;
    arrange();
  });
  on('consequences', 'change', (box) => {
    state.consequences = box.checked;
    arrange();
  });
  const clear = () => {
    state.chosen.clear();
    markChosen();
  };
  byId('clear').addEventListener('click', clear);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && state.chosen.size > 0 && !byId('picture').open) clear();
  });
  new ResizeObserver(plotSoon).observe(byId('frame'));
  listenToPlot();
}

function start() {
  byId('curves').hidden = METRICS.length === 0;
  byId('metric').replaceChildren(...METRICS.map((metric, place) => option(place, metric.name)));
  const usable = COLUMNS.map((column, place) => [column, place]).filter(([column]) => column.values.length > 1);
  byId('colour').replaceChildren(option('job', 'job'), ...usable.map(([column, place]) => option(place, column.key)));
  state.colour = firstColour();
  byId('colour').value = state.colour;
  const others = COLUMNS.filter((column) => !column.named).length;
  byId('consequences-label').hidden = others === 0;
  const keys = others === 1 ? '1 more key that differs' : `${others} more keys that differ`;
  byId('consequences-text').textContent = keys;
  // Without a key that was named there would be nothing to compare.
  state.consequences = byId('consequences').checked = named.length === 0 && others > 0;
  judgeOutliers();
  drawFailures();
  drawCommon();
  listen();
  redraw();
}

start();
