"""What the chip gives to whom: nothing but EF.CardAccess before PACE or BAC, and no fingerprints to anybody."""

from collections.abc import Callable
from typing import Any

import pytest

from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.card_access import FALLBACK
from cccd_reader.emulation import CardImage, EmulatedCard, Quirks, tampered
from cccd_reader.errors import CardError, CardErrorCode

MakeTerminal = Callable[..., Any]
MakeCard = Callable[..., CardImage]

MSE_CAN = "0022C1A40F800A04007F00070202040202830102"
SELECT_APPLICATION = "00A4040C07A0000002471001"


def test_card_access_is_open_to_everybody(terminal: MakeTerminal) -> None:
    fresh = terminal()
    assert fresh.plain("00B09C0000").data == FALLBACK
    assert fresh.plain("00A4020C02011C").sw == 0x9000
    assert fresh.plain("00B0000004") == ResponseApdu(FALLBACK[:4], 0x9000)


def test_no_other_file_is_before_a_session(terminal: MakeTerminal, image: CardImage) -> None:
    fresh = terminal()
    for fid in image.files:
        if fid != 0x011C:
            assert fresh.plain(f"00A4020C02{fid:04X}").sw == 0x6A82
            assert fresh.plain(f"00B0{0x80 | fid & 0x1F:02X}0004").sw == 0x6A82
    assert fresh.plain(SELECT_APPLICATION).sw == 0x9000
    for fid in image.files:
        assert fresh.plain(f"00A4020C02{fid:04X}").sw == 0x6982
        assert fresh.plain(f"00B0{0x80 | fid & 0x1F:02X}0004").sw == 0x6982


@pytest.mark.parametrize("way", ["pace", "bac"])
def test_every_file_but_fingerprints_is_read_in_a_session(terminal: MakeTerminal, image: CardImage, way: str) -> None:
    inside = getattr(terminal(), way)()
    for fid, data in image.files.items():
        if fid == 0x011C:
            assert inside.read(0x1C).sw == 0x6A82  # it stands in the master file, not in the application
        elif fid == 0x0103:
            assert inside.read(3).sw == 0x6982
            assert inside.send(0xA4, 0x02, 0x0C, b"\x01\x03").sw == 0x6982
        else:
            assert inside.read_file(fid & 0x1F) == data
    assert inside.read(11).sw == 0x6A82


def test_a_plain_command_ends_the_session(terminal: MakeTerminal) -> None:
    inside = terminal().pace()
    assert inside.read(1).ok
    assert inside.plain("00B0810004").sw == 0x6987
    assert inside.plain("00B0810004").sw == 0x6982
    # What was protected by the old keys is nothing any more.
    assert inside.link.send_plain(inside.link.channel.protect(CommandApdu(0, 0xB0, 0x81, 0, le=4))).sw == 0x6982


def test_a_protected_command_without_a_session(terminal: MakeTerminal) -> None:
    assert terminal().plain("0CB08100" + "0D" + "970104" + "8E080011223344556677" + "00").sw == 0x6982


def test_a_reset_ends_session_and_selection(terminal: MakeTerminal) -> None:
    inside = terminal().pace()
    inside.card.reset()
    assert inside.plain("00B0810004").sw == 0x6A82
    assert inside.plain("00B09C0004").data == FALLBACK[:4]
    inside.link.channel = None
    assert inside.pace().read(1).ok


@pytest.mark.parametrize("command", ["00A4000C", "00A4000C023F00"])
def test_the_master_file_is_refused_unless_told_otherwise(terminal: MakeTerminal, command: str) -> None:
    assert terminal().plain(command).sw == 0x6D00
    other = terminal(quirks=Quirks(refuses_master_file=False))
    assert other.plain(SELECT_APPLICATION).sw == 0x9000
    assert other.plain(command).sw == 0x9000
    assert other.plain("00B09C0004").data == FALLBACK[:4]


def test_a_wrong_can_is_answered_6300_and_the_right_one_still_works(terminal: MakeTerminal) -> None:
    other = terminal()
    with pytest.raises(CardError) as caught:
        other.pace("999999")
    assert (caught.value.code, caught.value.sw) == (CardErrorCode.WRONG_KEY, 0x6300)
    assert other.link.channel is None
    assert other.pace().read(1).ok


def test_challenges_are_fresh_and_good_for_one_try(terminal: MakeTerminal) -> None:
    fresh = terminal()
    assert fresh.plain("0084000008").sw == 0x6985  # the application is not selected
    fresh.plain(SELECT_APPLICATION)
    wrong = "0082000028" + "00" * 40 + "28"
    assert fresh.plain(wrong).sw == 0x6985
    first, second = fresh.plain("0084000008"), fresh.plain("0084000008")
    assert len(first.data) == len(second.data) == 8
    assert first.data != second.data
    assert fresh.plain(wrong).sw == 0x6300
    assert fresh.plain(wrong).sw == 0x6985
    assert fresh.plain("0084000010").sw == 0x6700
    assert fresh.plain("008200000411223344").sw == 0x6700
    assert fresh.bac().read(1).ok


