//! Primary config and choices to the ordered list of what is merged.
//!
//! A file's defaults list names other files, which have defaults lists of their own: a tree. It is walked in reverse,
//! last item first, because a later `override` wins over an earlier one; then it is read out in order.
//! <https://hydra.cc/docs/advanced/defaults_list/>
//!
//! - `item`: one line of a defaults list
//! - `placed`: an item seen from the file that lists it: its path, its package, its override key
//! - `choices`: what the command line and `override` items choose, and what was used of it
//! - `tree`: the walk
//! - `list`: the result
//! - `problems`: what can be wrong with it

mod choices;
mod item;
mod list;
mod placed;
mod problems;
mod tree;

pub use item::{Choice, Item, ItemKind};
pub use list::{DefaultsList, Entry};
pub use placed::Placed;
pub use tree::{MissingChoices, TreeNode};

pub(crate) use choices::{Choices, Sorted};
pub(crate) use list::EMPTY_CONFIG;
pub(crate) use tree::build;
