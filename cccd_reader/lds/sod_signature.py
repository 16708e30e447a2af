"""The signature of EF.SOD by the document signer certificate inside it (ICAO 9303-11, 5.1; RFC 5652, 5.6).

This proves that the list of hashes is whole. Who the signer is, only a trust store can tell (check `issuer`).
"""

import hashlib
import hmac
from typing import Any

from asn1crypto import algos, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from cccd_reader import tlv
from cccd_reader.curve_table import BY_PARAMETER_ID
from cccd_reader.curves import Curve, Point
from cccd_reader.ecdsa import verify_ecdsa
from cccd_reader.errors import ChipDataError
from cccd_reader.lds.sod import MALFORMED, OID_LDS_SECURITY_OBJECT, Sod
from cccd_reader.verdict import Check, CheckState, Verdict

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,  # old documents are signed with it; the verdict names the algorithm
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_TAG_SET = 0x31


class _Unsupported(Exception):
    """An algorithm outside 9303-12, 4.4."""


def verify_signature(sod: Sod) -> Verdict:
    """Verifies EF.SOD's signature with the certificate in it. Never raises for what the card sent."""
    try:
        algorithm = _verify(sod)
    except _Unsupported as error:
        return _verdict(CheckState.NOT_SUPPORTED, str(error))
    except UnsupportedAlgorithm:
        return _verdict(CheckState.NOT_SUPPORTED, "algorithm unknown to the cryptographic library")
    except InvalidSignature:
        return _verdict(CheckState.FAILED, "the signature is wrong")
    except ChipDataError as error:
        return _verdict(CheckState.FAILED, error.detail)
    except MALFORMED:
        return _verdict(CheckState.FAILED, "malformed CMS")
    return _verdict(CheckState.SUCCESSFUL, f"{algorithm}, with the certificate in the file")


def _verdict(state: CheckState, reason: str) -> Verdict:
    return Verdict(Check.SOD_SIGNATURE, state, reason)


def _verify(sod: Sod) -> str:
    """The algorithm's name. Raises for every other end."""
    signers = sod.signed_data["signer_infos"]
    if len(signers) != 1:
        raise ChipDataError("SOD", f"{len(signers)} signers where one must be")
    signer = signers[0]
    digest_name = str(signer["digest_algorithm"]["algorithm"].native)
    if digest_name not in _HASHES:
        raise _Unsupported(f"digest algorithm {digest_name}")
    message = _signed_bytes(signer, sod.security_object, digest_name)
    key = _signer_certificate(sod.signed_data, signer)["tbs_certificate"]["subject_public_key_info"]
    signature = bytes(signer["signature"].native)
    algorithm = signer["signature_algorithm"]
    hash_name = _signature_hash(algorithm, digest_name)
    scheme = _scheme(algorithm)
    if scheme == "ecdsa":
        curve, point = _ec_key(key)
        if not verify_ecdsa(curve, point, hashlib.new(hash_name, message, usedforsecurity=False).digest(), signature):
            raise InvalidSignature
        return f"ECDSA {curve.name} {hash_name}"
    public = _rsa_key(key)
    hash_algorithm = _HASHES[hash_name]()
    if scheme == "rsassa_pss":
        public.verify(signature, message, _pss_padding(algorithm), hash_algorithm)
        return f"RSASSA-PSS {public.key_size} {hash_name}"
    public.verify(signature, message, padding.PKCS1v15(), hash_algorithm)
    return f"RSA {public.key_size} {hash_name}"


def _signed_bytes(signer: Any, content: bytes, digest_name: str) -> bytes:
    """What the signature covers: the content, or the attributes that carry its digest (RFC 5652, 5.4)."""
    attributes = signer["signed_attrs"]
    if not attributes.contents:
        return content
    values = {str(attribute["type"].native): attribute["values"] for attribute in attributes}
    for name in ("content_type", "message_digest"):
        if name not in values or len(values[name]) != 1:
            raise ChipDataError("SOD", f"the signed attribute {name} is missing")
    if values["content_type"][0].dotted != OID_LDS_SECURITY_OBJECT:
        raise ChipDataError("SOD", "the signed attributes are of another content type")
    digest = hashlib.new(digest_name, content, usedforsecurity=False).digest()
    if not hmac.compare_digest(bytes(values["message_digest"][0].native), digest):
        raise ChipDataError("SOD", "the signed digest is of another content")
    # The attributes are signed as a SET, though they stand in the file under an implicit tag; their bytes stay raw.
    return tlv.encode(_TAG_SET, attributes.contents)