def test_an_answer_to_another_challenge_is_refused(terminal: MakeTerminal, image: CardImage) -> None:
    one, other = terminal(), terminal()
    for each in (one, other):
        each.plain(SELECT_APPLICATION)
        each.plain("0084000008")
    sent: list[bytes] = []

    def overhear(apdu: bytes) -> bytes:
        sent.append(apdu)
        return EmulatedCard.process(one.card, apdu)

    one.card.process = overhear
    one.bac()
    assert sent[-1][1] == 0x82
    assert other.card.process(sent[-1]) == bytes.fromhex("6300")


def test_bac_within_a_session_is_refused(terminal: MakeTerminal) -> None:
    inside = terminal().bac()
    assert inside.send(0x84, le=8).sw == 0x6985
    assert inside.send(0x82, data=bytes(40), le=40).sw == 0x6985
    assert inside.send(0x22, 0xC1, 0xA4, bytes.fromhex(MSE_CAN)[5:]).sw == 0x6A86


class TestPace:
    def test_only_in_the_master_file(self, terminal: MakeTerminal) -> None:
        fresh = terminal()
        fresh.plain(SELECT_APPLICATION)
        assert fresh.plain(MSE_CAN).sw == 0x6982

    @pytest.mark.parametrize(
        ("command", "sw"),
        [
            ("0022C1A40F800A04007F00070202040402830102", 0x6A80),  # integrated mapping, which the card does not offer
            ("0022C1A403830102", 0x6A80),
            ("0022C1A4028005", 0x6A80),
            ("0022C1A40F800A04007F00070202040202830103", 0x6A88),  # the PIN, which no citizen card has
            ("0022C1A40C800A04007F00070202040202", 0x6A88),
            ("0022C1A412800A04007F0007020204020283010284010C", 0x6A88),
            ("0022C1A412800A04007F0007020204020283010284010D", 0x9000),
            ("002281A40F800A04007F00070202040202830102", 0x6A86),
        ],
    )
    def test_what_can_be_chosen(self, terminal: MakeTerminal, command: str, sw: int) -> None:
        assert terminal().plain(command).sw == sw

    def test_a_chip_that_wants_the_parameters(self, terminal: MakeTerminal) -> None:
        picky = terminal(quirks=Quirks(wants_pace_parameters=True))
        assert picky.plain(MSE_CAN).sw == 0x6A80
        assert picky.pace().read(1).ok

    def test_a_chip_without_pace(self, terminal: MakeTerminal, make_card: MakeCard) -> None:
        older = terminal(EmulatedCard(make_card(pace=())))
        assert older.plain(MSE_CAN).sw == 0x6A80
        assert older.plain("00B09C0004").sw == 0x6A82
        assert older.bac().read(1).ok

    def test_what_the_chip_can_does_not_depend_on_what_its_file_says(
        self, terminal: MakeTerminal, image: CardImage
    ) -> None:
        broken = terminal(EmulatedCard(tampered(image, 0x011C, b"\x31\x05")))
        assert broken.plain("00B09C0000").data == b"\x31\x05"
        assert broken.pace().read(1).ok

    @pytest.mark.parametrize(
        ("parameters", "sw"), [("", 0x6A80), ("84010C", 0x9000), ("840110", 0x9000), ("84010D", 0x6A88)]
    )
    def test_where_one_protocol_runs_on_two_curves_the_terminal_has_to_say_which(
        self, terminal: MakeTerminal, make_card: MakeCard, parameters: str, sw: int
    ) -> None:
        image = make_card(pace=("ecdh-gm-aes128:12", "ecdh-gm-aes128:16", "ecdh-im-aes128:13"))
        data = "800A04007F00070202040202830102" + parameters
        assert terminal(EmulatedCard(image)).plain(f"0022C1A4{len(data) // 2:02X}{data}").sw == sw

    def test_a_chip_that_hides_card_access(self, terminal: MakeTerminal) -> None:
        hidden = terminal(quirks=Quirks(hides_card_access=True))
        assert hidden.plain("00B09C0004").sw == 0x6A82
        assert hidden.pace().read(1).ok

    def test_steps_come_in_order(self, terminal: MakeTerminal) -> None:
        fresh = terminal()
        assert fresh.plain("10860000027C0000").sw == 0x6985
        fresh.plain(MSE_CAN)
        assert fresh.plain("00860000027C0000").sw == 0x6985  # the last step's class byte
        assert fresh.plain("10860000047C02810000").sw == 0x6A80  # the second step's data
        assert fresh.plain("10860000027C0000").sw == 0x6985  # the run is over

    def test_another_command_breaks_a_run_off(self, terminal: MakeTerminal) -> None:
        fresh = terminal()
        fresh.plain(MSE_CAN)
        assert len(fresh.plain("10860000027C0000").data) == 20
        assert fresh.plain("00B09C0004").ok
        assert fresh.plain("10860000047C02810000").sw == 0x6985

    @pytest.mark.parametrize(
        "point",
        ["04" + "00" * 64, "04" + "FF" * 64, "02" + "11" * 32, "00"],
        ids=["zero", "large", "short", "infinity"],
    )
    def test_a_point_off_the_curve_is_refused(self, terminal: MakeTerminal, point: str) -> None:
        fresh = terminal()
        fresh.plain(MSE_CAN)
        fresh.plain("10860000027C0000")
        value = f"81{len(point) // 2:02X}{point}"
        body = f"7C{len(value) // 2:02X}{value}"
        assert fresh.plain(f"10860000{len(body) // 2:02X}{body}00").sw == 0x6A80

    def test_garbage_is_refused(self, terminal: MakeTerminal) -> None:
        fresh = terminal()
        fresh.plain(MSE_CAN)
        assert fresh.plain("108600000300112200").sw == 0x6A80

    def test_bac_after_a_failed_run_in_a_sticky_chip(self, terminal: MakeTerminal) -> None:
        sticky = terminal(quirks=Quirks(needs_reset_after_failed_pace=True))
        sticky.plain(MSE_CAN)
        assert sticky.plain("108600000300112200").sw == 0x6A80
        sticky.plain(SELECT_APPLICATION)
        assert sticky.plain("0084000008").sw == 0x6A88
        sticky.card.reset()
        assert sticky.bac().read(1).ok


