"""The trust store as a directory: importing, loading, looking it over; and whatever else may lie in there."""

import base64
import json
import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cccd_reader.emulation.authority import TestAuthority
from cccd_reader.emulation.signer import TestSigner
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.sod import parse_sod
from cccd_reader.pki import store_files
from cccd_reader.pki.certificate import Certificate, parse_certificate
from cccd_reader.pki.chain import issuer_verdict
from cccd_reader.pki.crl import parse_crl
from cccd_reader.pki.extensions import KeyUsage
from cccd_reader.pki.store_files import MANIFEST, Folder, StoreProblem
from cccd_reader.pki.store_import import import_certificates, import_crl, import_master_list
from cccd_reader.pki.store_verify import verify_store
from cccd_reader.pki.trust_store import Role, TrustStore
from cccd_reader.verdict import CheckState

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> TrustStore:
    return TrustStore(tmp_path / "trust").load()


def pem(raw: bytes) -> bytes:
    return x509.load_der_x509_certificate(raw).public_bytes(serialization.Encoding.PEM)


def snapshot(store: TrustStore) -> dict[str, bytes]:
    assert store.directory is not None
    return {str(path): path.read_bytes() for path in sorted(store.directory.rglob("*")) if path.is_file()}


def test_a_directory_that_is_not_there_is_an_empty_store(store: TrustStore) -> None:
    assert store.empty
    assert store.problems == ()


def test_importing_the_german_list(store: TrustStore, lists_folder: Path, german_root: Certificate) -> None:
    raw = (lists_folder / "DE_ML_2026-05-28-08-28-45.ml").read_bytes()
    report = import_master_list(store, raw, source="DE_ML_2026-05-28.ml", roots=[german_root], now=NOW)
    assert report.verdict is not None
    assert report.verdict.state is CheckState.SUCCESSFUL
    assert (len(report.added), report.known, report.refused) == (588, (), ())
    assert len(store.authorities) == 588
    (vietnam,) = [item for item in store.authorities if item.certificate.subject.country == "VN"]
    assert vietnam.file == f"csca/{vietnam.certificate.fingerprint[:32]}.der"
    assert vietnam.origin is not None
    assert vietnam.origin.source == "DE_ML_2026-05-28.ml"
    assert vietnam.origin.imported_at == NOW
    assert vietnam.origin.list_signed_at == datetime(2026, 5, 28, 6, 28, 45, tzinfo=UTC)
    assert vietnam.origin.list_root_sha256 == german_root.fingerprint
    assert "CSCA Master List Signer" in (vietnam.origin.list_signer or "")
    assert store.problems == ()

    # Once more changes nothing, not even the date of the import.
    before = snapshot(store)
    again = import_master_list(store, raw, source="again", roots=[german_root], now=NOW + timedelta(days=1))
    assert (again.added, len(again.known)) == ((), 588)
    assert snapshot(store) == before

    # The Dutch list adds what it has more. Its root is one of the authorities by now.
    dutch = (lists_folder / "NL_ML_2026-07-22.ml").read_bytes()
    roots = [item.certificate for item in store.authorities]
    more = import_master_list(store, dutch, source="NL_ML_2026-07-22.ml", roots=roots, now=NOW)
    assert (len(more.added), len(more.known)) == (39, 372)
    findings = verify_store(store, NOW)
    assert len(findings) == 627
    ended = [finding.state for finding in findings]
    assert (ended.count(CheckState.SUCCESSFUL), ended.count(CheckState.UNDETERMINED)) == (616, 11)


def test_a_list_that_does_not_verify_leaves_nothing(
    store: TrustStore, lists_folder: Path, dutch_root: Certificate
) -> None:
    raw = (lists_folder / "DE_ML_2026-05-28-08-28-45.ml").read_bytes()
    report = import_master_list(store, raw, source="list", roots=[dutch_root], now=NOW)
    assert report.verdict is not None
    assert report.verdict.state is CheckState.UNDETERMINED
    assert report.added == ()
    assert snapshot(store) == {}
    with pytest.raises(ChipDataError):
        import_master_list(store, b"no list", source="list", roots=[dutch_root], now=NOW)


