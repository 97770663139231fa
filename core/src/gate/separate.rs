//! What may not stand in one turn with calls of tools, or with their results. Bedrock makes one turn of
//! messages of one role that follow each other, so something of the other role stands between.

use serde_json::{Value, json};

use super::blocks::{
    PLACEHOLDER, content_of, holds, is_assistant, is_cache_point, is_only, is_user,
};
use super::draft::Draft;
use super::path::Path;
use super::rule::{On, Rule};

pub(super) const M9: Rule = Rule {
    id: "M9",
    name: "results-beside-other-content",
    summary: "Puts what may not stand beside tool results into a user turn of its own, also where it \
              stands in the next message: everything where the model wants the results alone, \
              documents and videos on Claude 3 and newer.",
    evidence: &[
        "https://github.com/strands-agents/harness-sdk/issues/1223",
        "https://github.com/strands-agents/harness-sdk/issues/1240",
        "https://github.com/strands-agents/harness-sdk/issues/3622",
    ],
    on: On::Conversations,
    apply: |draft| {
        let tools = &draft.capabilities.tools;
        let media = draft.survey.documents || draft.survey.videos;
        let (moves, reason): (fn(&Value) -> bool, _) = if !draft.survey.tool_results {
            return;
        } else if tools.mixed_results.no() {
            (is_no_result, "wants tool results alone in their turn.")
        } else if tools.media_beside_results.no() && media {
            (is_media, "accepts no documents or videos beside tool results.")
        } else {
            return;
        };
        let reason = format!("{} {reason}", draft.model());
        let mut message = 0;
        while let Some(turn) = draft.messages().get(message) {
            let result = |block: &Value| block.get("toolResult").is_some_and(Value::is_object);
            let content = content_of(turn);
            if is_user(turn) && content.iter().any(result) {
                if content.iter().any(moves) {
                    split(draft, message, moves, &reason);
                } else if is_followed(draft, message, moves) {
                    draft.add(Path::message(message + 1), assistant_between(), &*reason);
                }
            }
            message += 1;
        }
    },
};

pub(super) const M40: Rule = Rule {
    id: "M40",
    name: "text-beside-calls",
    summary: "Puts what an assistant turn says beside its calls into a turn before, where the model \
              wants the calls alone.",
    evidence: &[
        "https://github.com/quarkiverse/quarkus-langchain4j/issues/1983",
        "https://github.com/langchain-ai/langchain-aws",
    ],
    on: On::Conversations,
    apply: |draft| {
        if !draft.survey.tools || !draft.capabilities.tools.text_beside_calls.no() {
            return;
        }
        let reason = format!("{} wants tool calls alone in their turn.", draft.model());
        let mut message = 0;
        while let Some(turn) = draft.messages().get(message) {
            let call = |block: &Value| block.get("toolUse").is_some_and(Value::is_object);
            let content = content_of(turn);
            if is_assistant(turn) && content.iter().any(call) {
                let before = message.checked_sub(1).and_then(|at| draft.messages().get(at));
                if content.iter().any(is_spoken) {
                    split_calls(draft, message, &reason);
                    message += 2;
                } else if before.is_some_and(is_assistant) && !is_called_before(draft, message) {
                    draft.add(Path::message(message), question_between(), &*reason);
                    message += 1;
                }
            }
            message += 1;
        }
    },
};

/// Whether the messages of the user's that follow one hold something that may not stand in its turn.
/// One of cache points alone will hold a placeholder.
fn is_followed(draft: &Draft<'_>, message: usize, moves: fn(&Value) -> bool) -> bool {
    let after = draft.messages().get(message + 1..).unwrap_or_default();
    let mut turn = after.iter().take_while(|message| is_user(message)).map(content_of);
    let placeholder = moves(&json!({ "text": PLACEHOLDER }));
    let points = |content: &[Value]| !content.is_empty() && content.iter().all(is_cache_point);
    turn.any(|content| content.iter().any(moves) || (placeholder && points(content)))
}

/// Whether a block is said to whoever reads: it may not stand beside a call.
fn is_spoken(block: &Value) -> bool {
    block.is_object()
        && !holds(block, "toolUse")
        && !is_cache_point(block)
        && !is_only(block, "reasoningContent")
}

/// Whether the assistant's messages right before one hold calls: their results come after all of them.
fn is_called_before(draft: &Draft<'_>, message: usize) -> bool {
    let before = draft.messages().get(..message).unwrap_or_default();
    let mut turn = before.iter().rev().take_while(|message| is_assistant(message));
    turn.any(|message| content_of(message).iter().any(|block| holds(block, "toolUse")))
}

/// What stands between the halves of a turn of the assistant's that was split.
fn question_between() -> Value {
    json!({ "role": "user", "content": [{ "text": PLACEHOLDER }] })
}

/// Moves what is said beside calls into an assistant turn before them.
fn split_calls(draft: &mut Draft<'_>, message: usize, reason: &str) {
    let turn = json!({ "role": "assistant", "content": [] });
    draft.add(Path::message(message), turn, reason);
    draft.add(Path::message(message + 1), question_between(), reason);
    let (mut index, mut end, mut moving) = (0, 0, false);
    while let Some(block) = draft.content(message + 2).get(index) {
        // Reasoning comes before what it led to, a cache point stays behind what it caches.
        moving = !holds(block, "toolUse") && (!is_cache_point(block) || moving);
        if moving {
            draft.mv(Path::block(message + 2, index), Path::block(message, end), reason);
            end += 1;
        } else {
            index += 1;
        }
    }
}

/// Whether a block may not stand in a turn of results alone. A cache point may; it goes with what
/// it caches.
fn is_no_result(block: &Value) -> bool {
    block.is_object() && !holds(block, "toolResult") && !is_cache_point(block)
}

/// Whether a block is a document or a video, and no result that has one inside.
fn is_media(block: &Value) -> bool {
    (holds(block, "document") || holds(block, "video")) && !holds(block, "toolResult")
}

/// What stands between the halves of a turn that was split.
fn assistant_between() -> Value {
    json!({ "role": "assistant", "content": [{ "text": PLACEHOLDER }] })
}

/// Whether a message only stands between the halves of a turn.
pub(super) fn is_between(message: &Value) -> bool {
    *message == assistant_between()
}

/// Moves blocks of a turn with tool results into a user turn of their own: the results must follow
/// their calls directly. Bedrock merges turns of one role, so an answer stands between them;
/// several models refuse white space in it.
fn split(draft: &mut Draft<'_>, message: usize, moves: fn(&Value) -> bool, reason: &str) {
    draft.add(Path::message(message + 1), assistant_between(), reason);
    let turn = json!({ "role": "user", "content": [] });
    draft.add(Path::message(message + 2), turn, reason);
    let (mut index, mut end, mut moving) = (0, 0, false);
    while let Some(block) = draft.content(message).get(index) {
        // A cache point stays behind what it caches.
        moving = moves(block) || (moving && is_cache_point(block));
        if moving {
            draft.mv(Path::block(message, index), Path::block(message + 2, end), reason);
            end += 1;
        } else {
            index += 1;
        }
    }
    let turn = draft.content(message + 2);
    let has = |kind| turn.iter().any(|block| holds(block, kind));
    if has("document") && !has("text") {
        let text = json!({ "text": "See the documents above." });
        let reason = "A message with a document needs a text block too.";
        draft.add(Path::block(message + 2, end), text, reason);
    }
}
