//! What an evaluation has found.

use serde::Serialize;
use std::fmt;

/// A way to measure how far pictures are from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// [`sliced_wasserstein`](super::sliced_wasserstein) of pixels.
    SlicedWasserstein,
    /// [`kernel_distance`](super::kernel_distance) of [`RandomFeatures`](super::RandomFeatures).
    Kernel,
    /// [`frechet_distance`](super::frechet_distance) of the features of [`Inception`](super::Inception): the FID.
    Frechet,
}

impl Measure {
    /// All of them, as a table shows them.
    pub const ALL: [Self; 3] = [Self::SlicedWasserstein, Self::Kernel, Self::Frechet];

    /// What a person calls it.
    pub fn title(self) -> &'static str {
        match self {
            Self::SlicedWasserstein => "sliced Wasserstein",
            Self::Kernel => "kernel distance",
            Self::Frechet => "FID",
        }
    }

    /// What a program calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SlicedWasserstein => "sliced_wasserstein",
            Self::Kernel => "kernel_distance",
            Self::Frechet => "fid",
        }
    }

    /// Digits after the point that are worth showing.
    fn decimals(self) -> usize {
        match self {
            Self::SlicedWasserstein => 4,
            Self::Kernel => 6,
            Self::Frechet => 2,
        }
    }
}

/// How far one set of pictures is from the held-out ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Distances {
    /// See [`Measure::SlicedWasserstein`]; 0 or more.
    pub sliced_wasserstein: f64,
    /// See [`Measure::Kernel`]; may be slightly below 0.
    #[serde(rename = "kernel_distance")]
    pub kernel: f64,
    /// See [`Measure::Frechet`]; 0 or more. Without an Inception file there is none, and no key in JSON.
    #[serde(rename = "fid", skip_serializing_if = "Option::is_none")]
    pub frechet: Option<f64>,
}

impl Distances {
    /// The distance by a measure, if it was taken.
    pub fn get(&self, measure: Measure) -> Option<f64> {
        match measure {
            Measure::SlicedWasserstein => Some(self.sliced_wasserstein),
            Measure::Kernel => Some(self.kernel),
            Measure::Frechet => self.frechet,
        }
    }
}

/// Distances from the held-out pictures, of drawn pictures and of two anchors. As text it is a table of them, and of the
/// [nearness](Evaluation::nearness).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Number of drawn pictures.
    pub samples: usize,
    /// Number of held-out pictures.
    pub held_out: usize,
    /// Of the drawn pictures.
    pub drawn: Distances,
    /// Of other real pictures: as near as one can expect to come.
    pub real: Distances,
    /// Of pure noise: as far as a sampler starts.
    pub noise: Distances,
}

impl Evaluation {
    /// Where the drawn pictures lie between the anchors: (noise − drawn) / (noise − real).
    ///
    /// 1 is as near as real pictures, 0 as far as noise; pictures can lie beyond either.
    /// None if that distance was not taken, or if noise is no farther than real pictures, so that there is no scale.
    ///
    /// ```
    /// use ddpm::evaluation::{Distances, Evaluation, Measure};
    /// let distances = |kernel| Distances { sliced_wasserstein: 0.0, kernel, frechet: None };
    /// let (drawn, real, noise) = (distances(1.0), distances(0.5), distances(2.5));
    /// let evaluation = Evaluation { samples: 64, held_out: 50, drawn, real, noise };
    /// assert_eq!(evaluation.nearness(Measure::Kernel), Some(0.75));
    /// assert_eq!(evaluation.nearness(Measure::Frechet), None);
    /// ```
    pub fn nearness(&self, measure: Measure) -> Option<f64> {
        let (drawn, real) = (self.drawn.get(measure)?, self.real.get(measure)?);
        let noise = self.noise.get(measure)?;
        (noise > real).then(|| (noise - drawn) / (noise - real))
    }

    /// All figures by name, as they are tracked: `eval/kernel_distance` of the drawn pictures, its anchors
    /// `eval/real/kernel_distance` and `eval/noise/kernel_distance`, `eval/nearness/kernel_distance`, …
    pub fn figures(&self) -> Vec<(String, f64)> {
        let mut figures = vec![
            ("eval/samples".to_owned(), self.samples as f64),
            ("eval/held_out".to_owned(), self.held_out as f64),
        ];
        for measure in Measure::ALL {
            let of = |distances: &Distances| distances.get(measure);
            let rows = [
                ("", of(&self.drawn)),
                ("real/", of(&self.real)),
                ("noise/", of(&self.noise)),
                ("nearness/", self.nearness(measure)),
            ];
            for (whose, figure) in rows {
                figures.extend(figure.map(|figure| (format!("eval/{whose}{}", measure.name()), figure)));
            }
        }
        figures
    }

