// What stands above and below the table: the best job, pictures, logs, what is common.

function drawBest() {
  const job = bestJob();
  const line = byId('best');
  line.hidden = job === null;
  if (job === null) return;
  const metric = METRICS[state.metric];
  const curve = curveOf(state.metric, job);
  const link = html('a', { href: `#job-${job}` }, `job ${JOBS[job].num}`);
  const where = curve.at === null ? '' : `, ${DATA.axis} ${number(curve.at)}`;
  const best = html('strong', {}, minus(number(curve.best)));
  line.replaceChildren(`${metric.better} ${metric.name} `, best, ' in ', link, where);
  const text = settings(job);
  if (text) line.append(' ', html('span', { class: 'settings' }, text));
}

// In the order of the table, so that what is sorted is seen.
function drawSamples() {
  const jobs = state.visible.filter((job) => JOBS[job].picture);
  byId('samples').hidden = !JOBS.some((job) => job.picture);
  byId('album').replaceChildren(...jobs.map(figureOf));
}

function figureOf(job) {
  const picture = JOBS[job].picture;
  const name = html('a', { href: picture.href, title: picture.name }, picture.name);
  const whose = html('span', { class: 'caption-title', title: title(job) }, swatch(colours.classes[job]), title(job));
  const caption = html('figcaption', {}, whose, name);
  const attributes = { class: state.chosen.has(job) ? 'chosen' : null };
  if (!picture.uri) {
    return html('figure', attributes, html('p', { class: 'no-picture' }, `This picture ${picture.why}.`), caption);
  }
  const image = html('img', { alt: `samples of job ${JOBS[job].num}`, decoding: 'async', loading: 'lazy' });
  image.src = picture.uri;
  const button = html('button', { type: 'button', title: 'Enlarge' }, image);
  button.addEventListener('click', () => enlarge(job, picture));
  return html('figure', attributes, button, caption);
}

function enlarge(job, picture) {
  const dialog = byId('picture');
  byId('picture-title').textContent = `${title(job)} · ${picture.name}`;
  dialog.querySelector('img').src = picture.uri;
  dialog.showModal();
}

function drawFailures() {
  const jobs = JOBS.map((_, job) => job).filter((job) => JOBS[job].log.length > 0);
  byId('failures').hidden = jobs.length === 0;
  byId('failure-list').replaceChildren(...jobs.map((job, index) => {
    const { num, cause, state: how, log } = JOBS[job];
    const head = html('summary', {}, `#${num} `, html('span', { class: `state ${how}` }, how), ` ${cause || ''}`);
    return html('details', { open: index < 3 ? '' : null }, head, html('pre', {}, log.join('\n')));
  }));
}

function drawCommon() {
  byId('rest').hidden = DATA.common.length === 0;
  const count = DATA.common.length;
  const what = count === 1 ? '1 value is' : `${count} values are`;
  byId('common').querySelector('summary').textContent = `${what} the same in all jobs`;
  const row = (key, value) => html('tr', {}, html('th', { scope: 'row' }, key), html('td', {}, value));
  const rows = DATA.common.map(([key, value]) => row(key, value));
  byId('common').querySelector('tbody').replaceChildren(...rows);
  byId('notes').hidden = DATA.notes.length === 0;
  byId('notes').replaceChildren(...DATA.notes.map((note) => html('li', {}, note)));
}
