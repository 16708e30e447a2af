"""Names of the object identifiers that chips and their certificates use."""

from cccd_reader import der

_KNOWN = {
    "0.4.0.127.0.7.2.2.1.1": "id-PK-DH",
    "0.4.0.127.0.7.2.2.1.2": "id-PK-ECDH",
    "0.4.0.127.0.7.2.2.2": "id-TA",
    "0.4.0.127.0.7.2.2.6": "id-CI",
    "0.4.0.127.0.7.3.2.1": "id-SecurityObject",
    "1.0.10646.1.0.8": "ISO 10646 UTF-8",
    "1.2.840.10045.2.1": "EC public key",
    "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.1": "ecdsa-with-SHA224",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
    "1.2.840.113549.1.1.1": "RSA",
    "1.2.840.113549.1.1.5": "sha1WithRSA",
    "1.2.840.113549.1.1.8": "MGF1",
    "1.2.840.113549.1.1.10": "RSASSA-PSS",
    "1.2.840.113549.1.1.11": "sha256WithRSA",
    "1.2.840.113549.1.1.12": "sha384WithRSA",
    "1.2.840.113549.1.1.13": "sha512WithRSA",
    "1.2.840.113549.1.9.3": "contentType",
    "1.2.840.113549.1.9.4": "messageDigest",
    "1.2.840.113549.1.9.5": "signingTime",
    "1.3.14.3.2.26": "SHA-1",
    "2.16.840.1.101.3.4.2.1": "SHA-256",
    "2.16.840.1.101.3.4.2.2": "SHA-384",
    "2.16.840.1.101.3.4.2.3": "SHA-512",
    "2.16.840.1.101.3.4.2.4": "SHA-224",
    "2.23.136.1.1.1": "ldsSecurityObject",
    "2.23.136.1.1.5": "id-AA",
    "2.23.136.1.1.6.1": "nameChange",
    "2.23.136.1.1.6.2": "documentTypeList",
}
_PACE = "0.4.0.127.0.7.2.2.4."
_CHIP_AUTHENTICATION = "0.4.0.127.0.7.2.2.3."
_ECDSA_PLAIN = "0.4.0.127.0.7.1.1.4.1."
_PACE_MAPPINGS = {"1": "DH-GM", "2": "ECDH-GM", "3": "DH-IM", "4": "ECDH-IM", "6": "ECDH-CAM"}
_AGREEMENTS = {"1": "DH", "2": "ECDH"}
_CIPHERS = {"1": "3DES-CBC-CBC", "2": "AES-CBC-CMAC-128", "3": "AES-CBC-CMAC-192", "4": "AES-CBC-CMAC-256"}
_HASHES = {"1": "SHA1", "2": "SHA224", "3": "SHA256", "4": "SHA384", "5": "SHA512", "6": "RIPEMD160"}
"""TR-03110-3, A.1.1; TR-03111, 5.2.1.1."""


def oid_text(content: bytes) -> str:
    """The dotted form of an object identifier's content, and its name where it has one."""
    dotted = der.dotted(content)
    name = _name(dotted)
    return f"{dotted} ({name})" if name else dotted


def _name(dotted: str) -> str | None:
    if dotted in _KNOWN:
        return _KNOWN[dotted]
    for prefix, title, kinds in (
        (_PACE, "id-PACE", _PACE_MAPPINGS),
        (_CHIP_AUTHENTICATION, "id-CA", _AGREEMENTS),
    ):
        kind, _, cipher = dotted.removeprefix(prefix).partition(".")
        if dotted.startswith(prefix) and kind in kinds:
            return "-".join(part for part in (title, kinds[kind], _CIPHERS.get(cipher, cipher)) if part)
    if dotted.startswith(_ECDSA_PLAIN):
        return "ecdsa-plain-" + _HASHES.get(dotted.removeprefix(_ECDSA_PLAIN), "?")
    return None
