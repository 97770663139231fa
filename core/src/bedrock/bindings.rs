//! Where a request's members stand in HTTP: in the path, in headers, as the body or within it; and
//! those of a response likewise.

use serde_json::{Map, Value};

use super::error::CallError;
use super::json;
use super::shapes::{self, OperationShapes};
use crate::profile::arn::encode_path_segment;

const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";

/// A request as HTTP has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parts {
    /// The path below the endpoint, percent-encoded once.
    pub path: String,
    /// Headers that members stand in, and the content type.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// An input of this operation as HTTP has it, as the AWS SDK for JavaScript would.
pub fn request(
    operation: &str,
    input: &Map<String, Value>,
    blobs: &[impl AsRef<[u8]>],
) -> Result<Parts, CallError> {
    let Some(shape) = shapes::operation(operation) else {
        return Err(CallError::input(format!("There is no operation `{operation}`.")));
    };
    let mut headers = Vec::new();
    for (member, header) in &shape.input.headers {
        if let Some(value) = input.get(member).filter(|value| !value.is_null()) {
            headers.push((header.clone(), header_value(member, value)?));
        }
    }
    let (body, content_type) = match &shape.input.payload {
        Some(member) => (payload(member, input.get(member), blobs)?, BYTES),
        None => (shapes::encode(operation, input, blobs), JSON),
    };
    // As in the AWS SDK, an empty type is none.
    headers.retain(|(name, value)| name != "content-type" || !value.is_empty());
    if !headers.iter().any(|(name, _)| name == "content-type") {
        headers.push(("content-type".to_owned(), content_type.to_owned()));
    }
    Ok(Parts { path: path(shape, input)?, headers, body })
}

/// The members of a response that stand in its headers.
pub fn response_members(operation: &str, headers: &[(String, String)]) -> Map<String, Value> {
    let Some(shape) = shapes::operation(operation) else { return Map::new() };
    let member_of = |name: &str| {
        shape.output.headers.iter().find(|(_, header)| name.eq_ignore_ascii_case(header))
    };
    let known = headers.iter().filter_map(|(name, value)| {
        Some((member_of(name)?.0.clone(), Value::from(value.as_str())))
    });
    known.collect()
}

fn path(shape: &OperationShapes, input: &Map<String, Value>) -> Result<String, CallError> {
    let mut path = String::with_capacity(shape.path.len() + 96);
    let mut rest = shape.path.as_str();
    while let Some((before, label)) = rest.split_once('{') {
        let (label, after) = label.split_once('}').unwrap_or((label, ""));
        path.push_str(before);
        path.push_str(&encode_path_segment(&json::lossy(label_value(label, input.get(label))?)));
        rest = after;
    }
    path.push_str(rest);
    Ok(path)
}

fn label_value<'a>(label: &str, value: Option<&'a Value>) -> Result<&'a str, CallError> {
    match value {
        Some(Value::String(text)) => Ok(text),
        None | Some(Value::Null) => {
            Err(CallError::input(format!("No value provided for input HTTP label: {label}.")))
        }
        Some(_) => Err(CallError::input(format!("{label} must be a string."))),
    }
}

fn header_value(member: &str, value: &Value) -> Result<String, CallError> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return Err(CallError::input(format!("{member} must be a string: it is a header."))),
    };
    if text.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)) {
        return Ok(text);
    }
    Err(CallError::input(format!(
        "{member} has characters that a header cannot have; printable ASCII is right."
    )))
}

