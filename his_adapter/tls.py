"""TLS towards every system outside: whom we believe, and a certificate of ours where a system wants one."""

import functools
import ssl
from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files for a system that a hospital runs itself.

    `authority` replaces the public authorities: the hospital's own, or the server's certificate itself, which then is
    the only one accepted ("pinned"). `certificate` and `key` prove who we are (mutual TLS).
    """

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    key_password: SecretStr | None = None


def context_of(files: TlsFiles | None) -> ssl.SSLContext:
    """The context of a client, TLS 1.2 or newer; without files the public authorities count (those of certifi).

    Raises OSError or ssl.SSLError for files that are missing or hold something else: at the start, not at a patient.
    """
    if files is None or files == TlsFiles():
        return _public()
    if files.authority is None:
        context = httpx.create_ssl_context(trust_env=False)
    else:
        context = ssl.create_default_context(cafile=str(files.authority))
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # a pinned certificate is no root
    if files.certificate is not None:
        password = None if files.key_password is None else files.key_password.get_secret_value()
        context.load_cert_chain(files.certificate, files.key, password)
    return context


@functools.cache
def _public() -> ssl.SSLContext:
    """Read once: 20 ms for every client otherwise."""
    return httpx.create_ssl_context(trust_env=False)
