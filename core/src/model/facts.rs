//! How types of facts are declared (`facts!`), and how their values are read from JSON: catalog
//! entries and the operator's overrides are read alike.
//!
//! Facts are laid over what is there: a member that is absent changes nothing, `null` makes a fact
//! unknown again.

use std::fmt;

use serde_json::{Map, Value};

use super::fact::{Fact, ReasoningField, Source, ThinkingType};

/// A fact that cannot be: which one, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactError {
    /// Path of the member (`reasoning.minBudget`); empty where the whole value is wrong.
    pub path: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl FactError {
    fn new(problem: String) -> Self {
        Self { path: String::new(), problem }
    }

    fn expected(what: &str, found: &Value) -> Self {
        Self::new(format!("expected {what}, found {found}"))
    }

    fn below(mut self, member: &str) -> Self {
        self.path = if self.path.is_empty() {
            member.to_owned()
        } else {
            format!("{member}.{}", self.path)
        };
        self
    }
}

impl fmt::Display for FactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.problem),
            path => write!(f, "{path}: {}", self.problem),
        }
    }
}

impl std::error::Error for FactError {}

/// What holds facts: its members by their JSON names.
pub(super) trait Facts {
    /// JSON names of the members.
    const MEMBERS: &'static [&'static str];

    /// Lays one member.
    fn lay_member(&mut self, name: &str, value: &Value, source: Source) -> Result<(), FactError>;

    /// Gives every known fact another source.
    fn mark(&mut self, source: Source);

    /// What these facts and others have in common.
    fn common(&self, other: &Self) -> Self;

    /// Lays an object's members.
    fn lay(&mut self, facts: &Value, source: Source) -> Result<(), FactError> {
        match facts {
            Value::Object(members) => self.lay_members(members, source),
            other => Err(FactError::expected("an object of facts", other)),
        }
    }

    fn lay_members(
        &mut self,
        members: &Map<String, Value>,
        source: Source,
    ) -> Result<(), FactError> {
        members.iter().try_for_each(|(name, value)| {
            self.lay_member(name, value, source).map_err(|error| error.below(name))
        })
    }
}

pub(super) fn lay_fact<T>(
    fact: &mut Fact<T>,
    value: &Value,
    source: Source,
    read: fn(&Value) -> Result<T, FactError>,
) -> Result<(), FactError> {
    *fact = match value {
        Value::Null => Fact::default(),
        value => Fact::new(Some(read(value)?), source),
    };
    Ok(())
}

pub(super) fn mark_fact<T>(fact: &mut Fact<T>, source: Source) {
    if fact.value.is_some() {
        fact.source = source;
    }
}

pub(super) fn no_such_fact(name: &str, members: &[&str]) -> FactError {
    let plain = |name: &str| name.replace(['_', '-'], "").to_ascii_lowercase();
    let meant = members.iter().find(|known| plain(known) == plain(name));
    FactError::new(match meant {
        Some(meant) => format!("no such fact; did you mean {meant}?"),
        None => format!("no such fact; there are {}", members.join(", ")),
    })
}

pub(super) fn flag(value: &Value) -> Result<bool, FactError> {
    value.as_bool().ok_or_else(|| FactError::expected("true or false", value))
}

pub(super) fn count(value: &Value) -> Result<u64, FactError> {
    value.as_u64().ok_or_else(|| FactError::expected("a whole number of at least 0", value))
}

pub(super) fn number(value: &Value) -> Result<f64, FactError> {
    value.as_f64().ok_or_else(|| FactError::expected("a number", value))
}

pub(super) fn text(value: &Value) -> Result<String, FactError> {
    match value.as_str() {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(FactError::expected("a string", value)),
    }
}

pub(super) fn word(value: &Value, words: &[&str]) -> Result<String, FactError> {
    match value.as_str() {
        Some(text) if words.contains(&text) => Ok(text.to_owned()),
        _ => Err(FactError::expected(&format!("one of {}", words.join(", ")), value)),
    }
}

/// A day as `YYYY-MM-DD`.
pub(super) fn day(value: &Value) -> Result<String, FactError> {
    let is_day = |text: &str| {
        text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            })
    };
    match value.as_str() {
        Some(text) if is_day(text) => Ok(text.to_owned()),
        _ => Err(FactError::expected("a day as YYYY-MM-DD", value)),
    }
}

