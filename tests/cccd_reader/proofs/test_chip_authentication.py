"""Chip authentication: every cipher and kind of key, several keys, copies, and chips that refuse or answer anything."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cccd_reader import tlv
from cccd_reader.agreement import DhGroup, standard_group
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.chip_authentication import ChipAuthentication, authenticate_chip, begin
from cccd_reader.crypto import CipherSuite
from cccd_reader.curve_table import BRAINPOOLP224R1, BRAINPOOLP320R1, SECP192R1
from cccd_reader.curves import Curve
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.lds.dg14 import parse_dg14
from cccd_reader.lds.security_infos import SecurityInfos
from cccd_reader.transport.link import Link
from cccd_reader.verdict import Check, CheckState, Verdict

READ = CommandApdu(0x00, 0xB0, 0x81, 0x00, le=64)
DH, ECDH = 1, 2
SUITES = {1: "3DES", 2: "AES-128", 3: "AES-192", 4: "AES-256"}


class Key:
    """A static key of the chip: its SubjectPublicKeyInfo, and the chip's side of the agreement."""

    def __init__(self, kind: int, spki: bytes, agree: Callable[[bytes], bytes], name: str) -> None:
        self.kind, self.spki, self.agree, self.name = kind, spki, agree, name


MakeKey = Callable[..., Key]


@pytest.fixture(scope="session")
def native_key(native: Any, spki_of: Any) -> MakeKey:
    def make(curve: str = "brainpoolP256r1") -> Key:
        private = ec.generate_private_key(native[curve]())

        def agree(public: bytes) -> bytes:
            peer = ec.EllipticCurvePublicKey.from_encoded_point(private.curve, public)
            return private.exchange(ec.ECDH(), peer)

        return Key(ECDH, spki_of(private), agree, f"ECDH {curve}")

    return make


@pytest.fixture(scope="session")
def curve_key(explicit_spki: Any) -> MakeKey:
    """On a curve that the cryptographic library lacks."""

    def make(curve: Curve) -> Key:
        private = curve.random_scalar()
        public = curve.multiply(private, curve.g)
        assert public is not None

        def agree(ephemeral: bytes) -> bytes:
            shared = curve.multiply(private, curve.decode(ephemeral))
            assert shared is not None
            return shared.x.to_bytes(curve.field_bytes, "big")

        return Key(ECDH, explicit_spki(curve, curve.encode(public)), agree, f"ECDH {curve.name}")

    return make


@pytest.fixture(scope="session")
def dh_key(dh_spki: Any) -> MakeKey:
    def make(parameter_id: int = 0, *, with_order: bool = True) -> Key:
        group = standard_group(parameter_id)
        assert isinstance(group, DhGroup)
        private = group.random_scalar()
        spki = dh_spki(group.p, group.g, group.q if with_order else None, pow(group.g, private, group.p))

        def agree(public: bytes) -> bytes:
            return pow(int.from_bytes(public, "big"), private, group.p).to_bytes(group.field_bytes, "big")

        return Key(DH, spki, agree, f"DH {group.p.bit_length()}")

    return make


def number(key_id: int | None) -> bytes:
    return b"" if key_id is None else bytes([0x02, 0x01, key_id])


def info(kind: int, cipher: int, key_id: int | None = None, version: int = 1) -> bytes:
    """ChipAuthenticationInfo."""
    oid = bytes.fromhex("04007F0007020203") + bytes([kind, cipher])
    return tlv.encode(0x30, tlv.encode(0x06, oid) + bytes([0x02, 0x01, version]) + number(key_id))


def public_key(key: Key, key_id: int | None = None) -> bytes:
    """ChipAuthenticationPublicKeyInfo."""
    oid = bytes.fromhex("04007F0007020201") + bytes([key.kind])
    return tlv.encode(0x30, tlv.encode(0x06, oid) + key.spki + number(key_id))


def dg14(*infos: bytes) -> SecurityInfos:
    return parse_dg14(tlv.encode(0x6E, tlv.encode(0x31, b"".join(infos))))


def headers(chip: Any) -> list[str]:
    return [command.header.hex() for command in chip.log]


def prove(link: Any, infos: SecurityInfos, **options: Any) -> Verdict:
    """Begins, and reads on as a reader does."""
    begun = begin(link, infos, **options)
    assert isinstance(begun, ChipAuthentication), begun
    assert begun.verdict().state is CheckState.ABORTED  # nothing is proven yet
    assert link.send(READ).ok
    return begun.verdict()


