"""Chip authentication (ICAO 9303-11, 6.2): the session is renewed by key agreement with the static key in DG14.

A copied chip has DG14 and not the key, so it cannot go on under the new session keys. The chip answers the agreement
itself before anybody can see whether it knows the secret: the proof is the first answer under the new keys, and any
authentic one will do. No command is spent on it: `begin` puts the new channel into the link, the reader goes on reading
files, and `ChipAuthentication.verdict` tells how the channel fared.

The verdict is worth what DG14 is worth: its hash has to be in a genuine EF.SOD.
"""

import contextlib
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cccd_reader import tlv
from cccd_reader.agreement import DhGroup, EcGroup
from cccd_reader.apdu import CommandApdu, ResponseApdu, StatusWord
from cccd_reader.crypto import CipherSuite
from cccd_reader.errors import CardError, CardErrorCode, ChipDataError
from cccd_reader.lds.security_infos import (
    Agreement,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKey,
    SecurityInfos,
)
from cccd_reader.long_commands import LENGTH_REFUSALS, is_long, send_long
from cccd_reader.native_curves import native_curve
from cccd_reader.public_keys import DhPublicKey, EcPublicKey, PublicKey, UnsupportedKeyError, describe, parse_public_key
from cccd_reader.secure_messaging import SecureChannel, session_keys
from cccd_reader.transport.link import Link
from cccd_reader.verdict import Check, CheckState, Verdict

INS_MSE = 0x22
INS_GENERAL_AUTHENTICATE = 0x86
_SET_AT, _SET_KAT = (0x41, 0xA4), (0x41, 0xA6)
_DO_DYNAMIC, _DO_OID, _DO_EPHEMERAL_KEY, _DO_KEY_ID, _DO_KAT_KEY = 0x7C, 0x80, 0x80, 0x84, 0x91
"""Data objects of 6.2.4.1 and 6.2.4.2."""

_DYNAMIC_ANSWER_BYTES = 2
"""7C 00: version 1 has nothing to say but that."""

VERSION = 1
MAX_DH_BITS = 4096
"""A larger group takes seconds on this side, and no document has one (TR-03110-3, A.2.1.1)."""

MAX_INFOS = 16
"""Chips have a key or two, and a protocol for each cipher. Every protocol may be meant for every key, and looking at a
long key takes a tenth of a second: a file full of both would occupy the host for hours."""

MAX_KEYS_TRIED = 4
"""Keys that do not work before the others are not looked at: a long one can be made to cost a second."""

_STRONGEST_FIRST = (CipherSuite.AES256, CipherSuite.AES192, CipherSuite.AES128, CipherSuite.DES3)
_PROOF = CommandApdu(0x00, 0xB0, 0x81, 0x00, le=1)
"""READ BINARY of DG1's first byte. Whatever status word the answer has, its MAC is what proves."""

_BROKEN_SESSION = frozenset({CardErrorCode.SECURE_MESSAGING, CardErrorCode.BAD_ANSWER})


class RenewedChannel(SecureChannel):
    """The channel after chip authentication; it remembers whether the chip ever answered under its keys."""

    def __init__(self, suite: CipherSuite, secret: bytes) -> None:
        super().__init__(suite, *session_keys(suite, secret))
        self.answered = False
        self.refusal: CardError | None = None
        """What was wrong with the first answer."""

    def unprotect(self, response: ResponseApdu) -> ResponseApdu:
        try:
            answer = super().unprotect(response)
        except CardError as error:
            self.refusal = self.refusal or error
            raise
        self.answered = True
        return answer


@dataclass(frozen=True, slots=True)
class ChipAuthentication:
    """An agreement that the chip took part in. `protocol` names key agreement, key and cipher."""

    channel: RenewedChannel
    protocol: str

    def verdict(self) -> Verdict:
        """What the answers under the new keys say so far; ask after the first of them, or when it failed.

        successful: one of them was authentic, so the chip knows the secret, whatever happened later. failed: the first
        was not; the session is over, and the chip has to be opened again for anything else. aborted: there was none,
        since the card left, nothing was asked, or the chip did not look at a command of that length.
        """
        if self.channel.answered:
            return _verdict(CheckState.SUCCESSFUL, self.protocol)
        why = self.channel.refusal
        if why is not None and why.sw != StatusWord.WRONG_LENGTH:
            reason = f"the chip cannot go on under the new keys: {why.detail}{_status(why.sw)}"
            return _verdict(CheckState.FAILED, f"{reason}; {self.protocol}")
        return _verdict(CheckState.ABORTED, f"no answer under the new keys; {self.protocol}")


