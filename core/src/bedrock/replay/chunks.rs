//! A whole answer of InvokeModel as the chunks that InvokeModelWithResponseStream would have sent, for the
//! models whose chunks are known.

use std::collections::VecDeque;

use base64_simd::STANDARD;
use serde_json::{Map, Value, json};

use super::super::json;
use super::super::shapes::{BLOB, Decoded};
use super::events;

/// What Bedrock adds to the last chunk.
const METRICS: &str = "amazon-bedrock-invocationMetrics";

/// How a model's chunks look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunkFormat {
    /// Anthropic's Messages: an event for each piece of a block.
    Anthropic,
    /// Amazon Nova: the events of ConverseStream.
    Nova,
    /// Amazon Titan Text.
    Titan,
    /// Meta Llama, and Mistral's prompts: a chunk is an answer, with a piece of the text.
    Whole,
}

impl ChunkFormat {
    /// That of a model, by its id.
    pub fn of(model: &str) -> Option<Self> {
        let formats = [
            ("anthropic.claude-", Self::Anthropic),
            ("amazon.nova-", Self::Nova),
            ("amazon.titan-text-", Self::Titan),
            ("meta.llama", Self::Whole),
            ("mistral.mistral-7b-", Self::Whole),
            ("mistral.mixtral-", Self::Whole),
        ];
        formats.into_iter().find(|(prefix, _)| model.starts_with(prefix)).map(|(_, format)| format)
    }

    /// The chunks of an answer; `metrics` is what Bedrock says in the headers of one. What cannot be read
    /// is one chunk.
    pub fn chunks(self, answer: &[u8], metrics: Option<Map<String, Value>>) -> VecDeque<Decoded> {
        let Ok(Value::Object(answer)) = json::parse(answer) else {
            return VecDeque::from([chunk(answer)]);
        };
        let mut pieces = match self {
            Self::Anthropic => anthropic(answer),
            Self::Nova => nova(&Value::Object(answer)),
            Self::Titan => titan(&answer),
            Self::Whole => vec![Value::Object(answer)],
        };
        if let (Some(Value::Object(last)), Some(metrics)) = (pieces.last_mut(), metrics) {
            last.insert(METRICS.to_owned(), Value::Object(metrics));
        }
        // A value is always JSON.
        pieces
            .iter()
            .map(|piece| chunk(&json::to_string(piece).unwrap_or_default().into_bytes()))
            .collect()
    }
}

fn chunk(bytes: &[u8]) -> Decoded {
    let json = json!({ "chunk": { "bytes": STANDARD.encode_to_string(bytes) } }).to_string();
    let special = json!(["chunk", "bytes", BLOB]).to_string();
    Decoded { json: json.into_bytes(), special: special.into_bytes() }
}

/// The events of a message. An answer of the Text Completions API is a chunk itself.
fn anthropic(mut message: Map<String, Value>) -> Vec<Value> {
    let Some(Value::Array(content)) = message.get_mut("content").map(Value::take) else {
        return vec![Value::Object(message)];
    };
    let (stop_reason, stop_sequence) = (message.get("stop_reason"), message.get("stop_sequence"));
    let mut delta = Map::new();
    delta.insert("stop_reason".to_owned(), stop_reason.cloned().unwrap_or_default());
    delta.insert("stop_sequence".to_owned(), stop_sequence.cloned().unwrap_or_default());
    let usage = message.get("usage").cloned().unwrap_or_else(|| json!({}));
    message.insert("content".to_owned(), json!([]));
    message.insert("stop_reason".to_owned(), Value::Null);
    message.insert("stop_sequence".to_owned(), Value::Null);
    let mut pieces = vec![json!({ "type": "message_start", "message": message })];
    for (index, block) in content.into_iter().enumerate() {
        let Value::Object(block) = block else { continue };
        let (start, deltas) = block_of(block);
        pieces
            .push(json!({ "type": "content_block_start", "index": index, "content_block": start }));
        for delta in deltas {
            pieces.push(json!({ "type": "content_block_delta", "index": index, "delta": delta }));
        }
        pieces.push(json!({ "type": "content_block_stop", "index": index }));
    }
    pieces.push(json!({ "type": "message_delta", "delta": delta, "usage": usage }));
    pieces.push(json!({ "type": "message_stop" }));
    pieces
}

/// How a block begins, and what is added to it.
fn block_of(mut block: Map<String, Value>) -> (Value, Vec<Value>) {
    let mut deltas = Vec::new();
    let kind = block.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut piece = |member: &str, empty: Value, delta: &str, deltas: &mut Vec<Value>| {
        let Some(content) = block.get_mut(member) else { return };
        let content = std::mem::replace(content, empty);
        let content = match content {
            Value::Object(_) if delta == "input_json_delta" => {
                Value::from(json::to_string(&content).unwrap_or_default())
            }
            content => content,
        };
        let name = if delta == "input_json_delta" { "partial_json" } else { member };
        deltas.push(json!({ "type": delta, name: content }));
    };
    match kind.as_str() {
        "text" => {
            piece("text", Value::from(""), "text_delta", &mut deltas);
            if let Some(Value::Array(citations)) = block.get_mut("citations") {
                let citations = std::mem::take(citations).into_iter();
                let citations = citations
                    .map(|citation| json!({ "type": "citations_delta", "citation": citation }));
                // They came before the text that they belong to was whole.
                deltas = citations.chain(deltas).collect();
            }
        }
        "thinking" => {
            piece("thinking", Value::from(""), "thinking_delta", &mut deltas);
            piece("signature", Value::from(""), "signature_delta", &mut deltas);
        }
        "tool_use" | "server_tool_use" | "mcp_tool_use" => {
            piece("input", json!({}), "input_json_delta", &mut deltas);
        }
        // Everything else comes in one piece, with its beginning.
        _ => {}
    }
    (Value::Object(block), deltas)
}