def successful(reason: str) -> Verdict:
    return Verdict(Check.CHIP_AUTHENTICATION, CheckState.SUCCESSFUL, reason)


@pytest.mark.parametrize("old", [CipherSuite.DES3, CipherSuite.AES256])
@pytest.mark.parametrize("cipher", SUITES)
def test_ecdh_with_every_cipher(
    proof_chip: Any, link_to: Any, native_key: MakeKey, old: CipherSuite, cipher: int
) -> None:
    chip, key = proof_chip(old), native_key()
    chip.agree[None] = key.agree
    link = link_to(chip)
    verdict = prove(link, dg14(info(ECDH, cipher), public_key(key)))
    assert verdict == successful(f"ECDH brainpoolP256r1 {SUITES[cipher]}")
    way = ["002241a6"] if cipher == 1 else ["002241a4", "00860000"]
    assert headers(chip) == [*way, "00b08100"]  # no command but the protocol's and the reader's own
    assert link.channel.suite.label == SUITES[cipher]
    assert link.send(READ).ok


@pytest.mark.parametrize("cipher", SUITES)
@pytest.mark.parametrize("with_order", [True, False])
def test_dh_with_every_cipher(proof_chip: Any, link_to: Any, dh_key: MakeKey, cipher: int, with_order: bool) -> None:
    chip, key = proof_chip(), dh_key(with_order=with_order)
    chip.agree[None] = key.agree
    assert prove(link_to(chip), dg14(info(DH, cipher), public_key(key))) == successful(f"DH 1024 {SUITES[cipher]}")


@pytest.mark.parametrize("curve", ["secp224r1", "secp256r1", "secp384r1", "secp521r1", "brainpoolP512r1"])
def test_curves_of_the_library(proof_chip: Any, link_to: Any, native_key: MakeKey, curve: str) -> None:
    chip, key = proof_chip(), native_key(curve)
    chip.agree[None] = key.agree
    assert prove(link_to(chip), dg14(info(ECDH, 4), public_key(key))) == successful(f"ECDH {curve} AES-256")


@pytest.mark.parametrize("curve", [SECP192R1, BRAINPOOLP224R1, BRAINPOOLP320R1])
def test_curves_that_are_spelled_out_and_that_the_library_lacks(
    proof_chip: Any, link_to: Any, curve_key: MakeKey, curve: Curve
) -> None:
    chip, key = proof_chip(), curve_key(curve)
    chip.agree[None] = key.agree
    assert prove(link_to(chip), dg14(info(ECDH, 1), public_key(key))) == successful(f"ECDH {curve.name} 3DES")


def test_a_key_without_a_protocol_means_3des(proof_chip: Any, link_to: Any, native_key: MakeKey) -> None:
    chip, key = proof_chip(), native_key()
    chip.agree[None] = key.agree
    verdict = prove(link_to(chip), dg14(public_key(key)))
    assert verdict == successful("ECDH brainpoolP256r1 3DES (implied: DG14 names no protocol)")
    assert headers(chip)[0] == "002241a6"


def test_a_chip_that_knows_3des_by_two_commands_only(proof_chip: Any, link_to: Any, native_key: MakeKey) -> None:
    chip, key = proof_chip(), native_key()
    chip.agree[None] = key.agree
    chip.set_kat = False
    assert prove(link_to(chip), dg14(info(ECDH, 1), public_key(key))).state is CheckState.SUCCESSFUL
    assert headers(chip) == ["002241a6", "002241a4", "00860000", "00b08100"]
    verdict = begin(link_to(chip), dg14(public_key(key)))
    assert isinstance(verdict, Verdict)
    assert (verdict.state, verdict.reason) == (
        CheckState.FAILED,
        "the chip refuses (SW 6A86); ECDH brainpoolP256r1 3DES (implied: DG14 names no protocol)",
    )


