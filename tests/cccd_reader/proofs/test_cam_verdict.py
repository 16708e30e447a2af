"""When PACE with chip authentication mapping counts as the proof that a chip is no copy: the worked example of the
standard, and every way in which its static key is or is not bound to the document."""

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cccd_reader import tlv
from cccd_reader.cam_verdict import mapping_verdict
from cccd_reader.curve_table import BRAINPOOLP256R1
from cccd_reader.emulation.signer import TestSigner
from cccd_reader.lds.security_infos import SecurityInfos, parse_security_infos
from cccd_reader.pace_cam import CamEvidence
from cccd_reader.verdict import Check, CheckState, Verdict

PARAMETER_ID = 13
ID_SECURITY_OBJECT = "0.4.0.127.0.7.3.2.1"
NAME = "PACE-CAM brainpoolP256r1"


@pytest.fixture(scope="module")
def evidence(icao: dict[str, Any]) -> CamEvidence:
    example = icao["pace_ecdh_cam_aes128_icao9303_11_I"]
    mapping_key = BRAINPOOLP256R1.decode(bytes.fromhex(example["ic_map_pub"]))
    return CamEvidence(BRAINPOOLP256R1, mapping_key, int(example["ca_ic"], 16), PARAMETER_ID)


@pytest.fixture(scope="module")
def signer() -> TestSigner:
    return TestSigner.create()


def key_info(point: bytes, key_id: int | None = PARAMETER_ID) -> bytes:
    """ChipAuthenticationPublicKeyInfo of a point on brainpoolP256r1."""
    algorithm = tlv.encode(0x30, bytes.fromhex("06072A8648CE3D020106092B2403030208010107"))
    spki = tlv.encode(0x30, algorithm + tlv.encode(0x03, b"\x00" + point))
    number = b"" if key_id is None else bytes([0x02, 0x01, key_id])
    return tlv.encode(0x30, bytes.fromhex("060904007F000702020102") + spki + number)


def infos_of(*infos: bytes) -> bytes:
    return tlv.encode(0x31, b"".join(infos))


@pytest.fixture(scope="module")
def static_key(icao: dict[str, Any]) -> bytes:
    return bytes.fromhex(icao["pace_ecdh_cam_aes128_icao9303_11_I"]["static_pk_ef_card_security"])


@pytest.fixture(scope="module")
def other_key() -> bytes:
    numbers = ec.generate_private_key(ec.BrainpoolP256R1()).public_key().public_numbers()
    return b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


@pytest.fixture(scope="module")
def card_security(signer: TestSigner, static_key: bytes) -> bytes:
    return signer.sign_content(ID_SECURITY_OBJECT, infos_of(key_info(static_key)))


def dg14(*infos: bytes) -> SecurityInfos:
    return parse_security_infos(infos_of(*infos), "DG14")


def judged(state: CheckState, reason: str) -> Verdict:
    return Verdict(Check.CHIP_AUTHENTICATION, state, reason)


def test_a_key_that_the_signer_of_the_document_signed(
    evidence: CamEvidence, card_security: bytes, signer: TestSigner
) -> None:
    verdict = mapping_verdict(evidence, card_security, document_signer=signer.document_signer_certificate)
    assert verdict == judged(CheckState.SUCCESSFUL, f"{NAME}, with a key that the signer of EF.SOD signed")


def test_a_key_that_a_trusted_signer_signed(evidence: CamEvidence, card_security: bytes, signer: TestSigner) -> None:
    asked = []

    def trusted(signed: Any) -> bool:
        asked.append(signed)
        return signer.document_signer_certificate in signed.certificates

    verdict = mapping_verdict(evidence, card_security, document_signer=b"another", trusted=trusted)
    assert verdict == judged(CheckState.SUCCESSFUL, f"{NAME}, with a key that a trusted signer signed")
    assert len(asked) == 1
    unknown = mapping_verdict(evidence, card_security, trusted=lambda signed: False)
    assert unknown.state is CheckState.UNDETERMINED


