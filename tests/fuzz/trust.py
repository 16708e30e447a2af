"""What decides whom to trust: revocation lists, master lists, the files of a store, and the judgement of a signer."""

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from cccd_reader import der
from cccd_reader.lds.signed_data import LDS_SECURITY_OBJECT, SignedData, SignerInfo
from cccd_reader.pki.certificate import parse_certificate
from cccd_reader.pki.chain import issuer_verdict
from cccd_reader.pki.crl import parse_crl
from cccd_reader.pki.master_list import parse_master_list, verify_master_list
from cccd_reader.pki.store_files import Folder, StoreFiles
from cccd_reader.pki.store_verify import verify_store
from cccd_reader.pki.trust_store import TrustStore
from cccd_reader.tlv import encode
from cccd_reader.verdict import CheckState
from tests.fuzz.registry import target
from tests.fuzz.script import unpack

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SIGNED_AT = datetime(2025, 6, 1, tzinfo=UTC)
_SIGNING_TIME = encode(
    der.SEQUENCE,
    encode(der.OID, der.encode_oid("1.2.840.113549.1.9.5")) + encode(der.SET, encode(der.UTC_TIME, b"250601000000Z")),
)


@target(max_len=4096, tlv=True)
def crl(data: bytes) -> None:
    found = parse_crl(data)
    assert found.signed in data
    assert len(found.revoked) <= len(data) // 8
    assert len(repr(found)) < 200 + 4 * len(data)
    store = TrustStore.of(crls=[found])
    assert not store.crls
    assert len(store.problems) == 1


@target(max_len=8192, tlv=True)
def master_list(data: bytes) -> None:
    found = parse_master_list(data)
    assert len(found.certificates) + len(found.broken) <= len(data) // 2
    assert all(len(reason) < 200 for _, reason in found.broken)
    roots = found.certificates[:4]
    verdict = verify_master_list(found, roots, NOW)
    assert verdict.state is not CheckState.SUCCESSFUL or verdict.root in roots
    assert verify_master_list(found, (), NOW).state is not CheckState.SUCCESSFUL


@target(max_len=4096, tlv=True)
def issuer(data: bytes) -> None:
    """A signer's certificate of any content, which the store pins, has as an authority, or does not know."""
    signer = parse_certificate(data)
    info = SignerInfo(signer.key_digest, b"", _SIGNING_TIME, b"", b"")
    signed = SignedData("SOD", LDS_SECURITY_OBJECT, b"", (data,), (info,))
    for store in (TrustStore.of(signers=[signer]), TrustStore.of([signer]), TrustStore.of([signer], [signer])):
        verdict = issuer_verdict(signed, store, NOW, document_code="ID", issuing_state="VNM")
        assert len(verdict.reason) < 1000
        assert verdict.reason.isprintable()
        verify_store(store, NOW)
    assert issuer_verdict(signed, TrustStore(), NOW).state is CheckState.UNDETERMINED


_NAMES = (f"{Folder.CSCA}/a.pem", f"{Folder.SIGNERS}/b.cer", f"{Folder.CRL}/c.crl", "manifest.json")
_directory = tempfile.TemporaryDirectory(prefix="tiepdon-fuzz-")


@target(max_len=8192)
def trust_store(data: bytes) -> None:
    """A directory with one file of each kind. What is broken is a problem of that file; loading never fails."""
    directory = Path(_directory.name, "store")
    shutil.rmtree(directory, ignore_errors=True)
    for name, content in zip(_NAMES, unpack(data), strict=False):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    store = TrustStore(directory).load()
    assert all(len(problem.reason) < 300 for problem in store.problems)
    verify_store(store, NOW)
    origins, _ = StoreFiles(directory).read_origins()
    assert isinstance(origins, dict)
