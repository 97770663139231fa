#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::atomic::{AtomicUsize, Ordering};

use h2::server;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};

use super::super::connector::Protocol;
use super::*;

/// A response of HTTP/1.1.
const WHOLE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwhole";

fn transport(protocol: Protocol, change: impl FnOnce(&mut TransportSettings)) -> Transport {
    let mut settings =
        TransportSettings { protocol: Some(protocol), ..TransportSettings::default() };
    change(&mut settings);
    Transport::new(&settings).unwrap()
}

fn to(port: u16) -> Outgoing {
    Outgoing {
        method: Method::POST,
        origin: Origin { secure: false, host: "127.0.0.1".to_owned(), port },
        path: "/".to_owned(),
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"{}"),
    }
}

async fn text_of(response: Response<Body>) -> Result<String, CallError> {
    let mut body = response.into_body();
    let mut text = Vec::new();
    while let Some(chunk) = body.chunk().await {
        text.extend_from_slice(&chunk?);
    }
    Ok(String::from_utf8(text).unwrap())
}

async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Serves every connection by itself, and says how many there were.
async fn serving<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> (u16, Arc<AtomicUsize>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (listener, port) = listen().await;
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve(socket));
        }
    });
    (port, connections)
}

/// Answers every stream of a connection with `whole`.
async fn http2_server(streams: u32) -> (u16, Arc<AtomicUsize>) {
    serving(move |socket| serve(socket, streams)).await
}

async fn serve(socket: TcpStream, streams: u32) {
    let mut builder = server::Builder::new();
    builder.max_concurrent_streams(streams);
    let mut connection = builder.handshake::<_, Bytes>(socket).await.unwrap();
    while let Some(Ok((_, mut respond))) = connection.accept().await {
        let head = Response::new(());
        if let Ok(mut body) = respond.send_response(head, false) {
            let _ = body.send_data(Bytes::from_static(b"whole"), true);
        }
    }
}

/// Passes bytes on until it is told to swallow them: a path that has gone silent without a word.
async fn silenced(target: u16) -> (u16, watch::Sender<bool>) {
    let (listener, port) = listen().await;
    let (silence, silent) = watch::channel(false);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut silent = silent.clone();
            // Who comes later finds another path.
            let late = *silent.borrow();
            tokio::spawn(async move {
                let mut onward = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
                let silenced = async { silent.wait_for(|silent| *silent && !late).await.is_ok() };
                let is_silenced = tokio::select! {
                    _ = copy_bidirectional(&mut socket, &mut onward) => false,
                    is_silenced = silenced => is_silenced,
                };
                if is_silenced {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    (port, silence)
}

/// Passes bytes on and counts what the client sends.
async fn counted(target: u16) -> (u16, Arc<AtomicUsize>) {
    let (listener, port) = listen().await;
    let sent = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&sent);
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let onward = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
        let (mut from_client, mut to_client) = socket.into_split();
        let (mut from_server, mut to_server) = onward.into_split();
        tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
        let mut buffer = vec![0; 4096];
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            counting.fetch_add(read, Ordering::SeqCst);
            let _ = to_server.write_all(buffer.get(..read).unwrap()).await;
        }
    });
    (port, sent)
}

fn quick_pings(settings: &mut TransportSettings) {
    settings.ping = PingSettings {
        interval: Duration::from_millis(40),
        timeout: Duration::from_millis(60),
        reuse_timeout: Duration::from_millis(50),
    };
}

#[tokio::test]
async fn a_path_that_goes_silent_is_noticed_and_no_new_call_joins_it() {
    let (listener, target) = listen().await;
    let (held, mut holding) = oneshot::channel();
    // The first stream begins and never goes on; those of later connections are answered.
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let mut connection = server::handshake(socket).await.unwrap();
            let (_, mut respond) = connection.accept().await.unwrap().unwrap();
            let mut body = respond.send_response(Response::new(()), false).unwrap();
            body.send_data(Bytes::from_static(b"begun"), false).unwrap();
            let _ = held.send(body);
            let _ = connection.accept().await;
        });
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, 100));
        }
    });
    let (port, silence) = silenced(target).await;
    let transport = transport(Protocol::Http2, quick_pings);
    let mut begun = transport.send(&to(port), None).await.unwrap().into_body();
    assert_eq!(begun.chunk().await.unwrap().unwrap(), "begun");
    let _held = (&mut holding).await.unwrap();
    silence.send(true).unwrap();
    let error = begun.chunk().await.unwrap().unwrap_err();
    assert_eq!(
        error.message,
        "The connection has gone silent: no answer to an HTTP/2 PING within 0.06 s."
    );
    assert_eq!((error.name.as_str(), error.code.as_deref()), ("TimeoutError", Some("ETIMEDOUT")));
    assert!(error.retryable);
    let next = transport.send(&to(port), None).await.unwrap();
    assert_eq!(text_of(next).await.unwrap(), "whole");
}