pub(super) fn list<T>(
    value: &Value,
    read: impl Fn(&Value) -> Result<T, FactError>,
) -> Result<Vec<T>, FactError> {
    let items = value.as_array().ok_or_else(|| FactError::expected("an array", value))?;
    let read =
        |(at, item): (usize, &Value)| read(item).map_err(|error| error.below(&at.to_string()));
    items.iter().enumerate().map(read).collect()
}

pub(super) fn thinking_type(value: &Value) -> Result<ThinkingType, FactError> {
    match value.as_str() {
        Some("enabled") => Ok(ThinkingType::Enabled),
        Some("disabled") => Ok(ThinkingType::Disabled),
        Some("adaptive") => Ok(ThinkingType::Adaptive),
        Some("between_tools") => Ok(ThinkingType::BetweenTools),
        _ => Err(FactError::expected("one of enabled, disabled, adaptive, between_tools", value)),
    }
}

pub(super) fn reasoning_field(value: &Value) -> Result<ReasoningField, FactError> {
    match value.as_str() {
        Some("thinking") => Ok(ReasoningField::Thinking),
        Some("reasoningConfig") => Ok(ReasoningField::NovaReasoningConfig),
        Some("reasoning_effort") => Ok(ReasoningField::ReasoningEffort),
        Some("reasoning.effort") => Ok(ReasoningField::NestedReasoningEffort),
        Some("reasoning_config") => Ok(ReasoningField::QwenReasoningConfig),
        Some("none") => Ok(ReasoningField::None),
        _ => Err(FactError::expected(
            "one of thinking, reasoningConfig, reasoning_effort, reasoning.effort, \
             reasoning_config, none",
            value,
        )),
    }
}

/// Declares a type of facts: each with its JSON name, its type, the reader that knows which values it
/// may have and, where the type's own rule would be wrong, after `=>` what several models have in
/// common of it (`common.rs`). A member without a reader is a type of facts itself. Members are
/// written in this order.
macro_rules! facts {
    (
        $(#[$about:meta])*
        pub struct $owner:ident $(of $model:ident)? {
            $(
                $(#[$doc:meta])*
                $name:literal => $member:ident: $type:ty $(= $read:expr $(=> $common:expr)?)?,
            )*
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, Default)]
        pub struct $owner {
            $(
                /// The id of the base model that the facts are about; of an unknown one, the
                /// requested id.
                pub $model: String,
            )?
            $($(#[$doc])* #[serde(rename = $name)] pub $member: $type,)*
        }

        impl $crate::model::facts::Facts for $owner {
            const MEMBERS: &'static [&'static str] = &[$($name,)*];

            fn lay_member(
                &mut self,
                name: &str,
                value: &serde_json::Value,
                source: $crate::model::Source,
            ) -> Result<(), $crate::model::FactError> {
                match name {
                    $($name => facts!(@lay self.$member, value, source $(, $read)?),)*
                    _ => Err($crate::model::facts::no_such_fact(name, Self::MEMBERS)),
                }
            }

            fn mark(&mut self, source: $crate::model::Source) {
                $(facts!(@mark self.$member, source $(, $read)?);)*
            }

            fn common(&self, other: &Self) -> Self {
                Self {
                    $($model: self.$model.clone(),)?
                    $($member: facts!(@common self.$member, other.$member
                        $(, $read $(, $common)?)?),)*
                }
            }
        }
    };

    (@lay $group:expr, $value:ident, $source:ident) => {
        $crate::model::facts::Facts::lay(&mut $group, $value, $source)
    };
    (@lay $fact:expr, $value:ident, $source:ident, $read:expr) => {
        $crate::model::facts::lay_fact(&mut $fact, $value, $source, $read)
    };

    (@mark $group:expr, $source:ident) => {
        $crate::model::facts::Facts::mark(&mut $group, $source)
    };
    (@mark $fact:expr, $source:ident, $read:expr) => {
        $crate::model::facts::mark_fact(&mut $fact, $source)
    };

    (@common $one:expr, $other:expr) => {
        $crate::model::facts::Facts::common(&$one, &$other)
    };
    (@common $one:expr, $other:expr, $read:expr) => {
        $crate::model::common::Common::common(&$one, &$other)
    };
    (@common $one:expr, $other:expr, $read:expr, $rule:expr) => {
        $rule(&$one, &$other)
    };
}
pub(super) use facts;
