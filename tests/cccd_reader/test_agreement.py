"""The groups of key agreement: their parameters, and what of a chip's public key is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader.agreement import DhGroup, EcGroup, standard_group
from cccd_reader.curve_table import BRAINPOOLP256R1
from cccd_reader.errors import CardError, CardErrorCode, ChipDataError
from cccd_reader.modp_table import MODP_GROUPS

SMALL = standard_group(0)
EC = EcGroup(BRAINPOOLP256R1)
TOY = DhGroup("toy", p=23, g=2, q=11)


def is_prime(number: int) -> bool:
    """Miller and Rabin with the first forty primes: no composite of these sizes is known to pass by accident."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    bases = [n for n in range(2, 174) if all(n % d for d in range(2, n))]
    for base in bases:
        x = pow(base, odd, number)
        if x in (1, number - 1):
            continue
        if not any((x := x * x % number) == number - 1 for _ in range(twos - 1)):
            return False
    return True


@pytest.mark.parametrize(("parameter_id", "bits"), [(0, (1024, 160)), (1, (2048, 224)), (2, (2048, 256))])
def test_the_groups_of_rfc_5114_have_prime_order(parameter_id: int, bits: tuple[int, int]) -> None:
    group = MODP_GROUPS[parameter_id]
    assert (group.p.bit_length(), group.q.bit_length()) == bits
    assert is_prime(group.p)
    assert is_prime(group.q)
    assert group.g != 1
    assert pow(group.g, group.q, group.p) == 1


def test_the_numbers_that_name_a_group() -> None:
    assert {number for number in range(40) if standard_group(number)} == {0, 1, 2, *range(8, 19)}
    assert isinstance(standard_group(2), DhGroup)
    assert isinstance(standard_group(18), EcGroup)


@pytest.mark.parametrize("parameter_id", [0, 1, 2, 8, 13, 18])
def test_both_sides_agree(parameter_id: int) -> None:
    group = standard_group(parameter_id)
    assert group is not None
    ours, theirs = group.key_pair(), group.key_pair()
    assert group.decode(group.encode(ours.public)) == ours.public
    secret = group.shared_secret(ours.private, theirs.public)
    assert secret == group.shared_secret(theirs.private, ours.public)
    assert len(secret) == group.field_bytes
    assert repr(ours) == "KeyPair(…)"


def test_the_agreement_of_appendix_g2(icao: dict[str, dict[str, str]]) -> None:
    example = icao["pace_dh_gm_aes128_icao9303_11_G2"]
    assert isinstance(SMALL, DhGroup)
    own = SMALL.key_pair(private=int(example["ifd_map_priv"], 16))
    assert SMALL.encode(own.public).hex().upper() == example["ifd_map_pub"]
    chip = SMALL.decode(bytes.fromhex(example["ic_map_pub"]))
    h = SMALL.multiply(own.private, chip)
    assert SMALL.encode(h).hex().upper() == example["shared_h"]
    mapped = SMALL.add(SMALL.multiply(int(example["s"], 16), SMALL.generator), h)
    assert SMALL.encode(mapped).hex().upper() == example["mapped_g"]


@pytest.mark.parametrize(
    ("number", "rule"),
    [
        (0, "between 2 and p-2"),
        (1, "between 2 and p-2"),
        (-1, "between 2 and p-2"),  # p-1, of order two
        (2, "subgroup"),
    ],
)
def test_numbers_outside_the_subgroup_are_refused(number: int, rule: str) -> None:
    assert isinstance(SMALL, DhGroup)
    data = (number % SMALL.p).to_bytes(SMALL.field_bytes, "big")
    with pytest.raises(ChipDataError, match=rule) as caught:
        SMALL.decode(data, "PACE mapping key")
    assert caught.value.file == "PACE mapping key"


def test_integers_of_another_size_are_refused() -> None:
    assert isinstance(SMALL, DhGroup)
    for data in (b"", bytes(129), b"\x00" + SMALL.encode(SMALL.generator)):
        with pytest.raises(ChipDataError, match="no integer of"):
            SMALL.decode(data)


def test_without_the_order_the_range_is_checked() -> None:
    group = DhGroup("toy", p=23, g=5, q=None)
    assert group.decode(b"\x07") == 7
    with pytest.raises(ChipDataError):
        group.decode(b"\x16")
    assert {group.random_scalar() for _ in range(500)} == set(range(1, 22))


def test_the_neutral_element_ends_the_agreement() -> None:
    for call in (
        lambda: TOY.multiply(11, 4),
        lambda: TOY.add(4, pow(4, -1, 23)),
        lambda: EC.multiply(BRAINPOOLP256R1.n, EC.generator),
        lambda: EC.add(EC.generator, EC.multiply(BRAINPOOLP256R1.n - 1, EC.generator)),
    ):
        with pytest.raises(CardError) as caught:
            call()
        assert caught.value.code is CardErrorCode.BAD_ANSWER


def test_our_own_diffie_hellman_key_never_starts_with_a_zero_byte() -> None:
    group = DhGroup("toy", p=1019, g=4, q=509)  # two bytes; a quarter of the elements need one alone
    for _ in range(50):
        assert len(group.encode(group.key_pair().public)) == 2
    assert len(group.encode(group.key_pair(private=1).public)) == 1


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"p": 2**1023 - 1}, "no odd number"),
        ({"p": 2**8200 + 1}, "no odd number"),
        ({"p": 2**1024 - 2}, "no odd number"),
        ({"g": 1}, "generator"),
        ({"g": MODP_GROUPS[0].p - 1}, "generator"),
        ({"q": MODP_GROUPS[0].q + 2}, "order"),
        ({"q": 0}, "order"),
        ({"q": 2**1025}, "order"),
        ({"p": 2**1024 - 1, "g": 2**512, "q": 2}, "order is no number of 160"),
    ],
)
def test_parameters_of_a_chip_that_make_no_group(change: dict[str, int], rule: str) -> None:
    good = {"p": MODP_GROUPS[0].p, "g": MODP_GROUPS[0].g, "q": MODP_GROUPS[0].q}
    assert DhGroup.from_chip(**good, what="DG14") == DhGroup("DH 1024 bits", **good)
    with pytest.raises(ChipDataError, match=rule):
        DhGroup.from_chip(**{**good, **change}, what="DG14")


def test_a_group_whose_elements_are_all_short_is_refused() -> None:
    g = 2**600  # modulo g² - 1 its powers are 1 and itself: no private key has a public value of full length
    group = DhGroup.from_chip(g * g - 1, g, None, "DG14")
    with pytest.raises(CardError) as caught:
        group.key_pair()
    assert caught.value.code is CardErrorCode.BAD_ANSWER


@given(st.binary(max_size=66))
def test_any_bytes_are_an_element_or_bad_data(data: bytes) -> None:
    for group in (TOY, EC):
        try:
            element = group.decode(data)
        except ChipDataError:
            continue
        assert group.decode(group.encode(element)) == element  # type: ignore[arg-type]
