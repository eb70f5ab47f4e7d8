//! What the page shows, as JSON. Every text in it may be shown as it is: it is on one line, and not too long.

use super::curves::{Curve, Numbers, Places, rounded};
use super::differences::{Column, Differences, Source};
use super::gather::{Gathered, Job};
use super::links::relative;
use super::metrics::Axis;
use super::ranking::{self, Better};
use super::samples::{Album, Picture};
use super::text::{KEY, LINE, VALUE, shown};
use crate::job::State;
use crate::launch::duration;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;

/// Points of all curves together: some four megabytes, and what a browser draws without a pause.
const MOST_POINTS: usize = 200_000;
/// A curve of fewer points says nothing; metrics that would come to that are left out.
const FEWEST_POINTS: usize = 16;
/// Characters of all logs together.
const MOST_LOG: usize = 200_000;
/// Keys in the list of what is common.
const MOST_COMMON: usize = 2000;

/// All of it. `folder`: where the page is, absolute; links start there.
pub(super) fn data(gathered: &Gathered, differences: &Differences, folder: &Path) -> Value {
    let mut notes = Vec::new();
    let metrics = metrics(gathered, &mut notes);
    let pictures = pictures(gathered, folder, &mut notes);
    let mut room = MOST_LOG;
    let jobs: Vec<Value> = gathered
        .jobs
        .iter()
        .zip(pictures)
        .map(|(job, picture)| self::job(job, picture, folder, &mut room))
        .collect();
    if differences.left_out > 0 {
        notes.push(format!("{} more keys differ; they have no columns", differences.left_out));
    }
    let common = differences.common.iter().take(MOST_COMMON);
    let common: Vec<[String; 2]> =
        common.map(|(key, value)| [shown(key, KEY), shown(value, VALUE)]).collect();
    if differences.common.len() > MOST_COMMON {
        notes.push(format!("{} more keys are common", differences.common.len() - MOST_COMMON));
    }
    let axis = gathered.jobs.iter().filter_map(|job| job.axis).min().unwrap_or_default();
    json!({
        "axis": match axis {
            Axis::Step => "step",
            Axis::Epoch => "epoch",
            Axis::Line => "line",
        },
        "columns": differences.columns.iter().map(column).collect::<Vec<_>>(),
        "common": common,
        "jobs": jobs,
        "metrics": metrics,
        "notes": notes,
    })
}

fn column(column: &Column) -> Value {
    let values: Vec<Value> =
        column.values.iter().map(|cell| json!([shown(&cell.text, VALUE), cell.number])).collect();
    json!({
        "key": shown(&column.key, KEY),
        "named": column.source == Source::Override,
        "values": values,
        "cells": column.cells,
    })
}

fn job(job: &Job, picture: Value, folder: &Path, room: &mut usize) -> Value {
    let seconds = job.seconds();
    let status = &job.status;
    let unreadable = job.settings.as_ref().err();
    let cause = status.cause.as_ref().filter(|_| status.state != State::Done).or(unreadable);
    let log: Vec<String> = match status.state {
        State::Done | State::Planned => Vec::new(),
        _ => status.log.iter().map(|line| shown(line, LINE)).collect(),
    };
    let length = log.iter().map(String::len).sum::<usize>();
    let fits = length <= *room;
    *room -= if fits { length } else { 0 };
    json!({
        "num": job.num,
        "state": status.state,
        "seconds": seconds,
        "time": seconds.map(duration),
        "step": job.step,
        "steps": job.steps,
        "cause": cause.map(|cause| shown(cause, LINE)),
        "log": if fits { log } else { Vec::new() },
        "name": shown(&job.name, LINE),
        "href": relative(folder, &job.place),
        "picture": picture,
    })
}

