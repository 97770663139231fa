//! Where in a request something stands, written as JavaScript would write it.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// A member of an object.
    Key(Cow<'static, str>),
    /// An element of an array.
    Index(usize),
}

/// The steps from the request to one of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path(Vec<Segment>);

impl Path {
    /// The member `key` of what stands here.
    pub(super) fn key(mut self, key: impl Into<Cow<'static, str>>) -> Self {
        self.0.push(Segment::Key(key.into()));
        self
    }

    /// The element `index` of what stands here.
    pub(super) fn index(mut self, index: usize) -> Self {
        self.0.push(Segment::Index(index));
        self
    }

    /// `messages[index]`.
    pub(super) fn message(index: usize) -> Self {
        Self::from(["messages"]).index(index)
    }

    /// `messages[message].content[block]`.
    pub(super) fn block(message: usize, block: usize) -> Self {
        Self::message(message).key("content").index(block)
    }

    /// What holds this value; `None` for the members of the request itself.
    pub(super) fn parent(&self) -> Option<Self> {
        let (_, parents) = self.0.split_last()?;
        (!parents.is_empty()).then(|| Self(parents.to_vec()))
    }

    /// The last step and those before it.
    pub(super) fn split_last(&self) -> Option<(&Segment, &[Segment])> {
        self.0.split_last()
    }

    /// The steps.
    pub(super) fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether the path is these keys.
    pub(super) fn is(&self, keys: &[&str]) -> bool {
        self.0.len() == keys.len() && self.0.iter().zip(keys).all(|(s, k)| s.is_named(k))
    }
}

impl Segment {
    /// Whether this is a member of an object.
    pub(super) fn is_key(&self) -> bool {
        matches!(self, Self::Key(_))
    }

    /// Whether this is the member `name`.
    pub(super) fn is_named(&self, name: &str) -> bool {
        matches!(self, Self::Key(key) if key == name)
    }

    /// What stands one step below `value`.
    pub(super) fn below<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        match self {
            Self::Key(key) => value.as_object()?.get(key.as_ref()),
            Self::Index(index) => value.as_array()?.get(*index),
        }
    }

    /// What stands one step below `value`, to change it.
    pub(super) fn below_mut<'v>(&self, value: &'v mut Value) -> Option<&'v mut Value> {
        match self {
            Self::Key(key) => value.as_object_mut()?.get_mut(key.as_ref()),
            Self::Index(index) => value.as_array_mut()?.get_mut(*index),
        }
    }
}

impl<const N: usize> From<[&'static str; N]> for Path {
    fn from(keys: [&'static str; N]) -> Self {
        Self::from(keys.as_slice())
    }
}

impl From<&[&'static str]> for Path {
    fn from(keys: &[&'static str]) -> Self {
        Self(keys.iter().map(|key| Segment::Key(Cow::Borrowed(key))).collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(out, "[{index}]")?,
                Segment::Key(key) if !is_identifier(key) => {
                    write!(out, "[{}]", Value::String(key.to_string()))?;
                }
                Segment::Key(key) if position == 0 => out.write_str(key)?,
                Segment::Key(key) => write!(out, ".{key}")?,
            }
        }
        Ok(())
    }
}

/// Whether JavaScript allows `.name` (ASCII names are enough: AWS has no others).
fn is_identifier(name: &str) -> bool {
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '$';
    let mut chars = name.chars();
    chars.next().is_some_and(starts) && chars.all(|c| starts(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_elements_are_written_as_javascript_writes_them() {
        assert_eq!(Path::block(3, 1).key("text").to_string(), "messages[3].content[1].text");
    }

    #[test]
    fn names_with_dots_quotes_or_digits_first_stand_in_brackets() {
        let path = Path::from(["tools"]).key("a.b").key("say \"hi\"").key("9").key("");
        assert_eq!(path.to_string(), r#"tools["a.b"]["say \"hi\""]["9"][""]"#);
        assert_eq!(Path::from(["a-b"]).to_string(), r#"["a-b"]"#);
    }
}
