//! Features of a TorchScript file, which the user names.

use std::path::{Path, PathBuf};
use tch::{CModule, Device, IValue, Kind, TchError, Tensor};

/// Pictures at a time: the network enlarges each to 299×299.
const BATCH: i64 = 64;

/// A network for features, from a TorchScript file: usually Inception v3, whose features make the Fréchet distance the
/// FID.
///
/// The file that papers share is `inception-2015-12-05.pt` of StyleGAN 3. Like it, a file takes pictures as uint8 of
/// shape `[N, 3, H, W]`, enlarges them itself, and gives float `[N, F]`. Its second argument may be a bool
/// `return_features`, which is then true; else it takes pictures alone.
#[derive(Debug)]
pub struct Inception {
    module: CModule,
    path: PathBuf,
    device: Device,
    call: Call,
}

/// How a file is called.
#[derive(Clone, Copy, Debug)]
enum Call {
    /// With pictures and `return_features`.
    ReturnFeatures,
    /// With pictures only.
    Pictures,
}

/// A file that gives no features.
#[derive(Debug, thiserror::Error)]
pub enum InceptionError {
    /// It is not there, or not TorchScript.
    #[error(
        "{}: libtorch cannot load it: {reason}\nhelp: a TorchScript file is needed, such as StyleGAN 3's inception-2015-12-05.pt; a file of weights alone has no network in it",
        path.display()
    )]
    Load {
        /// The file.
        path: PathBuf,
        /// What libtorch says.
        reason: String,
    },
    /// It cannot be called with pictures.
    #[error(
        "{}: calling it failed: {reason}\nhelp: it should take uint8 pictures [N, 3, 32, 32], and may take a bool return_features after them",
        path.display()
    )]
    Call {
        /// The file.
        path: PathBuf,
        /// What libtorch says.
        reason: String,
    },
    /// It gives something else.
    #[error(
        "{}: for {pictures} pictures it gives {kind:?} of shape {shape:?}\nhelp: it should give float [N, F], one row of features a picture",
        path.display()
    )]
    Features {
        /// The file.
        path: PathBuf,
        /// How many it was given.
        pictures: i64,
        /// The type of the numbers that it gave.
        kind: Kind,
        /// Their shape.
        shape: Vec<i64>,
    },
    /// It gives infinities or NaN.
    #[error("{}: some of its features are not finite\nhelp: device=cpu shows whether the device is to blame", path.display())]
    NotFinite {
        /// The file.
        path: PathBuf,
    },
}

impl Inception {
    /// Loads a file onto `device`, and tries it with two pictures, to know how it is called.
    ///
    /// ```
    /// use ddpm::evaluation::Inception;
    /// let error = Inception::load("no/such/file.pt".as_ref(), tch::Device::Cpu).expect_err("there is no such file");
    /// assert!(error.to_string().starts_with("no/such/file.pt: libtorch cannot load it"));
    /// ```
    ///
    /// # Errors
    /// The file cannot be loaded, or gives no features.
    pub fn load(path: &Path, device: Device) -> Result<Self, InceptionError> {
        let cannot = |error: TchError| InceptionError::Load { path: path.to_owned(), reason: said(&error) };
        let mut module = CModule::load_on_device(path, device).map_err(cannot)?;
        // A file saved while it was trained would normalise each batch by itself.
        module.f_set_eval().map_err(cannot)?;
        let mut inception = Self { module, path: path.to_owned(), device, call: Call::ReturnFeatures };
        // Settled once: should a long evaluation run out of memory, it must not be tried another way, which for
        // StyleGAN's file would silently mean class probabilities.
        let probe = Tensor::zeros([2, 3, 32, 32], (Kind::Float, device));
        if inception.features(&probe).is_err() {
            inception.call = Call::Pictures;
            let _ = inception.features(&probe)?;
        }
        Ok(inception)
    }

    /// The features of pictures, `[N, 3, H, W]` in [-1, 1]: float of shape `[N, F]`. The network sees them in 256
    /// levels a channel, as PNG files have. No gradients are recorded.
    ///
    /// # Errors
    /// The network fails, or gives something other than finite features.
    pub fn features(&self, pictures: &Tensor) -> Result<Tensor, InceptionError> {
        tch::no_grad(|| {
            let batches: Result<Vec<Tensor>, InceptionError> =
                pictures.split(BATCH, 0).iter().map(|batch| self.of_batch(batch)).collect();
            Ok(Tensor::cat(&batches?, 0))
        })
    }

