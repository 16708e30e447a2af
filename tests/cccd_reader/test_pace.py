"""PACE with the private keys of appendix G.1, so that every byte is compared; then chips that cheat."""

from collections.abc import Callable
from typing import Any

import pytest

from cccd_reader import crypto, tlv
from cccd_reader.apdu import CommandApdu
from cccd_reader.card_access import PaceInfo, parse_card_access
from cccd_reader.curve_table import BRAINPOOLP256R1, BY_PARAMETER_ID
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.keys import Can, MrzKey
from cccd_reader.pace import authentication_token, password_key, run_pace
from cccd_reader.secure_messaging import SecureChannel
from cccd_reader.transport.link import Link
from cccd_reader.transport.local import LocalConnection

G1_KEY = MrzKey("T22000129", "640812", "101031")
Script = list[tuple[str, str]]


@pytest.fixture
def example(icao: dict[str, Any]) -> dict[str, Any]:
    return icao["pace_ecdh_gm_aes128_icao9303_11_G1"]


@pytest.fixture
def info(example: dict[str, Any]) -> PaceInfo:
    found = parse_card_access(bytes.fromhex(example["ef_card_access"])).preferred()
    assert found is not None
    return found


@pytest.fixture
def script(example: dict[str, Any]) -> Script:
    return [(command, answer) for command, answer in example["apdus"]]


@pytest.fixture
def run(example: dict[str, Any], info: PaceInfo, scripted: Any) -> Callable[[Script], SecureChannel]:
    def go(script: Script) -> SecureChannel:
        connection = scripted(*script)
        scalars = iter([int(example["ifd_map_priv"], 16), int(example["ifd_priv"], 16)])
        channel = run_pace(Link(connection).send_plain, info, G1_KEY, random_scalar=lambda curve: next(scalars))
        assert connection.finished
        return channel

    return go


def test_the_exchange_of_appendix_g1(run: Callable[[Script], SecureChannel], script: Script, example: Any) -> None:
    channel = run(script)
    assert channel.ssc == bytes(16)
    twin = SecureChannel(
        crypto.CipherSuite.AES128, bytes.fromhex(example["ks_enc"]), bytes.fromhex(example["ks_mac"]), bytes(16)
    )
    select = CommandApdu(0, 0xA4, 0x04, 0x0C, bytes.fromhex("A0000002471001"))
    assert channel.protect(select) == twin.protect(select)


def test_the_tokens_of_appendix_g1(info: PaceInfo, example: dict[str, Any]) -> None:
    key = bytes.fromhex(example["ks_mac"])
    for ours, theirs in (("t_ifd", "ic_pub"), ("t_ic", "ifd_pub")):
        point = BRAINPOOLP256R1.decode(bytes.fromhex(example[theirs]))
        assert authentication_token(info, key, BRAINPOOLP256R1, point).hex().upper() == example[ours]


def test_the_password_keys_of_the_synthetic_card(vietnam: dict[str, Any]) -> None:
    derived, suite = vietnam["derived"], crypto.CipherSuite.AES128
    assert password_key(Can(vietnam["can"]), suite).hex().upper() == derived["pace_kpi_can_aes128"]
    key = MrzKey("099012345", "990115", "390115")
    assert password_key(key, suite).hex().upper() == derived["pace_kpi_mrz_aes128"]


def test_the_exchange_of_appendix_i_agrees_keys_too(icao: dict[str, Any], scripted: Any) -> None:
    """Chip authentication mapping: the key agreement is the generic one, and the extra data object is left alone."""
    example = icao["pace_ecdh_cam_aes128_icao9303_11_I"]
    info = parse_card_access(bytes.fromhex(example["ef_card_access"])).preferred()
    assert info is not None
    connection = scripted(
        ("0022C1A40F800A04007F00070202040602830101", "9000"),
        ("10860000027C0000", "7C128010" + example["z"] + "9000"),
        ("10860000457C438141" + example["ifd_map_pub"] + "00", "7C438241" + example["ic_map_pub"] + "9000"),
        ("10860000457C438341" + example["ifd_pub"] + "00", "7C438441" + example["ic_pub"] + "9000"),
        ("008600000C7C0A8508" + example["t_ifd"] + "00", example["final_response"]),
    )
    scalars = iter([int(example["ifd_map_priv"], 16), int(example["ifd_priv"], 16)])
    key = MrzKey("C11T002JM", "960812", "231031")
    channel = run_pace(Link(connection).send_plain, info, key, random_scalar=lambda curve: next(scalars))
    assert connection.finished
    twin = SecureChannel(info.suite, bytes.fromhex(example["ks_enc"]), bytes.fromhex(example["ks_mac"]), bytes(16))
    read = CommandApdu(0, 0xB0, 0, 0, le=8)
    assert channel.protect(read) == twin.protect(read)