class TestSeveralKeys:
    def test_the_strongest_cipher_is_taken(self, proof_chip: Any, link_to: Any, native_key: MakeKey) -> None:
        for order in ((1, 2, 4, 3), (4, 3, 2, 1)):
            chip, key = proof_chip(), native_key()
            chip.agree[None] = key.agree
            verdict = prove(link_to(chip), dg14(*(info(ECDH, cipher) for cipher in order), public_key(key)))
            assert verdict == successful("ECDH brainpoolP256r1 AES-256")

    def test_keys_belong_to_protocols_by_their_number(self, proof_chip: Any, link_to: Any, native_key: MakeKey) -> None:
        chip, weak, strong = proof_chip(), native_key("secp256r1"), native_key("secp384r1")
        chip.agree = {1: weak.agree, 2: strong.agree}
        infos = dg14(info(ECDH, 2, 1), info(ECDH, 3, 2), public_key(weak, 1), public_key(strong, 2))
        assert prove(link_to(chip), infos) == successful("ECDH secp384r1 AES-192")
        assert tlv.encode(0x84, b"\x02") in chip.log[0].data

    def test_3des_names_the_key_too(self, proof_chip: Any, link_to: Any, native_key: MakeKey) -> None:
        chip, key = proof_chip(), native_key()
        chip.agree[7] = key.agree
        assert prove(link_to(chip), dg14(info(ECDH, 1, 7), public_key(key, 7))).state is CheckState.SUCCESSFUL
        assert chip.log[0].data.endswith(tlv.encode(0x84, b"\x07"))

    @pytest.mark.parametrize(("in_info", "in_key"), [(5, None), (None, 5)])
    def test_a_single_key_may_be_numbered_on_one_side_only(
        self, proof_chip: Any, link_to: Any, native_key: MakeKey, in_info: int | None, in_key: int | None
    ) -> None:
        chip, key = proof_chip(), native_key()
        chip.agree[5] = key.agree
        infos = dg14(info(ECDH, 2, in_info), public_key(key, in_key))
        assert prove(link_to(chip), infos).state is CheckState.SUCCESSFUL

    def test_a_protocol_without_its_key(self, proof_chip: Any, link_to: Any, native_key: MakeKey) -> None:
        verdict = begin(link_to(proof_chip()), dg14(info(ECDH, 2, 1), public_key(native_key(), 2)))
        assert verdict == Verdict(
            Check.CHIP_AUTHENTICATION, CheckState.NOT_SUPPORTED, "DG14 names no protocol of version 1 for its key"
        )

    def test_elliptic_keys_before_long_ones_of_the_same_strength(
        self, proof_chip: Any, link_to: Any, native_key: MakeKey, dh_key: MakeKey
    ) -> None:
        chip, long, elliptic = proof_chip(), dh_key(), native_key()
        chip.agree = {1: long.agree, 2: elliptic.agree}
        infos = dg14(info(DH, 2, 1), public_key(long, 1), info(ECDH, 2, 2), public_key(elliptic, 2))
        assert prove(link_to(chip), infos) == successful("ECDH brainpoolP256r1 AES-128")

    def test_a_stronger_key_that_this_reader_does_not_know_is_passed_over(
        self, proof_chip: Any, link_to: Any, native_key: MakeKey
    ) -> None:
        chip, known = proof_chip(), native_key()
        chip.agree = {2: known.agree}
        unknown = Key(ECDH, UNKNOWN_CURVE, known.agree, "secp256k1")
        infos = dg14(info(ECDH, 4, 1), public_key(unknown, 1), info(ECDH, 2, 2), public_key(known, 2))
        assert prove(link_to(chip), infos) == successful("ECDH brainpoolP256r1 AES-128")
        verdict = begin(link_to(chip), dg14(info(ECDH, 4, 1), public_key(unknown, 1)))
        assert verdict == Verdict(Check.CHIP_AUTHENTICATION, CheckState.NOT_SUPPORTED, "curve 1.3.132.0.10")


UNKNOWN_CURVE = bytes.fromhex("3056301006072A8648CE3D020106052B8104000A034200") + b"\x04" + bytes(64)
"""A key on secp256k1, which ICAO 9303 does not have."""