def test_importing_single_certificates(store: TrustStore, authority: TestAuthority, signer: TestSigner) -> None:
    report = import_certificates(store, authority.certificate, source="csca.der", role=Role.AUTHORITY, now=NOW)
    assert [item.raw for item in report.added] == [authority.certificate]
    import_certificates(store, signer.document_signer_certificate, source="ds", role=Role.SIGNER, now=NOW)
    assert [item.certificate.raw for item in store.signers] == [signer.document_signer_certificate]
    sod = parse_sod(signer.sign_groups({1: b"x"}))
    verdict = issuer_verdict(sod, TrustStore(store.directory).load(), NOW)
    assert verdict.reason.startswith("pinned document signer")
    assert f"(signers/{store.signers[0].certificate.fingerprint[:32]}.der)" in verdict.reason


def test_importing_a_bundle(store: TrustStore) -> None:
    first, second = TestSigner.create(), TestSigner.create()
    text = b"# some words\n" + pem(first.csca_certificate) + b"\n" + pem(second.csca_certificate)
    broken = text + b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
    report = import_certificates(store, broken, source="bundle.pem", role=Role.AUTHORITY, now=NOW)
    assert [item.raw for item in report.added] == [first.csca_certificate, second.csca_certificate]
    assert [problem.file for problem in report.refused] == ["certificate 2"]


def test_certificates_of_no_use_are_refused(store: TrustStore, authority: TestAuthority, signer: TestSigner) -> None:
    wrong_usage = TestSigner.issued_by(authority, key_usages=(KeyUsage.CRL_SIGNING,))
    changed = authority.certificate.replace(b"TEST CSCA", b"REAL CSCA")
    unknown = authority.certificate.replace(bytes.fromhex("2A8648CE3D040302"), bytes.fromhex("2A8648CE3D040309"))
    for raw, role, reason in (
        (signer.document_signer_certificate, Role.AUTHORITY, "key usage"),
        (wrong_usage.document_signer_certificate, Role.SIGNER, "key usage"),
        (changed, Role.AUTHORITY, "self-signed with a wrong signature"),
        (unknown, Role.AUTHORITY, "signature algorithm"),
        (b"\x30\x00", Role.AUTHORITY, "nothing where"),
    ):
        report = import_certificates(store, raw, source="x", role=role, now=NOW)
        assert report.added == ()
        assert [reason in problem.reason for problem in report.refused] == [True], reason
    assert snapshot(store) == {}


def test_revocation_lists(store: TrustStore, authority: TestAuthority) -> None:
    assert import_crl(store, authority.issue_crl()).reason == "its issuer is not in the store"
    import_certificates(store, authority.certificate, source="csca", role=Role.AUTHORITY, now=NOW)
    old, new = (authority.issue_crl([n], this_update=NOW - timedelta(days=10 - n), number=n) for n in (1, 2))
    assert import_crl(store, new).crl is not None
    refused = import_crl(store, old)
    assert (refused.crl, refused.reason) == (None, "the store has a newer one, of 2026-11-19")
    text = x509.load_der_x509_crl(new).public_bytes(serialization.Encoding.PEM)
    assert import_crl(store, text).reason.startswith("issued by C=VN")
    assert [item.file for item in store.crls] == [f"crl/{authority.key_identifier.hex()}.crl"]
    assert TrustStore(store.directory).load().crls[0].crl.revoked.keys() == {2}
    with pytest.raises(ChipDataError, match="2 lists where one must be"):
        import_crl(store, text + text)
    forged = TestAuthority.create().issue_crl()
    assert import_crl(store, forged).reason == "its signature is wrong"


def test_a_store_in_memory_takes_no_imports(authority: TestAuthority, csca: Certificate) -> None:
    store = TrustStore.of([csca])
    assert store.load() is store
    with pytest.raises(ValueError, match="in memory"):
        import_certificates(store, authority.certificate, source="x", role=Role.SIGNER, now=NOW)


def test_a_store_crosses_to_another_process(authority: TestAuthority, csca: Certificate, signer: TestSigner) -> None:
    serial = parse_certificate(signer.document_signer_certificate).serial_number
    store = TrustStore.of([csca], crls=[parse_crl(authority.issue_crl([serial]))])
    there = pickle.loads(pickle.dumps(store))
    sod = parse_sod(signer.sign_groups({1: b"x"}))
    assert issuer_verdict(sod, there, NOW) == issuer_verdict(sod, store, NOW)
    assert issuer_verdict(sod, there, NOW).state is CheckState.FAILED