def _signer_certificate(signed_data: Any, signer: Any) -> x509.Certificate:
    sid = signer["sid"]
    for choice in signed_data["certificates"]:
        certificate = choice.chosen
        if not isinstance(certificate, x509.Certificate):
            continue
        if sid.name == "subject_key_identifier":
            if certificate.key_identifier == sid.native:
                return certificate
        elif (
            certificate.serial_number == sid.chosen["serial_number"].native
            and certificate.issuer == sid.chosen["issuer"]
        ):
            return certificate
    raise ChipDataError("SOD", "the signer's certificate is not in the file")


def _scheme(algorithm: algos.SignedDigestAlgorithm) -> str:
    try:
        scheme = str(algorithm.signature_algo)
    except ValueError as error:
        raise _Unsupported(f"signature algorithm {algorithm['algorithm'].dotted}") from error
    if scheme not in ("ecdsa", "rsassa_pss", "rsassa_pkcs1v15"):
        raise _Unsupported(f"signature algorithm {scheme}")
    return scheme


def _signature_hash(algorithm: algos.SignedDigestAlgorithm, digest_name: str) -> str:
    """The hash that the signature algorithm names; plain rsaEncryption names none, and takes the digest algorithm's."""
    try:
        name = str(algorithm.hash_algo)
    except ValueError:
        return digest_name
    if name not in _HASHES:
        raise _Unsupported(f"hash {name}")
    return name


def _pss_padding(algorithm: algos.SignedDigestAlgorithm) -> padding.PSS:
    parameters = algorithm["parameters"]
    mask = parameters["mask_gen_algorithm"]
    mask_hash = str(mask["parameters"]["algorithm"].native)
    if mask["algorithm"].native != "mgf1" or mask_hash not in _HASHES:
        raise _Unsupported("mask generation of RSASSA-PSS")
    return padding.PSS(padding.MGF1(_HASHES[mask_hash]()), int(parameters["salt_length"].native))


def _rsa_key(key: Any) -> rsa.RSAPublicKey:
    if key["algorithm"]["algorithm"].native not in ("rsa", "rsassa_pss"):
        raise ChipDataError("SOD", "the certificate's key is not of the signature's kind")
    numbers = key["public_key"].parsed
    return rsa.RSAPublicNumbers(int(numbers["public_exponent"].native), int(numbers["modulus"].native)).public_key()


def _ec_key(key: Any) -> tuple[Curve, Point]:
    if key["algorithm"]["algorithm"].native != "ec":
        raise ChipDataError("SOD", "the certificate's key is not of the signature's kind")
    parameters = key["algorithm"]["parameters"]
    if parameters.name == "named":
        curve = _named_curve(str(parameters.chosen.native))
    elif parameters.name == "specified":
        curve = _explicit_curve(parameters.chosen)
    else:
        raise _Unsupported("inherited curve parameters")
    return curve, curve.decode(bytes(key["public_key"].native), "document signer key")


def _named_curve(name: str) -> Curve:
    for curve in BY_PARAMETER_ID.values():
        if curve.name.lower() == name.lower():
            return curve
    raise _Unsupported(f"curve {name}")


def _explicit_curve(parameters: Any) -> Curve:
    """The standardized curve that explicit parameters spell out. All of them are compared: a signer who may choose the
    base point can forge signatures for any key (CVE-2020-0601)."""
    p = parameters["field_id"]["parameters"].native
    for curve in BY_PARAMETER_ID.values():
        if curve.p != p:
            continue
        a = int.from_bytes(parameters["curve"]["a"].native, "big")
        b = int.from_bytes(parameters["curve"]["b"].native, "big")
        base = curve.decode(bytes(parameters["base"].native), "curve parameters")
        cofactor = parameters["cofactor"].native
        same = (a, b, base, parameters["order"].native) == (curve.a, curve.b, curve.g, curve.n)
        if same and cofactor in (None, 1):
            return curve
    raise ChipDataError("SOD", "explicit curve parameters of no standardized curve")
