"""The integrated mapping at its edges: what no worked example has."""

import pytest

from cccd_reader.agreement import EcGroup, standard_group
from cccd_reader.crypto import CipherSuite
from cccd_reader.curve_table import BY_PARAMETER_ID, SECP224R1
from cccd_reader.emulation.chip_mapping import encode_point, integrated_generator, nonce_bytes
from cccd_reader.emulation.chip_messaging import RefusedError

MAPPABLE = [curve for curve in BY_PARAMETER_ID.values() if curve is not SECP224R1]


@pytest.mark.parametrize("curve", MAPPABLE, ids=lambda curve: curve.name)
def test_field_elements_become_points_of_the_curve(curve: object) -> None:
    for t in (2, 3, 5, 0x1234567, getattr(curve, "p", 0) - 2):
        point = encode_point(curve, t)  # type: ignore[arg-type]
        assert curve.contains(point)  # type: ignore[attr-defined]


def test_both_signs_of_a_field_element_have_the_same_point_or_its_negative() -> None:
    curve = MAPPABLE[0]
    one, other = encode_point(curve, 7), encode_point(curve, curve.p - 7)
    assert one.x == other.x


@pytest.mark.parametrize("t", [0, 1, -1])
def test_some_field_elements_have_no_point(t: int) -> None:
    curve = MAPPABLE[0]
    with pytest.raises(RefusedError) as caught:
        encode_point(curve, t % curve.p)
    assert caught.value.sw == 0x6A80


def test_a_curve_that_does_not_allow_it() -> None:
    with pytest.raises(RefusedError):
        encode_point(SECP224R1, 5)


@pytest.mark.parametrize(
    ("suite", "chip", "terminal"),
    [
        (CipherSuite.DES3, 16, 16),
        (CipherSuite.AES128, 16, 16),
        (CipherSuite.AES192, 32, 24),
        (CipherSuite.AES256, 32, 32),
    ],
)
def test_nonces_are_as_long_as_the_suite_wants(suite: CipherSuite, chip: int, terminal: int) -> None:
    assert (nonce_bytes(suite), suite.key_bytes) == (chip, terminal)
    for group in (EcGroup(MAPPABLE[3]), standard_group(1)):
        assert group is not None
        nonce = bytes(range(1, chip + 1))
        generator = integrated_generator(group, suite, nonce, bytes(range(terminal)))
        assert group.decode(group.encode(generator)) == generator  # type: ignore[arg-type]
        with pytest.raises(RefusedError):
            integrated_generator(group, suite, nonce, bytes(terminal - 1))


def test_the_neutral_element_is_no_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cccd_reader.emulation.chip_mapping.pseudo_random_number", lambda *_: 1)
    group = standard_group(0)
    assert group is not None
    with pytest.raises(RefusedError):
        integrated_generator(group, CipherSuite.AES128, bytes(16), bytes(16))
