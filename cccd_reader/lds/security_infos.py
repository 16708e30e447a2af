"""SecurityInfos: the protocols that a chip supports (ICAO 9303-11, 9.2), in EF.CardAccess, EF.CardSecurity and DG14."""

from dataclasses import dataclass
from enum import StrEnum

from cccd_reader import tlv
from cccd_reader.agreement import DhGroup, EcGroup, standard_group
from cccd_reader.crypto import CipherSuite
from cccd_reader.curves import Curve
from cccd_reader.errors import ChipDataError

_SMARTCARD = bytes.fromhex("04007F00070202")
"""bsi-de protocols smartcard, 0.4.0.127.0.7.2.2: one byte for the kind of protocol follows."""

ID_PK = _SMARTCARD + b"\x01"
ID_CA = _SMARTCARD + b"\x03"
ID_PACE = _SMARTCARD + b"\x04"
ID_AA = bytes.fromhex("678108010105")
"""id-icao-mrtd-security-aaProtocolObject, 2.23.136.1.1.5."""

MAX_INTEGER_BYTES = 16
"""Versions, parameter ids and key ids have one byte; what is longer than this is no number of ours."""

_SET, _SEQUENCE, _INTEGER, _OID = 0x31, 0x30, 0x02, 0x06


class Agreement(StrEnum):
    DH = "DH"
    ECDH = "ECDH"


class Mapping(StrEnum):
    """How the nonce becomes the parameters of the second key agreement (4.4.3.3)."""

    GENERIC = "GM"
    INTEGRATED = "IM"
    CHIP_AUTHENTICATION = "CAM"


_AGREEMENTS = {1: Agreement.DH, 2: Agreement.ECDH}
_PACE_VARIANTS = {
    1: (Agreement.DH, Mapping.GENERIC),
    2: (Agreement.ECDH, Mapping.GENERIC),
    3: (Agreement.DH, Mapping.INTEGRATED),
    4: (Agreement.ECDH, Mapping.INTEGRATED),
    6: (Agreement.ECDH, Mapping.CHIP_AUTHENTICATION),
}
_SUITES = {1: CipherSuite.DES3, 2: CipherSuite.AES128, 3: CipherSuite.AES192, 4: CipherSuite.AES256}


@dataclass(frozen=True, slots=True)
class PaceInfo:
    """One PACEInfo (9.2.1). `oid` is the content of the OBJECT IDENTIFIER, as MSE:Set AT takes it."""

    oid: bytes
    agreement: Agreement
    mapping: Mapping
    suite: CipherSuite
    version: int
    parameter_id: int | None

    @property
    def group(self) -> EcGroup | DhGroup | None:
        """The standardized group, if the parameter id names one of the kind that the protocol needs."""
        group = None if self.parameter_id is None else standard_group(self.parameter_id)
        fits = isinstance(group, EcGroup if self.agreement is Agreement.ECDH else DhGroup)
        return group if fits else None

    @property
    def curve(self) -> Curve | None:
        """The curve of `group`, where the key agreement is elliptic."""
        group = self.group
        return group.curve if isinstance(group, EcGroup) else None

    def __str__(self) -> str:
        return f"PACE-{self.agreement}-{self.mapping}-{self.suite.label}, parameters {self.parameter_id}"


@dataclass(frozen=True, slots=True)
class PaceDomainParameterInfo:
    """Explicit parameters for PACE (9.2.2). They stand unsigned in EF.CardAccess and would leak the password to whoever
    chose them, so no terminal may use them; `parameters` is the raw AlgorithmIdentifier."""

    oid: bytes
    agreement: Agreement
    mapping: Mapping
    parameters: bytes
    parameter_id: int | None


@dataclass(frozen=True, slots=True)
class ChipAuthenticationInfo:
    """One way to run chip authentication (9.2.5). `oid` is what MSE:Set AT names."""

    oid: bytes
    agreement: Agreement
    suite: CipherSuite
    version: int
    key_id: int | None

    def __str__(self) -> str:
        return f"CA-{self.agreement}-{self.suite.label}, key {self.key_id}"


@dataclass(frozen=True, slots=True)
class ChipAuthenticationPublicKey:
    """The chip's static key (9.2.6). `spki` is the DER of its SubjectPublicKeyInfo."""

    oid: bytes
    agreement: Agreement
    spki: bytes
    key_id: int | None


@dataclass(frozen=True, slots=True)
class ActiveAuthenticationInfo:
    """The signature algorithm of active authentication with ECDSA (9.2.4), as the content of its OBJECT IDENTIFIER."""

    oid: bytes
    version: int
    signature_algorithm: bytes


@dataclass(frozen=True, slots=True)
class RawSecurityInfo:
    """A SecurityInfo that is not interpreted: of another protocol, or not in the syntax of its own."""

    oid: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class SecurityInfos:
    """The infos by kind, each in the file's order. `oids` has every protocol, `unknown` the infos of no other field."""

    pace: tuple[PaceInfo, ...] = ()
    pace_parameters: tuple[PaceDomainParameterInfo, ...] = ()
    chip_authentication: tuple[ChipAuthenticationInfo, ...] = ()
    chip_authentication_keys: tuple[ChipAuthenticationPublicKey, ...] = ()
    active_authentication: tuple[ActiveAuthenticationInfo, ...] = ()
    oids: tuple[bytes, ...] = ()
    unknown: tuple[RawSecurityInfo, ...] = ()