    /// The figures after `step` steps, as `evaluation.json` has them.
    pub fn to_json(&self, step: u64) -> serde_json::Value {
        let nearness: serde_json::Map<String, serde_json::Value> = Measure::ALL
            .into_iter()
            .filter_map(|measure| Some((measure.name().to_owned(), self.nearness(measure)?.into())))
            .collect();
        let mut json = serde_json::json!(self);
        json["step"] = step.into();
        json["nearness"] = nearness.into();
        json
    }
}

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = [("drawn", &self.drawn), ("real", &self.real), ("noise", &self.noise)];
        let taken = |measure: &Measure| self.drawn.get(*measure).is_some();
        let columns: Vec<Measure> = Measure::ALL.into_iter().filter(taken).collect();
        // A FID may have more digits than letters.
        let width_of = |measure: &Measure| measure.title().len().max(9);
        write!(f, "{:8}", "")?;
        for measure in &columns {
            write!(f, "  {:>width$}", measure.title(), width = width_of(measure))?;
        }
        for (name, distances) in rows {
            write!(f, "\n{name:8}")?;
            for measure in &columns {
                let (width, decimals) = (width_of(measure), measure.decimals());
                match distances.get(*measure) {
                    Some(distance) => write!(f, "  {distance:>width$.decimals$}")?,
                    None => write!(f, "  {:>width$}", "-")?,
                }
            }
        }
        write!(f, "\nnearness")?;
        for measure in &columns {
            let width = width_of(measure);
            match self.nearness(*measure) {
                Some(nearness) => write!(f, "  {nearness:>width$.2}")?,
                None => write!(f, "  {:>width$}", "-")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluation(frechet: [Option<f64>; 3]) -> Evaluation {
        let distances = |index: usize, sliced_wasserstein, kernel| Distances {
            sliced_wasserstein,
            kernel,
            frechet: frechet[index],
        };
        let (drawn, real) = (distances(0, 0.25, 0.5), distances(1, 0.125, -0.000125));
        Evaluation { samples: 64, held_out: 50, drawn, real, noise: distances(2, 0.625, 2.0) }
    }

    #[test]
    fn a_table_is_aligned() {
        assert_eq!(
            evaluation([None; 3]).to_string(),
            "          sliced Wasserstein  kernel distance
drawn                 0.2500         0.500000
real                  0.1250        -0.000125
noise                 0.6250         2.000000
nearness                0.75             0.75"
        );
        assert_eq!(
            evaluation([Some(12.5), Some(3.25), Some(310.0)]).to_string(),
            "          sliced Wasserstein  kernel distance        FID
drawn                 0.2500         0.500000      12.50
real                  0.1250        -0.000125       3.25
noise                 0.6250         2.000000     310.00
nearness                0.75             0.75       0.97"
        );
    }

    #[test]
    fn nearness_is_1_at_real_pictures_and_0_at_noise() {
        let between = evaluation([None; 3]);
        assert_eq!(between.nearness(Measure::SlicedWasserstein), Some(0.75));
        let measure = Measure::SlicedWasserstein;
        assert_eq!(Evaluation { drawn: between.real, ..between }.nearness(measure), Some(1.0));
        assert_eq!(Evaluation { drawn: between.noise, ..between }.nearness(measure), Some(0.0));
        assert_eq!(Evaluation { noise: between.real, ..between }.nearness(measure), None, "no scale");
        assert_eq!(between.nearness(Measure::Frechet), None, "not taken");
    }

    #[test]
    fn json_has_no_key_for_what_was_not_taken() {
        let json = |frechet| serde_json::to_value(evaluation(frechet)).expect("JSON");
        let without = json([None; 3]);
        assert_eq!(without["drawn"], serde_json::json!({"sliced_wasserstein": 0.25, "kernel_distance": 0.5}));
        assert_eq!(without["samples"], 64);
        assert_eq!(without["held_out"], 50);
        assert_eq!(json([Some(1.5); 3])["noise"]["fid"], 1.5);
    }
}