def test_broken_files_are_reported_and_the_others_used(tmp_path: Path, csca: Certificate, signer: TestSigner) -> None:
    for folder in Folder:
        (tmp_path / folder).mkdir()
    (tmp_path / "csca" / "good.CER").write_bytes(csca.raw)
    (tmp_path / "csca" / "same.der").write_bytes(csca.raw)
    (tmp_path / "csca" / "bad.der").write_bytes(b"\x30\x03\x02\x01")
    (tmp_path / "csca" / "bad.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----")
    (tmp_path / "csca" / "cut.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nMAA=\n")
    (tmp_path / "csca" / "folder.der").mkdir()
    (tmp_path / "csca" / "README.txt").write_text("not read")
    (tmp_path / "csca" / ".half.der").write_bytes(b"being written")
    (tmp_path / "signers" / "ds.crt").write_bytes(pem_of_any(signer.document_signer_certificate))
    (tmp_path / "crl" / "bad.crl").write_bytes(b"\x30\x00")
    (tmp_path / "crl" / "foreign.crl").write_bytes(TestAuthority.create(country="LA", common_name="x").issue_crl())
    (tmp_path / MANIFEST).write_text("{}")
    store = TrustStore(tmp_path).load()
    assert [item.file for item in store.authorities] == ["csca/good.CER"]
    assert [item.file for item in store.signers] == ["signers/ds.crt"]
    assert {problem.file: problem.reason for problem in store.problems} == {
        "manifest.json": "malformed",
        "csca/bad.der": "a value is shorter than its length says",
        "csca/bad.pem": "malformed base64",
        "csca/cut.pem": "no certificate and no CRL",
        "csca/folder.der": "no ordinary file",
        "crl/bad.crl": "nothing where tag 30 must be",
        "crl/foreign.crl": "its issuer is not in the store",
    }
    assert sum(finding.state is CheckState.FAILED for finding in verify_store(store, NOW)) == 7


def pem_of_any(raw: bytes) -> bytes:
    """Also of certificates that the library does not read: explicit parameters."""
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(raw) + b"-----END CERTIFICATE-----\n"


def test_too_much_is_reported(tmp_path: Path, csca: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "csca").mkdir()
    for number in range(3):
        (tmp_path / "csca" / f"{number}.der").write_bytes(csca.raw)
    monkeypatch.setattr(store_files, "MAX_FILES", 2)
    store = TrustStore(tmp_path).load()
    assert store.problems == (StoreProblem("csca/2.der", "not read: the folder has more than 2 files"),)
    monkeypatch.setattr(store_files, "MAX_FOLDER_BYTES", len(csca.raw) + 10)
    (problem,) = TrustStore(tmp_path).load().problems
    assert problem.file == "csca/1.der"
    monkeypatch.setitem(store_files._MAX_BYTES, Folder.CSCA, 10)
    assert [problem.reason for problem in TrustStore(tmp_path).load().problems][:2] == ["longer than 10 bytes"] * 2
    monkeypatch.setattr(store_files, "MAX_IN_BUNDLE", 1)
    with pytest.raises(ChipDataError, match="more than 1 blocks"):
        store_files.decode_blocks(pem_of_any(csca.raw) * 2)


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, csca: Certificate) -> None:
    (tmp_path / "csca").mkdir()
    (tmp_path / "csca" / "a.der").write_bytes(csca.raw)
    (tmp_path / "signers").write_text("a file where a folder should be")

    def refuse(path: Path, most: int) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(store_files, "_read_bounded", refuse)
    store = TrustStore(tmp_path).load()
    assert {problem.file: problem.reason for problem in store.problems} == {
        "manifest.json": "cannot be read",
        "csca/a.der": "cannot be read: Permission denied",
        "signers": "cannot be listed: Not a directory",
    }