_Info = (
    PaceInfo | PaceDomainParameterInfo | ChipAuthenticationInfo | ChipAuthenticationPublicKey | ActiveAuthenticationInfo
)


def parse_security_infos(data: bytes, what: str) -> SecurityInfos:
    """SecurityInfos ::= SET OF SEQUENCE {protocol, requiredData, optionalData OPTIONAL}; `data` is exactly the SET.

    An info of an unknown protocol, or one that breaks its protocol's syntax, stays raw in `unknown`: it must not take
    the others with it. Raises `ChipDataError` naming `what` when there is no such set.
    """
    found: list[_Info] = []
    unknown: list[RawSecurityInfo] = []
    oids: list[bytes] = []
    for item in tlv.iterate(tlv.decode(data, what, _SET).value, what):
        parts = list(tlv.iterate(item.value, what)) if item.tag == _SEQUENCE else []
        if not parts or parts[0].tag != _OID:
            raise ChipDataError(what, "a SecurityInfo is no SEQUENCE that starts with an object identifier")
        oids.append(parts[0].value)
        info = _interpret(parts)
        if info is None:
            unknown.append(RawSecurityInfo(parts[0].value, item.raw))
        else:
            found.append(info)
    return SecurityInfos(
        pace=tuple(info for info in found if isinstance(info, PaceInfo)),
        pace_parameters=tuple(info for info in found if isinstance(info, PaceDomainParameterInfo)),
        chip_authentication=tuple(info for info in found if isinstance(info, ChipAuthenticationInfo)),
        chip_authentication_keys=tuple(info for info in found if isinstance(info, ChipAuthenticationPublicKey)),
        active_authentication=tuple(info for info in found if isinstance(info, ActiveAuthenticationInfo)),
        oids=tuple(oids),
        unknown=tuple(unknown),
    )


def _interpret(parts: list[tlv.Tlv]) -> _Info | None:
    oid, rest = parts[0].value, parts[1:]
    kind, variant = oid[: len(_SMARTCARD) + 1], oid[len(_SMARTCARD) + 1 :]
    if kind == ID_PACE:
        return _pace_info(oid, variant, rest)
    if kind == ID_CA:
        return _chip_authentication_info(oid, variant, rest)
    if kind == ID_PK:
        return _chip_authentication_key(oid, variant, rest)
    if oid == ID_AA:
        return _active_authentication_info(oid, rest)
    return None


def _pace_info(oid: bytes, variant: bytes, rest: list[tlv.Tlv]) -> PaceInfo | PaceDomainParameterInfo | None:
    chosen = _PACE_VARIANTS.get(variant[0]) if variant else None
    if chosen is None:
        return None
    agreement, mapping = chosen
    if len(variant) == 1:
        if not _is_form(rest, _SEQUENCE):
            return None
        return PaceDomainParameterInfo(oid, agreement, mapping, rest[0].raw, _optional_number(rest))
    suite = _suite(variant)
    # Chip authentication mapping is defined for AES alone (9.2.3).
    if suite is None or (mapping is Mapping.CHIP_AUTHENTICATION and suite is CipherSuite.DES3):
        return None
    version = _number(rest[0]) if _is_form(rest, _INTEGER) else None
    return None if version is None else PaceInfo(oid, agreement, mapping, suite, version, _optional_number(rest))


def _chip_authentication_info(oid: bytes, variant: bytes, rest: list[tlv.Tlv]) -> ChipAuthenticationInfo | None:
    agreement, suite = _AGREEMENTS.get(variant[0]) if variant else None, _suite(variant)
    version = _number(rest[0]) if _is_form(rest, _INTEGER) else None
    if agreement is None or suite is None or version is None:
        return None
    return ChipAuthenticationInfo(oid, agreement, suite, version, _optional_number(rest))


def _chip_authentication_key(oid: bytes, variant: bytes, rest: list[tlv.Tlv]) -> ChipAuthenticationPublicKey | None:
    agreement = _AGREEMENTS.get(variant[0]) if len(variant) == 1 else None
    if agreement is None or not _is_form(rest, _SEQUENCE):
        return None
    return ChipAuthenticationPublicKey(oid, agreement, rest[0].raw, _optional_number(rest))


def _active_authentication_info(oid: bytes, rest: list[tlv.Tlv]) -> ActiveAuthenticationInfo | None:
    if [part.tag for part in rest] != [_INTEGER, _OID]:
        return None
    version = _number(rest[0])
    return None if version is None else ActiveAuthenticationInfo(oid, version, rest[1].value)


def _suite(variant: bytes) -> CipherSuite | None:
    return _SUITES.get(variant[1]) if len(variant) == 2 else None


def _is_form(rest: list[tlv.Tlv], required: int) -> bool:
    """Whether these are the required data, and at most an INTEGER that is ours behind them."""
    tags = [part.tag for part in rest]
    if tags == [required]:
        return True
    return tags == [required, _INTEGER] and _number(rest[1]) is not None


def _optional_number(rest: list[tlv.Tlv]) -> int | None:
    return _number(rest[1]) if len(rest) > 1 else None


def _number(part: tlv.Tlv) -> int | None:
    """The INTEGER, unless it is empty, negative or longer than any number that identifies something."""
    if not part.value or len(part.value) > MAX_INTEGER_BYTES or part.value[0] & 0x80:
        return None
    return int.from_bytes(part.value, "big")
