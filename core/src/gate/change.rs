//! One change the gate made to a request, as the caller sees it.

use serde::Serialize;
use serde_json::Value;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// A member was left out.
    Drop,
    /// A number was brought into its range.
    Clamp,
    /// A member went to another place.
    Move,
    /// A value was replaced.
    Rewrite,
    /// A member was added.
    Add,
}

/// One change: where, what, from what to what, by which rule and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Path of the member in the request, as JavaScript would write it (`inferenceConfig.topP`, `messages[3].content[1]`).
    pub path: String,
    /// What was done.
    pub action: Action,
    /// The value before; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// The value after; absent where none is left. For a move: the path it went to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
    /// The rule's id (`S1`).
    pub rule: &'static str,
    /// Why, in a sentence a user understands.
    pub reason: String,
    /// It only follows from another change, which left nothing in this container; what was wrong is
    /// said there.
    #[serde(skip)]
    pub follows: bool,
}

impl Change {
    /// What the caller can do, so that nothing need be changed. What a conversation says is not
    /// repeated.
    pub fn remedy(&self) -> String {
        let plain = |value: &&Value| value.is_number() || value.is_string() || value.is_boolean();
        let in_parameter = !self.path.starts_with("messages") && !self.path.starts_with("system");
        match (self.action, self.to.as_ref().filter(plain).filter(|_| in_parameter)) {
            (Action::Drop, _) => "Leave it out.".to_owned(),
            (Action::Move, Some(to)) => format!("Put it at {}.", to.as_str().unwrap_or_default()),
            (Action::Clamp | Action::Rewrite, Some(to)) => format!("Set it to {to}."),
            (Action::Add, Some(to)) => format!("Add it, as {to}."),
            (Action::Add, None) => "Add it.".to_owned(),
            (Action::Move, None) => "Put it where `to` says.".to_owned(),
            (Action::Clamp | Action::Rewrite, None) => "Write it as `to` says.".to_owned(),
        }
    }
}