def test_a_chip_that_wants_to_hear_the_parameter_id(run: Callable[[Script], SecureChannel], script: Script) -> None:
    with_id = "0022C1A412800A04007F0007020204020283010184010D"
    channel = run([(script[0][0], "6A88"), (with_id, "9000"), *script[1:]])
    assert channel.alive


def test_few_tries_left_is_a_warning(run: Callable[[Script], SecureChannel], script: Script) -> None:
    assert run([(script[0][0], "63C1"), *script[1:]]).alive


def _with(script: Script, step: int, answer: str) -> Script:
    return [*script[:step], (script[step][0], answer)]


@pytest.mark.parametrize(
    ("step", "answer", "code"),
    [
        (0, "6982", CardErrorCode.UNSUPPORTED),
        (1, "6985", CardErrorCode.ACCESS_DENIED),
        (1, "6A80", CardErrorCode.BAD_ANSWER),
        (1, "7C028000" + "9000", CardErrorCode.BAD_DATA),
        (1, "7C0480020102" + "9000", CardErrorCode.BAD_DATA),
        (1, "7C00" + "9000", CardErrorCode.BAD_DATA),
        (1, "9000", CardErrorCode.BAD_DATA),
        (2, "7C438241" + "04" + "11" * 64 + "9000", CardErrorCode.BAD_DATA),  # off the curve
        (2, "7C03820100" + "9000", CardErrorCode.BAD_DATA),  # infinity
        (3, "7C438441" + "04" + "11" * 64 + "9000", CardErrorCode.BAD_DATA),
        (4, "6300", CardErrorCode.WRONG_KEY),
        (4, "63C0", CardErrorCode.WRONG_KEY),
        (4, "6983", CardErrorCode.ACCESS_DENIED),
        (4, "7C0A86080000000000000000" + "9000", CardErrorCode.BAD_ANSWER),  # a chip that does not know the password
    ],
)
def test_failures_are_told_apart(
    run: Callable[[Script], SecureChannel], script: Script, step: int, answer: str, code: CardErrorCode
) -> None:
    with pytest.raises(CardError) as caught:
        run(_with(script, step, answer))
    assert caught.value.code is code


def test_an_echo_of_our_own_keys_is_refused(
    run: Callable[[Script], SecureChannel], script: Script, example: Any
) -> None:
    with pytest.raises(CardError, match="own mapping key"):
        run(_with(script, 2, "7C438241" + example["ifd_map_pub"] + "9000"))
    with pytest.raises(CardError, match="own public key"):
        run(_with(script, 3, "7C438441" + example["ifd_pub"] + "9000"))


def test_a_mapping_that_ends_at_infinity_is_refused(info: PaceInfo, example: dict[str, Any], scripted: Any) -> None:
    """A chip that knows s can choose its key so that s·G + H vanishes. With our private key 1 that key is -s·G."""
    curve = BRAINPOOLP256R1
    chip = curve.multiply(curve.n - int(example["s"], 16), curve.g)
    assert chip is not None
    ours = "04" + curve.encode(curve.g)[1:].hex()
    connection = scripted(
        (example["apdus"][0][0], "9000"),
        tuple(example["apdus"][1]),
        ("10860000457C438141" + ours + "00", "7C438241" + curve.encode(chip).hex() + "9000"),
    )
    with pytest.raises(CardError, match="infinity"):
        run_pace(Link(connection).send_plain, info, G1_KEY, random_scalar=lambda curve: 1)


def test_protocols_that_this_reader_does_not_run_are_unsupported(icao: dict[str, Any], scripted: Any) -> None:
    access = parse_card_access(bytes.fromhex(icao["pace_dh_gm_aes128_icao9303_11_G2"]["ef_card_access"]))
    assert access.preferred() is None
    with pytest.raises(CardError) as caught:
        run_pace(Link(scripted()).send_plain, access.pace[0], G1_KEY)
    assert caught.value.code is CardErrorCode.UNSUPPORTED


@pytest.mark.parametrize("parameter_id", BY_PARAMETER_ID)
@pytest.mark.parametrize("suite", [1, 2, 3, 4])
def test_every_suite_on_every_curve(suite: int, parameter_id: int, pace_chip: Any) -> None:
    oid = bytes.fromhex("04007F000702020402") + bytes([suite])
    data = tlv.encode(0x06, oid) + tlv.encode(0x02, b"\x02") + tlv.encode(0x02, bytes([parameter_id]))
    info = parse_card_access(tlv.encode(0x31, tlv.encode(0x30, data))).preferred()
    assert info is not None
    chip = pace_chip(info, Can("012345"))
    channel = run_pace(Link(LocalConnection(chip)).send_plain, info, Can("012345"))
    assert channel.protect(CommandApdu(0, 0xB0, 0, 0, le=8)) == SecureChannel(info.suite, *chip.ks).protect(
        CommandApdu(0, 0xB0, 0, 0, le=8)
    )