fn metrics(gathered: &Gathered, notes: &mut Vec<String>) -> Vec<Value> {
    let names = ranking::metrics(gathered);
    let jobs = gathered.jobs.len().max(1);
    let fit = (MOST_POINTS / FEWEST_POINTS / jobs).max(1);
    if names.len() > fit {
        notes.push(format!("{} more metrics are not shown", names.len() - fit));
    }
    let names = &names[..names.len().min(fit)];
    let (firsts, others) = names.split_at(names.len().min(1));
    let lengths = |names: &[&str]| -> Vec<usize> {
        let curves = names.iter().flat_map(|name| gathered.jobs.iter().filter_map(|job| job.curve(name)));
        curves.map(|curve| curve.x.len()).collect()
    };
    // What is compared has half of the room to itself.
    let (most_first, left) = most_points(lengths(firsts), MOST_POINTS / 2);
    let (most_other, _) = most_points(lengths(others), MOST_POINTS / 2 + left);
    let mut is_thinned = false;
    let mut metric = |name: &str, most: usize| {
        let better = Better::of(name);
        let mut drawn = |job: &Job| {
            let drawn = job.curve(name)?.clone().thinned(most);
            is_thinned |= drawn.means.is_some();
            Some(curve(&drawn, better))
        };
        let curves: Vec<Option<Value>> = gathered.jobs.iter().map(&mut drawn).collect();
        json!({ "name": shown(name, KEY), "better": better.word(), "curves": curves })
    };
    let mut metrics: Vec<Value> = firsts.iter().map(|name| metric(name, most_first)).collect();
    metrics.extend(others.iter().map(|name| metric(name, most_other)));
    if is_thinned {
        notes.push(
            "long curves are drawn with fewer points, which keep every peak; the numbers in the table are from all".into(),
        );
    }
    metrics
}

/// The largest number of points for each curve with which all of them have room, and the room that is left then.
fn most_points(mut lengths: Vec<usize>, room: usize) -> (usize, usize) {
    lengths.sort_unstable();
    let mut left = room;
    for (place, length) in lengths.iter().enumerate() {
        let share = left / (lengths.len() - place);
        if *length > share {
            return (share.max(FEWEST_POINTS), 0);
        }
        left -= length;
    }
    (lengths.last().copied().unwrap_or(FEWEST_POINTS), left)
}

fn curve(curve: &Curve, better: Better) -> Value {
    let places = |x: &[f64]| match Places::of(x) {
        Places::Steps(steps) => ("steps", json!(steps)),
        Places::Plain(plain) => ("plain", json!(plain)),
    };
    let points = |x: &[f64], y: &[f64]| {
        let (how, x) = places(x);
        json!({ how: x, "y": serde_json::to_value(Numbers(y)).unwrap_or_default() })
    };
    let best = better.best(curve);
    json!({
        "points": points(&curve.x, &curve.y),
        "means": curve.means.as_ref().map(|(x, y)| points(x, y)),
        "count": curve.count,
        "last": curve.last.and_then(|last| rounded(last, 7)),
        "end": curve.end.as_ref().map(|end| shown(end, KEY)),
        "best": best.and_then(|(y, _)| rounded(y, 7)),
        "at": best.map(|(_, x)| x),
    })
}

/// For each job its picture. If there is no room for all, those of the best jobs are in.
fn pictures(gathered: &Gathered, folder: &Path, notes: &mut Vec<String>) -> Vec<Value> {
    let metric = ranking::metrics(gathered).first().copied();
    let number = |job: &Job| {
        let metric = metric?;
        let best = Better::of(metric).best(job.curve(metric)?)?.0;
        Some(if Better::of(metric) == Better::Lowest { best } else { -best })
    };
    let mut order: Vec<usize> = (0..gathered.jobs.len()).collect();
    order.sort_by(|one, other| {
        let key = |place: usize| number(&gathered.jobs[place]).unwrap_or(f64::INFINITY);
        key(*one).total_cmp(&key(*other))
    });
    let mut album = Album::default();
    let mut taken: HashMap<usize, Value> = HashMap::new();
    let mut linked = 0;
    for place in order {
        let job = &gathered.jobs[place];
        let Some(path) = &job.sample else { continue };
        let name = path.strip_prefix(&job.dir).unwrap_or(path);
        let (uri, why) = match album.take(path) {
            Picture::Embedded(uri) => (Some(uri), None),
            Picture::Linked(why) => (None, Some(why)),
        };
        linked += usize::from(uri.is_none());
        let href = relative(folder, &job.place.join(name));
        let name = shown(&name.to_string_lossy(), LINE);
        taken.insert(place, json!({ "name": name, "href": href, "uri": uri, "why": why }));
    }
    if linked > 0 {
        notes.push(format!("{linked} pictures are linked, not in the page"));
    }
    (0..gathered.jobs.len()).map(|place| taken.remove(&place).unwrap_or(Value::Null)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_curves_leave_their_room_to_long_ones() {
        assert_eq!(most_points(vec![10, 600, 500], 2000), (600, 890));
        assert_eq!(most_points(vec![600; 1000], 300_000), (300, 0));
        let mut lengths = vec![600; 1000];
        lengths.extend(vec![2; 1000]);
        assert_eq!(most_points(lengths, 300_000), (298, 0));
        assert_eq!(most_points(Vec::new(), 10), (FEWEST_POINTS, 10));
    }
}