def test_a_write_that_fails_leaves_no_half_file(
    store: TrustStore, csca: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store_files.os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        import_certificates(store, csca.raw, source="x", role=Role.AUTHORITY, now=NOW)
    assert snapshot(store) == {}


def test_a_manifest_that_cannot_be_read_is_not_replaced(store: TrustStore, csca: Certificate) -> None:
    """It is the only record of where the other certificates came from."""
    assert store.directory is not None
    store.directory.mkdir()
    for text, problem in (
        ("{", "malformed"),
        ('{"version": 2, "origins": {}}', "of another version"),
        ("[]", "malformed"),
    ):
        (store.directory / MANIFEST).write_text(text)
        assert TrustStore(store.directory).load().problems == (StoreProblem(MANIFEST, problem),)
        with pytest.raises(FileExistsError, match="repair it or move it away"):
            import_certificates(store, csca.raw, source="x", role=Role.AUTHORITY, now=NOW)
        assert (store.directory / MANIFEST).read_text() == text
    assert not (store.directory / "csca").exists()


def test_origins_survive_both_ways(store: TrustStore, authority: TestAuthority) -> None:
    import_certificates(store, authority.certificate, source="thẻ.cer", role=Role.AUTHORITY, now=NOW)
    (item,) = TrustStore(store.directory).load().authorities
    assert item.origin is not None
    assert (item.origin.source, item.origin.imported_at, item.origin.list_signer) == ("thẻ.cer", NOW, None)
    assert store.directory is not None
    document = json.loads((store.directory / MANIFEST).read_text("utf-8"))
    assert set(document["origins"]) == {item.certificate.fingerprint}


def test_looking_a_store_over() -> None:
    old = TestAuthority.create(valid_from=NOW - timedelta(days=365 * 20), common_name="TEST old")
    new = TestAuthority.create(common_name="TEST new")
    future = TestAuthority.create(valid_from=NOW + timedelta(days=365), common_name="TEST future")
    orphan = TestAuthority.create(common_name="TEST orphan")
    link = old.issue_link(new)
    orphan_link = TestAuthority.create().issue_link(orphan)
    signer, revoked, stranger = TestSigner.issued_by(new), TestSigner.issued_by(new), TestSigner.create()
    serial = parse_certificate(revoked.document_signer_certificate).serial_number
    store = TrustStore.of(
        map(parse_certificate, (old.certificate, new.certificate, future.certificate, link, orphan_link)),
        map(parse_certificate, [item.document_signer_certificate for item in (signer, revoked, stranger)]),
        [parse_crl(new.issue_crl([serial]))],
    )
    states = [(finding.state, finding.reason, finding.attention) for finding in verify_store(store, NOW)]
    assert states == [
        (CheckState.SUCCESSFUL, "self-signed, expired on 2021-11-28", True),
        (CheckState.SUCCESSFUL, "self-signed", False),
        (CheckState.SUCCESSFUL, "self-signed, not valid before 2027-11-27", True),
        (CheckState.SUCCESSFUL, f"a link certificate, signed by {parse_certificate(old.certificate).subject}", False),
        (CheckState.UNDETERMINED, "a link certificate whose predecessor is not in the store", False),
        (CheckState.SUCCESSFUL, f"pinned; issued by {parse_certificate(new.certificate).subject}", False),
        (CheckState.FAILED, "pinned, but revoked by its issuer", True),
        (CheckState.UNDETERMINED, "pinned; its issuer is not in the store", False),
        (CheckState.SUCCESSFUL, "of 2024-01-01, 1 revoked, should have been replaced by 2024-03-31", True),
    ]


def test_looking_over_what_should_not_be_there(authority: TestAuthority, signer: TestSigner, csca: Certificate) -> None:
    broken = parse_certificate(csca.raw.replace(b"TEST CSCA", b"REAL CSCA"))
    document_signer = parse_certificate(signer.document_signer_certificate)
    unsigning = parse_certificate(TestSigner.issued_by(authority, key_usages=()).document_signer_certificate)
    store = TrustStore.of([broken, document_signer], [unsigning])
    assert [(finding.state, finding.reason) for finding in verify_store(store, NOW)] == [
        (CheckState.FAILED, "self-signed with a wrong signature"),
        (CheckState.FAILED, "its key usage does not allow it"),
        (CheckState.FAILED, "its key usage does not allow it"),
    ]


ANY_NAMES = st.sampled_from(["csca/a.der", "csca/b.pem", "signers/c.cer", "crl/d.crl", MANIFEST])
ANY_CONTENT = st.one_of(st.binary(max_size=100), st.text(max_size=50).map(str.encode))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(ANY_NAMES, max_size=5), contents=st.lists(ANY_CONTENT, min_size=5, max_size=5))
def test_any_files_make_a_store(tmp_path: Path, names: list[str], contents: list[bytes]) -> None:
    for path in tmp_path.rglob("*.*"):
        if path.is_file():
            path.unlink()
    for name, content in zip(names, contents, strict=False):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    store = TrustStore(tmp_path).load()
    assert store.empty
    assert {problem.file for problem in store.problems} == set(names)


@given(st.binary(max_size=200))
def test_any_bytes_are_blocks_or_bad_data(data: bytes) -> None:
    for raw in (data, b"-----BEGIN CERTIFICATE-----" + data, b"-----BEGIN X-----\n" + data + b"\n-----END X-----"):
        try:
            blocks = store_files.decode_blocks(raw)
        except ChipDataError:
            continue
        assert sum(map(len, blocks)) <= len(raw)
