"""Active authentication (ICAO 9303-11, 6.1): the chip signs a random number with the private key that belongs to DG15.

A copied chip has DG15 and not the key. The verdict is worth what DG15 is worth: its hash has to be in a genuine EF.SOD.

RSA keys sign by ISO/IEC 9796-2 scheme 1, whose trailer names the hash. ECDSA keys sign r ‖ s (TR-03111, 5.2.1; some
chips answer SEQUENCE {r, s} instead, which is accepted), and the hash stands in the ActiveAuthenticationInfo of DG14.
Where DG14 names none, the longest hash that is no longer than the key is assumed (9303-11, 6.1.2.2 forbids longer
ones), then the shorter ones are tried, and the verdict says that the hash was assumed.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from cccd_reader import der, ecdsa, iso9796
from cccd_reader.apdu import CommandApdu
from cccd_reader.errors import CardError, CardErrorCode, ChipDataError
from cccd_reader.lds.dg15 import FILE, parse_dg15
from cccd_reader.lds.security_infos import SecurityInfos
from cccd_reader.long_commands import LENGTH_REFUSALS, is_long, send_long
from cccd_reader.public_keys import EcPublicKey, PublicKey, UnsupportedKeyError
from cccd_reader.transport.link import Link
from cccd_reader.verdict import Check, CheckState, Verdict

INS_INTERNAL_AUTHENTICATE = 0x88
CHALLENGE_BYTES = 8
"""RND.IFD (6.1.2.1)."""

_DER_OVERHEAD = 9
"""SEQUENCE {r, s} is at most so much longer than r ‖ s: three headers, one long length, and a zero before each."""

ECDSA_HASHES = {
    der.encode_oid("0.4.0.127.0.7.1.1.4.1.1"): "sha1",
    der.encode_oid("0.4.0.127.0.7.1.1.4.1.2"): "sha224",
    der.encode_oid("0.4.0.127.0.7.1.1.4.1.3"): "sha256",
    der.encode_oid("0.4.0.127.0.7.1.1.4.1.4"): "sha384",
    der.encode_oid("0.4.0.127.0.7.1.1.4.1.5"): "sha512",
    der.encode_oid("1.2.840.10045.4.1"): "sha1",
    der.encode_oid("1.2.840.10045.4.3.1"): "sha224",
    der.encode_oid("1.2.840.10045.4.3.2"): "sha256",
    der.encode_oid("1.2.840.10045.4.3.3"): "sha384",
    der.encode_oid("1.2.840.10045.4.3.4"): "sha512",
}
"""By the content of the identifier: ecdsa-plain-SHA* (TR-03111, 5.2.1.1), which 9303-11 names, and ecdsa-with-SHA*
(RFC 5758), which chips have too."""

_LONGEST_FIRST = ("sha512", "sha384", "sha256", "sha224", "sha1")
_LABELS = {"sha1": "SHA-1", "sha224": "SHA-224", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}

_BROKEN_SESSION = frozenset({CardErrorCode.SECURE_MESSAGING, CardErrorCode.BAD_ANSWER})


@dataclass(frozen=True, slots=True, repr=False)
class ActiveEvidence:
    """What anybody can verify that the chip owns DG15's key with: the file, the challenge and the chip's answer."""

    dg15: bytes
    challenge: bytes
    response: bytes


def _nobody(_evidence: ActiveEvidence) -> None:
    return


def authenticate_actively(
    link: Link,
    dg15: bytes,
    infos: SecurityInfos | None,
    *,
    extended: bool | None = None,
    broke_before: bool = False,
    random: Callable[[int], bytes] = os.urandom,
    witness: Callable[[ActiveEvidence], None] = _nobody,
) -> Verdict:
    """Has the chip sign a challenge, and verifies the signature with the key in `dg15` (the whole file).

    `infos` are DG14's, None when the chip has no DG14. `extended` says what is known of reader and chip: True that
    they carry extended length, False that they do not, None nothing (`long_commands.send_long`). `witness` is given the
    chip's answer, right or wrong, for an online verifier.

    successful: the chip has the key. failed: it refused although DG15 holds a key, or the signature is wrong, or DG15
    is malformed. not_supported: a key or an algorithm that this reader does not know. undetermined: the chip has a
    signature that this reader cannot carry (`extended` is False). aborted: the session broke on the way, most often
    because reader or chip cannot carry the long answer; then `link.channel` is no longer alive, and the chip has to be
    opened again for anything else. Failures of the link (card removed, time-out …) are raised.

    `broke_before`: a session broke over this already. A disturbance does not repeat, so what would be aborted is failed
    then, unless the answer is so long that the reader may be to blame.
    """
    try:
        check = _check_of(parse_dg15(dg15).public_key(), infos)
    except UnsupportedKeyError as error:
        return _verdict(CheckState.NOT_SUPPORTED, error.detail)
    except ChipDataError as error:
        return _verdict(CheckState.FAILED, f"DG15: {error.detail}")
    challenge = random(CHALLENGE_BYTES)
    command = CommandApdu(0x00, INS_INTERNAL_AUTHENTICATE, 0, 0, challenge)
    try:
        answer = send_long(link, command, check.answer_bytes, extended=extended)
    except CardError as error:
        if error.code not in _BROKEN_SESSION:
            raise
        if link.channel is not None:
            link.channel.end()
        blamed = broke_before and not is_long(link, len(challenge), check.answer_bytes)
        state = CheckState.FAILED if blamed else CheckState.ABORTED
        return _verdict(state, f"the session broke: {error.detail}{_status(error.sw)}")
    if extended is False and answer.sw in LENGTH_REFUSALS and is_long(link, len(challenge), check.answer_bytes):
        return _verdict(CheckState.UNDETERMINED, f"the signature needs extended length{_status(answer.sw)}")
    if not answer.ok:
        return _verdict(CheckState.FAILED, f"the chip refuses to sign{_status(answer.sw)}")
    witness(ActiveEvidence(dg15, challenge, answer.data))
    return check.judge(challenge, answer.data)


@dataclass(frozen=True, slots=True)
class _RsaCheck:
    key: RSAPublicKey

    @property
    def answer_bytes(self) -> int:
        return self.key.key_size // 8

    def judge(self, challenge: bytes, signature: bytes) -> Verdict:
        numbers = self.key.public_numbers()
        try:
            hash_name = iso9796.verify_signature(numbers.n, numbers.e, signature, challenge)
        except iso9796.WrongSignatureError as error:
            return _verdict(CheckState.FAILED, str(error))
        return _verdict(CheckState.SUCCESSFUL, f"RSA {self.key.key_size} {_LABELS[hash_name]}, ISO/IEC 9796-2")


@dataclass(frozen=True, slots=True)
class _EcdsaCheck:
    """`hash_names` are tried in their order; `assumed` when DG14 names none."""

    key: EcPublicKey
    hash_names: tuple[str, ...]
    assumed: bool

    @property
    def answer_bytes(self) -> int:
        return 2 * ((self.key.curve.n.bit_length() + 7) // 8) + _DER_OVERHEAD

    def judge(self, challenge: bytes, signature: bytes) -> Verdict:
        curve = self.key.curve
        plain, structured = ecdsa.decode_plain_signature(curve, signature), ecdsa.decode_der_signature(signature)
        if plain is None and structured is None:
            return _verdict(CheckState.FAILED, f"an answer of {len(signature)} bytes is no signature on {curve.name}")
        note = ", hash assumed: DG14 names none" if self.assumed else ""
        for name in self.hash_names:
            digest = hashlib.new(name, challenge, usedforsecurity=False).digest()
            for form, numbers in (("", plain), (" in DER", structured)):
                if ecdsa.verify_numbers(curve, self.key.point, digest, numbers):
                    return _verdict(CheckState.SUCCESSFUL, f"ECDSA {curve.name} {_LABELS[name]}{form}{note}")
        return _verdict(CheckState.FAILED, f"the signature is wrong (ECDSA {curve.name}{note})")


def _check_of(key: PublicKey, infos: SecurityInfos | None) -> _RsaCheck | _EcdsaCheck:
    """How an answer is judged. Raises `UnsupportedKeyError`."""
    if isinstance(key, RSAPublicKey):
        if key.key_size % 8:
            raise UnsupportedKeyError(FILE, "an RSA modulus of no whole number of bytes")
        return _RsaCheck(key)
    if not isinstance(key, EcPublicKey):
        raise UnsupportedKeyError(FILE, "a key for key agreement, which cannot sign")
    named = infos.active_authentication if infos is not None else ()
    if not named:
        bits = key.curve.n.bit_length()
        fitting = (name for name in _LONGEST_FIRST if hashlib.new(name, usedforsecurity=False).digest_size * 8 <= bits)
        return _EcdsaCheck(key, tuple(fitting), assumed=True)
    for info in named:
        if (hash_name := ECDSA_HASHES.get(info.signature_algorithm)) is not None:
            return _EcdsaCheck(key, (hash_name,), assumed=False)
    raise UnsupportedKeyError(FILE, f"signature algorithm {der.dotted(named[0].signature_algorithm)} for an EC key")


def _status(sw: int | None) -> str:
    return "" if sw is None else f" (SW {sw:04X})"


def _verdict(state: CheckState, reason: str) -> Verdict:
    return Verdict(Check.ACTIVE_AUTHENTICATION, state, reason)