class TestLongKeys:
    """A Diffie-Hellman key of 2048 bits does not fit a short command."""

    @pytest.mark.parametrize("cipher", [1, 2])
    @pytest.mark.parametrize("extended", [None, True])
    def test_by_extended_length(
        self, proof_chip: Any, link_to: Any, dh_key: MakeKey, cipher: int, extended: bool | None
    ) -> None:
        chip, key = proof_chip(), dh_key(2)
        chip.agree[None] = key.agree
        infos = dg14(info(DH, cipher), public_key(key))
        assert prove(link_to(chip), infos, extended=extended) == successful(f"DH 2048 {SUITES[cipher]}")
        assert chip.raw[-2].extended
        assert not chip.raw[-1].extended

    @pytest.mark.parametrize("cipher", [1, 2])
    @pytest.mark.parametrize("old", [CipherSuite.DES3, CipherSuite.AES128])
    def test_in_a_chain(self, proof_chip: Any, link_to: Any, dh_key: MakeKey, cipher: int, old: CipherSuite) -> None:
        chip, key = proof_chip(old), dh_key(2)
        chip.agree[None] = key.agree
        chip.extended = False
        infos = dg14(info(DH, cipher), public_key(key))
        assert prove(link_to(chip), infos, extended=False).state is CheckState.SUCCESSFUL
        assert [command.cla for command in chip.raw][-3:] == [0x1C, 0x0C, 0x0C]
        assert not any(command.extended for command in chip.raw)

    def test_a_chip_that_takes_neither(self, proof_chip: Any, link_to: Any, dh_key: MakeKey) -> None:
        chip, key = proof_chip(), dh_key(2)
        chip.agree[None] = key.agree
        chip.chains = False
        chip.intercept = lambda command: ResponseApdu(b"", 0x6700) if command.extended else None
        link = link_to(chip)
        verdict = begin(link, dg14(info(DH, 2), public_key(key)))
        assert isinstance(verdict, Verdict)
        assert (verdict.state, verdict.reason) == (
            CheckState.FAILED,
            "the chip refuses (SW 6884); DH 2048 AES-128",
        )
        assert link.send(READ).ok  # the old session goes on

    def test_a_chip_without_extended_length_breaks_the_session(
        self, proof_chip: Any, link_to: Any, dh_key: MakeKey
    ) -> None:
        chip, key = proof_chip(), dh_key(2)
        chip.agree[None] = key.agree
        chip.extended = False
        link = link_to(chip)
        verdict = begin(link, dg14(info(DH, 2), public_key(key)))
        assert isinstance(verdict, Verdict)
        assert verdict.state is CheckState.ABORTED
        assert "SW 6700" in verdict.reason
        assert not link.channel.alive

    def test_a_reader_without_extended_length_and_a_chip_without_chains(
        self, proof_chip: Any, link_to: Any, dh_key: MakeKey
    ) -> None:
        chip, key = proof_chip(), dh_key(2)
        chip.agree[None] = key.agree
        chip.chains = False
        link = link_to(chip)
        assert begin(link, dg14(info(DH, 1), public_key(key)), extended=False) == Verdict(
            Check.CHIP_AUTHENTICATION,
            CheckState.UNDETERMINED,
            "the key needs extended length (SW 6884); DH 2048 3DES",
        )
        assert link.send(READ).ok

    def test_a_group_that_would_take_seconds(
        self, proof_chip: Any, link_to: Any, dh_spki: Any, dh_key: MakeKey
    ) -> None:
        huge = Key(DH, dh_spki((1 << 4097) + 1, 2, None, 3), dh_key().agree, "")
        verdict = begin(link_to(proof_chip()), dg14(info(DH, 2), public_key(huge)))
        assert verdict == Verdict(Check.CHIP_AUTHENTICATION, CheckState.NOT_SUPPORTED, "DH 4098")


