//! The operations that are called natively: what each is named, what its response is, and what of
//! its input the gate fits. The wire's side of each (path, headers, shapes) is in
//! `bedrock/shapes.json`.

/// An operation of Bedrock Runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Text against a guardrail, without a model.
    ApplyGuardrail,
    /// One response of a model.
    Converse,
    /// The same as a stream of events.
    ConverseStream,
    /// How many tokens an input is.
    CountTokens,
    /// A model in its own words.
    InvokeModel,
    /// The same, with a response in chunks.
    InvokeModelWithResponseStream,
}

/// What a successful response is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseKind {
    /// JSON that has this member; a body without it is another service's.
    Json(&'static str),
    /// Bytes of any kind.
    Bytes,
    /// An event stream.
    Events,
}

/// What of an input the gate fits to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fitted {
    /// Nothing: no model is called.
    Nothing,
    /// The id alone: the body is in the model's own words.
    Id,
    /// The id and the conversation.
    Conversation,
    /// The id and the conversation that is counted, at `input.converse`.
    Counted,
}

/// What is declared of one operation.
struct Declaration {
    operation: Operation,
    name: &'static str,
    response: ResponseKind,
    fitted: Fitted,
}

impl Operation {
    /// Every operation, sorted by name. `scripts/shapes.js` reads the names here and makes the shapes.
    const DECLARED: &[Declaration] = &[
        Declaration {
            operation: Self::ApplyGuardrail,
            name: "ApplyGuardrail",
            response: ResponseKind::Json("action"),
            fitted: Fitted::Nothing,
        },
        Declaration {
            operation: Self::Converse,
            name: "Converse",
            response: ResponseKind::Json("output"),
            fitted: Fitted::Conversation,
        },
        Declaration {
            operation: Self::ConverseStream,
            name: "ConverseStream",
            response: ResponseKind::Events,
            fitted: Fitted::Conversation,
        },
        Declaration {
            operation: Self::CountTokens,
            name: "CountTokens",
            response: ResponseKind::Json("inputTokens"),
            fitted: Fitted::Counted,
        },
        Declaration {
            operation: Self::InvokeModel,
            name: "InvokeModel",
            response: ResponseKind::Bytes,
            fitted: Fitted::Id,
        },
        Declaration {
            operation: Self::InvokeModelWithResponseStream,
            name: "InvokeModelWithResponseStream",
            response: ResponseKind::Events,
            fitted: Fitted::Id,
        },
    ];

    /// Every operation.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::DECLARED.iter().map(|declared| declared.operation)
    }

    /// The operation of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|operation| operation.name() == name)
    }

    /// AWS's name for it.
    pub fn name(self) -> &'static str {
        self.declaration().map_or("", |declared| declared.name)
    }

    /// What a successful response is.
    pub fn response(self) -> ResponseKind {
        self.declaration().map_or(ResponseKind::Bytes, |declared| declared.response)
    }

    /// What of its input the gate fits.
    pub fn fitted(self) -> Fitted {
        self.declaration().map_or(Fitted::Nothing, |declared| declared.fitted)
    }

    fn declaration(self) -> Option<&'static Declaration> {
        Self::DECLARED.iter().find(|declared| declared.operation == self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bedrock::shapes;

    #[test]
    fn every_operation_is_declared_with_its_shapes() {
        for operation in Operation::all() {
            let name = operation.name();
            assert_eq!(Operation::named(name), Some(operation));
            let shape = shapes::operation(name);
            assert!(shape.is_some(), "{name} has no shapes: run scripts/shapes.js");
        }
        assert_eq!(Operation::named("Sing"), None);
    }
}
