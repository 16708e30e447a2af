"""Chip authentication mapping (ICAO 9303-11, 4.4.3.5): what PACE says of the static key, and whether it holds."""

from dataclasses import dataclass

from cccd_reader import crypto
from cccd_reader.crypto import CipherSuite
from cccd_reader.curves import Curve, Point
from cccd_reader.errors import CardError, ChipDataError
from cccd_reader.lds.security_infos import Agreement, ChipAuthenticationPublicKey, SecurityInfos
from cccd_reader.public_keys import EcPublicKey, UnsupportedKeyError, parse_public_key

FILE = "CardSecurity"

MAX_STATIC_KEYS = 4
"""A chip has one or two. Each costs a multiplication."""


@dataclass(frozen=True, slots=True, repr=False)
class CamEvidence:
    """The chip's mapping key and CA_IC, the quotient of its private mapping key and its private static key.

    `ca_ic` is None when the chip sent none, or nothing that decrypts to a number below the order of the group: the
    session stands, and the chip has proved nothing. `key_id` names the static key (9.2.1: it is the parameter id).
    """

    curve: Curve
    mapping_key: Point
    ca_ic: int | None
    key_id: int | None

    def __repr__(self) -> str:
        return f"CamEvidence({self.curve.name}, key {self.key_id}, {'sent' if self.ca_ic else 'not sent'})"


def decrypt_chip_data(suite: CipherSuite, ks_enc: bytes, sealed: bytes, order: int) -> int | None:
    """CA_IC from the value of DO 8A (4.4.3.5.4), or None for bytes that hold no such number."""
    # The counter of the session starts at 0, so -1 was never an IV.
    iv = crypto.encrypt_block(suite, ks_enc, b"\xff" * suite.block_bytes)
    try:
        data = crypto.unpad(crypto.decrypt_cbc(suite, ks_enc, sealed, iv))
    except CardError:
        return None
    number = int.from_bytes(data, "big")
    fits = len(data) <= (order.bit_length() + 7) // 8 and 0 < number < order
    return number if fits else None


def verify_cam(evidence: CamEvidence, card_security: SecurityInfos) -> bool:
    """Whether the chip knows the private key to the static key in EF.CardSecurity (4.4.3.5.2): CA_IC·PK_IC = PK_Map.

    The infos count for something only if the file's signature is verified as well. The key is the one whose keyId is
    the parameter id of PACE; where no key has it, those without a keyId are tried. Raises `ChipDataError` when the file
    has no such key of the same curve, or one that is malformed.
    """
    ca_ic = evidence.ca_ic
    if ca_ic is None:
        return False
    keys = _static_keys(evidence, card_security)
    if not keys:
        raise ChipDataError(FILE, "no static key for the chip authentication mapping")
    return any(evidence.curve.multiply(ca_ic, key) == evidence.mapping_key for key in keys)


def _static_keys(evidence: CamEvidence, infos: SecurityInfos) -> list[Point]:
    elliptic = [key for key in infos.chip_authentication_keys if key.agreement is Agreement.ECDH]
    named = [key for key in elliptic if key.key_id is not None and key.key_id == evidence.key_id]
    chosen = named or [key for key in elliptic if key.key_id is None]
    points = (_point_on(evidence.curve, key) for key in chosen[:MAX_STATIC_KEYS])
    return [point for point in points if point is not None]


def _point_on(curve: Curve, info: ChipAuthenticationPublicKey) -> Point | None:
    try:
        key = parse_public_key(info.spki, FILE)
    except UnsupportedKeyError:
        return None
    return key.point if isinstance(key, EcPublicKey) and key.curve == curve else None
