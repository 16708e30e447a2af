"""The options that say whom to trust: a store of certificates, and a service that is asked."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from cccd_reader.cli.trust_show import load_store
from cccd_reader.pki.online import HttpVerifier, OnlineVerifier
from cccd_reader.pki.trust_store import TrustStore

_MAX_TOKEN_BYTES = 8192


class AuthorityError(Exception):
    """Whoever should be trusted cannot be: no store there, or no address of a service."""


@dataclass(frozen=True, slots=True)
class Authorities:
    """What a reading is checked against; None is nobody."""

    trust: TrustStore | None
    online: OnlineVerifier | None


def add_authority_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("whom to trust")
    group.add_argument("--trust", type=Path, metavar="DIR", help="a trust store, which `trust import` makes")
    group.add_argument(
        "--online",
        metavar="URL",
        help="ask a service over HTTPS about the card: sends EF.SOD, hashes and the chip's proofs, but no field",
    )
    group.add_argument(
        "--online-token", type=Path, metavar="FILE", help="a file with the whole Authorization header for the service"
    )


def authorities(options: argparse.Namespace) -> Authorities:
    """Loads the store and makes the verifier. Raises `AuthorityError`."""
    try:
        trust = None if options.trust is None else load_store(options.trust)
        token = None if options.online_token is None else _read_token(options.online_token)
        online = None if options.online is None else HttpVerifier(options.online, token=token)
    except (OSError, ValueError) as error:
        raise AuthorityError(str(error)) from error
    if trust is not None and trust.empty:
        raise AuthorityError(f"{options.trust}: the trust store is empty")
    return Authorities(trust, online)


def _read_token(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_MAX_TOKEN_BYTES).decode("utf-8").strip()
