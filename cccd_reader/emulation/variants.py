"""Which protocols a synthetic chip has: PACE, chip authentication and active authentication, each as a short text.

    ecdh-gm-aes128:13      PACE: agreement, mapping, suite, and the domain parameters of ICAO 9303-11, table 7
    dh-3des:2/x942         chip authentication: agreement, suite, domain parameters, form of the public key
    rsa-2048-sha256        active authentication: key and hash; ec-brainpoolP256r1-sha256 for ECDSA

Texts that name no such protocol raise `EmulationError(bad_variant)`.
"""

import re
from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from enum import StrEnum

from cccd_reader.card_access import Agreement, Mapping
from cccd_reader.crypto import CipherSuite
from cccd_reader.curve_table import BY_PARAMETER_ID, SECP224R1
from cccd_reader.curves import Curve
from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode

DH_PARAMETER_IDS = (0, 1, 2)
DEFAULT_PARAMETER_IDS = {Agreement.DH: 2, Agreement.ECDH: 13}

SUITE_NAMES: MappingType[str, CipherSuite] = {
    "3des": CipherSuite.DES3,
    "aes128": CipherSuite.AES128,
    "aes192": CipherSuite.AES192,
    "aes256": CipherSuite.AES256,
}
SUITE_NUMBERS: MappingType[CipherSuite, int] = {suite: number for number, suite in enumerate(SUITE_NAMES.values(), 1)}
"""The last byte of the object identifiers of PACE and chip authentication (9303-11, 9.2.3 and 9.2.7)."""

_PACE = bytes.fromhex("04007F0007020204")
_CHIP_AUTHENTICATION = bytes.fromhex("04007F0007020203")
_PACE_NUMBERS = {
    (Agreement.DH, Mapping.GENERIC): 1,
    (Agreement.ECDH, Mapping.GENERIC): 2,
    (Agreement.DH, Mapping.INTEGRATED): 3,
    (Agreement.ECDH, Mapping.INTEGRATED): 4,
    (Agreement.ECDH, Mapping.CHIP_AUTHENTICATION): 6,
}
_AGREEMENT_NUMBERS = {Agreement.DH: 1, Agreement.ECDH: 2}

