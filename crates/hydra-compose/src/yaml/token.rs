//! Tokens: what the scanner hands to the parser.

use crate::tree::Span;

/// A token and its bytes.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) span: Span,
}

/// The kinds of tokens.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind<'a> {
    StreamEnd,
    /// `%YAML 1.1`
    Version(String),
    /// `%TAG !e! tag:example.com,2000:`
    TagPrefix(&'a str, String),
    /// Any other directive; it means nothing.
    OtherDirective,
    /// `---`
    DocumentStart,
    /// `...`
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    /// The end of either, where the indentation gets smaller.
    BlockEnd,
    FlowSequenceStart,
    FlowMappingStart,
    FlowSequenceEnd,
    FlowMappingEnd,
    /// `-`
    BlockEntry,
    /// `,`
    FlowEntry,
    /// `?`, or nothing before a simple key
    Key,
    /// `:`
    Value,
    Alias(&'a str),
    Anchor(&'a str),
    /// `!handle!suffix`; without a handle the suffix is the whole tag.
    Tag(Option<&'a str>, String),
    /// Text; `plain` without quotes or indicators around it.
    Scalar {
        text: String,
        plain: bool,
    },
}

impl Kind<'_> {
    /// The token in words.
    pub(super) fn words(&self) -> &'static str {
        match self {
            Self::StreamEnd => "the end of the file",
            Self::Version(_) | Self::TagPrefix(..) | Self::OtherDirective => "a directive",
            Self::DocumentStart => "'---'",
            Self::DocumentEnd => "'...'",
            Self::BlockSequenceStart => "a list",
            Self::BlockMappingStart => "a mapping",
            Self::BlockEnd => "the end of the indented block",
            Self::FlowSequenceStart => "'['",
            Self::FlowMappingStart => "'{'",
            Self::FlowSequenceEnd => "']'",
            Self::FlowMappingEnd => "'}'",
            Self::BlockEntry => "'-'",
            Self::FlowEntry => "','",
            Self::Key => "a key",
            Self::Value => "':'",
            Self::Alias(_) => "an alias",
            Self::Anchor(_) => "an anchor",
            Self::Tag(..) => "a tag",
            Self::Scalar { .. } => "text",
        }
    }
}
