"""Revocation lists, master lists, and the files of a trust store."""

import base64
import hashlib
import json
from datetime import UTC, datetime

from cccd_reader.emulation import SignerKind, TestSigner
from cccd_reader.emulation.authority import TestAuthority
from cccd_reader.pki.extensions import MASTER_LIST_SIGNING
from tests.fuzz import trust
from tests.fuzz.mutator import Node, parse_tree
from tests.fuzz.script import pack
from tests.fuzz.seeds.samples import Make, Seeds


def _crls() -> Seeds:
    yield TestAuthority.create().issue_crl()
    yield TestAuthority.create().issue_crl([5, 1 << 70])
    yield TestAuthority.create(SignerKind.RSA).issue_crl(range(1, 40))


def _master_lists() -> Seeds:
    authority = TestAuthority.create()
    signer = TestSigner.issued_by(authority, extended_key_usage=MASTER_LIST_SIGNING)
    listed = [authority.certificate, TestAuthority.create(country="UT").certificate]
    yield signer.sign_master_list(listed)
    yield signer.sign_master_list(listed[:1], signing_time=trust.SIGNED_AT)
    yield TestSigner.create().sign_master_list(listed)


def _issuers() -> Seeds:
    """Valid, expired, not yet valid, of other documents, and valid to the end of time, which stands for "no end"."""
    authority = TestAuthority.create()
    yield authority.certificate
    yield TestSigner.issued_by(authority).document_signer_certificate
    yield TestSigner.issued_by(authority, valid_from=datetime(2000, 1, 1, tzinfo=UTC)).document_signer_certificate
    yield TestSigner.issued_by(authority, valid_from=datetime(2030, 1, 1, tzinfo=UTC)).document_signer_certificate
    yield TestSigner.issued_by(authority, document_types=("P",)).document_signer_certificate
    for moment, end in (("99991231235959Z", True), ("00010101000000Z", False)):
        nodes: list[Node] = []
        (root,), _ = parse_tree(authority.certificate, nodes)
        times = [node for node in nodes if node.tag in (b"\x17", b"\x18")]
        times[end].tag, times[end].value = b"\x18", moment.encode()
        yield root.encode()


def _trust_stores() -> Seeds:
    authority = TestAuthority.create()
    signer = TestSigner.issued_by(authority).document_signer_certificate
    pem = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(authority.certificate) + b"-----END CERTIFICATE-----\n"
    origin = {"source": "list.ml", "source_sha256": "00", "imported_at": "2025-01-01T00:00:00+00:00"}
    manifest = json.dumps({"version": 1, "origins": {hashlib.sha256(authority.certificate).hexdigest(): origin}})
    yield pack([pem, signer, authority.issue_crl([5]), manifest.encode()])
    yield pack([pem + pem, b"-----BEGIN X", b"", b"{}"])


SEEDS: dict[str, Make] = {
    "crl": _crls,
    "master_list": _master_lists,
    "issuer": _issuers,
    "trust_store": _trust_stores,
}
