"""Which protocol opens a chip, and when the reader falls back from PACE to BAC."""

from typing import Any

import pytest

from cccd_reader import access, bac, crypto, tlv
from cccd_reader.access import EMRTD_AID, Access, open_chip, read_card_access
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.card_access import FALLBACK, parse_card_access
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.keys import Can, KeyRing, MrzKey
from cccd_reader.lds.security_infos import ID_PACE
from cccd_reader.reader import read_card
from cccd_reader.transport.link import Link
from cccd_reader.transport.local import LocalConnection
from tests.cccd_reader.conftest import FakeChip
from tests.cccd_reader.pace_chip import PaceChip

RIGHT = MrzKey("L898902C", "690806", "940623")
WRONG = MrzKey("L898902C", "690806", "940624")
SELECT = "00A4040C07A0000002471001"


def bac_only(icao: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The exchange of appendix D.3, with its randomness."""
    example = icao["bac_3des_icao9303_11_appendix_D"]
    random = {8: bytes.fromhex(example["rnd_ifd"]), 16: bytes.fromhex(example["k_ifd"])}
    monkeypatch.setattr(access, "run_bac", lambda send, key: bac.run_bac(send, key, random=random.__getitem__))
    return [
        (example["cmd_get_challenge"], example["rnd_ic"] + "9000"),
        (example["cmd_ext_auth"], example["resp_ext_auth"] + "9000"),
    ]


class TestCardAccess:
    def test_by_short_identifier(self, scripted: Any, icao: dict[str, Any]) -> None:
        file = icao["pace_ecdh_gm_aes128_icao9303_11_G1"]["ef_card_access"]
        access = read_card_access(Link(scripted(("00B09C0000", file + "9000"))))
        assert access.from_card

    def test_by_select_from_the_master_file_whose_answer_is_not_looked_at(self, scripted: Any, icao: Any) -> None:
        file = icao["pace_ecdh_gm_aes128_icao9303_11_G1"]["ef_card_access"]
        connection = scripted(
            ("00B09C0000", "6A82"),
            ("00A4020C02011C", "6A82"),
            ("00A4000C023F00", "6D00"),
            ("00A4020C02011C", "9000"),
            ("00B0000000", file + "6282"),
        )
        assert read_card_access(Link(connection)).from_card
        assert connection.finished

    def test_more_than_one_answer_holds(self, scripted: Any) -> None:
        """Explicit parameters before the protocol: the file goes on behind the first 256 bytes."""
        parameters = tlv.encode(0x30, tlv.encode(0x06, ID_PACE + b"\x02") + tlv.encode(0x30, bytes(300)))
        file = tlv.encode(0x31, parameters + CAM_CARD_ACCESS[2:22])
        rest = len(file) - 256
        connection = scripted(
            ("00B09C0000", file[:256].hex() + "9000"), (f"00B00100{rest:02X}", file[256:].hex() + "9000")
        )
        access = read_card_access(Link(connection))
        assert access.from_card
        assert [str(info) for info in access.pace] == ["PACE-ECDH-CAM-AES-128, parameters 13"]
        assert connection.finished
        cut = scripted(("00B09C0000", file[:256].hex() + "9000"), (f"00B00100{rest:02X}", "6B00"))
        assert not read_card_access(Link(cut)).from_card

    def test_by_select_at_once(self, scripted: Any, icao: dict[str, Any]) -> None:
        file = icao["pace_ecdh_gm_aes128_icao9303_11_G1"]["ef_card_access"]
        connection = scripted(("00B09C0000", "6D00"), ("00A4020C02011C", "9000"), ("00B0000000", file + "9000"))
        assert read_card_access(Link(connection)).from_card

    @pytest.mark.parametrize(
        "script",
        [
            [
                ("00B09C0000", "6982"),
                ("00A4020C02011C", "6982"),
                ("00A4000C023F00", "6D00"),
                ("00A4020C02011C", "6982"),
            ],
            [("00B09C0000", "6982"), ("00A4020C02011C", "9000"), ("00B0000000", "6982")],
            [("00B09C0000", "31FF9000")],
        ],
        ids=["no file", "no reading", "no sense"],
    )
    def test_the_constant_where_the_file_cannot_be_read(self, scripted: Any, script: Any) -> None:
        access = read_card_access(Link(scripted(*script)))
        assert not access.from_card
        assert access.ranked()


NO_PACE = ("00B09C0000", "310F300D060804007F0007020202020101" + "9000")


def test_bac_when_the_chip_offers_no_pace(scripted: Any, icao: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = scripted(NO_PACE, (SELECT, "9000"), *bac_only(icao, monkeypatch))
    link = Link(connection)
    opened = open_chip(link, KeyRing(Can("012345"), (RIGHT,)), Access.AUTO)
    assert opened.access is Access.BAC
    assert opened.key == RIGHT
    assert connection.finished
    assert connection.resets == 1
    assert link.channel is not None


def test_bac_when_pace_is_in_a_state_that_refuses_it(scripted: Any, icao: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = scripted(
        ("00B09C0000", icao["pace_ecdh_gm_aes128_icao9303_11_G1"]["ef_card_access"] + "9000"),
        ("0022C1A40F800A04007F00070202040202830102", "6982"),
        (SELECT, "6283"),
        *bac_only(icao, monkeypatch),
    )
    assert open_chip(Link(connection), KeyRing(Can("012345"), (RIGHT,)), Access.AUTO).access is Access.BAC


def test_a_session_of_bac_is_opened_again_with_the_same_key(icao: dict[str, Any]) -> None:
    """After BAC with the second candidate, a session that broke is opened with that candidate alone."""
    chip = BacChip(RIGHT)
    with pytest.raises(CardError) as caught:
        read_card(LocalConnection(chip), KeyRing(None, (WRONG, RIGHT)), access=Access.BAC)
    assert caught.value.code is CardErrorCode.SECURE_MESSAGING
    # Two tries at first, then one for each smaller piece: the chip answers without protection every time.
    assert chip.challenges == 2 + 1 + 1


def test_no_fallback_without_a_key_or_when_pace_is_asked_for(scripted: Any) -> None:
    for ring, protocol in ((KeyRing(Can("012345")), Access.AUTO), (KeyRing(Can("012345"), (RIGHT,)), Access.PACE)):
        with pytest.raises(CardError) as caught:
            open_chip(Link(scripted(NO_PACE)), ring, protocol)
        assert caught.value.code is CardErrorCode.UNSUPPORTED


def test_the_second_candidate_fits(scripted: Any, icao: dict[str, Any]) -> None:
    """Each try takes a fresh challenge; a chip that answers by rule opens for the right key alone."""
    chip = BacChip(RIGHT)
    opened = open_chip(Link(LocalConnection(chip)), KeyRing(None, (WRONG, RIGHT)), Access.BAC)
    assert opened.key == RIGHT
    assert chip.challenges == 2


def test_three_wrong_candidates_and_no_fourth() -> None:
    chip = BacChip(MrzKey("L898902C", "700101", "940623"))
    ring = KeyRing(None, (WRONG, RIGHT, MrzKey("L898902C", "690806", "991231")))
    with pytest.raises(CardError) as caught:
        open_chip(Link(LocalConnection(chip)), ring, Access.BAC)
    assert caught.value.code is CardErrorCode.WRONG_KEY
    assert chip.challenges == 3


def test_a_broken_protocol_stops_the_guessing() -> None:
    chip = BacChip(RIGHT, mute=True)
    with pytest.raises(CardError) as caught:
        open_chip(Link(LocalConnection(chip)), KeyRing(None, (WRONG, RIGHT)), Access.BAC)
    assert caught.value.code is CardErrorCode.BAD_ANSWER


def test_a_card_of_another_kind(scripted: Any) -> None:
    with pytest.raises(CardError, match="no eMRTD application"):
        open_chip(Link(scripted((SELECT, "6A82"))), KeyRing(None, (RIGHT,)), Access.BAC)


POWERED = 2
"""Resets of a fake chip that was made and connected, and not reset again."""

CAM_CARD_ACCESS = bytes.fromhex(
    "3128" + "3012060A04007F0007020204060202010202010D" + "3012060A04007F0007020204020202010202010D"
)
"""Chip authentication mapping and generic mapping, both AES-128 on brainpoolP256r1."""
CARD_SECURITY = tlv.encode(0x30, bytes(range(256)) * 3)


class CamChip(FakeChip):
    """A chip whose master file has EF.CardSecurity, and whose application has another file with the same number."""

    def __init__(self, can: str = "012345", access: bytes = CAM_CARD_ACCESS) -> None:
        super().__init__({0x011D: CARD_SECURITY}, can)
        info = parse_card_access(access).ranked()[0]
        self.files[0x011C] = access
        self.pace = PaceChip(info, Can(can))
        self.on_plain = self._leave_the_master_file

    def _leave_the_master_file(self, command: CommandApdu) -> None:
        if command.data == EMRTD_AID:
            self.files = {}


class TestChipAuthenticationMapping:
    def test_card_security_is_read_before_the_application_is_selected(self) -> None:
        chip = CamChip()
        opened = open_chip(Link(LocalConnection(chip)), KeyRing(Can("012345")), Access.AUTO)
        assert opened.card_security == CARD_SECURITY
        assert str(opened.pace) == "PACE-ECDH-CAM-AES-128, parameters 13"
        assert opened.cam is not None
        assert chip.log[-1].data == EMRTD_AID
        reads = [command for command in chip.log if command.ins == 0xB0][1:]
        assert [command.le for command in reads] == [223, 223, 223, 772 - 3 * 223]

    def test_in_the_pieces_that_are_known_to_work(self) -> None:
        chip = CamChip()
        opened = open_chip(Link(LocalConnection(chip)), KeyRing(Can("012345")), Access.AUTO, largest_read=112)
        assert opened.card_security == CARD_SECURITY
        assert max(command.le or 0 for command in chip.log[1:]) == 112

    def test_by_select_where_short_identifiers_are_unknown(self) -> None:
        chip = CamChip()
        chip.short_identifiers = False
        opened = open_chip(Link(LocalConnection(chip)), KeyRing(Can("012345")), Access.AUTO)
        assert opened.card_security == CARD_SECURITY

    @pytest.mark.parametrize(
        "content",
        [None, b"", b"\x30", b"\x30\x82\xff\xff", CARD_SECURITY[:300]],
        ids=["no file", "empty", "no length", "too long", "shorter than it says"],
    )
    def test_a_file_that_cannot_be_read_leaves_the_chip_open(self, content: bytes | None) -> None:
        chip = CamChip()
        del chip.files[0x011D]
        if content is not None:
            chip.files[0x011D] = content
        opened = open_chip(Link(LocalConnection(chip)), KeyRing(Can("012345")), Access.AUTO)
        assert opened.card_security is None
        assert opened.cam is not None
        assert opened.cam.ca_ic is not None

    def test_a_file_that_comes_in_drops_is_given_up(self) -> None:
        chip = CamChip()
        leave = chip.on_plain

        def one_byte(command: CommandApdu) -> ResponseApdu | None:
            leave(command)
            reading = command.ins == 0xB0 and chip.pace.done
            return ResponseApdu(CARD_SECURITY[:4] if command.p1 & 0x80 else b"x", 0x9000) if reading else None

        chip.on_plain = one_byte
        opened = open_chip(Link(LocalConnection(chip)), KeyRing(Can("012345")), Access.AUTO)
        assert opened.card_security is None
        assert len(chip.log) < 310

    def test_it_is_not_read_for_a_chip_that_sends_no_evidence(self) -> None:
        chip = CamChip()
        chip.pace.change = lambda tag, objects: objects[:10] if tag == 0x86 else objects
        opened = open_chip(Link(LocalConnection(chip)), KeyRing(Can("012345")), Access.AUTO)
        assert opened.cam is not None
        assert opened.cam.ca_ic is None
        assert opened.card_security is None
        assert [command.ins for command in chip.log] == [0xB0, 0xA4]

    def test_the_next_protocol_where_the_chip_does_not_start_the_best(self) -> None:
        """A chip that promises chip authentication mapping and knows the generic one alone."""
        chip = CamChip()
        generic = parse_card_access(CAM_CARD_ACCESS).ranked()[1]
        chip.pace = PaceChip(generic, Can("012345"))
        refused = CAM_CARD_ACCESS[6:16]

        def refuse(command: CommandApdu) -> ResponseApdu | None:
            return ResponseApdu(b"", 0x6A80) if command.ins == 0x22 and refused in command.data else None

        chip.on_raw = refuse
        opened = open_chip(Link(LocalConnection(chip)), KeyRing(Can("012345")), Access.AUTO)
        assert opened.pace == generic
        assert (opened.cam, opened.card_security) == (None, None)
        assert chip.pace.tokens == 1
        assert chip.resets == POWERED


class TestOneTry:
    def test_of_the_can(self) -> None:
        """No second protocol, no BAC and no repetition after a CAN that the chip refuses."""
        chip = CamChip("999999")
        with pytest.raises(CardError) as caught:
            open_chip(Link(LocalConnection(chip)), KeyRing(Can("012345"), (RIGHT,)), Access.AUTO)
        assert caught.value.code is CardErrorCode.WRONG_KEY
        assert chip.pace.tokens == 1
        assert chip.resets == POWERED

    def test_of_each_mrz_key(self) -> None:
        chip = FakeChip({}, "999999")
        checks: list[None] = []
        keys = (RIGHT, WRONG, MrzKey("L898902C", "690806", "991231"))
        with pytest.raises(CardError) as caught:
            open_chip(Link(LocalConnection(chip)), KeyRing(None, keys), Access.AUTO, lambda: checks.append(None))
        assert caught.value.code is CardErrorCode.WRONG_KEY
        assert chip.pace.tokens == len(checks) == 3

    def test_the_third_mrz_key_opens_by_pace(self) -> None:
        chip = FakeChip({}, "999999")
        key = MrzKey("L898902C", "690806", "991231")
        chip.pace = PaceChip(chip.pace.info, key)
        opened = open_chip(Link(LocalConnection(chip)), KeyRing(None, (RIGHT, WRONG, key)), Access.PACE)
        assert (opened.access, opened.key) == (Access.PACE, key)


def test_a_failed_pace_is_followed_by_a_reset_before_bac() -> None:
    """A chip that sends rubbish where its nonce should be; then BAC on the chip as it comes up."""
    chip = PaceThenBac()
    opened = open_chip(Link(LocalConnection(chip)), KeyRing(Can("012345"), (RIGHT,)), Access.AUTO)
    assert opened.access is Access.BAC
    assert (opened.pace, opened.cam, opened.card_security) == (None, None, None)
    assert chip.log == ["reset", "MSE", "nonce", "reset", "challenge"]


def test_the_parameters_are_named_where_the_chip_has_several(scripted: Any) -> None:
    two = "3128" + "3012060A04007F0007020204020202010202010D" + "3012060A04007F0007020204020202010202010C"
    connection = scripted(
        ("00B09C0000", two + "9000"),
        ("0022C1A412800A04007F0007020204020283010284010D", "6A80"),
        ("0022C1A412800A04007F0007020204020283010284010C", "6A80"),
    )
    with pytest.raises(CardError) as caught:
        open_chip(Link(connection), KeyRing(Can("012345")), Access.AUTO)
    assert caught.value.code is CardErrorCode.UNSUPPORTED
    assert connection.finished


def test_large_groups_without_extended_length_are_not_started(scripted: Any) -> None:
    connection = scripted(("00B09C0000", "31143012060A04007F00070202040102020102020102" + "9000"))
    link = Link(connection)
    link.extended = False
    with pytest.raises(CardError) as caught:
        open_chip(link, KeyRing(Can("012345")), Access.PACE)
    assert caught.value.code is CardErrorCode.UNSUPPORTED
    assert connection.finished


class BacChip:
    """The chip's side of BAC, as far as accepting or refusing a key."""

    def __init__(self, key: MrzKey, *, mute: bool = False) -> None:
        self._k_enc, self._k_mac = bac.access_keys(key)
        self._mute = mute
        self.challenges = 0

    def reset(self) -> None:
        pass

    def process(self, raw: bytes) -> bytes:
        command = CommandApdu.decode(raw)
        if command.ins == 0xA4:
            return b"\x90\x00"
        if command.ins == 0x84:
            self.challenges += 1
            return ResponseApdu(b"" if self._mute else b"RND.IC..", 0x9000).encode()
        if command.ins != 0x82:
            return b"\x69\x88"
        sealed, code = command.data[:32], command.data[32:]
        suite = crypto.CipherSuite.DES3
        if crypto.mac(suite, self._k_mac, sealed) != code:
            return b"\x63\x00"
        rnd_ifd = crypto.decrypt_cbc(suite, self._k_enc, sealed)[:8]
        proof = crypto.encrypt_cbc(suite, self._k_enc, b"RND.IC.." + rnd_ifd + bytes(16))
        return ResponseApdu(proof + crypto.mac(suite, self._k_mac, proof), 0x9000).encode()


class PaceThenBac(BacChip):
    """BAC is refused until the chip was reset after PACE."""

    def __init__(self) -> None:
        super().__init__(RIGHT)
        self.log: list[str] = []

    def reset(self) -> None:
        self.log.append("reset")

    def process(self, raw: bytes) -> bytes:
        if raw[1] == 0xB0:
            return FALLBACK + b"\x90\x00"
        if raw[1] in (0x22, 0x86):
            self.log.append("MSE" if raw[1] == 0x22 else "nonce")
            return b"\x7c\x03\x80\x01\x00\x90\x00" if raw[1] == 0x86 else b"\x90\x00"
        if self.log.count("reset") < 2:
            return b"\x6a\x88"
        if raw[1] == 0x84:
            self.log.append("challenge")
        return super().process(raw)
