"""EF.SOD: the BSI specimen, every signature algorithm, and every way to forge it that we could think of."""

from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, core
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import signatures, tlv
from cccd_reader.curve_table import BRAINPOOLP224R1
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.sod import compare_hashes, parse_sod
from cccd_reader.lds.sod_signature import verify_signature
from cccd_reader.verdict import CheckState

GROUPS = {1: b"\x61\x01A", 2: b"\x75\x01B", 13: b"\x6d\x01C"}


@pytest.fixture(scope="module")
def specimen(emrtd_data: Path) -> bytes:
    return (emrtd_data / "bsi2008" / "EF_SOD.bin").read_bytes()


@pytest.fixture(scope="module")
def make(sod_maker: Any) -> Any:
    return sod_maker()


@pytest.fixture(scope="module")
def rsa_make(sod_maker: Any) -> Any:
    return sod_maker(rsa.generate_private_key(65537, 2048))


def test_the_specimen_is_whole(specimen: bytes, emrtd_data: Path) -> None:
    sod = parse_sod(specimen)
    assert sod.hash_algorithm == "sha1"
    assert set(sod.hashes) == {1, 2, 3, 14}
    files = {n: (emrtd_data / "bsi2008" / f"Datagroup{n}.bin").read_bytes() for n in (1, 2, 14)}
    assert compare_hashes(sod, files).state is CheckState.SUCCESSFUL
    verdict = verify_signature(sod)
    assert verdict.state is CheckState.SUCCESSFUL
    # Explicit parameters of a curve that the cryptographic library lacks.
    assert "brainpoolP224r1 sha1" in verdict.reason


def test_a_file_that_is_not_listed_or_differs_fails(specimen: bytes, emrtd_data: Path) -> None:
    sod = parse_sod(specimen)
    dg15 = (emrtd_data / "bsi2008" / "Datagroup15.bin").read_bytes()
    verdict = compare_hashes(sod, {1: b"other", 15: dg15})
    assert verdict.state is CheckState.FAILED
    assert verdict.reason == "different: DG1, DG15 (not listed)"
    assert compare_hashes(sod, {}).state is CheckState.UNDETERMINED


@pytest.mark.parametrize("hash_name", ["sha1", "sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("signed_attributes", [True, False])
def test_ecdsa_with_every_hash(make: Any, hash_name: str, signed_attributes: bool) -> None:
    sod = parse_sod(make(GROUPS, hash_name=hash_name, signed_attributes=signed_attributes))
    assert sod.hash_algorithm == hash_name
    assert compare_hashes(sod, GROUPS).state is CheckState.SUCCESSFUL
    assert verify_signature(sod).state is CheckState.SUCCESSFUL


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1(), ec.BrainpoolP512R1()])
def test_ecdsa_on_named_curves(sod_maker: Any, curve: ec.EllipticCurve) -> None:
    verdict = verify_signature(parse_sod(sod_maker(ec.generate_private_key(curve))(GROUPS)))
    assert verdict.state is CheckState.SUCCESSFUL
    assert curve.name.lower() in verdict.reason.lower()


@pytest.mark.parametrize("pss", [True, False])
def test_rsa(rsa_make: Any, pss: bool) -> None:
    verdict = verify_signature(parse_sod(rsa_make(GROUPS, pss=pss)))
    assert verdict.state is CheckState.SUCCESSFUL
    assert verdict.reason.startswith("RSASSA-PSS 2048" if pss else "RSA 2048")


def test_the_signer_named_by_key_identifier(make: Any) -> None:
    assert verify_signature(parse_sod(make(GROUPS, by_key_identifier=True))).state is CheckState.SUCCESSFUL


def test_other_kinds_of_certificates_are_passed_over(make: Any) -> None:
    def change(signed: cms.SignedData) -> None:
        other = cms.CertificateChoices("other", {"other_cert_format": "1.2.3", "other_cert": core.Null()})
        signed["certificates"] = cms.CertificateSet([other])

    verdict = verify_signature(parse_sod(make(GROUPS, change=change)))
    assert verdict.state is CheckState.FAILED
    assert "certificate is not in the file" in verdict.reason


