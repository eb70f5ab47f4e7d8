// From numbers to places on the screen, and the numbers beside the axes.

// `least`: the smallest step that means something.
function linearTicks(low, high, about, least) {
  const rough = Math.max((high - low) / Math.max(1, about), least);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) || rough;
  const ticks = [];
  const first = Math.ceil(low / step);
  // Counted, because of two large numbers that hardly differ each tick can be the same.
  for (let count = 0; count < 40 && (first + count) * step <= high + step * 1e-9; count += 1) {
    ticks.push((first + count) * step);
  }
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const isPlain = Math.max(Math.abs(low), Math.abs(high)) < 1e6 && digits <= 4;
  const label = (tick) => minus(isPlain ? tick.toFixed(digits) : number(Number(tick.toPrecision(6))));
  return ticks.map((tick) => [tick, label(tick)]);
}

function logTicks(low, high, about) {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const every = Math.max(1, Math.ceil((last - first) / about));
  const factors = last - first <= 1 ? [1, 2, 3, 5] : last - first <= 3 ? [1, 2, 5] : [1];
  const ticks = [];
  for (let power = first; power <= last; power += every) {
    for (const factor of factors) {
      const tick = factor * 10 ** power;
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push([tick, logLabel(tick)]);
    }
  }
  // Of less than a decade, few powers of ten can be named.
  return ticks.length < 2 ? linearTicks(low, high, about, 0) : ticks;
}

function logLabel(tick) {
  const plain = Number(tick.toPrecision(2));
  return minus(plain >= 1e6 || plain < 1e-3 ? number(plain) : String(plain));
}

function scale(low, high, from, to, isLog) {
  const of = isLog ? Math.log10 : (value) => value;
  const [start, end] = [of(low), of(high)];
  return (value) => from + ((of(value) - start) / (end - start || 1)) * (to - from);
}

// The values that the frame shows. Of many values the bulk: what a curve that blew up adds to it is left outside.
function range(values, isLog, isBulk) {
  const shown = values.filter((value) => value !== null && Number.isFinite(value) && (!isLog || value > 0));
  if (shown.length === 0) return null;
  shown.sort((one, other) => one - other);
  let [low, high] = [shown[0], shown[shown.length - 1]];
  if (isBulk) {
    low = shown[Math.floor((shown.length - 1) * 0.005)];
    high = shown[Math.floor((shown.length - 1) * 0.95)];
    // Room for how curves begin, as far as that is no outlier.
    const reach = isLog ? low * (high / low) ** 1.4 : low + (high - low) * 1.4;
    high = shown.findLast((value) => value <= reach);
  }
  if (isLog) {
    const margin = (high / low) ** 0.04;
    return low === high ? [low / 2, high * 2] : [low / margin, high * margin];
  }
  const margin = (high - low) * 0.04 || Math.abs(high) * 0.1 || 1;
  // No margin that makes a loss look as if it could be negative.
  return [low >= 0 && low - margin < 0 ? 0 : low - margin, high + margin];
}

// Whether a few values take the room of all others.
function hasOutliers(values) {
  const shown = values.filter((value) => value !== null && Number.isFinite(value));
  shown.sort((one, other) => one - other);
  if (shown.length < 40) return false;
  const low = shown[0];
  const most = shown[Math.floor((shown.length - 1) * 0.95)];
  return shown[shown.length - 1] - low > 8 * (most - low) && most > low;
}

// Exponential moving average as in TensorBoard, without its bias towards the first value. The weight counts for a
// five-hundredth of the axis, so that a curve with fewer points is as smooth as one with more.
function smoothed(curve, weight, span) {
  const { x, y } = curve.means || curve;
  const unit = span / 500 || 1;
  let [sum, total, last] = [0, 0, null];
  return {
    x,
    y: y.map((value, place) => {
      if (value === null) return null;
      const kept = last === null ? 0 : weight ** ((x[place] - last) / unit);
      sum = sum * kept + value * (1 - (last === null ? weight : kept));
      total = total * kept + (1 - (last === null ? weight : kept));
      last = x[place];
      return total === 0 ? value : sum / total;
    }),
  };
}