class TestCopies:
    """DG14 is there, the private key is not."""

    @pytest.mark.parametrize("cipher", [1, 2])
    def test_one_that_refuses(self, proof_chip: Any, link_to: Any, native_key: MakeKey, cipher: int) -> None:
        link = link_to(proof_chip())
        verdict = authenticate_chip(link, dg14(info(ECDH, cipher), public_key(native_key())))
        assert (verdict.state, verdict.reason) == (
            CheckState.FAILED,
            f"the chip refuses (SW 6A88); ECDH brainpoolP256r1 {SUITES[cipher]}",
        )
        assert link.send(READ).ok

    @pytest.mark.parametrize("cipher", [1, 2])
    def test_one_that_agrees_with_another_key(
        self, proof_chip: Any, link_to: Any, native_key: MakeKey, cipher: int
    ) -> None:
        chip, genuine, other = proof_chip(), native_key(), native_key()
        chip.agree[None] = other.agree
        self._cannot_go_on(link_to(chip), dg14(info(ECDH, cipher), public_key(genuine)), "SW 6988")

    def test_one_that_stays_with_the_old_keys(self, proof_chip: Any, link_to: Any, native_key: MakeKey) -> None:
        chip, key = proof_chip(), native_key()
        chip.agree[None] = key.agree
        chip.stays_with_old_keys = True
        self._cannot_go_on(link_to(chip), dg14(info(ECDH, 2), public_key(key)), "SW 6988")

    def test_one_that_answers_without_looking(self, proof_chip: Any, link_to: Any, native_key: MakeKey) -> None:
        chip, key = proof_chip(), native_key()
        chip.agree[None] = lambda public: b"a guess"
        link = link_to(chip)
        begun = begin(link, dg14(info(ECDH, 2), public_key(key)))
        assert isinstance(begun, ChipAuthentication)
        sealed = bytes(16)
        objects = tlv.encode(0x87, b"\x01" + sealed) + bytes.fromhex("99029000") + tlv.encode(0x8E, bytes(8))
        chip.process = lambda raw: objects + b"\x90\x00"
        with pytest.raises(CardError) as caught:
            link.send(READ)
        assert caught.value.code is CardErrorCode.SECURE_MESSAGING
        assert begun.verdict().state is CheckState.FAILED
        assert "the MAC of the answer is wrong" in begun.verdict().reason

    @staticmethod
    def _cannot_go_on(link: Any, infos: SecurityInfos, status: str) -> None:
        begun = begin(link, infos)
        assert isinstance(begun, ChipAuthentication)
        with pytest.raises(CardError) as caught:
            link.send(READ)
        assert caught.value.code is CardErrorCode.SECURE_MESSAGING
        verdict = begun.verdict()
        assert verdict.state is CheckState.FAILED
        assert verdict.reason.startswith("the chip cannot go on under the new keys: ")
        assert status in verdict.reason
        assert not link.channel.alive


UnderWay = tuple[Any, Link, ChipAuthentication]


@pytest.fixture
def under_way(proof_chip: Any, link_to: Any, native_key: MakeKey) -> UnderWay:
    """A genuine chip after its key agreement, before the first command under the new keys."""
    chip, key = proof_chip(), native_key()
    chip.agree[None] = key.agree
    link = link_to(chip)
    begun = begin(link, dg14(info(ECDH, 2), public_key(key)))
    assert isinstance(begun, ChipAuthentication)
    return chip, link, begun


class TestTheProof:
    def test_any_authentic_answer_proves(self, under_way: UnderWay) -> None:
        chip, link, begun = under_way
        chip.intercept = lambda command: ResponseApdu(b"", 0x6A82) if command.ins == 0xB0 else None
        assert link.send(READ).sw == 0x6A82
        assert begun.verdict().state is CheckState.SUCCESSFUL

    def test_what_happens_later_does_not_unprove(self, under_way: UnderWay) -> None:
        chip, link, begun = under_way
        link.send(READ)
        chip.process = lambda raw: b"\x69\x88"
        with pytest.raises(CardError):
            link.send(READ)
        assert begun.verdict().state is CheckState.SUCCESSFUL

    def test_a_card_that_left_proved_nothing(self, under_way: UnderWay) -> None:
        chip, link, begun = under_way
        chip.process = lambda raw: _raise(CardErrorCode.CARD_REMOVED)
        with pytest.raises(CardError):
            link.send(READ)
        assert begun.verdict() == Verdict(
            Check.CHIP_AUTHENTICATION,
            CheckState.ABORTED,
            "no answer under the new keys; ECDH brainpoolP256r1 AES-128",
        )

    def test_a_chip_that_did_not_look_at_the_command_proved_nothing(
        self, proof_chip: Any, link_to: Any, native_key: MakeKey
    ) -> None:
        chip, key = proof_chip(), native_key()
        chip.agree[None] = key.agree
        chip.extended = False
        link = link_to(chip)
        begun = begin(link, dg14(info(ECDH, 2), public_key(key)))
        assert isinstance(begun, ChipAuthentication)
        with pytest.raises(CardError):
            link.send(CommandApdu(0x00, 0xB0, 0x81, 0x00, le=300))
        assert begun.verdict().state is CheckState.ABORTED

    def test_with_a_read_of_its_own(self, proof_chip: Any, link_to: Any, native_key: MakeKey) -> None:
        chip, key = proof_chip(), native_key()
        chip.agree[None] = key.agree
        infos = dg14(info(ECDH, 2), public_key(key))
        assert authenticate_chip(link_to(chip), infos) == successful("ECDH brainpoolP256r1 AES-128")
        assert (chip.log[-1].header.hex(), chip.log[-1].le) == ("00b08100", 1)
        chip.agree[None] = lambda public: b"a guess"
        link = link_to(chip)
        assert authenticate_chip(link, infos).state is CheckState.FAILED
        assert not link.channel.alive

    @pytest.mark.parametrize(
        ("code", "state"),
        [
            (CardErrorCode.BAD_ANSWER, CheckState.ABORTED),
            (CardErrorCode.CARD_REMOVED, None),
            (CardErrorCode.TIMEOUT, None),
        ],
    )
    def test_a_link_that_fails_at_the_proof(
        self, proof_chip: Any, link_to: Any, native_key: MakeKey, code: CardErrorCode, state: CheckState | None
    ) -> None:
        chip, key = proof_chip(), native_key()
        chip.agree[None] = key.agree
        chip.intercept = lambda command: _raise(code) if command.ins == 0xB0 else None
        infos = dg14(info(ECDH, 2), public_key(key))
        link = link_to(chip)
        if state is None:
            with pytest.raises(CardError) as caught:
                authenticate_chip(link, infos)
            assert caught.value.code is code
        else:
            assert authenticate_chip(link, infos).state is state
            assert not link.channel.alive