/// Passes on what the client sends, and what the server sends once it is let.
async fn withheld(target: u16) -> (u16, Arc<AtomicUsize>, oneshot::Sender<()>) {
    let (listener, port) = listen().await;
    let (let_go, gate) = oneshot::channel::<()>();
    let sent = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&sent);
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let onward = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
        let (mut from_client, mut to_client) = socket.into_split();
        let (mut from_server, mut to_server) = onward.into_split();
        tokio::spawn(async move {
            let _ = gate.await;
            tokio::io::copy(&mut from_server, &mut to_client).await
        });
        let mut buffer = vec![0; 4096];
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            let _ = to_server.write_all(buffer.get(..read).unwrap()).await;
            counting.fetch_add(read, Ordering::SeqCst);
        }
    });
    (port, sent, let_go)
}

#[tokio::test]
async fn what_was_sent_ahead_of_the_servers_first_word_is_not_sent_again_while_it_may_be_alive() {
    let (listener, target) = listen().await;
    let (arrive, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut connection = server::handshake(socket).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            arrive.send(()).unwrap();
            let mut body = respond.send_response(Response::new(()), false).unwrap();
            body.send_data(Bytes::from_static(b"whole"), true).unwrap();
        }
    });
    let (port, sent, let_go) = withheld(target).await;
    let transport = transport(Protocol::Http2, |settings| {
        settings.connect_timeout = Duration::from_millis(50);
        settings.ping =
            PingSettings { interval: Duration::from_millis(20), ..PingSettings::default() };
    });
    let sending =
        tokio::spawn(async move { text_of(transport.send(&to(port), None).await?).await });
    arrivals.recv().await.unwrap();
    // It asks for a sign of life instead of giving up: a PING of 17 bytes.
    let before = sent.load(Ordering::SeqCst);
    while sent.load(Ordering::SeqCst) < before + 17 && !sending.is_finished() {
        tokio::task::yield_now().await;
    }
    let_go.send(()).unwrap();
    assert_eq!(sending.await.unwrap().unwrap(), "whole");
    assert!(arrivals.try_recv().is_err());
}

#[tokio::test]
async fn a_server_that_never_says_a_word_holds_up_nobody_else() {
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        let mut mute = Vec::new();
        mute.push(listener.accept().await.unwrap());
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, 100));
        }
    });
    let transport = transport(Protocol::Http2, |settings| {
        quick_pings(settings);
        settings.connect_timeout = Duration::from_millis(50);
        settings.ping.timeout = Duration::from_millis(300);
    });
    let (first, second) = (transport.clone(), transport.clone());
    let first = tokio::spawn(async move { first.send(&to(port), None).await.map(|_| ()) });
    let second = tokio::spawn(async move { text_of(second.send(&to(port), None).await?).await });
    // Whichever was first waits for the mute server's answer to a PING; the other does not.
    assert_eq!(second.await.unwrap().unwrap(), "whole");
    assert!(!first.is_finished());
    let error = first.await.unwrap().unwrap_err();
    assert!(error.message.starts_with("The connection has gone silent"), "{error}");
}

#[tokio::test]
async fn a_server_that_never_says_a_word_costs_a_connection_that_nobody_uses_its_place() {
    let (listener, port) = listen().await;
    let (closed, closing) = oneshot::channel();
    tokio::spawn(async move {
        let (mut mute, _) = listener.accept().await.unwrap();
        let mut read = Vec::new();
        mute.read_to_end(&mut read).await.ok();
        closed.send(()).unwrap();
        let (socket, _) = listener.accept().await.unwrap();
        serve(socket, 100).await;
    });
    let transport = transport(Protocol::Http2, |settings| {
        quick_pings(settings);
        settings.connect_timeout = Duration::from_millis(50);
    });
    transport.warm(&to(port).origin);
    closing.await.unwrap();
    let answer = transport.send(&to(port), None).await.unwrap();
    assert_eq!(text_of(answer).await.unwrap(), "whole");
}