DIGEST_BYTES: MappingType[str, int] = {"sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}
_LEAST_RSA_BITS, _MOST_RSA_BITS = 1024, 8192

_PACE_TEXT = re.compile(r"(dh|ecdh)-(gm|im|cam)-(\w+?)(?::(\d{1,2}))?")
_CHIP_AUTHENTICATION_TEXT = re.compile(r"(dh|ecdh)-(\w+?)(?::(\d{1,2}))?(?:/(\w+))?")
_ACTIVE_TEXT = re.compile(r"(rsa|ec)-(\w+)-(sha\d+)(/33cc)?")


class KeyForm(StrEnum):
    """How DG14 writes a key's group. The standard's forms are explicit curves and PKCS #3 (9303-11, 9.2 and 9.6);
    chips with a named curve and with X9.42 exist all the same (8.5)."""

    STANDARD = "standard"
    NAMED = "named"
    X942 = "x942"


@dataclass(frozen=True, slots=True)
class PaceVariant:
    """One PACE protocol on one group. No chip can have CAM with DH or 3DES (9303-11, 4.4.3), nor integrated mapping
    on secp224r1, whose prime does not allow the point encoding (appendix B)."""

    agreement: Agreement
    mapping: Mapping
    suite: CipherSuite
    parameter_id: int

    def __post_init__(self) -> None:
        _check_group(self.agreement, self.parameter_id)
        if (self.agreement, self.mapping) not in _PACE_NUMBERS:
            raise _bad("chip authentication mapping exists with ECDH only")
        if self.mapping is Mapping.CHIP_AUTHENTICATION and self.suite is CipherSuite.DES3:
            raise _bad("chip authentication mapping exists with AES only")
        if self.mapping is Mapping.INTEGRATED and BY_PARAMETER_ID.get(self.parameter_id) is SECP224R1:
            raise _bad("integrated mapping needs a prime that is 3 modulo 4, and that of secp224r1 is not")

    @property
    def oid(self) -> bytes:
        """The content of the OBJECT IDENTIFIER, as in MSE:Set AT."""
        return _PACE + bytes([_PACE_NUMBERS[self.agreement, self.mapping], SUITE_NUMBERS[self.suite]])

    def __str__(self) -> str:
        return f"{self.agreement.lower()}-{self.mapping.lower()}-{suite_name(self.suite)}:{self.parameter_id}"

    @classmethod
    def parse(cls, text: str) -> "PaceVariant":
        """`ecdh-gm-aes128`, with `:13` for other domain parameters than brainpoolP256r1 or 2048/256 bits."""
        found = _PACE_TEXT.fullmatch(text)
        if found is None:
            raise _bad("a PACE variant is like ecdh-gm-aes128:13")
        agreement = Agreement(found[1].upper())
        return cls(agreement, Mapping(found[2].upper()), _suite(found[3]), _parameter_id(agreement, found[4]))


@dataclass(frozen=True, slots=True)
class ChipAuthenticationVariant:
    """One chip authentication protocol. Variants on the same group share the chip's key."""

    agreement: Agreement
    suite: CipherSuite
    parameter_id: int
    key_form: KeyForm = KeyForm.STANDARD

    def __post_init__(self) -> None:
        _check_group(self.agreement, self.parameter_id)
        wrong = KeyForm.X942 if self.agreement is Agreement.ECDH else KeyForm.NAMED
        if self.key_form is wrong:
            raise _bad("named is a form of curves, and x942 one of DH keys")

    @property
    def oid(self) -> bytes:
        return _CHIP_AUTHENTICATION + bytes([_AGREEMENT_NUMBERS[self.agreement], SUITE_NUMBERS[self.suite]])

    def __str__(self) -> str:
        form = "" if self.key_form is KeyForm.STANDARD else f"/{self.key_form}"
        return f"{self.agreement.lower()}-{suite_name(self.suite)}:{self.parameter_id}{form}"

    @classmethod
    def parse(cls, text: str) -> "ChipAuthenticationVariant":
        """`ecdh-aes128`, with `:13` for the domain parameters, and `/named` or `/x942` for the form of the key."""
        found = _CHIP_AUTHENTICATION_TEXT.fullmatch(text)
        if found is None or found[4] not in (None, *KeyForm):
            raise _bad("a chip authentication variant is like ecdh-aes128:13 or dh-3des:2/x942")
        agreement = Agreement(found[1].upper())
        form = KeyForm(found[4] or KeyForm.STANDARD)
        return cls(agreement, _suite(found[2]), _parameter_id(agreement, found[3]), form)


@dataclass(frozen=True, slots=True)
class ActiveAuthenticationVariant:
    """RSA of `rsa_bits`, or ECDSA on the curve `curve_id` (a parameter id). `long_trailer` has SHA-1 named by the
    trailer 33CC, where BC is the rule (ISO/IEC 9796-2; 9303-11, 6.1.2.2)."""

    digest: str
    rsa_bits: int | None = None
    curve_id: int | None = None
    long_trailer: bool = False

    def __post_init__(self) -> None:
        if self.digest not in DIGEST_BYTES:
            raise _bad(f"the hashes are {', '.join(DIGEST_BYTES)}")
        if (self.rsa_bits is None) == (self.curve_id is None):
            raise _bad("a key is either of RSA or on a curve")
        if self.rsa_bits is not None and (not _LEAST_RSA_BITS <= self.rsa_bits <= _MOST_RSA_BITS or self.rsa_bits % 8):
            raise _bad(f"RSA keys have {_LEAST_RSA_BITS} to {_MOST_RSA_BITS} bits, in whole bytes")
        if self.curve_id is not None:
            _check_group(Agreement.ECDH, self.curve_id)
        if self.long_trailer and (self.rsa_bits is None or self.digest != "sha1"):
            raise _bad("the trailer 33CC is one of RSA with sha1")

    @property
    def curve(self) -> Curve | None:
        return None if self.curve_id is None else BY_PARAMETER_ID[self.curve_id]

    def __str__(self) -> str:
        key = f"rsa-{self.rsa_bits}" if self.curve is None else f"ec-{self.curve.name}"
        return f"{key}-{self.digest}" + ("/33cc" if self.long_trailer else "")

    @classmethod
    def parse(cls, text: str) -> "ActiveAuthenticationVariant":
        """`rsa-2048-sha256`, `rsa-1024-sha1/33cc`, or `ec-` with the name of a curve."""
        found = _ACTIVE_TEXT.fullmatch(text)
        if found is None:
            raise _bad("an active authentication variant is like rsa-2048-sha256 or ec-secp256r1-sha256")
        if found[1] == "rsa":
            if not found[2].isdecimal():
                raise _bad("the bits of an RSA key are a number")
            return cls(found[3], rsa_bits=int(found[2]), long_trailer=found[4] is not None)
        for parameter_id, curve in BY_PARAMETER_ID.items():
            if curve.name == found[2]:
                return cls(found[3], curve_id=parameter_id, long_trailer=found[4] is not None)
        raise _bad(f"the curves are {', '.join(curve.name for curve in BY_PARAMETER_ID.values())}")


def suite_name(suite: CipherSuite) -> str:
    """As in the texts: `aes128`."""
    return next(name for name, known in SUITE_NAMES.items() if known is suite)


def _check_group(agreement: Agreement, parameter_id: int) -> None:
    known = tuple(BY_PARAMETER_ID) if agreement is Agreement.ECDH else DH_PARAMETER_IDS
    if parameter_id not in known:
        raise _bad(f"the domain parameters of {agreement} are {', '.join(map(str, known))}")


def _suite(name: str) -> CipherSuite:
    if name not in SUITE_NAMES:
        raise _bad(f"the suites are {', '.join(SUITE_NAMES)}")
    return SUITE_NAMES[name]


def _parameter_id(agreement: Agreement, text: str | None) -> int:
    return DEFAULT_PARAMETER_IDS[agreement] if text is None else int(text)


def _bad(rule: str) -> EmulationError:
    return EmulationError(EmulationErrorCode.BAD_VARIANT, rule)