def _raise(code: CardErrorCode) -> Any:
    raise CardError(code, "gone")


@pytest.mark.parametrize("ins", [0x22, 0x86])
@pytest.mark.parametrize("sw", [0x6300, 0x6982, 0x6A80, 0x6F00])
def test_a_chip_that_refuses(proof_chip: Any, link_to: Any, native_key: MakeKey, ins: int, sw: int) -> None:
    chip, key = proof_chip(), native_key()
    chip.agree[None] = key.agree
    chip.intercept = lambda command: ResponseApdu(b"", sw) if command.ins == ins else None
    link = link_to(chip)
    verdict = begin(link, dg14(info(ECDH, 2), public_key(key)))
    assert isinstance(verdict, Verdict)
    assert (verdict.state, verdict.reason) == (
        CheckState.FAILED,
        f"the chip refuses (SW {sw:04X}); ECDH brainpoolP256r1 AES-128",
    )
    assert link.send(READ).ok


@pytest.mark.parametrize(
    ("answer", "state"),
    [("6A80", CheckState.FAILED), ("9000", CheckState.ABORTED), ("990290009000", CheckState.ABORTED)],
)
def test_a_chip_that_answers_without_protection(
    proof_chip: Any, link_to: Any, native_key: MakeKey, answer: str, state: CheckState
) -> None:
    chip = proof_chip()
    link = link_to(chip)
    chip.process = lambda raw: bytes.fromhex(answer)
    verdict = begin(link, dg14(info(ECDH, 2), public_key(native_key())))
    assert isinstance(verdict, Verdict)
    assert verdict.state is state
    assert not link.channel.alive


@pytest.mark.parametrize("code", [CardErrorCode.CARD_REMOVED, CardErrorCode.TIMEOUT])
def test_a_link_that_fails_is_an_error_and_no_verdict(
    proof_chip: Any, link_to: Any, native_key: MakeKey, code: CardErrorCode
) -> None:
    chip = proof_chip()
    chip.intercept = lambda command: _raise(code)
    with pytest.raises(CardError) as caught:
        begin(link_to(chip), dg14(info(ECDH, 2), public_key(native_key())))
    assert caught.value.code is code


def test_a_link_that_refuses_the_command_is_aborted_also_without_a_session(
    proof_chip: Any, link_to: Any, native_key: MakeKey
) -> None:
    chip = proof_chip()
    link = link_to(chip)
    link.channel = None
    chip.process = lambda raw: _raise(CardErrorCode.BAD_ANSWER)
    verdict = begin(link, dg14(info(ECDH, 2), public_key(native_key())))
    assert isinstance(verdict, Verdict)
    assert verdict.state is CheckState.ABORTED


