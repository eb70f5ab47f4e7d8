//! Every combination of the values, without what is excluded.

use super::axes::{Axes, MOST_JOBS};
use super::exclusions::Exclusions;
use crate::error::Result;

/// The combinations of a sweep that are run.
pub(super) struct Grid {
    /// Those that are left, ascending; all of them, if nothing is excluded.
    kept: Option<Vec<u32>>,
    count: usize,
    /// The exclusions that mean none.
    pub(super) unmatched: Vec<String>,
}

impl Grid {
    /// Counts the combinations and leaves out those that are excluded.
    ///
    /// # Errors
    /// More combinations than there may be, those that are excluded counted too.
    pub(super) fn new(axes: &Axes, exclusions: &Exclusions) -> Result<Self> {
        let all = axes.combinations()?;
        debug_assert!(all <= MOST_JOBS);
        // Where there is no job, nothing can be said of an exclusion.
        if all == 0 || exclusions.exclusions.is_empty() {
            return Ok(Self { kept: None, count: all, unmatched: Vec::new() });
        }
        let (mut is_left, mut unmatched) = (vec![true; all], Vec::new());
        for exclusion in &exclusions.exclusions {
            let combinations = exclusion.combinations(axes);
            if combinations.is_empty() {
                unmatched.push(exclusion.argument.clone());
            }
            for combination in combinations {
                is_left[combination as usize] = false;
            }
        }
        let kept: Vec<u32> = (0_u32..).zip(is_left).filter(|(_, left)| *left).map(|(num, _)| num).collect();
        Ok(Self { count: kept.len(), kept: Some(kept), unmatched })
    }

    /// How many combinations are run.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The overrides of the combination of this number, the last key changing fastest; `num` is below the count.
    pub(super) fn job(&self, axes: &Axes, num: usize) -> Vec<String> {
        let mut rest = self.kept.as_ref().map_or(num, |kept| kept[num] as usize);
        let mut rows = Vec::with_capacity(axes.axes.len());
        for axis in axes.axes.iter().rev() {
            rows.push(rest % axis.rows());
            rest /= axis.rows();
        }
        let mut overrides = Vec::with_capacity(axes.axes.len());
        for (axis, row) in axes.axes.iter().zip(rows.into_iter().rev()) {
            axis.push_row(row, &mut overrides);
        }
        overrides
    }
}
