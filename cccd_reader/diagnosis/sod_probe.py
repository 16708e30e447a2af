"""EF.SOD and the document signer's certificate in it: algorithms, versions, issuer. No hash that it lists.

A document signer signs thousands of cards: who issued its certificate is nobody's personal data. The certificate's own
serial number, key and dates are left out all the same, as they narrow down the day of issue.
"""

from datetime import datetime

from cccd_reader import der, tlv
from cccd_reader.diagnosis.keys import describe_key
from cccd_reader.diagnosis.oids import oid_text
from cccd_reader.diagnosis.report import attempt
from cccd_reader.lds.signed_data import (
    LDS_SECURITY_OBJECT,
    IssuerAndSerial,
    SignedData,
    SignerInfo,
    parse_signed_data,
    verify_signed_data,
)
from cccd_reader.pki.certificate import parse_certificate

_FILE = "SOD"
_DAYS_OF_A_YEAR = 365.25


def probe_sod(data: bytes, now: datetime) -> dict[str, object]:
    """What the file is made of; `now` decides what is valid. Raises `ChipDataError` when it is no CMS SignedData."""
    signed = parse_signed_data(tlv.decode_first(data, _FILE)[0].value, LDS_SECURITY_OBJECT, _FILE)
    return {
        "hash list": attempt(_security_object, signed.content),
        "signers": [attempt(_signer, signer) for signer in signed.signers],
        "signature": attempt(_signature, signed),
        "certificates": [attempt(_certificate, raw, now) for raw in signed.certificates],
    }


def _security_object(content: bytes) -> dict[str, object]:
    """LDSSecurityObject (ICAO 9303-10, 4.6.2.3): its versions, its hash algorithm, and the groups that it lists."""
    parts = der.sequence(content, _FILE)
    found: dict[str, object] = {
        "version": der.integer(parts.take(der.INTEGER), _FILE, 1),
        "hash algorithm": _algorithm(parts.take(der.SEQUENCE).raw),
        "data groups": [
            der.integer(der.fields(entry, _FILE).take(der.INTEGER), _FILE, 2)
            for entry in tlv.iterate(parts.take(der.SEQUENCE).value, _FILE)
        ],
    }
    versions = parts.optional(der.SEQUENCE)
    if versions is not None:
        found["LDS and Unicode version"] = [_version_text(item.value) for item in tlv.iterate(versions.value, _FILE)]
    return found


def _signer(signer: SignerInfo) -> dict[str, object]:
    by_name = isinstance(signer.signer, IssuerAndSerial)
    attributes = tlv.iterate(signer.attributes, _FILE) if signer.attributes is not None else ()
    return {
        "named by": "issuer and serial number" if by_name else "key identifier",
        "digest algorithm": _algorithm(signer.digest_algorithm),
        "signature algorithm": _algorithm(signer.algorithm),
        "signed attributes": [oid_text(der.fields(item, _FILE).take(der.OID).value) for item in attributes],
        "signature bytes": len(signer.signature),
    }


def _signature(signed: SignedData) -> dict[str, object]:
    holds = verify_signed_data(signed)
    return {"holds": True, "algorithm": holds.algorithm, "says when": holds.signing_time is not None}


def _certificate(raw: bytes, now: datetime) -> dict[str, object]:
    certificate = parse_certificate(raw, _FILE)
    types = certificate.document_types
    return {
        "issuer": str(certificate.issuer),
        "issuer country": certificate.issuer.country,
        "authority key identifier": (certificate.authority_key_identifier or b"").hex().upper() or None,
        "signature algorithm": _algorithm(certificate.algorithm),
        "key": describe_key(certificate.spki, _FILE),
        "valid for years": round((certificate.not_after - certificate.not_before).days / _DAYS_OF_A_YEAR, 1),
        "valid now": certificate.valid_at(now),
        "document types": None if types is None else sorted(types),
        "revocation lists": list(certificate.crl_addresses),
        "extensions": [oid_text(kind) for kind in certificate.extensions],
    }


def _algorithm(identifier: bytes) -> str:
    """An AlgorithmIdentifier by its object identifier, and that of its parameters' hash where it has one (PSS)."""
    parts = der.sequence(identifier, _FILE)
    text = oid_text(der.oid(parts.take(der.OID), _FILE))
    parameters = parts.optional(der.SEQUENCE)
    hash_algorithm = der.fields(parameters, _FILE).optional(0xA0) if parameters is not None else None
    if hash_algorithm is not None:
        text += f" with {oid_text(der.sequence(hash_algorithm.value, _FILE).take(der.OID).value)}"
    return text


def _version_text(digits: bytes) -> str:
    """`0107` as 1.7."""
    if not digits.isdigit() or len(digits) % 2:
        return "malformed"
    return ".".join(str(int(digits[i : i + 2])) for i in range(0, len(digits), 2))
