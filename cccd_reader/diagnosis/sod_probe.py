"""EF.SOD and the document signer's certificate in it: algorithms, versions, issuer. No hash that it lists.

A document signer signs thousands of cards: who issued its certificate is nobody's personal data. The certificate's own
serial number, key and dates are left out all the same, as they narrow down the day of issue.
"""

from datetime import datetime

from asn1crypto import cms, x509

from cccd_reader import der, tlv
from cccd_reader.diagnosis.keys import describe_key
from cccd_reader.diagnosis.oids import oid_text
from cccd_reader.diagnosis.report import attempt
from cccd_reader.errors import ChipDataError

_FILE = "SOD"
_DAYS_OF_A_YEAR = 365.25
_MAX_DN = 400


def probe_sod(data: bytes, now: datetime) -> dict[str, object]:
    try:
        info = cms.ContentInfo.load(tlv.decode_first(data, _FILE)[0].value)
        signed = info["content"]
        found: dict[str, object] = {
            "CMS version": int(signed["version"]),
            "digest algorithms": [_algorithm(item) for item in signed["digest_algorithms"]],
            "content type": signed["encap_content_info"]["content_type"].dotted,
            "certificates": len(signed["certificates"]),
            "signers": len(signed["signer_infos"]),
        }
        content = bytes(signed["encap_content_info"]["content"].native or b"")
        signers = [attempt(_signer, signer) for signer in signed["signer_infos"]]
        certificates = [attempt(_certificate, choice.chosen, now) for choice in signed["certificates"]]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        raise ChipDataError(_FILE, "malformed CMS") from error
    found["hash list"] = attempt(_security_object, content)
    found["signer"] = signers
    found["document signer certificate"] = certificates
    return found


def _algorithm(identifier: object) -> str:
    """An AlgorithmIdentifier by its object identifier, and that of its parameters' hash where it has one (PSS)."""
    raw = identifier.dump()  # type: ignore[attr-defined]
    parts = list(tlv.iterate(tlv.decode_first(raw, _FILE)[0].value, _FILE))
    text = oid_text(parts[0].value)
    if len(parts) > 1 and parts[1].tag == 0x30:
        inner = next(iter(tlv.iterate(parts[1].value, _FILE)), None)
        if inner is not None and inner.tag == 0xA0:
            digest = tlv.find(tlv.decode_first(inner.value, _FILE)[0].value, 0x06, _FILE)
            text += f" with {oid_text(digest.value)}"
    return text


def _security_object(content: bytes) -> dict[str, object]:
    """LDSSecurityObject (ICAO 9303-10, 4.6.2.3): its versions, its hash algorithm, and the groups that it lists."""
    parts = list(tlv.iterate(tlv.decode_first(content, _FILE)[0].value, _FILE))
    groups = [
        int.from_bytes(tlv.decode_first(entry.value, _FILE)[0].value[:2], "big")
        for entry in tlv.iterate(parts[2].value, _FILE)
    ]
    found: dict[str, object] = {
        "version": parts[0].value[-1] if parts[0].value else None,
        "hash algorithm": oid_text(tlv.find(parts[1].value, 0x06, _FILE).value),
        "data groups": groups,
    }
    if len(parts) > 3:
        versions = [item.value.decode("ascii", "replace") for item in tlv.iterate(parts[3].value, _FILE)]
        found["LDS and Unicode version"] = [_version(text) for text in versions]
    return found


def _version(digits: str) -> str:
    if not digits.isdigit() or len(digits) % 2:
        return "malformed"
    return ".".join(str(int(digits[i : i + 2])) for i in range(0, len(digits), 2))


def _signer(signer: cms.SignerInfo) -> dict[str, object]:
    attributes = signer["signed_attrs"]
    return {
        "identified by": signer["sid"].name,
        "digest algorithm": _algorithm(signer["digest_algorithm"]),
        "signature algorithm": _algorithm(signer["signature_algorithm"]),
        "signed attributes": [oid_text(der.encode_oid(item["type"].dotted)) for item in attributes],
        "signature bytes": len(signer["signature"].native),
    }


def _certificate(certificate: x509.Certificate, now: datetime) -> dict[str, object]:
    body = certificate["tbs_certificate"]
    start, end = (body["validity"][name].native for name in ("not_before", "not_after"))
    extensions = {item["extn_id"].dotted: item for item in body["extensions"]}
    return {
        "version": body["version"].native,
        "issuer": str(certificate.issuer.human_friendly)[:_MAX_DN],
        "issuer country": str(certificate.issuer.native.get("country_name", "none"))[:3],
        "signature algorithm": _algorithm(certificate["signature_algorithm"]),
        "key": describe_key(body["subject_public_key_info"].dump(), _FILE),
        "valid for years": round((end - start).days / _DAYS_OF_A_YEAR, 1),
        "valid now": start <= now <= end,
        "extensions": [oid_text(der.encode_oid(dotted)) for dotted in extensions],
        "authority key identifier": (certificate.authority_key_identifier or b"").hex().upper() or None,
    }