    fn of_batch(&self, pictures: &Tensor) -> Result<Tensor, InceptionError> {
        let levels = (pictures.to_device(self.device).to_kind(Kind::Float) + 1.0) * 127.5;
        let bytes = levels.round().clamp(0.0, 255.0).to_kind(Kind::Uint8);
        let features = self
            .run(bytes)
            .map_err(|error| InceptionError::Call { path: self.path.clone(), reason: said(&error) })?;
        let (shape, count) = (features.size(), pictures.size()[0]);
        if shape.len() != 2 || shape[0] != count || !features.is_floating_point() {
            let (path, kind) = (self.path.clone(), features.kind());
            return Err(InceptionError::Features { path, pictures: count, kind, shape });
        }
        if features.isfinite().all().int64_value(&[]) == 0 {
            return Err(InceptionError::NotFinite { path: self.path.clone() });
        }
        Ok(features)
    }

    fn run(&self, bytes: Tensor) -> Result<Tensor, TchError> {
        let pictures = IValue::Tensor(bytes);
        let output = match self.call {
            Call::ReturnFeatures => self.module.forward_is(&[pictures, IValue::Bool(true)])?,
            Call::Pictures => self.module.forward_is(&[pictures])?,
        };
        Tensor::try_from(output)
    }
}

/// What libtorch says, without the stacks that it prints around it.
fn said(error: &TchError) -> String {
    let text = error.to_string();
    // In an error of a running script the reason comes last.
    let of_script = text.lines().rev().map(str::trim).find(|line| line.starts_with("RuntimeError:"));
    let line = of_script.or_else(|| text.lines().next()).unwrap_or_default();
    line.trim_start_matches("Internal torch error: ").to_owned()
}

/// Saves a TorchScript module of pictures alone.
#[cfg(test)]
pub(super) fn save_module(path: &Path, forward: impl Fn(&Tensor) -> Tensor) {
    let mut closure = |inputs: &[Tensor]| vec![forward(&inputs[0])];
    let example = Tensor::zeros([1, 3, 32, 32], (Kind::Uint8, Device::Cpu));
    let module = CModule::create_by_tracing("Features", "forward", &[example], &mut closure).expect("traced");
    module.save(path).expect("saved");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::test_device;

    #[test]
    fn a_file_of_pictures_alone_gives_its_features_of_bytes() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("means.pt");
        save_module(&path, |bytes| bytes.mean_dim([2i64, 3].as_slice(), false, Kind::Float));
        let inception = Inception::load(&path, test_device()).expect("loaded");
        // More than a batch; channels of -1, 0.2 and 2, which no byte can hold.
        let colour = Tensor::from_slice(&[-1f32, 0.2, 2.0]).reshape([1, 3, 1, 1]);
        let pictures = colour.repeat([BATCH + 1, 1, 32, 32]).to_device(test_device());
        let features = inception.features(&pictures).expect("features");
        assert_eq!(features.size(), [BATCH + 1, 3]);
        for row in [0, BATCH] {
            let row: Vec<f64> = (0..3).map(|channel| features.double_value(&[row, channel])).collect();
            assert!(
                row.iter().zip([0.0, 153.0, 255.0]).all(|(got, want)| (got - want).abs() < 1e-3),
                "{row:?}"
            );
        }
    }

    #[test]
    fn a_file_like_stylegans_is_asked_for_features_and_not_for_classes() {
        // scripts/torch_features.py
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torch/features.pt");
        let inception = Inception::load(&path, test_device()).expect("loaded");
        let white = Tensor::ones([2, 3, 32, 32], (Kind::Float, test_device()));
        let features = inception.features(&white).expect("features");
        assert_eq!(features.size(), [2, 3]);
        assert!((features.min().double_value(&[]) - 255.0).abs() < 1e-3, "those of classes are at most 1");
    }

    #[test]
    fn a_file_that_is_no_module_is_refused_by_name() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("weights.pt");
        std::fs::write(&path, "not a module").expect("written");
        let error = Inception::load(&path, test_device()).expect_err("refused");
        assert!(matches!(error, InceptionError::Load { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("weights.pt: ") && text.contains("\nhelp: "), "{text}");
        assert_eq!(text.lines().count(), 2, "no stack of libtorch: {text}");
    }

    #[test]
    fn a_module_without_rows_of_features_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("maps.pt");
        save_module(&path, |bytes| bytes.mean_dim([2i64, 3].as_slice(), true, Kind::Float));
        let error = Inception::load(&path, test_device()).expect_err("refused");
        match &error {
            InceptionError::Features { shape, .. } => assert_eq!(shape, &[2, 3, 1, 1]),
            _ => panic!("{error:?}"),
        }
    }
}
