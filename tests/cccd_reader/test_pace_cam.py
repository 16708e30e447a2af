"""Chip authentication mapping: appendix I, chips without the private key, and evidence that is none."""

from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import tlv
from cccd_reader.agreement import EcGroup
from cccd_reader.crypto import CipherSuite
from cccd_reader.curve_table import BRAINPOOLP256R1, BY_PARAMETER_ID
from cccd_reader.curves import Curve, Point
from cccd_reader.errors import ChipDataError
from cccd_reader.keys import Can, MrzKey
from cccd_reader.lds.security_infos import ID_PACE, ID_PK, PaceInfo, SecurityInfos, parse_security_infos
from cccd_reader.pace import PaceSession, run_pace
from cccd_reader.pace_cam import CamEvidence, decrypt_chip_data, verify_cam
from cccd_reader.transport.link import Link
from cccd_reader.transport.local import LocalConnection
from tests.cccd_reader.pace_chip import PaceChip

CAN = Can("012345")


def spki(curve: Curve, point: Point) -> bytes:
    library = {"brainpoolP256r1": ec.BrainpoolP256R1(), "secp256r1": ec.SECP256R1(), "secp521r1": ec.SECP521R1()}
    key = ec.EllipticCurvePublicNumbers(point.x, point.y, library[curve.name]).public_key()
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_info(key: bytes, key_id: int | None, variant: int = 2) -> bytes:
    body = tlv.encode(0x06, ID_PK + bytes([variant])) + key
    return tlv.encode(0x30, body + (b"" if key_id is None else tlv.encode(0x02, bytes([key_id]))))


def card_security(*keys: bytes) -> SecurityInfos:
    return parse_security_infos(tlv.encode(0x31, b"".join(keys)), "CardSecurity")


def info(suite: int = 2, parameter_id: int = 13) -> PaceInfo:
    data = tlv.encode(0x06, ID_PACE + bytes([6, suite])) + b"\x02\x01\x02" + b"\x02\x01" + bytes([parameter_id])
    return parse_security_infos(tlv.encode(0x31, tlv.encode(0x30, data)), "CardAccess").pace[0]


def static_key(chip: PaceChip) -> bytes:
    assert isinstance(chip.group, EcGroup)
    return spki(chip.group.curve, chip.group.key_pair(private=chip.static).public)


def run(chip: PaceChip) -> PaceSession:
    return run_pace(Link(LocalConnection(chip)).send_plain, chip.info, CAN)


def evidence_of(chip: PaceChip) -> CamEvidence:
    session = run(chip)
    assert session.cam is not None
    return session.cam


@pytest.fixture
def example(icao: dict[str, Any]) -> dict[str, Any]:
    return icao["pace_ecdh_cam_aes128_icao9303_11_I"]


class TestAppendixI:
    @pytest.fixture
    def evidence(self, example: dict[str, Any], scripted: Any) -> CamEvidence:
        """Through the whole protocol, with the private keys of the appendix."""
        connection = scripted(
            ("0022C1A40F800A04007F00070202040602830101", "9000"),
            ("10860000027C0000", "7C128010" + example["z"] + "9000"),
            ("10860000457C438141" + example["ifd_map_pub"] + "00", "7C438241" + example["ic_map_pub"] + "9000"),
            ("10860000457C438341" + example["ifd_pub"] + "00", "7C438441" + example["ic_pub"] + "9000"),
            ("008600000C7C0A8508" + example["t_ifd"] + "00", example["final_response"]),
        )
        scalars = iter([int(example["ifd_map_priv"], 16), int(example["ifd_priv"], 16)])
        key = MrzKey("C11T002JM", "960812", "231031")
        session = run_pace(Link(connection).send_plain, info(), key, random_scalar=lambda group: next(scalars))
        assert connection.finished
        assert session.cam is not None
        return session.cam

    def test_the_evidence(self, evidence: CamEvidence, example: dict[str, Any]) -> None:
        mapping_key = BRAINPOOLP256R1.decode(bytes.fromhex(example["ic_map_pub"]))
        assert evidence == CamEvidence(BRAINPOOLP256R1, mapping_key, int(example["ca_ic"], 16), 13)

    def test_it_holds_for_the_key_of_the_appendix(self, evidence: CamEvidence, example: dict[str, Any]) -> None:
        point = BRAINPOOLP256R1.decode(bytes.fromhex(example["static_pk_ef_card_security"]))
        key = spki(BRAINPOOLP256R1, point)
        assert verify_cam(evidence, card_security(key_info(key, 13)))
        doubled = BRAINPOOLP256R1.multiply(2, point)
        assert doubled is not None
        assert not verify_cam(evidence, card_security(key_info(spki(BRAINPOOLP256R1, doubled), 13)))

    def test_the_chip_data_under_the_session_key(self, example: dict[str, Any]) -> None:
        ks_enc, sealed = bytes.fromhex(example["ks_enc"]), bytes.fromhex(example["encrypted_ca_data"])
        found = decrypt_chip_data(CipherSuite.AES128, ks_enc, sealed, BRAINPOOLP256R1.n)
        assert found == int(example["ca_ic"], 16)


@pytest.mark.parametrize("suite", [2, 3, 4])
@pytest.mark.parametrize("parameter_id", [12, 13, 18])
def test_a_genuine_chip(suite: int, parameter_id: int) -> None:
    chip = PaceChip(info(suite, parameter_id), CAN)
    assert verify_cam(evidence_of(chip), card_security(key_info(static_key(chip), parameter_id)))


