//! The wire's shapes: what of an input goes out, and what of a response comes in.
//!
//! `shapes.json` is made from AWS's published service model by `scripts/shapes.js`. As in the AWS
//! SDK for JavaScript, members go out in the shapes' order, and members that the shapes do not
//! know are dropped in both directions. What a caller's newer SDK knows is added while the process
//! runs ([`extend`]).

mod read;
mod table;
mod write;

pub use read::{BLOB, Decoded, Delta, DeltaKind, decode, decode_error, decode_event};
pub use table::{
    ErrorShape, OperationShapes, Side, error_shape, extend, operation, stream_exception, text,
};
pub use write::{BLOB_KEY, JSON_KEY, blob, encode};

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use serde_json::{Value, json};

    use super::*;
    use crate::bedrock::json::{self, Document};

    /// What is decoded, as a value with the paths of what is special.
    fn decoded(body: &Value) -> (Value, Vec<Vec<Value>>) {
        read(&decode("Converse", &Document::read(body.to_string().into()).unwrap()))
    }

    fn read(decoded: &Decoded) -> (Value, Vec<Vec<Value>>) {
        let special = [b"[", decoded.special.as_slice(), b"]"].concat();
        (json::parse(&decoded.json).unwrap(), serde_json::from_slice(&special).unwrap())
    }

    fn event(event_type: &str, payload: &str) -> Option<(Value, Vec<Vec<Value>>)> {
        let mut decoded = Decoded::default();
        let payload = Document::read(payload.to_owned().into()).unwrap();
        decode_event("ConverseStream", event_type, &payload, &mut decoded).then(|| read(&decoded))
    }

    fn encoded(input: &Value) -> String {
        let blobs: [&[u8]; 2] = [b"\x00\xff", b"hello"];
        String::from_utf8(encode("Converse", input.as_object().unwrap(), &blobs)).unwrap()
    }

    #[test]
    fn members_go_out_in_the_shapes_order_and_unknown_ones_stay() {
        let input = json!({
            "inferenceConfig": { "topP": 0.9, "temperature": 0.7, "topK": 5, "maxTokens": null },
            "modelId": "m",
            "messages": [{ "content": [{ "text": "hi", "type": "text" }, null], "role": "user" }],
        });
        assert_eq!(
            encoded(&input),
            r#"{"messages":[{"role":"user","content":[{"text":"hi"}]}],"inferenceConfig":{"temperature":0.7,"topP":0.9}}"#
        );
    }

    #[test]
    fn documents_keep_their_order_and_their_nulls() {
        let input =
            json!({ "additionalModelRequestFields": { "z": null, "a": [1, null], "m": 1.0 } });
        assert_eq!(
            encoded(&input),
            r#"{"additionalModelRequestFields":{"z":null,"a":[1,null],"m":1.0}}"#
        );
    }

    #[test]
    fn blobs_are_base64_from_the_table_or_from_text() {
        let image = |bytes: Value| {
            json!({ "messages": [{ "role": "user", "content": [
            { "image": { "format": "png", "source": { "bytes": bytes } } }] }] })
        };
        assert!(encoded(&image(json!({ BLOB_KEY: 0 }))).contains(r#""bytes":"AP8=""#));
        assert!(encoded(&image(json!("hello"))).contains(r#""bytes":"aGVsbG8=""#));
        let document = json!({ "additionalModelRequestFields": { "x": { BLOB_KEY: 1 } } });
        assert!(encoded(&document).contains(r#""x":"aGVsbG8=""#));
    }

    #[test]
    fn an_unknown_union_member_can_be_named() {
        let input = json!({ "messages": [{ "role": "user", "content": [
            { "$unknown": ["newBlock", { "b": 1, "a": 2 }] }, { "newBlock": {} }] }] });
        assert!(encoded(&input).contains(r#""content":[{"newBlock":{"b":1,"a":2}},{}]"#));
    }

    #[test]
    fn a_wrong_type_goes_out_as_it_is() {
        let input = json!({ "messages": "no", "inferenceConfig": { "maxTokens": "5" } });
        assert_eq!(encoded(&input), r#"{"messages":"no","inferenceConfig":{"maxTokens":"5"}}"#);
    }

    #[test]
    fn answers_lose_what_the_shapes_do_not_know() {
        let body = json!({ "output": { "message": { "role": "assistant", "content": [
            { "text": "a", "extra": 1 }, { "reasoningContent": { "redactedContent": "AP8=" } },
            { "future": { "x": 1 } }] } }, "p": "abc", "stopReason": "end_turn", "trace": null });
        let (value, special) = decoded(&body);
        assert_eq!(
            value,
            json!({ "output": { "message": { "role": "assistant", "content": [
                { "text": "a" }, { "reasoningContent": { "redactedContent": "AP8=" } },
                { "$unknown": ["future", { "x": 1 }] }] } }, "stopReason": "end_turn" })
        );
        assert_eq!(
            special,
            vec![vec![
                json!("output"),
                json!("message"),
                json!("content"),
                json!(1),
                json!("reasoningContent"),
                json!("redactedContent"),
                json!("blob")
            ]]
        );
    }

    #[test]
    fn events_lose_their_padding_and_unknown_ones_are_skipped() {
        let payload = r#"{"contentBlockIndex":0,"delta":{"text":"x"},"p":"abcd"}"#;
        let (value, special) = event("contentBlockDelta", payload).unwrap();
        assert_eq!(
            value.to_string(),
            r#"{"contentBlockDelta":{"delta":{"text":"x"},"contentBlockIndex":0}}"#
        );
        assert!(special.is_empty());
        assert_eq!(event("brandNew", "{}"), None);
    }

    #[test]
    fn a_delta_that_is_a_piece_of_text_is_told_from_the_rest() {
        let kind = |payload: &str| {
            let payload = Document::read(payload.to_owned().into()).unwrap();
            Delta::of(&payload).map(|delta| (delta.kind, delta.block, delta.text.to_text()))
        };
        let text = |text: &str| text.to_owned();
        assert_eq!(
            kind(r#"{"p":"abc","delta":{"text":"x\ny"},"contentBlockIndex":3}"#),
            Some((DeltaKind::Text, 3, text("x\ny")))
        );
        assert_eq!(
            kind(r#"{"contentBlockIndex":0,"delta":{"toolUse":{"input":"{"}}}"#),
            Some((DeltaKind::ToolInput, 0, text("{")))
        );
        assert_eq!(
            kind(r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"hm"}}}"#),
            Some((DeltaKind::Reasoning, 0, text("hm")))
        );
        for other in [
            r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"s"}}}"#,
            r#"{"contentBlockIndex":0,"delta":{"text":"x","later":1}}"#,
            r#"{"contentBlockIndex":0,"delta":{"text":5}}"#,
            r#"{"contentBlockIndex":0,"delta":{"later":"x"}}"#,
            r#"{"contentBlockIndex":0.5,"delta":{"text":"x"}}"#,
            r#"{"contentBlockIndex":4294967296,"delta":{"text":"x"}}"#,
            r#"{"contentBlockIndex":0,"delta":{"text":"x"},"__type":"t"}"#,
            r#"{"delta":{"text":"x"}}"#,
            r#"{"contentBlockIndex":0}"#,
            "[]",
        ] {
            assert_eq!(kind(other), None, "{other}");
        }
    }

    #[test]
    fn halves_and_pairs_pass_as_they_are_written() {
        let payload = r#"{"delta":{"text":"\ud83e 🤖 \udd16"},"contentBlockIndex":0}"#;
        let mut decoded = Decoded::default();
        let document = Document::read(payload.to_owned().into()).unwrap();
        assert!(decode_event("ConverseStream", "contentBlockDelta", &document, &mut decoded));
        let json = String::from_utf8(decoded.json).unwrap();
        assert_eq!(json, format!("{{\"contentBlockDelta\":{payload}}}"));
    }

    #[test]
    fn of_two_members_of_one_name_the_last_counts() {
        let body = r#"{"stopReason":"a","stopReason":"b",
            "additionalModelResponseFields":{"x":12345678901234567890,"y":2,"\u0078":1}}"#;
        let (value, special) =
            read(&decode("Converse", &Document::read(body.to_owned().into()).unwrap()));
        assert_eq!(
            value,
            json!({ "stopReason": "b",
            "additionalModelResponseFields": { "x": 1, "y": 2 } })
        );
        assert!(special.is_empty());
    }

    #[test]
    fn exceptions_are_known_by_both_names() {
        let shape = stream_exception("modelStreamErrorException").unwrap();
        assert_eq!((shape.name.as_str(), shape.status), ("ModelStreamErrorException", 424));
        assert!(error_shape("ModelNotReadyException").unwrap().retryable);
        assert!(error_shape("InternalServerException").unwrap().server_fault);
        assert_eq!(error_shape("Brand"), None);
        assert_eq!(stream_exception(""), None);
    }

    #[test]
    fn beside_a_type_everything_is_sent_and_kept() {
        let message = json!({ "role": null, "extra": { "b": 1 }, "__type": "Message" });
        assert_eq!(
            encoded(&json!({ "messages": [message] })),
            r#"{"messages":[{"role":null,"extra":{"b":1},"__type":"Message"}]}"#
        );
        let body = json!({ "usage": { "new": 1, "__type": "Usage", "inputTokens": 2 } });
        let kept = json!({ "usage": { "inputTokens": 2, "new": 1, "__type": "Usage" } });
        assert_eq!(decoded(&body).0, kept);
        assert_eq!(encoded(&json!({ "__type": "Request", "modelId": "m" })), "{}");
    }

    #[test]
    fn lists_and_maps_of_answers_keep_their_nulls() {
        let body = json!({ "output": { "message": { "content": [null, { "text": "a" }] } } });
        assert_eq!(decoded(&body).0, body);
    }

    #[test]
    fn what_json_has_no_way_to_say_is_marked() {
        let body: Value = serde_json::from_str(
            r#"{"usage":{"inputTokens":"NaN"},"metrics":{"latencyMs":12345678901234567890},
                "additionalModelResponseFields":{"__proto__":1,"a":[0.12345678901234567]}}"#,
        )
        .unwrap();
        let (value, special) = decoded(&body);
        assert_eq!(value["additionalModelResponseFields"].as_object().unwrap().len(), 1);
        let marks: Vec<_> = special.iter().map(|path| path.last().unwrap()).collect();
        assert_eq!(marks, ["number", "=12345678901234567890", "=0.12345678901234567"]);
    }

    #[test]
    fn marked_json_goes_out_as_it_stands() {
        let fields = json!({ "additionalModelRequestFields": {
            "big": { JSON_KEY: "12345678901234567890" }, "bad": { JSON_KEY: "1}" } } });
        let sent = encoded(&fields);
        assert!(sent.contains(r#""big":12345678901234567890"#), "{sent}");
        assert!(sent.contains(r#""bad":{"\u0000json":"1}"}"#), "{sent}");
    }

    #[test]
    fn what_an_sdk_knows_more_is_added_in_its_order() {
        let more = json!({ "shapes": {
            "S3Location": { "structure": { "added": "Added", "uri": "blob" } },
            "Added": { "list": "document" } } });
        extend(&more.to_string()).unwrap();
        let location = json!({ "bucketOwner": "o", "uri": "u", "added": [{ "b": 1, "a": 2 }] });
        let image = json!({ "image": { "source": { "s3Location": location } } });
        assert_eq!(
            encoded(&json!({ "messages": [{ "content": [image] }] })),
            r#"{"messages":[{"content":[{"image":{"source":{"s3Location":{"added":[{"b":1,"a":2}],"uri":"u","bucketOwner":"o"}}}}]}]}"#
        );
        let now = text();
        extend(&more.to_string()).unwrap();
        assert_eq!(text(), now);
        assert!(extend("no json").is_err());
    }
}