fn payload(
    member: &str,
    value: Option<&Value>,
    blobs: &[impl AsRef<[u8]>],
) -> Result<Vec<u8>, CallError> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(json::lossy(text).into_owned().into_bytes()),
        Some(value) => shapes::blob(value, blobs).map(<[u8]>::to_vec).ok_or_else(|| {
            CallError::input(format!("{member} must be a Uint8Array, a Buffer or a string."))
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    const BLOBS: [&[u8]; 1] = [b"\x00\xff"];

    fn parts(operation: &str, input: &Value) -> Result<Parts, CallError> {
        request(operation, input.as_object().unwrap(), &BLOBS)
    }

    fn header<'a>(parts: &'a Parts, wanted: &str) -> Option<&'a str> {
        parts.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }

    #[test]
    fn a_payload_is_the_body_as_it_is() {
        let made =
            parts("InvokeModel", &json!({ "modelId": "a.b:0", "body": "{\"p\":1}" })).unwrap();
        assert_eq!(made.path, "/model/a.b%3A0/invoke");
        assert_eq!(made.body, b"{\"p\":1}");
        assert_eq!(header(&made, "content-type"), Some(BYTES));
        let bytes = json!({ "modelId": "a", "body": { shapes::BLOB_KEY: 0 } });
        assert_eq!(parts("InvokeModel", &bytes).unwrap().body, b"\x00\xff");
        assert!(parts("InvokeModel", &json!({ "modelId": "a" })).unwrap().body.is_empty());
        let error = parts("InvokeModel", &json!({ "modelId": "a", "body": { "a": 1 } }));
        assert_eq!(error.unwrap_err().message, "body must be a Uint8Array, a Buffer or a string.");
    }

    #[test]
    fn members_stand_in_headers() {
        let input = json!({ "modelId": "a", "accept": "*/*", "contentType": "text/x",
            "trace": "ENABLED", "guardrailIdentifier": "", "serviceTier": null,
            "projectIdentifier": "team-a" });
        let whole = parts("InvokeModel", &input).unwrap();
        assert_eq!(header(&whole, "accept"), Some("*/*"));
        assert_eq!(header(&whole, "content-type"), Some("text/x"));
        assert_eq!(header(&whole, "x-amzn-bedrock-trace"), Some("ENABLED"));
        assert_eq!(header(&whole, "x-amzn-bedrock-guardrailidentifier"), Some(""));
        assert_eq!(header(&whole, "x-amzn-bedrock-service-tier"), None);
        assert_eq!(header(&whole, "x-amzn-bedrock-projectidentifier"), Some("team-a"));
        let streamed = parts("InvokeModelWithResponseStream", &input).unwrap();
        assert_eq!(header(&streamed, "x-amzn-bedrock-accept"), Some("*/*"));
        assert_eq!(header(&streamed, "x-amzn-bedrock-projectidentifier"), Some("team-a"));
    }

    #[test]
    fn a_header_holds_no_line_breaks_and_no_objects() {
        for (value, said) in [
            (json!("a\r\nhost: evil"), "characters that a header cannot have"),
            (json!({ "a": "b" }), "must be a string"),
        ] {
            let error = parts("InvokeModel", &json!({ "modelId": "a", "requestMetadata": value }));
            let message = error.unwrap_err().message;
            assert!(message.starts_with("requestMetadata ") && message.contains(said), "{message}");
        }
    }

    #[test]
    fn labels_stand_in_the_path_and_not_in_the_body() {
        let input = json!({ "guardrailIdentifier": "arn:aws:bedrock:us-east-1:1:guardrail/x",
            "guardrailVersion": "DRAFT", "source": "INPUT", "content": [] });
        let made = parts("ApplyGuardrail", &input).unwrap();
        assert_eq!(
            made.path,
            "/guardrail/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aguardrail%2Fx/version/DRAFT/apply"
        );
        assert_eq!(made.body, br#"{"source":"INPUT","content":[]}"#);
        assert_eq!(header(&made, "content-type"), Some(JSON));
        let missing = parts("ApplyGuardrail", &json!({ "guardrailVersion": "1" })).unwrap_err();
        assert_eq!(missing.message, "No value provided for input HTTP label: guardrailIdentifier.");
        let wrong = parts("InvokeModel", &json!({ "modelId": 5 })).unwrap_err();
        assert_eq!(wrong.message, "modelId must be a string.");
    }

    #[test]
    fn an_answers_members_come_from_its_headers() {
        let headers =
            [("Content-Type", "application/json"), ("x-amzn-bedrock-service-tier", "flex")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            Value::Object(response_members("InvokeModel", &headers)),
            json!({ "contentType": "application/json", "serviceTier": "flex" })
        );
        assert!(response_members("Converse", &headers).is_empty());
    }

    #[test]
    fn an_operation_that_is_not_there_is_said() {
        let error = parts("Sing", &json!({})).unwrap_err();
        assert_eq!(error.message, "There is no operation `Sing`.");
    }
}
