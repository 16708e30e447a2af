"""The chip's side of chip authentication version 1 (ICAO 9303-11, 6.2): keys agreed with the chip's static key."""

from cccd_reader import crypto, tlv
from cccd_reader.agreement import EcGroup
from cccd_reader.apdu import StatusWord
from cccd_reader.crypto import CipherSuite
from cccd_reader.emulation.chip_keys import AgreementKey, order_of
from cccd_reader.emulation.chip_messaging import ChipSession, RefusedError
from cccd_reader.emulation.chip_pace import Spoil
from cccd_reader.emulation.faults import Proof
from cccd_reader.emulation.variants import SUITE_NUMBERS
from cccd_reader.errors import CardError, ChipDataError

_OID_PREFIX = bytes.fromhex("04007F0007020203")
"""id-CA, 0.4.0.127.0.7.2.2.3; one byte for the agreement, one for the suite follow (9.2.7)."""
_DO_OID, _DO_KEY_ID, _DO_DYNAMIC = 0x80, 0x84, 0x7C
_DO_EPHEMERAL, _DO_EPHEMERAL_KAT = 0x80, 0x91


class ChipAuthentication:
    """The protocol as the chip's keys allow it. Without a key (a copied card) everything is refused."""

    def __init__(self, keys: tuple[AgreementKey, ...], spoil: Spoil) -> None:
        self._offered = {_oid(key, suite): suite for key in keys for suite in key.suites}
        self._keys = tuple(key for key in keys if key.suites)
        self._spoil = spoil
        self._chosen: tuple[AgreementKey, CipherSuite] | None = None

    def choose(self, data: bytes) -> None:
        """MSE:Set AT with the protocol's identifier, and with the key's where there are several (6.2.4.2)."""
        self._chosen = None
        found = objects(data)
        oid = found.get(_DO_OID, b"")
        if not oid.startswith(_OID_PREFIX):
            raise RefusedError(StatusWord.WRONG_DATA)
        if self._keys and oid not in self._offered:
            raise RefusedError(StatusWord.WRONG_DATA)
        fitting = [key for key in self._keys if oid in {_oid(key, suite) for suite in key.suites}]
        self._chosen = _one(fitting, found.get(_DO_KEY_ID)), self._offered[oid]

    def agree(self, data: bytes) -> ChipSession:
        """GENERAL AUTHENTICATE with the terminal's ephemeral key: the session that follows."""
        chosen, self._chosen = self._chosen, None
        if chosen is None:
            raise RefusedError(StatusWord.CONDITIONS_NOT_SATISFIED)
        return self._session(*chosen, objects(objects(data).get(_DO_DYNAMIC, b"")).get(_DO_EPHEMERAL, b""))

    def agree_des3(self, data: bytes) -> ChipSession:
        """MSE:Set KAT, which is the whole protocol for 3DES (6.2.4.1)."""
        found = objects(data)
        fitting = [key for key in self._keys if CipherSuite.DES3 in key.suites]
        key = _one(fitting, found.get(_DO_KEY_ID))
        return self._session(key, CipherSuite.DES3, found.get(_DO_EPHEMERAL_KAT, b""))

    def _session(self, key: AgreementKey, suite: CipherSuite, public: bytes) -> ChipSession:
        group, private = key.group, key.private
        if self._spoil(Proof.CHIP_AUTHENTICATION):
            private = private % (order_of(group) - 1) + 1
        try:
            secret = group.shared_secret(private, group.decode(public))
        except CardError:
            raise RefusedError(StatusWord.WRONG_DATA) from None
        return ChipSession(suite, crypto.kdf(secret, crypto.KDF_ENC, suite), crypto.kdf(secret, crypto.KDF_MAC, suite))


def objects(data: bytes) -> dict[int, bytes]:
    """The data objects of a command by their tags; 6A80 for what are none. Unknown ones are ignored (4.4.4.1)."""
    try:
        return {item.tag: item.value for item in tlv.iterate(data)}
    except ChipDataError:
        raise RefusedError(StatusWord.WRONG_DATA) from None


def _oid(key: AgreementKey, suite: CipherSuite) -> bytes:
    return _OID_PREFIX + bytes([2 if isinstance(key.group, EcGroup) else 1, SUITE_NUMBERS[suite]])


def _one(keys: list[AgreementKey], reference: bytes | None) -> AgreementKey:
    """The key that the terminal means. A reference has to name it, and may be missing where there is one key."""
    if reference is not None:
        keys = [key for key in keys if key.key_id == int.from_bytes(reference, "big")]
    if len(keys) != 1:
        raise RefusedError(StatusWord.REFERENCE_NOT_FOUND)
    return keys[0]
