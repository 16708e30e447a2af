"""Public keys as certificates and chip files carry them: SubjectPublicKeyInfo (RFC 5280, 4.1.2.7; ICAO 9303-12, 4.4).

Elliptic keys come with a named curve or, in most documents, with all of the curve's parameters spelled out
(RFC 3279, 2.3.5). The latter must be those of a standardized curve, every one of them: whoever may choose the base
point can sign for any public key (CVE-2020-0601).
"""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from cccd_reader import der, tlv
from cccd_reader.curve_table import BY_PARAMETER_ID
from cccd_reader.curves import Curve, Point
from cccd_reader.errors import CardError, CardErrorCode, ChipDataError
from cccd_reader.modp_table import MODP_GROUPS

RSA_BITS = range(1024, 16384 + 1)
"""Sizes of RSA moduli that are accepted. Below, factors can be found; above, no authority goes, but time does."""
MAX_RSA_EXPONENT_BITS = 64
"""What OpenSSL takes for large moduli. The longest exponent on the master lists has 17 bits."""
DH_BITS = range(1024, 8192 + 1)
_MAX_NUMBER_BYTES = RSA_BITS[-1] // 8 + 1

_RSA = der.encode_oid("1.2.840.113549.1.1.1")
_RSASSA_PSS = der.encode_oid("1.2.840.113549.1.1.10")
_EC_PUBLIC_KEY = der.encode_oid("1.2.840.10045.2.1")
_EC_DH = der.encode_oid("1.3.132.1.12")
_DH_X942 = der.encode_oid("1.2.840.10046.2.1")
_DH_PKCS3 = der.encode_oid("1.2.840.113549.1.3.1")
_STANDARDIZED = der.encode_oid("0.4.0.127.0.7.1.2")
"""standardizedDomainParameters (9303-11, 9.5.1): its parameter is the number of the group, as PACE counts them."""
_PRIME_FIELD = der.encode_oid("1.2.840.10045.1.1")

_CURVES_BY_OID = {
    der.encode_oid(dotted): curve
    for dotted, curve in zip(
        (
            "1.2.840.10045.3.1.1",
            "1.3.36.3.3.2.8.1.1.3",
            "1.3.132.0.33",
            "1.3.36.3.3.2.8.1.1.5",
            "1.2.840.10045.3.1.7",
            "1.3.36.3.3.2.8.1.1.7",
            "1.3.36.3.3.2.8.1.1.9",
            "1.3.132.0.34",
            "1.3.36.3.3.2.8.1.1.11",
            "1.3.36.3.3.2.8.1.1.13",
            "1.3.132.0.35",
        ),
        BY_PARAMETER_ID.values(),
        strict=True,
    )
}
"""The curves of 9303-11, table 6, in its order."""
_CURVES_BY_PRIME = {curve.p: curve for curve in BY_PARAMETER_ID.values()}


@dataclass(frozen=True, slots=True)
class EcPublicKey:
    """A point that is on the curve."""

    curve: Curve
    point: Point


@dataclass(frozen=True, slots=True)
class DhPublicKey:
    """y = g^x mod p, with 1 < y < p - 1; q is the order of g where the key says it (X9.42), None in PKCS #3 form.

    Membership of the subgroup is not checked here.
    """

    p: int
    g: int
    q: int | None
    y: int


PublicKey = EcPublicKey | DhPublicKey | RSAPublicKey


class UnsupportedKeyError(CardError):
    """A key, curve or algorithm outside ICAO 9303-12, 4.4: nothing can be said about what was signed with it."""

    def __init__(self, file: str, detail: str) -> None:
        super().__init__(CardErrorCode.UNSUPPORTED, detail, file=file)


def parse_public_key(spki: bytes, what: str) -> PublicKey:
    """The key in the DER SubjectPublicKeyInfo `spki`; `what` names the file or field in errors.

    Raises `ChipDataError` for malformed ones, points off their curve, explicit parameters of no standardized curve and
    sizes out of bounds; `UnsupportedKeyError` for other algorithms and curves.
    """
    outer = der.sequence(spki, what)
    identifier = der.fields(outer.take(der.SEQUENCE), what)
    bits = der.whole_bits(outer.take(der.BIT_STRING), what)
    outer.end()
    algorithm = der.oid(identifier.take(der.OID), what)
    parameters = identifier.optional()
    if algorithm in (_RSA, _RSASSA_PSS):
        return _rsa_key(bits, what)
    if algorithm in (_EC_PUBLIC_KEY, _EC_DH):
        if parameters is None:
            raise ChipDataError(what, "an elliptic key without parameters")
        curve = parse_curve(parameters.raw, what)
        return EcPublicKey(curve, _decode_point(curve, bits, what))
    if algorithm in (_DH_X942, _DH_PKCS3):
        if parameters is None:
            raise ChipDataError(what, "a Diffie-Hellman key without parameters")
        return _dh_key(parameters.raw, bits, what, has_order=algorithm == _DH_X942)
    if algorithm == _STANDARDIZED:
        if parameters is None:
            raise ChipDataError(what, "a key without the number of its group")
        return _standardized_key(der.integer(tlv.decode(parameters.raw, what, der.INTEGER), what, 2), bits, what)
    raise UnsupportedKeyError(what, f"key algorithm {der.dotted(algorithm)}")


def describe(key: PublicKey) -> str:
    """The key's kind and size, for a verdict's reason."""
    if isinstance(key, EcPublicKey):
        return key.curve.name
    if isinstance(key, DhPublicKey):
        return f"DH {key.p.bit_length()}"
    return f"RSA {key.key_size}"