def authenticate_chip(
    link: Link, infos: SecurityInfos, *, extended: bool | None = None, broke_before: bool = False
) -> Verdict:
    """`begin`, and one READ BINARY more as the proof: for callers that have nothing left to read.

    After a verdict, `link.channel.alive` tells whether the chip can be read on. Raises failures of the link.
    """
    begun = begin(link, infos, extended=extended, broke_before=broke_before)
    if isinstance(begun, Verdict):
        return begun
    try:
        link.send(_PROOF)
    except CardError as error:
        if error.code not in _BROKEN_SESSION:
            raise
        begun.channel.end()
    verdict = begun.verdict()
    if broke_before and verdict.state is CheckState.ABORTED:
        # One byte fits every reader: twice no answer to that is the chip's doing.
        return _verdict(CheckState.FAILED, verdict.reason)
    return verdict


def begin(
    link: Link, infos: SecurityInfos, *, extended: bool | None = None, broke_before: bool = False
) -> ChipAuthentication | Verdict:
    """Agrees new keys with the strongest protocol that DG14's `infos` offer and this reader runs.

    Where the chip agreed, `link.channel` is the new channel and the next command goes under its keys; ask the result
    for its verdict when an answer has come, or has not. The next command should be one whose answer surely fits the
    reader's frame, or a cut one would pass for a wrong key.

    Otherwise the verdict is there at once. not_supported: DG14 has no key, or only ones that this reader cannot use.
    failed: a malformed key, or a chip that refuses the protocol for a key that it should have. undetermined: a key that
    this reader cannot send (`extended` is False). aborted: the session broke. Then `link.channel.alive` tells whether
    the session goes on, under its old keys, or the chip has to be opened again. Failures of the link (card removed,
    time-out …) are raised.

    `extended` is what is known of extended length (`long_commands.send_long`); long Diffie-Hellman keys need it, or a
    chain of commands. `broke_before`: a session broke over this already. A disturbance does not repeat, so what would
    be aborted is failed then, unless the key is so long that the reader may be to blame.
    """
    chosen = _choose(infos)
    if isinstance(chosen, Verdict):
        return chosen
    option, key, public, secret = chosen
    protocol = f"{_name(key)} {option.suite.label}" + ("" if option.oid else " (implied: DG14 names no protocol)")
    try:
        refused = _agree(link, option, public, extended)
    except CardError as error:
        if error.code not in _BROKEN_SESSION:
            raise
        if link.channel is not None:
            link.channel.end()
        # A status word without protection is the chip's refusal, unless it is about a length that does not fit.
        refusal = error.sw is not None and error.sw not in (StatusWord.OK, StatusWord.WRONG_LENGTH)
        refusal = refusal or (broke_before and not is_long(link, len(public), 0))
        state = CheckState.FAILED if refusal else CheckState.ABORTED
        return _verdict(state, f"the session broke: {error.detail}{_status(error.sw)}; {protocol}")
    if extended is False and refused in LENGTH_REFUSALS and is_long(link, len(public), 0):
        return _verdict(CheckState.UNDETERMINED, f"the key needs extended length{_status(refused)}; {protocol}")
    if refused is not None:
        return _verdict(CheckState.FAILED, f"the chip refuses{_status(refused)}; {protocol}")
    if link.channel is not None:
        link.channel.end()
    link.channel = channel = RenewedChannel(option.suite, secret)
    return ChipAuthentication(channel, protocol)


@dataclass(frozen=True, slots=True)
class _Option:
    """A key of DG14 with a cipher. `oid` is None where DG14 names no protocol for the key."""

    agreement: Agreement
    suite: CipherSuite
    oid: bytes | None
    key: ChipAuthenticationPublicKey
    key_id: int | None


def _options(infos: SecurityInfos) -> list[_Option]:
    """Every key with every protocol that is named for it, strongest first; equal ones with the shorter keys first."""
    options = [
        _Option(info.agreement, info.suite, info.oid, key, key.key_id if info.key_id is None else info.key_id)
        for info in infos.chip_authentication
        if info.version == VERSION
        for key in _keys_of(info, infos.chip_authentication_keys)
    ]
    named = {info.agreement for info in infos.chip_authentication}
    # A key alone means 3DES by MSE:Set KAT: what chips did before the infos were introduced.
    options += [
        _Option(key.agreement, CipherSuite.DES3, None, key, key.key_id)
        for key in infos.chip_authentication_keys
        if key.agreement not in named
    ]
    return sorted(options, key=lambda option: (_STRONGEST_FIRST.index(option.suite), option.agreement is Agreement.DH))


def _keys_of(
    info: ChipAuthenticationInfo, keys: tuple[ChipAuthenticationPublicKey, ...]
) -> tuple[ChipAuthenticationPublicKey, ...]:
    """The keys that an info is about (9.2.5): of its kind and with its number, which a single key need not have."""
    of_kind = tuple(key for key in keys if key.agreement is info.agreement)
    if len(of_kind) == 1 and (info.key_id is None or of_kind[0].key_id is None):
        return of_kind
    return tuple(key for key in of_kind if key.key_id == info.key_id)


