"""Master lists: many countries' CSCA certificates, signed by one country that trusts them (ICAO 9303-12, 8.2).

The list brings its signer's certificate along. That one is worth as much as the root that it leads to, and the root
has to come from elsewhere: whoever imports a list states it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from cccd_reader import der, tlv
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.signed_data import MASTER_LIST, SignedData, parse_signed_data, signing_time, verify_signed_data
from cccd_reader.pki.certificate import Certificate, parse_certificate
from cccd_reader.pki.extensions import MASTER_LIST_SIGNING, KeyUsage
from cccd_reader.public_keys import UnsupportedKeyError
from cccd_reader.verdict import CheckState

FILE = "master list"
MAX_BYTES = 16 * 1024 * 1024
MAX_CERTIFICATES = 10_000
_MAX_LINKS = 8
"""Authorities in the list that may stand between its signer and the root."""


@dataclass(frozen=True, slots=True, repr=False)
class MasterList:
    """The certificates of a list, and its signature. `broken` are those that cannot be read: (place, reason)."""

    version: int
    certificates: tuple[Certificate, ...]
    broken: tuple[tuple[int, str], ...]
    signing_time: datetime | None
    signed_data: SignedData

    def __repr__(self) -> str:
        return f"MasterList({len(self.certificates)} certificates)"


@dataclass(frozen=True, slots=True)
class ListVerdict:
    """What is known about a list's signature. `root` is the one of the given roots that it leads to."""

    state: CheckState
    reason: str
    signer: Certificate | None = None
    root: Certificate | None = None


def parse_master_list(data: bytes) -> MasterList:
    """The list `data`, or `ChipDataError`. A certificate that cannot be read is reported and does not spoil the rest.

    The signature is not verified here.
    """
    if len(data) > MAX_BYTES:
        raise ChipDataError(FILE, f"longer than {MAX_BYTES} bytes")
    signed = parse_signed_data(data, MASTER_LIST, FILE)
    parts = der.sequence(signed.content, FILE)
    version = der.integer(parts.take(der.INTEGER), FILE, 1)
    certificates: list[Certificate] = []
    broken: list[tuple[int, str]] = []
    for place, item in enumerate(tlv.iterate(parts.take(der.SET).value, FILE)):
        if place == MAX_CERTIFICATES:
            raise ChipDataError(FILE, f"more than {MAX_CERTIFICATES} certificates")
        try:
            certificates.append(parse_certificate(item.raw))
        except ChipDataError as error:
            broken.append((place, error.detail))
    return MasterList(version, tuple(certificates), tuple(broken), signing_time(signed), signed)


def verify_master_list(master_list: MasterList, roots: Iterable[Certificate], at: datetime) -> ListVerdict:
    """Verifies the list's signature and its signer's chain to one of `roots`.

    The signer must have been valid when the list says that it was signed, or at `at` where it does not say; that it has
    expired since is reported and no failure. Undetermined: the signer's authority is not among the roots.
    """
    try:
        signed = verify_signed_data(master_list.signed_data)
    except UnsupportedKeyError as error:
        return ListVerdict(CheckState.NOT_SUPPORTED, error.detail)
    except ChipDataError as error:
        return ListVerdict(CheckState.FAILED, error.detail)
    signer = signed.certificate
    if MASTER_LIST_SIGNING not in signer.extended_key_usage or not signer.may(KeyUsage.DIGITAL_SIGNATURE):
        return ListVerdict(CheckState.FAILED, "the signer's certificate is not for signing master lists", signer)
    moment = signed.signing_time or at
    if not signer.valid_at(moment):
        return ListVerdict(CheckState.FAILED, f"the signer's certificate was not valid on {moment:%Y-%m-%d}", signer)
    root = _root_of(signer, master_list.signed_data, tuple(roots))
    if root is None:
        return ListVerdict(
            CheckState.UNDETERMINED, "the signer's certificate does not lead to any of the given roots", signer
        )
    notes = [signed.algorithm, f"signed by {signer.subject.common_name}"]
    notes.append("without a time" if signed.signing_time is None else f"on {signed.signing_time:%Y-%m-%d}")
    if not signer.valid_at(at):
        notes.append(f"its certificate expired on {signer.not_after:%Y-%m-%d}")
    if not root.valid_at(at):
        notes.append(f"the root expired on {root.not_after:%Y-%m-%d}")
    return ListVerdict(CheckState.SUCCESSFUL, ", ".join(notes), signer, root)


def _root_of(signer: Certificate, signed_data: SignedData, roots: tuple[Certificate, ...]) -> Certificate | None:
    """The root that signed the signer's certificate, directly or through authorities that the list brings along: a new
    root is reached from an old one through link certificates."""
    trusted = [(root, root) for root in roots if _may_issue(root)]
    others = list(islice((other for other in _embedded(signed_data) if _may_issue(other)), _MAX_LINKS))
    checked = 0
    while checked < len(trusted):
        # Every pair is looked at once: what is newly trusted is appended, and has its turn.
        issuer, root = trusted[checked]
        checked += 1
        if _issued(signer, issuer):
            return root
        following = [other for other in others if _issued(other, issuer)]
        others = [other for other in others if other not in following]
        trusted += [(other, root) for other in following]
    return None


def _embedded(signed_data: SignedData) -> Iterator[Certificate]:
    for raw in signed_data.certificates:
        try:
            yield parse_certificate(raw)
        except ChipDataError:
            continue


def _may_issue(certificate: Certificate) -> bool:
    constraints = certificate.basic_constraints
    return constraints is not None and constraints.ca and certificate.may(KeyUsage.CERTIFICATE_SIGNING)


def _issued(certificate: Certificate, issuer: Certificate) -> bool:
    if certificate.issuer.key != issuer.subject.key:
        return False
    try:
        return certificate.signed_by(issuer.public_key())
    except (ChipDataError, UnsupportedKeyError):
        return False
