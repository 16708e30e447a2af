"""Basic access control with the randomness of appendix D.3, so that every byte is compared; then a chip that lies."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader.apdu import CommandApdu, ResponseApdu
from cccd_reader.bac import access_keys, run_bac
from cccd_reader.errors import CardError, CardErrorCode
from cccd_reader.keys import MrzKey
from cccd_reader.secure_messaging import SecureChannel
from cccd_reader.transport.link import Link


@pytest.fixture
def example(icao: dict[str, Any]) -> dict[str, str]:
    return icao["bac_3des_icao9303_11_appendix_D"]


@pytest.fixture
def run(example: dict[str, str], scripted: Any) -> Callable[..., SecureChannel]:
    def go(*script: tuple[str, str]) -> SecureChannel:
        connection = scripted(*script)
        random = iter([bytes.fromhex(example["rnd_ifd"]), bytes.fromhex(example["k_ifd"])])
        key = MrzKey(example["document_number"], example["dob"], example["expiry"])
        channel = run_bac(Link(connection).send_plain, key, random=lambda size: next(random))
        assert connection.finished
        return channel

    return go


def test_the_keys_of_appendix_d(example: dict[str, str]) -> None:
    key = MrzKey(example["document_number"], example["dob"], example["expiry"])
    assert key.information == example["mrz_information"].encode()
    assert [part.hex().upper() for part in access_keys(key)] == [example["kenc"], example["kmac"]]


def test_the_exchange_of_appendix_d(run: Callable[..., SecureChannel], example: dict[str, str], icao: Any) -> None:
    channel = run(
        (example["cmd_get_challenge"], example["rnd_ic"] + "9000"),
        (example["cmd_ext_auth"], example["resp_ext_auth"] + "9000"),
    )
    assert channel.ssc.hex().upper() == example["ssc"]
    # The session keys show themselves in the first protected command of appendix D.4.
    first = icao["secure_messaging_3des_icao9303_11_appendix_D4"]["exchanges"][0]
    assert (
        channel.protect(CommandApdu.decode(bytes.fromhex(first["plain"]))).encode().hex().upper() == first["protected"]
    )


@pytest.mark.parametrize("sw", ["6300", "63C2", "6982"])
def test_a_wrong_key_is_told_apart(run: Callable[..., SecureChannel], example: dict[str, str], sw: str) -> None:
    with pytest.raises(CardError) as caught:
        run((example["cmd_get_challenge"], example["rnd_ic"] + "9000"), (example["cmd_ext_auth"], sw))
    assert caught.value.code is CardErrorCode.WRONG_KEY
    assert caught.value.sw == int(sw, 16)


def test_no_challenge(run: Callable[..., SecureChannel], example: dict[str, str]) -> None:
    with pytest.raises(CardError, match="no challenge"):
        run((example["cmd_get_challenge"], "6D00"))
    with pytest.raises(CardError, match="no challenge"):
        run((example["cmd_get_challenge"], "01029000"))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("6A80", "no proof"),
        ("00" * 39 + "9000", "no proof"),
        ("46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D074D7448" + "9000", "MAC"),
    ],
)
def test_a_chip_without_proof(
    run: Callable[..., SecureChannel], example: dict[str, str], answer: str, reason: str
) -> None:
    with pytest.raises(CardError, match=reason) as caught:
        run((example["cmd_get_challenge"], example["rnd_ic"] + "9000"), (example["cmd_ext_auth"], answer))
    assert caught.value.code is CardErrorCode.BAD_ANSWER


def test_our_own_cryptogram_sent_back_is_no_proof(run: Callable[..., SecureChannel], example: dict[str, str]) -> None:
    # Its MAC is right, as it is ours; but the nonces stand the other way round.
    with pytest.raises(CardError, match="other nonces"):
        run(
            (example["cmd_get_challenge"], example["rnd_ic"] + "9000"),
            (example["cmd_ext_auth"], example["e_ifd"] + example["m_ifd"] + "9000"),
        )


@given(st.binary(max_size=20) | st.just(b"RND.IC.."), st.binary(max_size=60) | st.binary(min_size=40, max_size=40))
def test_any_answers_are_an_error_of_the_card(challenge: bytes, proof: bytes) -> None:
    answers = iter([challenge, proof])
    with pytest.raises(CardError) as caught:
        run_bac(lambda command: ResponseApdu(next(answers), 0x9000), MrzKey("L898902C", "690806", "940623"))
    assert caught.value.code is CardErrorCode.BAD_ANSWER