def test_a_library_that_refuses_an_algorithm(rsa_make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """SHA-1 signatures, say, under a system policy that forbids them."""

    def refuse(*arguments: object) -> None:
        raise UnsupportedAlgorithm("by policy")

    monkeypatch.setattr(signatures, "_padding", refuse)
    assert verify_signature(parse_sod(rsa_make(GROUPS))).state is CheckState.NOT_SUPPORTED


def test_curve_parameters_inherited_from_the_issuer_are_not_supported(make: Any) -> None:
    raw = make(GROUPS)
    named = bytes.fromhex("06092B2403030208010107")  # brainpoolP256r1
    assert raw.count(named) == 1
    inherited = b"\x05\x09" + bytes(9)  # NULL, as long as the name
    assert verify_signature(parse_sod(raw.replace(named, inherited))).state is CheckState.NOT_SUPPORTED


def test_rsa_under_its_plain_name_takes_the_digest_algorithm(rsa_make: Any) -> None:
    def change(signed: cms.SignedData) -> None:
        signed["signer_infos"][0]["signature_algorithm"] = {"algorithm": "rsassa_pkcs1v15"}

    assert verify_signature(parse_sod(rsa_make(GROUPS, change=change))).state is CheckState.SUCCESSFUL


def _flip_signature(signed: cms.SignedData) -> None:
    raw = bytearray(signed["signer_infos"][0]["signature"].native)
    raw[-1] ^= 1
    signed["signer_infos"][0]["signature"] = bytes(raw)


def _other_content(signed: cms.SignedData) -> None:
    content = signed["encap_content_info"]["content"].native
    signed["encap_content_info"]["content"] = content[:-1] + bytes([content[-1] ^ 1])


def _other_content_type_attribute(signed: cms.SignedData) -> None:
    signed["signer_infos"][0]["signed_attrs"][0]["values"] = ["data"]


def _no_digest_attribute(signed: cms.SignedData) -> None:
    attributes = signed["signer_infos"][0]["signed_attrs"]
    signed["signer_infos"][0]["signed_attrs"] = cms.CMSAttributes([attributes[0]])


def _no_certificates(signed: cms.SignedData) -> None:
    signed["certificates"] = cms.CertificateSet([])


def _other_serial(signed: cms.SignedData) -> None:
    signed["signer_infos"][0]["sid"].chosen["serial_number"] = 1


def _other_key_identifier(signed: cms.SignedData) -> None:
    signed["signer_infos"][0]["sid"] = cms.SignerIdentifier("subject_key_identifier", b"somebody")


def _no_signer(signed: cms.SignedData) -> None:
    signed["signer_infos"] = cms.SignerInfos([])


def _rsa_algorithm(signed: cms.SignedData) -> None:
    signed["signer_infos"][0]["signature_algorithm"] = {"algorithm": "sha256_rsa"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_flip_signature, "signature is wrong"),
        (_other_content, "of another content"),
        (_other_content_type_attribute, "another content type"),
        (_no_digest_attribute, "message_digest is missing"),
        (_no_certificates, "certificate is not in the file"),
        (_other_serial, "certificate is not in the file"),
        (_other_key_identifier, "certificate is not in the file"),
        (_no_signer, "0 signers"),
        (_rsa_algorithm, "not of the signature's kind"),
    ],
)
def test_forgeries_fail(make: Any, change: Any, reason: str) -> None:
    verdict = verify_signature(parse_sod(make(GROUPS, change=change)))
    assert verdict.state is CheckState.FAILED
    assert reason in verdict.reason


def test_a_forged_rsa_signature_fails(rsa_make: Any) -> None:
    for pss in (True, False):
        assert verify_signature(parse_sod(rsa_make(GROUPS, pss=pss, change=_flip_signature))).state is CheckState.FAILED


def test_an_ecdsa_algorithm_over_an_rsa_key_fails(rsa_make: Any) -> None:
    def change(signed: cms.SignedData) -> None:
        signed["signer_infos"][0]["signature_algorithm"] = {"algorithm": "sha256_ecdsa"}

    assert verify_signature(parse_sod(rsa_make(GROUPS, change=change))).state is CheckState.FAILED


def test_algorithms_outside_the_standard_are_not_supported(make: Any, rsa_make: Any, sod_maker: Any) -> None:
    def signature(signed: cms.SignedData) -> None:
        signed["signer_infos"][0]["signature_algorithm"] = {"algorithm": "ed25519"}

    def unnamed(signed: cms.SignedData) -> None:
        signed["signer_infos"][0]["signature_algorithm"] = {"algorithm": "1.2.3.4"}

    def digest(signed: cms.SignedData) -> None:
        signed["signer_infos"][0]["digest_algorithm"] = {"algorithm": "md5"}

    def md5_rsa(signed: cms.SignedData) -> None:
        signed["signer_infos"][0]["signature_algorithm"] = {"algorithm": "md5_rsa"}

    def mask(signed: cms.SignedData) -> None:
        parameters = signed["signer_infos"][0]["signature_algorithm"]["parameters"]
        parameters["mask_gen_algorithm"] = {"algorithm": "mgf1", "parameters": {"algorithm": "md5"}}

    for change in (signature, unnamed, digest, md5_rsa):
        assert verify_signature(parse_sod(make(GROUPS, change=change))).state is CheckState.NOT_SUPPORTED, change
    verdict = verify_signature(parse_sod(rsa_make(GROUPS, pss=True, change=mask)))
    assert verdict.state is CheckState.NOT_SUPPORTED
    other_curve = sod_maker(ec.generate_private_key(ec.SECP256K1()))
    assert verify_signature(parse_sod(other_curve(GROUPS))).state is CheckState.NOT_SUPPORTED


