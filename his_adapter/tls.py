"""TLS towards systems that a hospital runs itself: its own authority, a pinned certificate, a certificate of ours."""

import ssl
from pathlib import Path

import httpx


def trust(
    authority: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
    key_password: str | None = None,
) -> ssl.SSLContext:
    """A context for `Http`, TLS 1.2 or newer.

    `authority` (PEM) replaces the public authorities: the hospital's own, or the server's certificate itself, which
    then is the only one accepted ("pinned"). `certificate` and `key` prove who we are (mutual TLS). Raises OSError or
    ssl.SSLError for files that are missing or hold something else.
    """
    if authority is None:
        context = httpx.create_ssl_context(trust_env=False)
    else:
        context = ssl.create_default_context(cafile=str(authority))
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # a pinned certificate is no root
    if certificate is not None:
        context.load_cert_chain(certificate, key, key_password)
    return context