#[tokio::test]
async fn a_slow_model_on_a_path_that_lives_is_waited_for() {
    let (listener, target) = listen().await;
    let (port, sent) = counted(target).await;
    let (answer, answered) = oneshot::channel::<()>();
    let (arrive, arrived) = oneshot::channel::<()>();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut connection = server::handshake(socket).await.unwrap();
        let (_, mut respond) = connection.accept().await.unwrap().unwrap();
        arrive.send(()).unwrap();
        tokio::spawn(async move {
            answered.await.unwrap();
            let mut body = respond.send_response(Response::new(()), false).unwrap();
            body.send_data(Bytes::from_static(b"late"), true).unwrap();
        });
        while connection.accept().await.is_some() {}
    });
    let transport = transport(Protocol::Http2, quick_pings);
    let sending =
        tokio::spawn(async move { text_of(transport.send(&to(port), None).await?).await });
    arrived.await.unwrap();
    // The path answers several PINGs of 17 bytes; one that did not would be given up after two.
    let before = sent.load(Ordering::SeqCst);
    while sent.load(Ordering::SeqCst) < before + 6 * 17 {
        tokio::task::yield_now().await;
    }
    assert!(!sending.is_finished());
    answer.send(()).unwrap();
    assert_eq!(sending.await.unwrap().unwrap(), "late");
}

#[tokio::test]
async fn an_idle_connection_whose_path_has_died_costs_one_short_wait() {
    let (target, _) = http2_server(100).await;
    let (port, silence) = silenced(target).await;
    let transport = transport(Protocol::Http2, quick_pings);
    text_of(transport.send(&to(port), None).await.unwrap()).await.unwrap();
    silence.send(true).unwrap();
    // Longer than what counts as in use.
    let idle = tokio::time::Instant::now();
    while idle.elapsed() < Duration::from_millis(60) {
        tokio::task::yield_now().await;
    }
    let error = transport.send(&to(port), None).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("ETIMEDOUT"), "{error}");
    let next = transport.send(&to(port), None).await.unwrap();
    assert_eq!(text_of(next).await.unwrap(), "whole");
}

#[tokio::test]
async fn calls_at_once_share_a_connection_and_those_that_are_given_up_leave_it_to_others() {
    let (port, connections) = http2_server(100).await;
    let transport = transport(Protocol::Http2, |_| {});
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let transport = transport.clone();
            tokio::spawn(async move { text_of(transport.send(&to(port), None).await?).await })
        })
        .collect();
    for call in calls.iter().skip(25) {
        call.abort();
    }
    for call in calls.into_iter().take(25) {
        assert_eq!(call.await.unwrap().unwrap(), "whole");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_connection_is_made_before_it_is_needed() {
    let (port, connections) = http2_server(100).await;
    let transport = transport(Protocol::Http2, |_| {});
    transport.warm(&to(port).origin);
    transport.warm(&to(port).origin);
    while connections.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    text_of(transport.send(&to(port), None).await.unwrap()).await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_kept_connection_that_its_server_has_closed_is_replaced_unnoticed() {
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        for _ in 0..2 {
            let (mut socket, _) = listener.accept().await.unwrap();
            // It answers one request and hangs up when the second has come.
            for answers in [true, false] {
                let mut read = Vec::new();
                while !read.ends_with(b"{}") {
                    if socket.read_buf(&mut read).await.unwrap() == 0 {
                        return;
                    }
                }
                if answers {
                    socket.write_all(WHOLE).await.unwrap();
                }
            }
        }
    });
    let transport = transport(Protocol::Http1, |_| {});
    for _ in 0..2 {
        let response = transport.send(&to(port), None).await.unwrap();
        assert_eq!(text_of(response).await.unwrap(), "whole");
    }
}

#[tokio::test]
async fn a_new_connection_that_is_closed_without_an_answer_is_an_error() {
    let (port, accepted) = serving(|mut socket| async move {
        let mut read = Vec::new();
        while !read.ends_with(b"{}") {
            socket.read_buf(&mut read).await.unwrap();
        }
    })
    .await;
    let transport = transport(Protocol::Http1, |_| {});
    let error = transport.send(&to(port), None).await.unwrap_err();
    assert_eq!(
        (error.message.as_str(), error.code.as_deref()),
        ("socket hang up", Some("ECONNRESET"))
    );
    assert_eq!(accepted.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_cannot_be_reached_fails_everyone_who_waits_for_it() {
    let (listener, port) = listen().await;
    drop(listener);
    let transport = transport(Protocol::Http2, |_| {});
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let transport = transport.clone();
            tokio::spawn(async move { transport.send(&to(port), None).await.map(|_| ()) })
        })
        .collect();
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(error.message, format!("connect ECONNREFUSED 127.0.0.1:{port}"));
    }
}

