"""Certificates: what each field means, and every way to be none."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from cccd_reader import der, tlv
from cccd_reader.emulation import signing
from cccd_reader.emulation.authority import TestAuthority, extension
from cccd_reader.emulation.signer import TestSigner
from cccd_reader.emulation.signing import SignerKind
from cccd_reader.errors import ChipDataError
from cccd_reader.pki import extensions
from cccd_reader.pki.certificate import MAX_BYTES, Certificate, parse_certificate
from cccd_reader.pki.extensions import KeyUsage, UsagePeriod
from cccd_reader.pki.names import parse_name
from cccd_reader.public_keys import EcPublicKey, UnsupportedKeyError, describe


@pytest.fixture(scope="module")
def vietnam_csca(emrtd_data: Path) -> Certificate:
    return parse_certificate((emrtd_data / "csca_vn_epassport_2022.der").read_bytes())


def test_the_vietnamese_passport_authority(vietnam_csca: Certificate) -> None:
    """The one Vietnamese certificate on public lists; citizen cards have an authority of their own."""
    found = vietnam_csca
    assert str(found.subject) == (
        "C=VN, O=Vietnam Government Information Security Commission, CN=CSCA ePassport Vietnam"
    )
    assert found.self_issued
    assert found.subject.country == "VN"
    assert found.subject.common_name == "CSCA ePassport Vietnam"
    assert f"{found.serial_number:x}" == "506f1357a3a196c24dc32cf464140cae"
    assert (found.not_before.date().isoformat(), found.not_after.date().isoformat()) == ("2022-06-29", "2037-10-01")
    assert found.key_identifier == bytes.fromhex("88918f5a25ece37a3e04c52d38a4f2b5123c85c7")
    assert found.fingerprint.startswith("6b5fa6fe45cc4e85")
    assert found.basic_constraints == extensions.BasicConstraints(ca=True, path_length=0)
    assert found.may(KeyUsage.CERTIFICATE_SIGNING)
    assert not found.may(KeyUsage.DIGITAL_SIGNATURE)
    assert found.crl_addresses == (
        "https://pkddownload1.icao.int/CRLs/VNM.crl",
        "https://pkddownload2.icao.int/CRLs/VNM.crl",
        "http://ca.gov.vn/crl/VNM.crl",
    )
    assert found.private_key_usage is not None
    assert found.private_key_usage.not_after is not None
    assert found.private_key_usage.not_after.date().isoformat() == "2027-07-01"
    key = found.public_key()
    assert describe(key) == "brainpoolP512r1"
    assert found.signature_algorithm().describe(key) == "ECDSA brainpoolP512r1 sha512"
    assert found.signed_by(key)
    assert repr(found) == f"Certificate({found.subject}, {found.fingerprint[:16]})"


def test_the_library_reads_the_same(listed: dict[str, Certificate]) -> None:
    """Field by field against asn1crypto, for every certificate of both lists."""
    for found in listed.values():
        other = asn1_x509.Certificate.load(found.raw)
        validity = other["tbs_certificate"]["validity"]
        assert found.serial_number == other.serial_number
        assert found.not_before == validity["not_before"].native
        assert found.not_after == validity["not_after"].native
        assert found.signed == other["tbs_certificate"].dump()
        assert found.key_identifier == other.key_identifier
        assert found.authority_key_identifier == other.authority_key_identifier
        country = other.subject.native.get("country_name", "")
        assert found.subject.country == country.upper()
        usage = other.key_usage_value
        named = {"digital_signature": 0, "key_cert_sign": 5, "crl_sign": 6}
        if usage is None:
            assert found.key_usage is None
        else:
            assert found.key_usage is not None
            assert {named[name] for name in usage.native if name in named} == found.key_usage & set(named.values())
        constraints = other.basic_constraints_value
        if constraints is None:
            assert found.basic_constraints is None
        else:
            assert found.basic_constraints is not None
            assert found.basic_constraints.ca == constraints["ca"].native


@pytest.mark.parametrize("kind", list(SignerKind))
@pytest.mark.parametrize("hash_name", ["sha1", "sha224", "sha256", "sha384", "sha512"])
def test_every_kind_of_key_and_hash(
    kind: SignerKind, hash_name: str, rsa_free: dict[SignerKind, TestAuthority]
) -> None:
    authority = TestAuthority.create(kind, hash_name=hash_name) if hash_name == "sha256" else None
    if authority is None:
        made = rsa_free[kind]
        authority = TestAuthority(made.certificate, made.key, kind, hash_name, made.name)
    found = parse_certificate(authority.issue(signing.public_key_info(authority.key), authority.name, b"",
                                              datetime(2024, 1, 1, tzinfo=UTC), 30))  # fmt: skip
    assert found.signed_by(found.public_key())
    assert found.not_after.year == 2053  # beyond what two digits can say
    assert hash_name in found.signature_algorithm().describe(found.public_key())


@pytest.fixture(scope="module")
def rsa_free() -> dict[SignerKind, TestAuthority]:
    """One authority of each kind: RSA keys take their time."""
    return {kind: TestAuthority.create(kind) for kind in SignerKind}


def test_explicit_parameters_change_nothing_but_the_encoding() -> None:
    for kind in (SignerKind.P256, SignerKind.P384, SignerKind.BRAINPOOL_P512):
        authority = TestAuthority.create(kind, explicit=True)
        found = parse_certificate(authority.certificate)
        key = found.public_key()
        assert isinstance(key, EcPublicKey)
        assert found.signed_by(key)
        assert len(found.spki) > 4 * key.curve.field_bytes


def test_a_signers_certificate(authority: TestAuthority, csca: Certificate, signer: TestSigner) -> None:
    found = parse_certificate(signer.document_signer_certificate)
    assert found.issuer.key == csca.subject.key
    assert not found.self_issued
    assert found.signed_by(csca.public_key())
    assert not found.signed_by(found.public_key())
    assert found.authority_key_identifier == csca.key_identifier == csca.key_digest == authority.key_identifier
    assert found.document_types == {"ID"}
    assert found.may(KeyUsage.DIGITAL_SIGNATURE)
    assert found.basic_constraints is None
    assert found.extended_key_usage == frozenset()
    assert found.private_key_usage is None
    assert found.valid_at(datetime(2025, 1, 1, tzinfo=UTC))
    assert not found.valid_at(datetime(2023, 12, 31, tzinfo=UTC))
    assert not found.valid_at(datetime(2034, 1, 1, tzinfo=UTC))
    # The library, which knows named curves only, reads a test authority's certificates as well.
    plain = TestSigner.create(SignerKind.P256)
    x509.load_der_x509_certificate(plain.document_signer_certificate).verify_directly_issued_by(
        x509.load_der_x509_certificate(plain.csca_certificate)
    )


def test_a_key_of_another_kind_did_not_sign_it(signer: TestSigner) -> None:
    found = parse_certificate(signer.document_signer_certificate)
    with pytest.raises(ChipDataError, match="kind"):
        found.signed_by(signing.generate_key(SignerKind.RSA).public_key())


def test_names_are_compared_without_regard_to_case_encoding_and_spaces() -> None:
    def name(*parts: tuple[str, int, bytes]) -> bytes:
        return tlv.encode(0x30, b"".join(
            tlv.encode(0x31, signing.algorithm_identifier(kind, tlv.encode(tag, text))) for kind, tag, text in parts
        ))  # fmt: skip

    first = parse_name(name(("2.5.4.6", 0x13, b"VN"), ("2.5.4.3", 0x0C, "Cục  Cảnh sát".encode())), "test")
    second = parse_name(name(("2.5.4.6", 0x0C, b"vn"), ("2.5.4.3", 0x1E, "CỤC CẢNH SÁT ".encode("utf-16-be"))), "test")
    assert first.key == second.key
    assert first.raw != second.raw
    assert (first.country, second.country) == ("VN", "VN")
    assert str(first) == "C=VN, CN=Cục  Cảnh sát"
    other = parse_name(name(("2.5.4.3", 0x0C, "Cục  Cảnh sát".encode()), ("2.5.4.6", 0x13, b"VN")), "test")
    assert other.key != first.key
    assert str(parse_name(name(("1.2.3", 0x14, b"\xe9"), ("2.5.4.3", 0x0C, b"\xff")), "test")) == "1.2.3=é, CN=\ufffd"
    assert other.first(der.encode_oid("2.5.4.10")) == ""


@pytest.mark.parametrize("raw", ["3002 3000", "3004 3102 0400", "3006 3104 3002 0500", "3007 3105 3003 06012A"])
def test_malformed_names(raw: str) -> None:
    with pytest.raises(ChipDataError):
        parse_name(bytes.fromhex(raw.replace(" ", "")), "test")


def with_extensions(authority: TestAuthority, items: bytes) -> bytes:
    info = signing.public_key_info(authority.key)
    return authority.issue(info, authority.name, items, datetime(2024, 1, 1, tzinfo=UTC), 1)


def test_the_ends_of_a_usage_period() -> None:
    early, late = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
    first, last = tlv.encode(0x80, b"20240101000000Z"), tlv.encode(0x81, b"20250101000000Z")
    assert extensions.usage_period(tlv.encode(0x30, last), "test") == UsagePeriod(None, late)
    assert extensions.usage_period(tlv.encode(0x30, first + last), "test") == UsagePeriod(early, late)


def test_the_states_that_an_authority_names() -> None:
    authority = TestAuthority.create(SignerKind.P256, issuing_state="VNM")
    assert parse_certificate(authority.certificate).issuing_states == {"VNM"}


def test_unknown_critical_extensions_are_told(authority: TestAuthority) -> None:
    items = extension(der.encode_oid("1.2.3.4"), b"\x05\x00", critical=True) + extension(
        der.encode_oid("1.2.3.5"), b"\x05\x00"
    )
    assert parse_certificate(with_extensions(authority, items)).unknown_critical == ("1.2.3.4",)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (extensions.SUBJECT_KEY_IDENTIFIER, "0500"),
        (extensions.AUTHORITY_KEY_IDENTIFIER, "0400"),
        (extensions.KEY_USAGE, "0301 00"),
        (extensions.KEY_USAGE, "0302 0880"),
        (extensions.BASIC_CONSTRAINTS, "3003 010200"),
        (extensions.PRIVATE_KEY_USAGE_PERIOD, "3003 800130"),
        (extensions.DOCUMENT_TYPE_LIST, "3000"),
        (extensions.EXTENDED_KEY_USAGE, "3002 0600"),
        (extensions.CRL_DISTRIBUTION_POINTS, "3003 300110"),
        (extensions.SUBJECT_ALTERNATIVE_NAME, "3002 A400"),
    ],
)
def test_malformed_extensions_are_found_when_the_certificate_is_read(
    authority: TestAuthority, kind: bytes, value: str
) -> None:
    items = extension(kind, bytes.fromhex(value.replace(" ", "")))
    with pytest.raises(ChipDataError):
        parse_certificate(with_extensions(authority, items))


def test_extensions_that_come_twice_or_too_often(authority: TestAuthority) -> None:
    one = extension(der.encode_oid("1.2.3"), b"")
    with pytest.raises(ChipDataError, match=r"extension 1\.2\.3 twice"):
        parse_certificate(with_extensions(authority, one + one))
    many = b"".join(extension(der.encode_oid(f"1.2.{n}"), b"") for n in range(65))
    with pytest.raises(ChipDataError, match="more than 64 extensions"):
        parse_certificate(with_extensions(authority, many))
    with pytest.raises(ChipDataError, match="malformed extension"):
        parse_certificate(with_extensions(authority, b"\x05\x00"))


def test_distribution_points_of_other_forms(authority: TestAuthority) -> None:
    relative = tlv.encode(0x30, tlv.encode(0xA0, tlv.encode(0xA1, b"")))
    without = tlv.encode(0x30, tlv.encode(0x81, b"\x00"))
    empty = tlv.encode(0x30, tlv.encode(0xA0, b""))
    items = extension(extensions.CRL_DISTRIBUTION_POINTS, tlv.encode(0x30, relative + without + empty))
    assert parse_certificate(with_extensions(authority, items)).crl_addresses == ()


def test_two_signature_algorithms_are_none(authority: TestAuthority) -> None:
    """Else the one under the signature would not be the one that is used."""
    outer = tlv.encode(6, der.encode_oid("1.2.840.10045.4.3.2"))
    inner = tlv.encode(6, der.encode_oid("1.2.840.10045.4.3.4"))
    raw = authority.certificate
    assert raw.count(outer) == 2
    with pytest.raises(ChipDataError, match="two signature algorithms"):
        parse_certificate(raw.replace(outer, inner, 1))


def test_a_changed_byte_under_the_signature_is_noticed(csca: Certificate) -> None:
    raw = csca.raw.replace(b"TEST CSCA", b"REAL CSCA")
    changed = parse_certificate(raw)
    assert not changed.signed_by(csca.public_key())


def test_a_certificate_that_is_too_long() -> None:
    with pytest.raises(ChipDataError, match="longer than"):
        parse_certificate(tlv.encode(0x30, bytes(MAX_BYTES)))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_certificate_or_bad_data(data: bytes) -> None:
    for raw in (data, tlv.encode(0x30, data), tlv.encode(0x30, tlv.encode(0x30, data) + data)):
        with pytest.raises(ChipDataError):
            parse_certificate(raw)


@given(data=st.data())
def test_any_changed_byte_is_a_certificate_or_bad_data(
    data: st.DataObject, signer: TestSigner, csca: Certificate
) -> None:
    raw = bytearray(signer.document_signer_certificate)
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = parse_certificate(bytes(raw))
    except ChipDataError:
        return
    assert isinstance(str(found.subject) + str(found.issuer), str)
    try:
        found.public_key()
        assert not found.signed_by(csca.public_key()) or found.signed == parse_certificate(
            signer.document_signer_certificate
        ).signed  # fmt: skip
    except (ChipDataError, UnsupportedKeyError):
        return
