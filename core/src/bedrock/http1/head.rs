//! The head of a request as it is written, and that of a response as it is read.

use bytes::{Buf, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::response::Parts;
use http::uri::Uri;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use httparse::Status;

use super::framing::Framing;
use crate::bedrock::error::CallError;

/// The largest head of a response, in bytes: what Node.js allows, four times over.
pub const MOST_HEAD: usize = 64 * 1024;

/// The most headers that a response may have.
const MOST_HEADERS: usize = 256;

/// The head of a request with a body of this length. The target is a path, or for a proxy the URL.
pub fn request_head(method: &Method, target: &Uri, headers: &HeaderMap, length: usize) -> Vec<u8> {
    let mut head = Vec::with_capacity(1024);
    head.extend_from_slice(method.as_str().as_bytes());
    head.extend_from_slice(b" ");
    head.extend_from_slice(target.to_string().as_bytes());
    head.extend_from_slice(b" HTTP/1.1\r\n");
    for (name, value) in headers {
        // A body's length is what it is, and it is sent whole.
        if name != CONTENT_LENGTH && name != TRANSFER_ENCODING {
            head.extend_from_slice(name.as_str().as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
    }
    if length > 0 || ![Method::GET, Method::HEAD].contains(method) {
        head.extend_from_slice(format!("content-length: {length}\r\n").as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Takes the head of a response off what has arrived, once it has arrived whole: with how its body
/// ends, and whether the connection may be used after it.
pub fn response(input: &mut BytesMut) -> Result<Option<(Parts, Framing, bool)>, CallError> {
    loop {
        let mut slots = [const { std::mem::MaybeUninit::uninit() }; MOST_HEADERS];
        let mut parsed = httparse::Response::new(&mut []);
        let config = httparse::ParserConfig::default();
        let status = config.parse_response_with_uninit_headers(&mut parsed, input, &mut slots);
        let length = match status.map_err(malformed)? {
            Status::Complete(length) if length <= MOST_HEAD => length,
            Status::Partial if input.len() <= MOST_HEAD => return Ok(None),
            _ => return Err(overflow()),
        };
        let code = parsed.code.unwrap_or_default();
        // What a server says ahead of its response.
        if (100..200).contains(&code) && code != 101 {
            input.advance(length);
            continue;
        }
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::from_u16(code).map_err(|_| invalid_status())?;
        let headers = response.headers_mut();
        headers.reserve(parsed.headers.len());
        for header in parsed.headers.iter() {
            let name = HeaderName::from_bytes(header.name.as_bytes());
            let value = HeaderValue::from_bytes(header.value);
            let (Ok(name), Ok(value)) = (name, value) else { return Err(invalid_header()) };
            headers.append(name, value);
        }
        let minor = parsed.version.unwrap_or_default();
        let (framing, told) = framing_of(code, headers)?;
        let keeps = told && is_kept(minor, headers);
        input.advance(length);
        return Ok(Some((response.into_parts().0, framing, keeps)));
    }
}

/// How a body ends (RFC 9112, section 6.3), and whether what follows it can be told apart.
fn framing_of(code: u16, headers: &HeaderMap) -> Result<(Framing, bool), CallError> {
    if code == 101 {
        return Ok((Framing::length(0), false));
    }
    if [204, 304].contains(&code) {
        return Ok((Framing::length(0), true));
    }
    if headers.contains_key(TRANSFER_ENCODING) {
        let last = tokens(headers, &TRANSFER_ENCODING).last().unwrap_or_default();
        let with_length = headers.contains_key(CONTENT_LENGTH);
        if last.eq_ignore_ascii_case("chunked") {
            return Ok((Framing::chunked(), !with_length));
        }
        if with_length {
            let what = "Content-Length can't be present with Transfer-Encoding";
            return Err(CallError::unparsable("HPE_INVALID_CONTENT_LENGTH", what));
        }
        return Ok((Framing::until_close(), false));
    }
    let mut length = None;
    for value in headers.get_all(CONTENT_LENGTH) {
        for one in value.to_str().unwrap_or_default().split(',').map(str::trim) {
            let digits = !one.is_empty() && one.bytes().all(|byte| byte.is_ascii_digit());
            let one = one.parse::<u64>().ok().filter(|_| digits).ok_or_else(|| {
                CallError::unparsable(
                    "HPE_INVALID_CONTENT_LENGTH",
                    "Invalid character in Content-Length",
                )
            })?;
            if length.is_some_and(|length| length != one) {
                let what = "Content-Length already present";
                return Err(CallError::unparsable("HPE_UNEXPECTED_CONTENT_LENGTH", what));
            }
            length = Some(one);
        }
    }
    Ok(length.map_or((Framing::until_close(), false), |length| (Framing::length(length), true)))
}

fn is_kept(minor: u8, headers: &HeaderMap) -> bool {
    let says = |what: &str| tokens(headers, &CONNECTION).any(|one| one.eq_ignore_ascii_case(what));
    if minor == 0 { says("keep-alive") } else { !says("close") }
}

fn tokens<'a>(headers: &'a HeaderMap, name: &'a HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter();
    values.flat_map(|value| value.to_str().unwrap_or_default().split(',').map(str::trim))
}

fn malformed(error: httparse::Error) -> CallError {
    match error {
        httparse::Error::TooManyHeaders => overflow(),
        httparse::Error::HeaderName | httparse::Error::HeaderValue => invalid_header(),
        httparse::Error::Status => invalid_status(),
        httparse::Error::NewLine => {
            CallError::unparsable("HPE_LF_EXPECTED", "Expected LF after CR")
        }
        httparse::Error::Token | httparse::Error::Version => {
            CallError::unparsable("HPE_INVALID_CONSTANT", "Expected HTTP/")
        }
    }
    .caused_by(error.to_string())
}

fn overflow() -> CallError {
    CallError::unparsable("HPE_HEADER_OVERFLOW", "Header overflow")
}

fn invalid_status() -> CallError {
    CallError::unparsable("HPE_INVALID_STATUS", "Invalid status code")
}

fn invalid_header() -> CallError {
    CallError::unparsable("HPE_INVALID_HEADER_TOKEN", "Invalid header token")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn read(wire: &str) -> Result<Option<(Parts, Framing, bool)>, CallError> {
        response(&mut BytesMut::from(wire))
    }

    fn whole(wire: &str) -> (Parts, Framing, bool) {
        read(wire).unwrap().unwrap()
    }

    #[test]
    fn a_request_says_its_length_and_how_it_is_sent_itself() {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("there"));
        headers.insert("x-one", HeaderValue::from_static("1"));
        headers.append("x-one", HeaderValue::from_static("2"));
        headers.insert("transfer-encoding", HeaderValue::from_static("chunked"));
        headers.insert("content-length", HeaderValue::from_static("99"));
        let head = |method: &Method, target: &'static str, length| {
            let target = Uri::from_static(target);
            String::from_utf8(request_head(method, &target, &headers, length)).unwrap()
        };
        assert_eq!(
            head(&Method::POST, "/model/a%3Ab/converse?x=1", 12),
            "POST /model/a%3Ab/converse?x=1 HTTP/1.1\r\nhost: there\r\nx-one: 1\r\nx-one: 2\r\n\
             content-length: 12\r\n\r\n"
        );
        assert!(head(&Method::POST, "/", 0).ends_with("content-length: 0\r\n\r\n"));
        assert!(!head(&Method::GET, "/", 0).contains("content-length"));
        assert!(
            head(&Method::GET, "http://far:81/x", 0)
                .starts_with("GET http://far:81/x HTTP/1.1\r\n")
        );
    }

    #[test]
    fn a_head_is_read_once_it_is_whole_and_what_comes_before_it_is_passed_over() {
        let wire = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n\
                    HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-A: 1\r\nx-a: 2\r\n\r\nbody";
        let body = wire.len() - 4;
        for length in 0..body {
            let mut input = BytesMut::from(wire.get(..length).unwrap());
            assert!(response(&mut input).unwrap().is_none(), "{length}");
        }
        let mut input = BytesMut::from(wire);
        let (parts, _, keeps) = response(&mut input).unwrap().unwrap();
        assert_eq!((parts.status.as_u16(), keeps), (200, true));
        assert_eq!(parts.headers.get_all("x-a").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(input, "body");
    }

    #[test]
    fn the_connection_is_kept_where_both_sides_know_where_the_body_ends() {
        for (head, keeps) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\ncontent-length: 3, 3\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, Chunked\r\n\r\n", true),
            ("HTTP/1.1 204 No Content\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n", false),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n", false),
            ("HTTP/1.1 200 OK\r\n\r\n", false),
            ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: foo, Close\r\n\r\n", false),
            ("HTTP/1.0 200 OK\r\ncontent-length: 3\r\n\r\n", false),
            ("HTTP/1.0 200 OK\r\ncontent-length: 3\r\nconnection: keep-alive\r\n\r\n", true),
            ("HTTP/1.1 101 Switching Protocols\r\n\r\n", false),
        ] {
            assert_eq!(whole(head).2, keeps, "{head}");
        }
        for head in
            ["HTTP/1.1 204 No Content\r\ncontent-length: 3\r\n\r\n", "HTTP/1.1 304 Same\r\n\r\n"]
        {
            assert!(whole(head).1.has_ended(), "{head}");
        }
    }

    #[test]
    fn what_is_no_head_is_refused_in_the_words_of_nodejs() {
        let long = format!("HTTP/1.1 200 OK\r\nx: {}", "x".repeat(MOST_HEAD));
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(MOST_HEADERS + 1));
        for (wire, code) in [
            ("SSH-2.0-OpenSSH_9.2\r\n", "HPE_INVALID_CONSTANT"),
            ("HTTP/2.0 200 OK\r\n\r\n", "HPE_INVALID_CONSTANT"),
            ("HTTP/1.1 2x0 OK\r\n\r\n", "HPE_INVALID_STATUS"),
            ("HTTP/1.1 099 OK\r\n\r\n", "HPE_INVALID_STATUS"),
            ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HPE_INVALID_HEADER_TOKEN"),
            ("HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n", "HPE_INVALID_HEADER_TOKEN"),
            ("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", "HPE_INVALID_CONTENT_LENGTH"),
            ("HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\n", "HPE_INVALID_CONTENT_LENGTH"),
            ("HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n", "HPE_INVALID_CONTENT_LENGTH"),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
                "HPE_UNEXPECTED_CONTENT_LENGTH",
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\ncontent-length: 1\r\n\r\n",
                "HPE_INVALID_CONTENT_LENGTH",
            ),
            (long.as_str(), "HPE_HEADER_OVERFLOW"),
            (many.as_str(), "HPE_HEADER_OVERFLOW"),
        ] {
            let error = read(wire).unwrap_err();
            let start = wire.get(..wire.len().min(60)).unwrap();
            assert_eq!(error.code.as_deref(), Some(code), "{start}");
            assert!(!error.retryable, "{start}");
        }
    }
}
