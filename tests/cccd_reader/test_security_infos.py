"""SecurityInfos of published files, and of files that keep to their syntax only in part."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import tlv
from cccd_reader.agreement import DhGroup, EcGroup
from cccd_reader.card_access import FALLBACK
from cccd_reader.crypto import CipherSuite
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.security_infos import (
    ID_AA,
    ID_CA,
    ID_PACE,
    ID_PK,
    ActiveAuthenticationInfo,
    Agreement,
    ChipAuthenticationInfo,
    Mapping,
    PaceDomainParameterInfo,
    PaceInfo,
    parse_security_infos,
)

ID_TA = bytes.fromhex("04007F0007020202")
"""Terminal authentication, which this reader has no use for."""


def integer(number: int) -> bytes:
    return tlv.encode(0x02, number.to_bytes(1 + number.bit_length() // 8, "big"))


def info(oid: bytes, *rest: bytes) -> bytes:
    return tlv.encode(0x30, tlv.encode(0x06, oid) + b"".join(rest))


def infos(*items: bytes) -> bytes:
    return tlv.encode(0x31, b"".join(items))


def test_the_constant_of_vietnamese_cards() -> None:
    found = parse_security_infos(FALLBACK, "CardAccess")
    pace, ca = ID_PACE + b"\x02\x02", ID_CA + b"\x02\x02"
    assert found.pace == (PaceInfo(pace, Agreement.ECDH, Mapping.GENERIC, CipherSuite.AES128, 2, 13),)
    assert found.chip_authentication == (ChipAuthenticationInfo(ca, Agreement.ECDH, CipherSuite.AES128, 1, None),)
    assert found.oids == (ID_TA, ca, pace)
    assert [raw.oid for raw in found.unknown] == [ID_TA]
    assert found.unknown[0].raw == info(ID_TA, integer(1))


def test_dg14_of_the_specimen_passport(emrtd_data: Path) -> None:
    content = tlv.decode((emrtd_data / "bsi2008" / "Datagroup14.bin").read_bytes(), "DG14", 0x6E).value
    found = parse_security_infos(content, "DG14")
    (key,) = found.chip_authentication_keys
    assert (key.oid, key.agreement, key.key_id) == (ID_PK + b"\x02", Agreement.ECDH, None)
    assert key.spki in content
    assert len(tlv.decode(key.spki).value) == 275 - 4 + 4
    (ca,) = found.chip_authentication
    assert (ca.suite, ca.version, str(ca)) == (CipherSuite.DES3, 1, "CA-ECDH-3DES, key None")
    assert [raw.oid for raw in found.unknown] == [ID_TA]


def test_the_sample_of_the_document(emrtd_data: Path) -> None:
    content = tlv.decode((emrtd_data / "doc9303" / "spec_sample_encoded_dg14.bin").read_bytes(), "DG14", 0x6E).value
    found = parse_security_infos(content, "DG14")
    assert [key.agreement for key in found.chip_authentication_keys] == [Agreement.DH]
    assert [(ca.agreement, ca.suite) for ca in found.chip_authentication] == [(Agreement.DH, CipherSuite.DES3)]


@pytest.mark.parametrize(
    ("variant", "agreement", "mapping"),
    [
        (1, Agreement.DH, Mapping.GENERIC),
        (2, Agreement.ECDH, Mapping.GENERIC),
        (3, Agreement.DH, Mapping.INTEGRATED),
        (4, Agreement.ECDH, Mapping.INTEGRATED),
        (6, Agreement.ECDH, Mapping.CHIP_AUTHENTICATION),
    ],
)
def test_every_pace_identifier(variant: int, agreement: Agreement, mapping: Mapping) -> None:
    for suite_id, suite in enumerate(CipherSuite, 1):
        oid = ID_PACE + bytes([variant, suite_id])
        found = parse_security_infos(infos(info(oid, integer(2), integer(13))), "CardAccess")
        if mapping is Mapping.CHIP_AUTHENTICATION and suite is CipherSuite.DES3:
            assert found.pace == ()
            assert found.unknown[0].oid == oid
        else:
            assert found.pace == (PaceInfo(oid, agreement, mapping, suite, 2, 13),)


def test_every_chip_authentication_identifier() -> None:
    for agreement_id, agreement in enumerate(Agreement, 1):
        for suite_id, suite in enumerate(CipherSuite, 1):
            oid = ID_CA + bytes([agreement_id, suite_id])
            found = parse_security_infos(infos(info(oid, integer(1), integer(5))), "DG14")
            assert found.chip_authentication == (ChipAuthenticationInfo(oid, agreement, suite, 1, 5),)


def test_keys_with_their_identifiers() -> None:
    spki = tlv.encode(0x30, b"\x05\x00")
    found = parse_security_infos(
        infos(info(ID_PK + b"\x01", spki), info(ID_PK + b"\x02", spki, integer(0x1234))), "CardSecurity"
    )
    assert [(key.agreement, key.spki, key.key_id) for key in found.chip_authentication_keys] == [
        (Agreement.DH, spki, None),
        (Agreement.ECDH, spki, 0x1234),
    ]


def test_the_algorithm_of_active_authentication() -> None:
    algorithm = bytes.fromhex("04007F00070101040103")  # ecdsa-plain-SHA256
    data = infos(info(ID_AA, integer(1), tlv.encode(0x06, algorithm)))
    assert parse_security_infos(data, "DG14").active_authentication == (ActiveAuthenticationInfo(ID_AA, 1, algorithm),)


def test_explicit_parameters_are_kept_and_never_a_group() -> None:
    parameters = tlv.encode(0x30, tlv.encode(0x06, b"\x2a"))
    data = infos(info(ID_PACE + b"\x02", parameters, integer(40)), info(ID_PACE + b"\x02\x02", integer(2), integer(40)))
    found = parse_security_infos(data, "CardAccess")
    assert found.pace_parameters == (
        PaceDomainParameterInfo(ID_PACE + b"\x02", Agreement.ECDH, Mapping.GENERIC, parameters, 40),
    )
    assert found.pace[0].group is None


@pytest.mark.parametrize(
    ("variant", "parameter_id", "kind"),
    [(2, 13, EcGroup), (2, 0, None), (1, 0, DhGroup), (1, 13, None), (2, 19, None), (1, 3, None), (2, None, None)],
)
def test_the_group_is_of_the_kind_that_the_protocol_names(
    variant: int, parameter_id: int | None, kind: type | None
) -> None:
    rest = [] if parameter_id is None else [integer(parameter_id)]
    (pace,) = parse_security_infos(infos(info(ID_PACE + bytes([variant, 2]), integer(2), *rest)), "CardAccess").pace
    assert pace.group is None if kind is None else isinstance(pace.group, kind)
    assert (pace.curve is not None) == (kind is EcGroup)


@pytest.mark.parametrize(
    "item",
    [
        info(ID_PACE + b"\x02\x02"),  # no version
        info(ID_PACE + b"\x02\x02", b"\x02\x01\xff"),  # a negative one
        info(ID_PACE + b"\x02\x02", b"\x02\x00"),
        info(ID_PACE + b"\x02\x02", tlv.encode(0x02, b"\x01" * 17)),
        info(ID_PACE + b"\x02\x02", integer(2), tlv.encode(0x02, b"\x01" * 17)),
        info(ID_PACE + b"\x02\x02", integer(2), b"\x04\x01\x0d"),  # the parameter id is no INTEGER
        info(ID_PACE + b"\x02\x02", integer(2), integer(13), integer(13)),
        info(ID_PACE + b"\x05\x02", integer(2)),  # no such mapping
        info(ID_PACE + b"\x02\x05", integer(2)),  # no such cipher
        info(ID_PACE + b"\x02\x02\x02", integer(2)),
        info(ID_PACE, integer(2)),
        info(ID_PACE + b"\x02", integer(2)),  # explicit parameters that are none
        info(ID_CA),
        info(ID_CA + b"\x03\x02", integer(1)),
        info(ID_CA + b"\x02\x09", integer(1)),
        info(ID_CA + b"\x02\x02", b"\x05\x00"),
        info(ID_PK + b"\x03", b"\x30\x00"),
        info(ID_PK + b"\x02", integer(1)),
        info(ID_PK, b"\x30\x00"),
        info(ID_AA, integer(1)),
        info(ID_AA, b"\x02\x00", b"\x06\x01\x2a"),
        info(b"\x2a\x03", b"\x05\x00"),
    ],
)
def test_what_is_not_understood_stays_raw_and_the_others_are_read(item: bytes) -> None:
    good = info(ID_PACE + b"\x02\x02", integer(2), integer(13))
    found = parse_security_infos(infos(item, good), "CardAccess")
    assert [raw.raw for raw in found.unknown] == [item]
    assert len(found.oids) == 2
    assert [pace.parameter_id for pace in found.pace] == [13]


@pytest.mark.parametrize("data", ["", "3000", "31020500", "31023000", "310430020500", FALLBACK.hex() + "00"])
def test_what_is_no_set_of_infos(data: str) -> None:
    with pytest.raises(ChipDataError) as caught:
        parse_security_infos(bytes.fromhex(data), "DG14")
    assert caught.value.file == "DG14"


@given(st.binary(max_size=150) | st.binary(max_size=110).map(lambda body: tlv.encode(0x31, body)))
def test_any_bytes_are_infos_or_bad_data(data: bytes) -> None:
    try:
        found = parse_security_infos(data, "CardAccess")
    except ChipDataError:
        return
    known = (found.pace, found.pace_parameters, found.chip_authentication, found.chip_authentication_keys)
    assert sum(map(len, known)) + len(found.active_authentication) + len(found.unknown) == len(found.oids)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([ID_PACE + b"\x02\x02", ID_PACE + b"\x03\x04", ID_CA + b"\x01\x01", ID_CA + b"\x02\x04"]),
            st.integers(0, 9),
            st.none() | st.integers(0, 2**100),
        ),
        max_size=6,
    )
)
def test_what_is_encoded_is_found(items: list[tuple[bytes, int, int | None]]) -> None:
    data = infos(
        *(info(oid, integer(version), *([] if last is None else [integer(last)])) for oid, version, last in items)
    )
    found = parse_security_infos(data, "CardAccess")
    both = [(p.oid, p.version, p.parameter_id) for p in found.pace]
    both += [(c.oid, c.version, c.key_id) for c in found.chip_authentication]
    assert sorted(both, key=repr) == sorted(items, key=repr)
    assert found.oids == tuple(oid for oid, _, _ in items)