class TestInfosThatDoNotHelp:
    def test_no_key(self, proof_chip: Any, link_to: Any) -> None:
        chip = proof_chip()
        for infos in (SecurityInfos(), dg14(info(ECDH, 2))):
            assert begin(link_to(chip), infos) == Verdict(
                Check.CHIP_AUTHENTICATION, CheckState.NOT_SUPPORTED, "DG14 has no key of chip authentication"
            )
        assert not chip.log

    @pytest.mark.parametrize("version", [0, 2, 3])
    def test_another_version(self, proof_chip: Any, link_to: Any, native_key: MakeKey, version: int) -> None:
        verdict = begin(link_to(proof_chip()), dg14(info(ECDH, 2, version=version), public_key(native_key())))
        assert isinstance(verdict, Verdict)
        assert verdict.state is CheckState.NOT_SUPPORTED

    def test_a_file_full_of_protocols_or_keys(self, proof_chip: Any, link_to: Any, native_key: MakeKey) -> None:
        key = native_key()
        for infos in (
            dg14(*(info(ECDH, 2, number) for number in range(17)), public_key(key)),
            dg14(info(ECDH, 2), *(public_key(key, number) for number in range(17))),
        ):
            verdict = begin(link_to(proof_chip()), infos)
            assert isinstance(verdict, Verdict)
            assert (verdict.state, verdict.reason) == (
                CheckState.FAILED,
                "DG14: more than 16 protocols or keys of chip authentication",
            )

    def test_a_key_that_is_unknown_is_so_with_every_cipher(
        self, proof_chip: Any, link_to: Any, native_key: MakeKey
    ) -> None:
        unknown = Key(ECDH, UNKNOWN_CURVE, native_key().agree, "")
        infos = dg14(*(info(ECDH, cipher) for cipher in SUITES), public_key(unknown))
        assert begin(link_to(proof_chip()), infos) == Verdict(
            Check.CHIP_AUTHENTICATION, CheckState.NOT_SUPPORTED, "curve 1.3.132.0.10"
        )

    def test_a_key_of_another_kind_than_it_says(
        self, proof_chip: Any, link_to: Any, native_key: MakeKey, dh_key: MakeKey
    ) -> None:
        for kind, key in ((DH, native_key()), (ECDH, dh_key())):
            lying = Key(kind, key.spki, key.agree, "")
            verdict = begin(link_to(proof_chip()), dg14(info(kind, 2), public_key(lying)))
            assert isinstance(verdict, Verdict)
            assert verdict.state is CheckState.FAILED
            assert verdict.reason.endswith("is of another kind")

    def test_a_malformed_key_fails_although_another_is_only_unknown(
        self, proof_chip: Any, link_to: Any, native_key: MakeKey
    ) -> None:
        key = native_key()
        malformed, unknown = Key(ECDH, b"\x30\x00", key.agree, ""), Key(ECDH, UNKNOWN_CURVE, key.agree, "")
        infos = dg14(info(ECDH, 4, 1), public_key(malformed, 1), info(ECDH, 2, 2), public_key(unknown, 2))
        verdict = begin(link_to(proof_chip()), infos)
        assert isinstance(verdict, Verdict)
        assert (verdict.state, verdict.reason) == (CheckState.FAILED, "DG14: nothing where tag 30 must be")

    def test_a_diffie_hellman_key_outside_its_group(
        self, proof_chip: Any, link_to: Any, dh_key: MakeKey, dh_spki: Any
    ) -> None:
        group = standard_group(0)
        assert isinstance(group, DhGroup)
        assert group.q is not None
        outside = next(y for y in range(2, 50) if pow(y, group.q, group.p) != 1)
        key = Key(DH, dh_spki(group.p, group.g, group.q, outside), dh_key().agree, "")
        verdict = begin(link_to(proof_chip()), dg14(info(DH, 2), public_key(key)))
        assert isinstance(verdict, Verdict)
        assert verdict.state is CheckState.FAILED


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(first=st.binary(max_size=60), second=st.binary(max_size=60), under_protection=st.booleans())
def test_any_answers_give_a_verdict_or_the_documented_error(
    proof_chip: Any, link_to: Any, native_key: MakeKey, first: bytes, second: bytes, under_protection: bool
) -> None:
    """The chip answers MSE and GENERAL AUTHENTICATE with anything, protected or not, and can never be successful."""
    chip, key = proof_chip(), native_key()
    answers = iter((first, second, first))
    link = link_to(chip)
    if under_protection:
        chip.intercept = lambda command: ResponseApdu(next(answers), 0x9000)
    else:
        chip.process = lambda raw: next(answers) + b"\x90\x00"
    verdict = authenticate_chip(link, dg14(info(ECDH, 2), public_key(key)))
    assert verdict.state in (CheckState.FAILED, CheckState.ABORTED)
    assert not link.channel.alive