def parse_curve(parameters: bytes, what: str) -> Curve:
    """The curve of ECParameters: named, or the standardized one that explicit parameters spell out in full."""
    item = tlv.decode(parameters, what)
    if item.tag == der.OID:
        curve = _CURVES_BY_OID.get(der.oid(item, what))
        if curve is None:
            raise UnsupportedKeyError(what, f"curve {der.dotted(item.value)}")
        return curve
    if item.tag != der.SEQUENCE:
        raise UnsupportedKeyError(what, "inherited curve parameters")
    return _explicit_curve(der.fields(item, what), what)


def _explicit_curve(parameters: der.Fields, what: str) -> Curve:
    """SpecifiedECDomain ::= SEQUENCE {version, fieldID, curve {a, b, seed OPTIONAL}, base, order, cofactor OPTIONAL}

    (TR-03111, 2.1; RFC 3279, 2.3.5 as ECParameters)."""
    parameters.take(der.INTEGER)
    field = der.fields(parameters.take(der.SEQUENCE), what)
    if der.oid(field.take(der.OID), what) != _PRIME_FIELD:
        raise UnsupportedKeyError(what, "a curve over a field that is not prime")
    p = _number(field.take(der.INTEGER), what)
    coefficients = der.fields(parameters.take(der.SEQUENCE), what)
    a = int.from_bytes(coefficients.take(der.OCTET_STRING).value, "big")
    b = int.from_bytes(coefficients.take(der.OCTET_STRING).value, "big")
    base = parameters.take(der.OCTET_STRING).value
    order = _number(parameters.take(der.INTEGER), what)
    last = parameters.optional(der.INTEGER)
    cofactor = 1 if last is None else der.integer(last, what, _MAX_NUMBER_BYTES)
    curve = _CURVES_BY_PRIME.get(p)
    if curve is None or (a, b, order, cofactor) != (curve.a, curve.b, curve.n, 1) or not _is_base(curve, base):
        raise ChipDataError(what, "explicit curve parameters of no standardized curve")
    return curve


def _is_base(curve: Curve, encoded: bytes) -> bool:
    compressed = bytes([0x02 | curve.g.y & 1]) + curve.g.x.to_bytes(curve.field_bytes, "big")
    return encoded in (curve.encode(curve.g), compressed)


def _decode_point(curve: Curve, encoded: bytes, what: str) -> Point:
    if len(encoded) != 1 + curve.field_bytes or encoded[0] not in (0x02, 0x03):
        return curve.decode(encoded, what)
    # The square root is this simple where p leaves 3 modulo 4: on all curves but secp224r1.
    if curve.p % 4 != 3:
        raise UnsupportedKeyError(what, f"a compressed point of {curve.name}")
    x = int.from_bytes(encoded[1:], "big")
    y = pow(x**3 + curve.a * x + curve.b, (curve.p + 1) // 4, curve.p)
    point = Point(x, y if y & 1 == encoded[0] & 1 else curve.p - y)
    if not curve.contains(point):
        raise ChipDataError(what, f"the point is not on {curve.name}")
    return point


def _number(item: tlv.Tlv, what: str) -> int:
    """A positive INTEGER; documents whose encoder left the leading zero out (BSI's specimen does) are understood."""
    if not 1 <= len(item.value) <= _MAX_NUMBER_BYTES:
        raise ChipDataError(what, f"an integer of {len(item.value)} bytes")
    return int.from_bytes(item.value, "big")


def _rsa_key(bits: bytes, what: str) -> RSAPublicKey:
    numbers = der.sequence(bits, what)
    modulus, exponent = _number(numbers.take(der.INTEGER), what), _number(numbers.take(der.INTEGER), what)
    if modulus.bit_length() not in RSA_BITS or modulus % 2 == 0:
        raise ChipDataError(what, f"an RSA modulus of {modulus.bit_length()} bits, or even")
    if exponent < 3 or exponent % 2 == 0 or exponent.bit_length() > MAX_RSA_EXPONENT_BITS:
        raise ChipDataError(what, f"an RSA exponent of {exponent.bit_length()} bits, even or 1")
    try:
        return RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError as error:
        raise ChipDataError(what, "an RSA key that the cryptographic library refuses") from error


def _standardized_key(number: int, bits: bytes, what: str) -> PublicKey:
    if (curve := BY_PARAMETER_ID.get(number)) is not None:
        return EcPublicKey(curve, _decode_point(curve, bits, what))
    if (group := MODP_GROUPS.get(number)) is None:
        raise UnsupportedKeyError(what, f"standardized domain parameters {number}")
    y = _number(tlv.decode(bits, what, der.INTEGER), what)
    if not 1 < y < group.p - 1:
        raise ChipDataError(what, "a Diffie-Hellman number is out of range")
    return DhPublicKey(group.p, group.g, group.q, y)


def _dh_key(parameters: bytes, bits: bytes, what: str, *, has_order: bool) -> DhPublicKey:
    group = der.sequence(parameters, what)
    p, g = _number(group.take(der.INTEGER), what), _number(group.take(der.INTEGER), what)
    q = _number(group.take(der.INTEGER), what) if has_order else None
    y = _number(tlv.decode(bits, what, der.INTEGER), what)
    if p.bit_length() not in DH_BITS or p % 2 == 0:
        raise ChipDataError(what, f"a Diffie-Hellman prime of {p.bit_length()} bits, or even")
    if not (1 < g < p - 1 and 1 < y < p - 1 and (q is None or 1 < q < p)):
        raise ChipDataError(what, "a Diffie-Hellman number is out of range")
    return DhPublicKey(p, g, q, y)
