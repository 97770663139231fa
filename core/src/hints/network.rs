//! Hints for what happens before Bedrock answers: credentials, and the way there. They name no model,
//! so that they hold for every operation.

use super::Hint;
use super::table::PLAIN;
use crate::bedrock::error::ErrorKind;

const TRANSPORT: Hint = Hint { kind: ErrorKind::Transport, ..PLAIN };
const CREDENTIALS: Hint = Hint { kind: ErrorKind::Credentials, ..PLAIN };

/// What a connection, or credentials, fail with.
pub(super) static TABLE: &[Hint] = &[
    // "Could not load credentials from any providers: the role … cannot be assumed: …"
    Hint {
        id: "role",
        title: "A role cannot be assumed",
        names: &["CredentialsProviderError"],
        texts: &["cannot be assumed"],
        cause: "STS did not give a session of the role.",
        remedy: "Its trust policy must name the caller and, if it asks for one, the external id; the \
                 caller needs sts:AssumeRole on the role.",
        permissions: &["sts:AssumeRole"],
        ..CREDENTIALS
    },
    Hint {
        id: "no-token",
        title: "There is no bearer token",
        names: &["TokenProviderError"],
        cause: "httpBearerAuth is preferred, and no usable token was found.",
        remedy: "Set AWS_BEARER_TOKEN_BEDROCK or BEDROCK_AWS_BEARER_TOKEN, give the client a `token`, \
                 or leave `httpBearerAuth` out of its `authSchemePreference`.",
        ..CREDENTIALS
    },
    Hint {
        id: "no-credentials",
        title: "There are no usable credentials",
        names: &["CredentialsProviderError"],
        cause: "No source of credentials gave any that can be used.",
        remedy: "Set BEDROCK_AWS_ACCESS_KEY_ID and BEDROCK_AWS_SECRET_ACCESS_KEY (or the AWS SDK's own \
                 variables), BEDROCK_AWS_BEARER_TOKEN, or give the client `credentials`.",
        ..CREDENTIALS
    },
    // "the proxy http://proxy:3128/ opens no connection to …:443: 407 …" and a proxy that is not there
    Hint {
        id: "proxy",
        title: "The proxy opens no connection",
        texts: &["the proxy "],
        cause: "The connection goes through a proxy (PROXY, HTTPS_PROXY, HTTP_PROXY, or the agent of \
                `requestHandler`), which did not open it.",
        remedy: "Check the proxy's address and credentials (status 407), and that it lets CONNECT to \
                 the endpoint's host and port through. NO_PROXY leaves hosts out.",
        ..TRANSPORT
    },
    Hint {
        id: "certificate-expired",
        title: "The certificate is not valid at this time",
        codes: &["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"],
        cause: "The server's certificate is not valid now, by the clock of this machine.",
        remedy: "Check the clock first. If it is right, the certificate must be renewed: AWS's own are, \
                 so it is that of a gateway or proxy.",
        ..TRANSPORT
    },
    Hint {
        id: "certificate-name",
        title: "The certificate is for another host",
        codes: &["ERR_TLS_CERT_ALTNAME_INVALID"],
        cause: "The certificate does not name the host that was called.",
        remedy: "Use the host that the certificate names, in BEDROCK_REVERSE_PROXY or the endpoint; an \
                 interface endpoint without private DNS has a name of its own.",
        ..TRANSPORT
    },
    Hint {
        id: "certificate-untrusted",
        title: "The certificate is not trusted",
        codes: &[
            "DEPTH_ZERO_SELF_SIGNED_CERT",
            "SELF_SIGNED_CERT_IN_CHAIN",
            "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
            "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
            "CERT_SIGNATURE_FAILURE",
            "CERT_REVOKED",
            "CERT_REJECTED",
        ],
        cause: "Nobody whom this machine trusts has signed the server's certificate, as happens with \
                proxies that open TLS.",
        remedy: "Give the certificates to trust: NODE_EXTRA_CA_CERTS or AWS_CA_BUNDLE names a file of \
                 them, or `requestHandler` has an agent with `ca`.",
        ..TRANSPORT
    },
    Hint {
        id: "tls",
        title: "TLS cannot be agreed on",
        codes: &["EPROTO"],
        cause: "The other side does not speak TLS, or asks for a client certificate.",
        remedy: "Check scheme and port of the endpoint; a client certificate is given in the agent of \
                 `requestHandler`.",
        ..TRANSPORT
    },
    Hint {
        id: "unknown-host",
        title: "The host is not known",
        codes: &["ENOTFOUND", "EAI_AGAIN"],
        cause: "DNS does not know the endpoint's host.",
        remedy: "Check the region, which is part of AWS's host names and may not have Bedrock, the \
                 configured endpoint, and this machine's DNS. Behind a proxy, set PROXY or HTTPS_PROXY.",
        ..TRANSPORT
    },
    Hint {
        id: "refused-connection",
        title: "Nobody listens at the endpoint",
        codes: &["ECONNREFUSED"],
        cause: "The host answered that nobody listens on that port.",
        remedy: "Check host and port of the configured endpoint, and that what should listen there runs.",
        ..TRANSPORT
    },
    Hint {
        id: "unreachable",
        title: "There is no way to the endpoint",
        codes: &["ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL"],
        cause: "This machine has no route to the endpoint.",
        remedy: "Check the network, NAT or interface endpoint of the subnet, and whether the host has \
                 IPv6 addresses only (AWS_USE_DUALSTACK_ENDPOINT).",
        ..TRANSPORT
    },
    // "connect ETIMEDOUT host:443 (no connection within 5000 ms)"
    Hint {
        id: "connect-timeout",
        title: "No connection in time",
        codes: &["ETIMEDOUT"],
        texts: &["connect etimedout", "no connection within"],
        cause: "Nothing answered the attempt to connect; firewalls and security groups drop packets \
                like this.",
        remedy: "Allow outgoing TCP to the endpoint's port, or set the proxy that is to be used. \
                 `timeouts.connect` is the limit.",
        ..TRANSPORT
    },
    Hint {
        id: "timeout",
        title: "No response in time",
        codes: &["ETIMEDOUT"],
        cause: "A time limit of this client, or of the connection, has passed.",
        remedy: "If the model may take longer, raise the limit that the message names (`timeouts`). \
                 Otherwise look at gateways and NAT on the way that drop silent connections.",
        ..TRANSPORT
    },
    Hint {
        id: "closed-connection",
        title: "The connection was closed",
        codes: &[
            "ECONNRESET",
            "EPIPE",
            "ERR_HTTP2_ERROR",
            "ERR_HTTP2_SESSION_ERROR",
            "ERR_HTTP2_STREAM_ERROR",
        ],
        cause: "The other side, or a device on the way, closed the connection before the response was \
                there.",
        remedy: "If it happens often, look at the idle timeouts of proxies, load balancers and NAT on \
                 the way.",
        ..TRANSPORT
    },
];