@pytest.mark.parametrize("key_id", [PARAMETER_ID, 1, None])
def test_a_key_that_dg14_has_as_well(
    evidence: CamEvidence, static_key: bytes, other_key: bytes, key_id: int | None
) -> None:
    infos = dg14(key_info(other_key, 2), key_info(static_key, key_id))
    verdict = mapping_verdict(evidence, None, dg14=infos)
    assert verdict == judged(CheckState.SUCCESSFUL, f"{NAME}, with a key of DG14")


def test_a_copy_that_brings_its_own_file_and_signer(evidence: CamEvidence, static_key: bytes, other_key: bytes) -> None:
    """The mapping holds and the signature too: the copy made both itself. Nothing binds them to EF.SOD."""
    own = TestSigner.create().sign_content(ID_SECURITY_OBJECT, infos_of(key_info(static_key)))
    for infos in (None, SecurityInfos(), dg14(key_info(other_key))):
        verdict = mapping_verdict(evidence, own, dg14=infos, document_signer=b"the document's")
        assert verdict == judged(CheckState.UNDETERMINED, f"{NAME} holds for a key that nothing binds to this document")


def test_a_copy_that_does_not_know_the_key(
    evidence: CamEvidence, other_key: bytes, signer: TestSigner, card_security: bytes
) -> None:
    copied = signer.sign_content(ID_SECURITY_OBJECT, infos_of(key_info(other_key)))
    certificate = signer.document_signer_certificate
    wrong = judged(CheckState.FAILED, f"{NAME}: the chip does not know the key of EF.CardSecurity")
    assert mapping_verdict(evidence, copied, document_signer=certificate) == wrong
    assert evidence.ca_ic is not None
    changed = replace(evidence, ca_ic=evidence.ca_ic + 1)
    assert mapping_verdict(changed, card_security, document_signer=certificate) == wrong


def test_a_chip_that_sends_no_proof(evidence: CamEvidence, card_security: bytes, static_key: bytes) -> None:
    silent = replace(evidence, ca_ic=None)
    verdict = mapping_verdict(silent, card_security, dg14=dg14(key_info(static_key)))
    assert verdict == judged(CheckState.FAILED, f"{NAME}: the chip sent nothing that could prove its static key")


def test_no_file(evidence: CamEvidence) -> None:
    assert mapping_verdict(evidence, None) == judged(
        CheckState.UNDETERMINED, f"{NAME}: the chip did not give EF.CardSecurity"
    )


def test_a_file_that_was_changed(evidence: CamEvidence, card_security: bytes, signer: TestSigner) -> None:
    certificate = signer.document_signer_certificate
    start = card_security.index(bytes.fromhex("04007F000702020102"))
    for position in (start + 60, len(card_security) - 1):
        changed = bytearray(card_security)
        changed[position] ^= 1
        verdict = mapping_verdict(evidence, bytes(changed), document_signer=certificate)
        assert verdict.state is CheckState.FAILED
        assert verdict.reason.startswith(f"{NAME}: CardSecurity: ")
    for data in (b"", b"\x30\x00", card_security[:-1]):
        assert mapping_verdict(evidence, data, document_signer=certificate).state is CheckState.FAILED


def test_a_file_without_such_a_key(evidence: CamEvidence, signer: TestSigner) -> None:
    empty = signer.sign_content(ID_SECURITY_OBJECT, infos_of())
    verdict = mapping_verdict(evidence, empty, document_signer=signer.document_signer_certificate)
    assert verdict.state is CheckState.FAILED
    assert "no static key" in verdict.reason


def test_a_file_whose_algorithm_is_not_known(evidence: CamEvidence, card_security: bytes) -> None:
    """Its signer has a key on a curve that the standard does not have."""
    curve, unknown = bytes.fromhex("06092B2403030208010107"), bytes.fromhex("06092B2403030208010163")
    before, _, after = card_security.rpartition(curve)  # the certificate comes after the content
    changed = before + unknown + after
    assert mapping_verdict(evidence, changed).state is CheckState.NOT_SUPPORTED
