//! What a call reserves of the tokens-per-minute quota. AWS reserves all of it when the call starts
//! and gives the unused part back at its end.
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/quotas-token-burndown.html>

use serde_json::Value;

use super::HintContext;
use crate::bedrock::shapes;

/// Characters of a token, about: what AWS and the providers reckon with for English.
const CHARACTERS: usize = 4;

/// Tokens that a call reserves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reserved {
    /// Of its input, by the length of its texts.
    pub(super) input: u64,
    /// Of its response; unknown where neither the request nor a fact says it.
    pub(super) output: Option<u64>,
    /// Whether the request says it; otherwise it is the model's maximum.
    pub(super) is_set: bool,
    /// Whether it holds what has no length in characters.
    pub(super) has_media: bool,
}

impl Reserved {
    /// What a call reserves; `None` where it has no response of tokens.
    pub(super) fn by(context: &HintContext<'_>) -> Option<Self> {
        let request = context.request;
        let body = request.get("body").and_then(|body| read(body, context.blobs));
        let mut measured = Measured::default();
        let set = if let Some(body) = &body {
            measured.add(body);
            max_tokens_of_body(body)
        } else {
            let conversation = ["messages", "system", "toolConfig"].map(|name| request.get(name));
            if conversation == [None; 3] {
                return None;
            }
            for part in conversation.into_iter().flatten() {
                measured.add(part);
            }
            request.get("inferenceConfig").and_then(|config| config.get("maxTokens")?.as_u64())
        };
        Some(Self {
            input: u64::try_from(measured.characters.div_ceil(CHARACTERS)).unwrap_or(u64::MAX),
            output: set.or_else(|| context.model.max_output_tokens.known().copied()),
            is_set: set.is_some(),
            has_media: measured.has_media,
        })
    }

    /// As a sentence.
    pub(super) fn sentence(self) -> String {
        let media = if self.has_media { ", images and documents not counted" } else { "" };
        let input = grouped(self.input);
        let start = format!(
            "When this call started, AWS reserved its whole input (about {input} tokens{media}; cache reads \
             and writes included)"
        );
        let Some(output) = self.output else {
            return format!(
                "{start} and the model's maximum for the answer, because the call sets no maxTokens."
            );
        };
        let all = self.input.saturating_add(output);
        let share = output.saturating_mul(100).checked_div(all).unwrap_or(100);
        let why = if self.is_set { "" } else { ", the model's maximum because the call sets none" };
        format!(
            "{start} and maxTokens ({}{why}): about {} tokens, of which maxTokens is {share}%.",
            grouped(output),
            grouped(all)
        )
    }
}

/// The body of InvokeModel, where it is JSON.
fn read(body: &Value, blobs: &[Vec<u8>]) -> Option<Value> {
    let bytes = body.as_str().map(str::as_bytes).or_else(|| shapes::blob(body, blobs))?;
    serde_json::from_slice(bytes).ok()
}

/// How the families name it in their own words: Claude, GPT, Nova, Titan, Llama.
fn max_tokens_of_body(body: &Value) -> Option<u64> {
    [
        "/max_tokens",
        "/max_completion_tokens",
        "/max_tokens_to_sample",
        "/max_gen_len",
        "/inferenceConfig/maxTokens",
        "/inferenceConfig/max_new_tokens",
        "/textGenerationConfig/maxTokenCount",
    ]
    .into_iter()
    .find_map(|path| body.pointer(path)?.as_u64())
}

#[derive(Default)]
struct Measured {
    characters: usize,
    has_media: bool,
}

impl Measured {
    fn add(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.characters += text.chars().count(),
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(members) => {
                for (name, member) in members {
                    if matches!(name.as_str(), "source" | "bytes" | "s3Location") {
                        self.has_media = true;
                    } else {
                        self.characters += name.len();
                        self.add(member);
                    }
                }
            }
            Value::Number(_) => self.characters += CHARACTERS,
            Value::Bool(_) | Value::Null => {}
        }
    }
}

/// `64,000`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
