#![allow(clippy::unwrap_used, reason = "tests")]

use http::uri::Uri;
use http::{HeaderMap, Method};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::*;

fn connection(room: usize) -> (Http1, DuplexStream) {
    let (ours, theirs) = duplex(room);
    let (socket, health) = Watched::new(Box::new(ours));
    (Http1::start(Link { socket, health, http2: false, proxied: false }), theirs)
}

fn head(length: usize) -> Vec<u8> {
    request_head(&Method::POST, &Uri::from_static("/"), &HeaderMap::new(), length)
}

async fn text_of(body: &mut Http1Body) -> Result<String, CallError> {
    let mut text = Vec::new();
    while let Some(chunk) = poll_fn(|context| body.poll_chunk(context)).await {
        text.extend_from_slice(&chunk?);
    }
    Ok(String::from_utf8(text).unwrap())
}

async fn read_request(server: &mut DuplexStream, length: usize) -> Vec<u8> {
    let mut read = vec![0; head(length).len() + length];
    server.read_exact(&mut read).await.unwrap();
    read
}

#[tokio::test]
async fn a_connection_serves_one_exchange_after_another() {
    let (mut connection, mut server) = connection(1 << 20);
    for (request, response, text) in [
        ("one", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nall", "all"),
        (
            "",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            "abc",
        ),
        ("three", "HTTP/1.1 204 No Content\r\n\r\n", ""),
    ] {
        let sending = connection.send(head(request.len()), Bytes::from(request));
        let serving = async {
            let read = read_request(&mut server, request.len()).await;
            assert!(read.ends_with(request.as_bytes()));
            server.write_all(response.as_bytes()).await.unwrap();
        };
        let (sent, ()) = tokio::join!(sending, serving);
        let (_, mut body) = sent.unwrap();
        assert_eq!(text_of(&mut body).await.unwrap(), text);
        connection = body.into_kept().unwrap();
        assert!(!connection.is_closed());
    }
    drop(server);
    assert!(connection.is_closed());
}

#[tokio::test]
async fn a_server_that_responds_before_it_has_read_the_request_is_heard_while_it_is_written() {
    for whole in [true, false] {
        let (connection, mut server) = connection(8 * 1024);
        let request = Bytes::from(vec![b'x'; 1 << 20]);
        let sending = connection.send(head(request.len()), request.clone());
        let responding = server.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbo");
        let (sent, responded) = tokio::join!(sending, responding);
        responded.unwrap();
        let (_, mut body) = sent.unwrap();
        let serving = async {
            if whole {
                read_request(&mut server, request.len()).await;
            }
            server.write_all(b"dy").await.unwrap();
            server
        };
        let (text, _server) = tokio::join!(text_of(&mut body), serving);
        assert_eq!(text.unwrap(), "body");
        // A server that has not read the request would take its rest for the next.
        assert_eq!(body.into_kept().is_some(), whole);
    }
}

#[tokio::test]
async fn what_a_server_says_too_much_ends_the_connection_and_not_the_response() {
    let (connection, mut server) = connection(1 << 16);
    server
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbodyHTTP/1.1 200")
        .await
        .unwrap();
    let (_, mut body) = connection.send(head(0), Bytes::new()).await.unwrap();
    assert_eq!(text_of(&mut body).await.unwrap(), "body");
    assert!(body.into_kept().is_none());
}

#[tokio::test]
async fn a_body_that_nobody_reads_to_its_end_gives_no_connection_back() {
    let (connection, mut server) = connection(1 << 16);
    server.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbo").await.unwrap();
    let (_, body) = connection.send(head(0), Bytes::new()).await.unwrap();
    assert!(body.into_kept().is_none());
}

#[tokio::test]
async fn an_end_without_a_response_is_a_request_to_send_again_only_where_the_connection_was_kept() {
    for (kept, said, resend) in [(true, "", true), (false, "", false), (true, "HTTP/1.1 2", false)]
    {
        let (mut connection, mut server) = connection(1 << 16);
        connection.kept = kept;
        server.write_all(said.as_bytes()).await.unwrap();
        drop(server);
        let failed = connection.send(head(0), Bytes::new()).await.unwrap_err();
        assert_eq!(failed.error.code.as_deref(), Some("EPIPE"));
        assert_eq!(failed.resend, resend, "{kept} {said:?}");
    }
}
