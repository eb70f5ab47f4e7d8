//! Twemoji's pictures as a dataset: which ones, in which order, and what is owed to their authors.

mod faces;
mod render;

use crate::PIXELS;
use crate::error::{DataError, Explain};
use crate::files;
use crate::manifest::RecordFile;
use crate::progress::Event;
use crate::staging::RecordWriter;
use render::Renderer;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use twemoji_assets::png::PngTwemojiAsset;

/// The crate that carries the pictures. Its exact version is pinned in `Cargo.toml`.
pub(crate) const ASSETS: &str = "twemoji-assets 1.5.1+17.0.2";

/// Every sequence that the crate has a picture for: it can be asked for one, but not for a list.
///
/// Code points in hexadecimal, joined by `-`, ordered by code point; made from the names of its files with
/// `ls assets/72x72 | sed 's/.png$//'` and a numeric sort.
const SEQUENCES: &str = include_str!("sequences.txt");

/// The twentieth, fortieth, … picture is held out.
const HELD_OUT_EVERY: usize = 20;

const ATTRIBUTION: &str = "\
The pictures in train.bin and test.bin are made from Twemoji 17.0.2.

  Title:    Twemoji, https://github.com/jdecked/twemoji
  Authors:  Copyright Twitter, Inc and other contributors
  Licence:  Creative Commons Attribution 4.0 International (CC-BY 4.0),
            https://creativecommons.org/licenses/by/4.0/
  Changes:  laid on white, scaled from 72x72 to 32x32 pixels, stored as raw RGB planes

Whoever passes these pictures on, or pictures made from them, must pass on this notice.
The authors of Twemoji do not endorse this use.
";

/// Which of the emoji.
///
/// ```
/// use ddpm_data::EmojiSubset;
///
/// assert_eq!("faces".parse(), Ok(EmojiSubset::Faces));
/// assert_eq!(EmojiSubset::All.to_string(), "all");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EmojiSubset {
    /// Every picture, 4,009 of them.
    All,
    /// The 88 round yellow faces: few enough, and alike enough, for a small model on a CPU.
    Faces,
}

impl EmojiSubset {
    const EACH: [Self; 2] = [Self::All, Self::Faces];

    fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Faces => "faces",
        }
    }

    /// The sequences of the subset, ordered by code point.
    fn sequences(self) -> Vec<&'static str> {
        match self {
            Self::All => SEQUENCES.lines().collect(),
            Self::Faces => faces::FACES.to_vec(),
        }
    }
}

impl fmt::Display for EmojiSubset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for EmojiSubset {
    type Err = UnknownSubset;

    fn from_str(text: &str) -> Result<Self, UnknownSubset> {
        let known = Self::EACH.into_iter().find(|subset| subset.as_str() == text);
        known.ok_or_else(|| UnknownSubset { text: text.to_owned() })
    }
}

/// A string that names no [`EmojiSubset`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no emoji subset {text:?}; there are all and faces")]
pub struct UnknownSubset {
    text: String,
}

