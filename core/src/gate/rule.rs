//! What a rule is.

use super::draft::Draft;
use crate::operation::{Fitted, Operation};

/// Which inputs a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Conversations: the operations of Converse, and CountTokens of one.
    Conversations,
    /// What names a model to call, also where the body is in that model's own words.
    Models,
    /// The input of one operation.
    Only(Operation),
}

impl On {
    fn takes(self, operation: Operation) -> bool {
        match self {
            Self::Conversations => {
                matches!(operation.fitted(), Fitted::Conversation | Fitted::Counted)
            }
            Self::Models => operation.fitted() != Fitted::Nothing,
            Self::Only(one) => one == operation,
        }
    }
}

/// One thing that models refuse, and what is done about it.
pub struct Rule {
    /// The rule's id, which changes and violations name (`S1`).
    pub id: &'static str,
    /// What it is about, in words for a log or a list (`temperature-or-top-p`).
    pub name: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Where it is known from.
    pub evidence: &'static [&'static str],
    /// Which inputs it looks at.
    pub on: On,
    pub(crate) apply: fn(&mut Draft<'_>),
}

impl Rule {
    /// Lets the rule act on a request of an operation that it is for.
    pub(super) fn act(&self, draft: &mut Draft<'_>) {
        if self.on.takes(draft.operation) {
            draft.act(self.id, self.apply);
        }
    }
}