class TestReading:
    def test_ends_of_files(self, terminal: MakeTerminal, image: CardImage) -> None:
        inside = terminal().pace()
        com = image.files[0x011E]
        assert inside.read(0x1E, len(com) - 3, 3) == ResponseApdu(com[-3:], 0x9000)
        assert inside.read(0x1E, len(com) - 3, 4) == ResponseApdu(com[-3:], 0x6282)
        assert inside.read(0x1E, len(com), 1).sw == 0x6B00
        assert inside.send(0xB0, 0x7F, 0xFF, le=1).sw == 0x6B00

    def test_the_largest_le_asks_for_all_there_is(self, terminal: MakeTerminal, image: CardImage) -> None:
        inside = terminal().pace()
        dg1 = image.files[0x0101]
        assert inside.send(0xB0, 0x81, 0, le=65536, extended=True) == ResponseApdu(dg1, 0x9000)

    def test_short_answers_carry_223_bytes_under_aes_and_231_under_3des(self, terminal: MakeTerminal) -> None:
        for inside, most in ((terminal().pace(), 223), (terminal().bac(), 231)):
            assert len(inside.read(2, le=most).data) == most
            assert inside.read(2, le=most + 1).sw == 0x6700
            assert inside.read(2, le=most).ok  # the session goes on

    def test_extended_answers_carry_a_whole_file(self, terminal: MakeTerminal, image: CardImage) -> None:
        inside = terminal().pace()
        size = len(image.files[0x0102])
        assert inside.send(0xB0, 0x82, 0, le=size, extended=True).data == image.files[0x0102]

    def test_a_chip_without_extended_length(self, terminal: MakeTerminal) -> None:
        short = terminal(quirks=Quirks(extended_length=False))
        assert short.plain("00B09C00000100").sw == 0x6700
        assert short.plain("00B09C0036").data == FALLBACK

    def test_a_chip_without_short_identifiers(self, terminal: MakeTerminal) -> None:
        assert terminal(quirks=Quirks(short_identifiers=False)).plain("00B09C0004").sw == 0x6A86

    @pytest.mark.parametrize(
        ("command", "sw"),
        [
            ("00B0000004", 0x6986),  # no file is current
            ("00B0FC0004", 0x6A86),
            ("00B09C00", 0x6700),
            ("00B09C00021122" + "04", 0x6700),
            ("00A4020C0101", 0x6A86),
            ("00A4030C02011C", 0x6A86),
            ("00A4040C07A0000002471002", 0x6A82),
            ("00E0000000", 0x6D00),
            ("80B09C0004", 0x6E00),
            ("10B09C0004", 0x6E00),
            ("00B0", 0x6700),
        ],
    )
    def test_commands_that_are_wrong(self, terminal: MakeTerminal, command: str, sw: int) -> None:
        assert terminal().plain(command).sw == sw


def test_the_reader_asks_for_an_identifier(terminal: MakeTerminal) -> None:
    fresh = terminal()
    first = fresh.plain("FFCA000000")
    assert (len(first.data), first.data[0], first.sw) == (4, 0x08, 0x9000)
    assert fresh.plain("FFCA000000") == first
    assert fresh.plain("FF82000006FFFFFFFFFFFF").sw == 0x6D00
    assert fresh.card.apdus == 0
    fresh.card.reset()
    assert fresh.plain("FFCA000000").data[:1] == b"\x08"
    assert terminal(quirks=Quirks(answers_uid=False)).plain("FFCA000000").sw == 0x6D00