/// Writes `train.bin`, `test.bin` and `ATTRIBUTION.txt`; returns what to say of the first two.
pub(crate) fn write(
    folder: &Path,
    subset: EmojiSubset,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<(RecordFile, RecordFile), DataError> {
    let renderer = Renderer::new();
    let sequences = subset.sequences();
    let mut train = RecordWriter::create(folder, "train.bin")?;
    let mut test = RecordWriter::create(folder, "test.bin")?;
    for (index, sequence) in sequences.iter().enumerate() {
        let pixels = picture(&renderer, sequence)?;
        let file = if index % HELD_OUT_EVERY == HELD_OUT_EVERY - 1 { &mut test } else { &mut train };
        file.record(0, &pixels)?;
        progress(Event::Rendering { done: index + 1, total: sequences.len() });
    }
    files::write(&folder.join("ATTRIBUTION.txt"), ATTRIBUTION.as_bytes())?;
    Ok((train.finish()?, test.finish()?))
}

/// One picture as red, green and blue planes.
fn picture(renderer: &Renderer, sequence: &str) -> Result<[u8; PIXELS], EmojiError> {
    let missing = || EmojiError::Missing { sequence: sequence.to_owned() };
    let asset = text(sequence).as_deref().and_then(PngTwemojiAsset::from_emoji).ok_or_else(missing)?;
    let png: &[u8] = asset.data.0;
    let image = image::load_from_memory_with_format(png, image::ImageFormat::Png)
        .map_err(|source| EmojiError::Unreadable { sequence: sequence.to_owned(), source })?
        .into_rgba8();
    renderer.picture(&image).ok_or_else(|| EmojiError::Size {
        sequence: sequence.to_owned(),
        width: image.width(),
        height: image.height(),
    })
}

/// `1f635-200d-1f4ab` as the characters that it stands for.
fn text(sequence: &str) -> Option<String> {
    sequence.split('-').map(|code| u32::from_str_radix(code, 16).ok().and_then(char::from_u32)).collect()
}

/// Why a picture that the program should carry is not usable. None of these can happen with the pinned
/// version.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EmojiError {
    #[error("{} has no picture for the sequence {sequence}", ASSETS)]
    Missing { sequence: String },
    #[error("cannot decode what {} has for the sequence {sequence}", ASSETS)]
    Unreadable { sequence: String, source: image::ImageError },
    #[error("what {} has for the sequence {sequence} is {width}×{height}, not 72×72", ASSETS)]
    Size { sequence: String, width: u32, height: u32 },
}

impl Explain for EmojiError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SIDE;

    fn codes(sequence: &str) -> Vec<char> {
        text(sequence).unwrap_or_else(|| panic!("{sequence} is no sequence")).chars().collect()
    }

    #[test]
    fn every_listed_sequence_has_a_picture_of_its_own() {
        let sequences = EmojiSubset::All.sequences();
        assert_eq!(sequences.len(), 4009);
        for sequence in &sequences {
            let text = text(sequence).unwrap_or_else(|| panic!("{sequence} is no sequence"));
            let asset =
                PngTwemojiAsset::from_emoji(&text).unwrap_or_else(|| panic!("{sequence} has no picture"));
            assert_eq!(asset.emoji, text, "{sequence}");
        }
    }

    #[test]
    fn both_subsets_are_ordered_by_code_point_and_faces_are_part_of_all() {
        let all = EmojiSubset::All.sequences();
        let faces = EmojiSubset::Faces.sequences();
        assert_eq!(faces.len(), 88);
        for list in [&all, &faces] {
            assert!(list.windows(2).all(|pair| codes(pair[0]) < codes(pair[1])));
        }
        assert!(faces.iter().all(|face| all.contains(face)));
    }

    /// The rule by which the table was made, measured on what the model sees.
    #[test]
    fn each_face_is_mostly_a_yellow_disc_on_white() {
        let renderer = Renderer::new();
        for sequence in EmojiSubset::Faces.sequences() {
            let pixels = picture(&renderer, sequence).expect("the pinned version has it");
            let at = |x: usize, y: usize| [0, 1, 2].map(|plane| pixels[plane * SIDE * SIDE + y * SIDE + x]);
            let corners = [at(0, 0), at(SIDE - 1, SIDE - 1)];
            assert!(corners.contains(&[255, 255, 255]), "{sequence}: {corners:?}");
            let yellow = (0..SIDE * SIDE)
                .map(|place| at(place % SIDE, place / SIDE))
                .filter(|[red, green, blue]| {
                    *red > 230 && (180..225).contains(green) && (50..110).contains(blue)
                })
                .count();
            // A disc of this diameter has about 800 pixels.
            assert!(yellow > 290, "{sequence}: {yellow} yellow pixels");
        }
    }

    #[test]
    fn an_unknown_sequence_is_an_error_that_names_it() {
        for sequence in ["41", "not hex", "110000", ""] {
            let error = picture(&Renderer::new(), sequence).expect_err("no such picture");
            assert!(error.to_string().ends_with(&format!("the sequence {sequence}")), "{error}");
        }
    }

    #[test]
    fn a_subset_is_read_as_it_is_written() {
        for subset in EmojiSubset::EACH {
            assert_eq!(subset.to_string().parse(), Ok(subset));
            assert_eq!(serde_json::to_string(&subset).expect("plain data"), format!("\"{subset}\""));
        }
        assert!("cats".parse::<EmojiSubset>().is_err());
    }
}