#[tokio::test]
async fn a_host_of_http1_that_refuses_is_an_error_for_everyone_who_waits() {
    let (listener, port) = listen().await;
    drop(listener);
    for most in [Some(1), Some(10), None] {
        let transport = transport(Protocol::Http1, |settings| settings.max_sockets = most);
        let request = to(port);
        let sending = (0..300).map(|_| transport.send(&request, None));
        for sent in futures_util::future::join_all(sending).await {
            assert_eq!(sent.unwrap_err().code.as_deref(), Some("ECONNREFUSED"), "{most:?}");
        }
    }
}

/// A host whose queue of connections is full: the system drops what comes.
fn deaf() -> (socket2::Socket, Vec<std::net::TcpStream>, u16) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let limit = Duration::from_millis(100);
    let connect = || std::net::TcpStream::connect_timeout(&address, limit).ok();
    let queued = std::iter::from_fn(connect).take(16).collect();
    (socket, queued, address.port())
}

#[tokio::test]
async fn a_host_of_http1_that_never_answers_costs_everyone_one_timeout() {
    let (_socket, _queued, port) = deaf();
    let limit = Duration::from_secs(1);
    let transport = transport(Protocol::Http1, |settings| settings.connect_timeout = limit);
    let request = to(port);
    let began = tokio::time::Instant::now();
    let sending = (0..100).map(|_| transport.send(&request, None));
    for sent in futures_util::future::join_all(sending).await {
        assert_eq!(sent.unwrap_err().code.as_deref(), Some("ETIMEDOUT"));
    }
    assert!(began.elapsed() < 2 * limit, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_server_that_speaks_first_or_closes_at_once_is_given_one_connection() {
    for said in ["SSH-2.0-x\r\n", ""] {
        let (port, accepted) = serving(move |mut socket| async move {
            let _ = socket.write_all(said.as_bytes()).await;
        })
        .await;
        let transport = transport(Protocol::Http1, |_| {});
        assert!(transport.send(&to(port), None).await.is_err());
        assert_eq!(accepted.load(Ordering::SeqCst), 1, "{said:?}");
    }
}

#[tokio::test]
async fn a_request_that_kept_connections_lose_one_after_another_goes_out_twice() {
    const KEPT: usize = 10;
    let requests = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&requests);
    let (port, _) = serving(move |mut socket| {
        let counted = Arc::clone(&counting);
        async move {
            let mut buffer = [0; 4096];
            // The first request of each connection is answered, once all are there; the next is read and lost.
            while let Ok(1..) = socket.read(&mut buffer).await {
                if counted.fetch_add(1, Ordering::SeqCst) >= KEPT {
                    return;
                }
                while counted.load(Ordering::SeqCst) < KEPT {
                    tokio::task::yield_now().await;
                }
                let _ = socket.write_all(WHOLE).await;
            }
        }
    })
    .await;
    let transport = transport(Protocol::Http1, |_| {});
    let request = to(port);
    let sending = (0..KEPT).map(|_| async { text_of(transport.send(&request, None).await?).await });
    for text in futures_util::future::join_all(sending).await {
        assert_eq!(text.unwrap(), "whole");
    }
    let error = transport.send(&to(port), None).await.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("ECONNRESET"));
    assert_eq!(requests.load(Ordering::SeqCst), KEPT + 2);
}

#[tokio::test]
async fn calls_that_wait_go_in_the_order_they_came() {
    let (listener, port) = listen().await;
    let (path_of, mut paths) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut builder = server::Builder::new();
        builder.max_concurrent_streams(1);
        let mut connection = builder.handshake::<_, Bytes>(socket).await.unwrap();
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            path_of.send(request.uri().path().to_owned()).unwrap();
            respond.send_response(Response::new(()), true).unwrap();
        }
    });
    let transport = transport(Protocol::Http2, |settings| settings.max_sockets = Some(1));
    let calls: Vec<_> = (0..20)
        .map(|n| {
            let transport = transport.clone();
            let request = Outgoing { path: format!("/{n}"), ..to(port) };
            tokio::spawn(async move { transport.send(&request, None).await.map(text_of)?.await })
        })
        .collect();
    for (n, call) in calls.into_iter().enumerate() {
        call.await.unwrap().unwrap();
        assert_eq!(paths.recv().await.unwrap(), format!("/{n}"));
    }
}