fn nova(answer: &Value) -> Vec<Value> {
    let whole = Decoded { json: answer.to_string().into_bytes(), special: Vec::new() };
    events(&whole).iter().filter_map(|event| json::parse(&event.json).ok()).collect()
}

/// A chunk for each result; there is hardly ever more than one.
fn titan(answer: &Map<String, Value>) -> Vec<Value> {
    let results = answer.get("results").and_then(Value::as_array).cloned().unwrap_or_default();
    let input = answer.get("inputTextTokenCount").cloned().unwrap_or_default();
    let of = |(index, result): (usize, &Value)| {
        let member = |name: &str| result.get(name).cloned().unwrap_or_default();
        json!({
            "outputText": member("outputText"),
            "index": index,
            "totalOutputTextTokenCount": member("tokenCount"),
            "completionReason": member("completionReason"),
            "inputTextTokenCount": input,
        })
    };
    results.iter().enumerate().map(of).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    fn chunks_of(model: &str, answer: &Value) -> Vec<Value> {
        let metrics = json!({ "inputTokenCount": 3, "outputTokenCount": 4 });
        let metrics = metrics.as_object().cloned();
        let chunks = ChunkFormat::of(model).unwrap().chunks(answer.to_string().as_bytes(), metrics);
        let read = |chunk: &Decoded| {
            assert_eq!(chunk.special, br#"["chunk","bytes","blob"]"#);
            let chunk: Value = json::parse(&chunk.json).unwrap();
            let bytes = STANDARD.decode_to_vec(chunk["chunk"]["bytes"].as_str().unwrap()).unwrap();
            json::parse(&bytes).unwrap()
        };
        chunks.iter().map(read).collect()
    }

    #[test]
    fn a_message_becomes_its_events() {
        let chunks = chunks_of(
            "anthropic.claude-sonnet-4-6",
            &json!({
                "id": "msg_1", "type": "message", "role": "assistant", "model": "claude",
                "content": [
                    { "type": "thinking", "thinking": "hm", "signature": "s" },
                    { "type": "redacted_thinking", "data": "x" },
                    { "type": "text", "text": "hello", "citations": [{ "cited_text": "h" }] },
                    { "type": "tool_use", "id": "t", "name": "add", "input": { "b": 1, "a": 2 } },
                ],
                "stop_reason": "tool_use", "stop_sequence": null,
                "usage": { "input_tokens": 3, "output_tokens": 4 },
            }),
        );
        let kinds: Vec<String> = chunks
            .iter()
            .map(|chunk| match chunk.pointer("/delta/type") {
                Some(kind) => kind.as_str().unwrap().to_owned(),
                None => chunk["type"].as_str().unwrap().to_owned(),
            })
            .collect();
        let (start, stop) = ("content_block_start", "content_block_stop");
        assert_eq!(
            kinds,
            [
                "message_start",
                start,
                "thinking_delta",
                "signature_delta",
                stop,
                start,
                stop,
                start,
                "citations_delta",
                "text_delta",
                stop,
                start,
                "input_json_delta",
                stop,
                "message_delta",
                "message_stop",
            ]
        );
        assert_eq!(chunks[0]["message"]["content"], json!([]));
        assert_eq!(chunks[0]["message"]["stop_reason"], Value::Null);
        assert_eq!(chunks[5]["content_block"]["data"], "x");
        assert_eq!(chunks[11]["content_block"]["input"], json!({}));
        assert_eq!(chunks[12]["delta"]["partial_json"], r#"{"b":1,"a":2}"#);
        assert_eq!(chunks[14]["delta"]["stop_reason"], "tool_use");
        assert_eq!(chunks[15][METRICS]["outputTokenCount"], 4);
    }

    #[test]
    fn other_models_have_their_own_chunks() {
        let nova = chunks_of(
            "amazon.nova-pro-v1:0",
            &json!({
                "output": { "message": { "role": "assistant", "content": [{ "text": "hello" }] } },
                "stopReason": "end_turn", "usage": { "inputTokens": 1 },
            }),
        );
        assert_eq!(nova[1]["contentBlockDelta"]["delta"]["text"], "hello");
        assert_eq!(nova[3]["messageStop"]["stopReason"], "end_turn");
        assert_eq!(nova[4][METRICS]["inputTokenCount"], 3);
        let titan = chunks_of(
            "amazon.titan-text-express-v1",
            &json!({ "inputTextTokenCount": 5, "results": [
                { "tokenCount": 2, "outputText": "hi", "completionReason": "FINISH" }] }),
        );
        assert_eq!(titan[0]["outputText"], "hi");
        assert_eq!(titan[0]["totalOutputTextTokenCount"], 2);
        let answer = json!({ "generation": "hello", "stop_reason": "stop" });
        let llama = chunks_of("meta.llama3-8b-instruct-v1:0", &answer);
        assert_eq!((llama.len(), &llama[0]["generation"]), (1, &answer["generation"]));
    }

    #[test]
    fn models_whose_chunks_are_not_known_have_none_and_what_is_no_json_is_one_chunk() {
        for model in
            ["cohere.command-r-v1:0", "openai.gpt-oss-120b-1:0", "mistral.pixtral-large-2502-v1:0"]
        {
            assert_eq!(ChunkFormat::of(model), None, "{model}");
        }
        assert_eq!(ChunkFormat::Whole.chunks(b"oops", None).len(), 1);
    }
}