@pytest.mark.parametrize("what", ["field", "base", "order", "cofactor"])
def test_explicit_parameters_with_one_changed_are_refused(specimen: bytes, what: str) -> None:
    """With a base point of one's own choice, a signature for anybody's public key can be made (CVE-2020-0601)."""
    curve = BRAINPOOLP224R1
    base = curve.encode(curve.g)
    old, new = {
        "field": (curve.p.to_bytes(28, "big"), (curve.p - 2).to_bytes(28, "big")),
        # The negative of the base point is on the curve as well.
        "base": (base, base[:29] + (curve.p - curve.g.y).to_bytes(28, "big")),
        "order": (curve.n.to_bytes(28, "big"), (curve.n - 2).to_bytes(28, "big")),
        "cofactor": (curve.n.to_bytes(28, "big") + b"\x02\x01\x01", curve.n.to_bytes(28, "big") + b"\x02\x01\x04"),
    }[what]
    assert specimen.count(old) == 1
    verdict = verify_signature(parse_sod(specimen.replace(old, new)))
    assert verdict.state is CheckState.FAILED
    assert "explicit curve parameters" in verdict.reason


def security_object(algorithm: str = "300B0609608648016503040201", entries: str = "") -> bytes:
    body = bytes.fromhex("020100" + algorithm) + tlv.encode(0x30, bytes.fromhex(entries))
    return tlv.encode(0x30, body)


ENTRY = "3025020101" + "0420" + "00" * 32


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"\x31\x00", "tag 31 where 30"),
        (b"\x30\x00", "nothing where tag 02"),
        (security_object(algorithm="3000"), "tag 06 is missing"),
        (security_object(algorithm="30070605" + "2B0E03021B"), "unknown hash"),
        (security_object(entries="0400"), "malformed data group"),
        (security_object(entries="3000"), "malformed data group"),
        (security_object(entries="3006020101" + "0401FF"), "malformed data group"),
        (security_object(entries=ENTRY + ENTRY), "DG1 is listed twice"),
    ],
)
def test_malformed_lists(make: Any, content: bytes, rule: str) -> None:
    def change(signed: cms.SignedData) -> None:
        signed["encap_content_info"]["content"] = content

    with pytest.raises(ChipDataError, match=rule):
        parse_sod(make(GROUPS, change=change))


def test_other_cms_is_refused(make: Any) -> None:
    def change(signed: cms.SignedData) -> None:
        signed["encap_content_info"] = {"content_type": "data", "content": b""}

    with pytest.raises(ChipDataError, match="content of type"):
        parse_sod(make(GROUPS, change=change))
    data = cms.ContentInfo({"content_type": "data", "content": b"x"}).dump()
    with pytest.raises(ChipDataError, match="no CMS SignedData"):
        parse_sod(tlv.encode(0x77, data))
    with pytest.raises(ChipDataError, match="tag 30 where 77"):
        parse_sod(b"\x30\x00")
    with pytest.raises(ChipDataError, match="a tag is cut off"):
        parse_sod(b"\x77\x01\xff")


def test_nothing_about_the_holder_is_shown(specimen: bytes) -> None:
    assert repr(parse_sod(specimen)) == "Sod(sha1, data groups [1, 2, 3, 14])"


@given(data=st.data())
def test_any_changed_byte_gives_a_verdict_or_bad_data(specimen: bytes, data: st.DataObject) -> None:
    raw = bytearray(specimen)
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position] = data.draw(st.integers(0, 255).filter(lambda byte: byte != specimen[position]))
    try:
        sod = parse_sod(bytes(raw))
    except ChipDataError:
        return
    assert verify_signature(sod).state in set(CheckState)


@given(st.binary(max_size=200).map(lambda body: tlv.encode(0x77, body)))
def test_any_bytes_are_a_list_or_bad_data(data: bytes) -> None:
    with pytest.raises(ChipDataError):
        parse_sod(data)
