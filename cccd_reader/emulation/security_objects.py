"""What a synthetic chip says about its protocols: the SecurityInfos of EF.CardAccess, EF.CardSecurity and EF.DG14
(ICAO 9303-11, 9.2)."""

from collections.abc import Iterable, Sequence

from cccd_reader import tlv
from cccd_reader.agreement import EcGroup
from cccd_reader.card_access import Mapping
from cccd_reader.emulation.chip_keys import ActiveAuthenticationKey, AgreementKey
from cccd_reader.emulation.variants import ChipAuthenticationVariant, KeyForm, PaceVariant

_INTEGER, _OID, _SEQUENCE, _SET = 0x02, 0x06, 0x30, 0x31

_OID_TERMINAL_AUTHENTICATION = bytes.fromhex("04007F0007020202")
_OID_KEY = {False: bytes.fromhex("04007F000702020101"), True: bytes.fromhex("04007F000702020102")}
"""id-PK-DH and id-PK-ECDH (9.2.7)."""
_OID_ACTIVE_AUTHENTICATION = bytes.fromhex("678108010105")
"""id-icao-mrtd-security-aaProtocolObject, 2.23.136.1.1.5 (9.2.4)."""
_OID_ECDSA_PLAIN = bytes.fromhex("04007F000701010401")
"""ecdsa-plain-signatures, 0.4.0.127.0.7.1.1.4.1; the hash follows (TR-03111, 5.2.1.1)."""
_DIGEST_NUMBERS = {"sha1": 1, "sha224": 2, "sha256": 3, "sha384": 4, "sha512": 5}

_VERSION = 1
_PACE_VERSION = 2


def encode_security_infos(infos: Iterable[bytes]) -> bytes:
    """SecurityInfos ::= SET OF SecurityInfo in DER order."""
    return tlv.encode(_SET, b"".join(sorted(infos)))


def pace_infos(variants: Sequence[PaceVariant]) -> list[bytes]:
    """PACEInfo of each variant (9.2.1)."""
    return [_info(variant.oid, _number(_PACE_VERSION), _number(variant.parameter_id)) for variant in variants]


def terminal_authentication_info() -> bytes:
    """TerminalAuthenticationInfo, version 1 (9.2.8): how fingerprints are protected."""
    return _info(_OID_TERMINAL_AUTHENTICATION, _number(_VERSION))


def chip_authentication_infos(
    variants: Sequence[ChipAuthenticationVariant], keys: Sequence[AgreementKey]
) -> list[bytes]:
    """ChipAuthenticationInfo of each variant (9.2.5)."""
    key_ids = {key.parameter_id: key.key_id for key in keys}
    return [_info(variant.oid, _number(_VERSION), _optional(key_ids[variant.parameter_id])) for variant in variants]


def chip_authentication_keys(
    variants: Sequence[ChipAuthenticationVariant], keys: Sequence[AgreementKey]
) -> list[bytes]:
    """ChipAuthenticationPublicKeyInfo of each key that the variants use (9.2.6)."""
    forms = {variant.parameter_id: variant.key_form for variant in variants}
    return [_key_info(key, forms[key.parameter_id]) for key in keys if key.parameter_id in forms]


def mapping_key_infos(pace: Sequence[PaceVariant], keys: Sequence[AgreementKey]) -> list[bytes]:
    """The public keys of chip authentication mapping, which are named by the domain parameters (9.2.1)."""
    wanted = {variant.parameter_id for variant in pace if variant.mapping is Mapping.CHIP_AUTHENTICATION}
    return [_key_info(key, KeyForm.STANDARD) for key in keys if key.parameter_id in wanted]


def active_authentication_infos(key: ActiveAuthenticationKey | None) -> list[bytes]:
    """ActiveAuthenticationInfo, which names the hash of ECDSA; RSA signatures name theirs (9.2.4)."""
    if key is None or key.variant.curve is None:
        return []
    algorithm = _OID_ECDSA_PLAIN + bytes([_DIGEST_NUMBERS[key.variant.digest]])
    return [_info(_OID_ACTIVE_AUTHENTICATION, _number(_VERSION), tlv.encode(_OID, algorithm))]


def _key_info(key: AgreementKey, form: KeyForm) -> bytes:
    return _info(_OID_KEY[isinstance(key.group, EcGroup)], key.public_key_info(form), _optional(key.key_id))


def _info(oid: bytes, *parts: bytes) -> bytes:
    return tlv.encode(_SEQUENCE, tlv.encode(_OID, oid) + b"".join(parts))


def _number(value: int) -> bytes:
    return tlv.encode(_INTEGER, bytes([value]))


def _optional(value: int | None) -> bytes:
    return b"" if value is None else _number(value)