def test_a_copy_without_the_private_key() -> None:
    """The copy has the genuine chip's files, and for CA_IC whatever it likes."""
    genuine, copy = PaceChip(info(), CAN, static=0xC0FFEE), PaceChip(info(), CAN, static=0xBAD)
    assert not verify_cam(evidence_of(copy), card_security(key_info(static_key(genuine), 13)))


class TestWhichKey:
    @pytest.fixture
    def chip(self) -> PaceChip:
        return PaceChip(info(), CAN)

    def other(self, chip: PaceChip) -> bytes:
        return static_key(PaceChip(chip.info, CAN, static=0xBAD))

    def test_the_one_with_the_number_of_the_parameters(self, chip: PaceChip) -> None:
        evidence = evidence_of(chip)
        right, wrong = static_key(chip), self.other(chip)
        assert verify_cam(evidence, card_security(key_info(wrong, 12), key_info(right, 13), key_info(wrong, None)))
        assert not verify_cam(evidence, card_security(key_info(right, 12), key_info(wrong, 13), key_info(right, None)))

    def test_one_without_a_number_where_none_has_it(self, chip: PaceChip) -> None:
        evidence, right = evidence_of(chip), static_key(chip)
        assert verify_cam(evidence, card_security(key_info(self.other(chip), None), key_info(right, None)))

    def test_no_such_key(self, chip: PaceChip) -> None:
        evidence = evidence_of(chip)
        other_curve = spki(BY_PARAMETER_ID[12], BY_PARAMETER_ID[12].g)
        unknown = tlv.encode(0x30, tlv.encode(0x30, b"\x06\x01\x2a") + b"\x03\x02\x00\x00")
        for keys in (
            [],
            [key_info(static_key(chip), 12)],
            [key_info(other_curve, 13)],
            [key_info(unknown, 13)],
            [key_info(static_key(chip), 13, variant=1)],  # said to be of Diffie-Hellman
        ):
            with pytest.raises(ChipDataError) as caught:
                verify_cam(evidence, card_security(*keys))
            assert caught.value.file == "CardSecurity"

    def test_a_malformed_key(self, chip: PaceChip) -> None:
        with pytest.raises(ChipDataError):
            verify_cam(evidence_of(chip), card_security(key_info(tlv.encode(0x30, b"\x05\x00"), 13)))

    def test_only_so_many_are_tried(self, chip: PaceChip) -> None:
        keys = [key_info(self.other(chip), None)] * 4 + [key_info(static_key(chip), None)]
        assert not verify_cam(evidence_of(chip), card_security(*keys))


def order_bytes(number: int) -> bytes:
    return number.to_bytes(32, "big")


class TestEvidenceThatIsNone:
    """The session stands, because it does not rest on the proof; the proof fails."""

    def check(self, chip: PaceChip) -> None:
        session = run(chip)
        assert session.channel.alive
        assert session.cam is not None
        assert session.cam.ca_ic is None
        assert repr(session.cam) == "CamEvidence(brainpoolP256r1, key 13, not sent)"
        assert not verify_cam(session.cam, card_security(key_info(static_key(chip), 13)))

    def test_absent(self) -> None:
        chip = PaceChip(info(), CAN)
        chip.change = lambda tag, objects: objects[:10] if tag == 0x86 else objects
        self.check(chip)

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            order_bytes(0),
            order_bytes(BRAINPOOLP256R1.n),
            b"\x00" + order_bytes(1),  # longer than the order
            bytes(1000) + b"\x01",
        ],
        ids=["empty", "zero", "the order", "one byte too long", "very long"],
    )
    def test_no_number_of_the_group(self, data: bytes) -> None:
        chip = PaceChip(info(), CAN)
        chip.change = lambda tag, objects: (
            objects[:10] + tlv.encode(0x8A, chip.seal_chip_data(data)) if tag == 0x86 else objects
        )
        # 1000 bytes do not fit the short answer; a chip that sends them anyway is one more fault.
        chip.le_is_kept = False
        self.check(chip)

    @pytest.mark.parametrize("sealed", [b"", bytes(15), bytes(16), bytes(48), bytes(17)])
    def test_no_cryptogram(self, sealed: bytes) -> None:
        chip = PaceChip(info(), CAN)
        chip.change = lambda tag, objects: objects[:10] + tlv.encode(0x8A, sealed) if tag == 0x86 else objects
        self.check(chip)


@given(st.binary(max_size=80), st.sampled_from([CipherSuite.AES128, CipherSuite.AES192, CipherSuite.AES256]))
def test_any_bytes_are_a_number_below_the_order_or_none(sealed: bytes, suite: CipherSuite) -> None:
    found = decrypt_chip_data(suite, bytes(suite.key_bytes), sealed, BRAINPOOLP256R1.n)
    assert found is None or 0 < found < BRAINPOOLP256R1.n


@given(st.integers(1, BRAINPOOLP256R1.n - 1))
def test_leading_zeros_may_be_there_or_not(number: int) -> None:
    chip = PaceChip(info(), CAN)
    chip.ks = (bytes(16), bytes(16))
    for data in (order_bytes(number), order_bytes(number).lstrip(b"\x00")):
        sealed = chip.seal_chip_data(data)
        assert decrypt_chip_data(CipherSuite.AES128, bytes(16), sealed, BRAINPOOLP256R1.n) == number
