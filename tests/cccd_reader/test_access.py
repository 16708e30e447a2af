"""Which protocol opens a chip, and when the reader falls back from PACE to BAC."""

from typing import Any

import pytest

from cccd_reader import access, bac, crypto
from cccd_reader.access import Access, open_chip, read_card_access
from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.keys import Can, KeyRing, MrzKey
from cccd_reader.reader import read_card
from cccd_reader.transport.link import Link
from cccd_reader.transport.local import LocalConnection

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
        assert access.preferred() is not None


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