def _choose(infos: SecurityInfos) -> tuple[_Option, PublicKey, bytes, bytes] | Verdict:
    """The first option that works, with the chip's key, our ephemeral key and the shared secret."""
    if not infos.chip_authentication_keys:
        return _verdict(CheckState.NOT_SUPPORTED, "DG14 has no key of chip authentication")
    if len(infos.chip_authentication) > MAX_INFOS or len(infos.chip_authentication_keys) > MAX_INFOS:
        return _verdict(CheckState.FAILED, f"DG14: more than {MAX_INFOS} protocols or keys of chip authentication")
    state, reason = CheckState.NOT_SUPPORTED, "DG14 names no protocol of version 1 for its key"
    tried: set[tuple[Agreement, bytes]] = set()
    for option in _options(infos):
        # A key that did not work with one cipher works with no other.
        if (option.agreement, option.key.spki) in tried:
            continue
        if len(tried) == MAX_KEYS_TRIED:
            break
        tried.add((option.agreement, option.key.spki))
        try:
            key = parse_public_key(option.key.spki, "DG14")
            return option, key, *_ephemeral(option.agreement, key)
        except UnsupportedKeyError as error:
            if state is CheckState.NOT_SUPPORTED:
                reason = error.detail
        except CardError as error:
            state, reason = CheckState.FAILED, f"DG14: {error.detail}"
    return _verdict(state, reason)


def _ephemeral(agreement: Agreement, key: PublicKey) -> tuple[bytes, bytes]:
    """(a fresh public key as it is sent, the secret shared with the chip's `key`)."""
    if agreement is Agreement.ECDH and isinstance(key, EcPublicKey):
        native = native_curve(key.curve)
        if native is not None:
            with contextlib.suppress(UnsupportedAlgorithm):
                return _native_ephemeral(native, key)
        group = EcGroup(key.curve)
        pair = group.key_pair()
        return group.encode(pair.public), group.shared_secret(pair.private, key.point)
    if agreement is Agreement.DH and isinstance(key, DhPublicKey):
        if key.p.bit_length() > MAX_DH_BITS:
            raise UnsupportedKeyError("DG14", describe(key))
        modp = DhGroup.from_chip(key.p, key.g, key.q, "DG14")
        static = modp.decode(modp.encode(key.y), "DG14")
        own = modp.key_pair()
        return modp.encode(own.public), modp.shared_secret(own.private, static)
    raise ChipDataError("DG14", f"the key of {agreement} is of another kind")


def _native_ephemeral(native: ec.EllipticCurve, key: EcPublicKey) -> tuple[bytes, bytes]:
    own = ec.generate_private_key(native)
    static = ec.EllipticCurvePublicNumbers(key.point.x, key.point.y, native).public_key()
    point = own.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return point, own.exchange(ec.ECDH(), static)


def _agree(link: Link, option: _Option, public: bytes, extended: bool | None) -> int | None:
    """Sends the ephemeral key. None when the chip took it, else the status word that it refused with."""
    key_id = b"" if option.key_id is None else tlv.encode(_DO_KEY_ID, _unsigned(option.key_id))
    if option.suite is CipherSuite.DES3:
        data = tlv.encode(_DO_KAT_KEY, public) + key_id
        answer = send_long(link, CommandApdu(0x00, INS_MSE, *_SET_KAT, data), 0, extended=extended)
        # TR-03110-3, B.2 allows the other way for 3DES too, and a chip may know only that one.
        if answer.ok or option.oid is None:
            return None if answer.ok else answer.sw
    assert option.oid is not None
    chosen = link.send(CommandApdu(0x00, INS_MSE, *_SET_AT, tlv.encode(_DO_OID, option.oid) + key_id))
    if not chosen.ok:
        return chosen.sw
    dynamic = tlv.encode(_DO_DYNAMIC, tlv.encode(_DO_EPHEMERAL_KEY, public))
    answer = send_long(
        link, CommandApdu(0x00, INS_GENERAL_AUTHENTICATE, 0, 0, dynamic), _DYNAMIC_ANSWER_BYTES, extended=extended
    )
    return None if answer.ok else answer.sw


def _name(key: PublicKey) -> str:
    return f"ECDH {describe(key)}" if isinstance(key, EcPublicKey) else describe(key)


def _unsigned(number: int) -> bytes:
    return number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")


def _status(sw: int | None) -> str:
    return "" if sw is None else f" (SW {sw:04X})"


def _verdict(state: CheckState, reason: str) -> Verdict:
    return Verdict(Check.CHIP_AUTHENTICATION, state, reason)
