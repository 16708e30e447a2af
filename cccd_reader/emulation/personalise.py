"""Making a synthetic citizen card: every file that a real chip has, with a photo, and signed by a test authority."""

from types import MappingProxyType

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cccd_reader import tlv
from cccd_reader.card_access import FALLBACK
from cccd_reader.emulation import data_groups
from cccd_reader.emulation.data_groups import ParentsLayout
from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode
from cccd_reader.emulation.fids import FID_CARD_ACCESS, FID_COM, FID_SOD, fid_of_group
from cccd_reader.emulation.image import MAX_FILE_BYTES, CardImage
from cccd_reader.emulation.profile import SyntheticCitizen
from cccd_reader.emulation.signer import PrivateKey, SignerKind, TestSigner, generate_key
from cccd_reader.keys import NO_EXPIRY, MrzKey
from cccd_reader.mrz import Mrz, vietnamese_mrz

_OID_CHIP_AUTHENTICATION_KEY = bytes.fromhex("04007F000702020102")
"""id-PK-ECDH, 0.4.0.127.0.7.2.2.1.2 (9303-11, 9.2.6)."""
_OID_ACTIVE_AUTHENTICATION = bytes.fromhex("678108010105")
"""id-icao-mrtd-security-aaProtocolObject, 2.23.136.1.1.5 (9303-11, 9.2.4)."""
_OID_ECDSA_PLAIN_SHA256 = bytes.fromhex("04007F00070101040103")
"""ecdsa-plain-SHA256, 0.4.0.127.0.7.1.1.4.1.3 (TR-03111, 5.2.1.1)."""
_VERSION_1 = bytes.fromhex("020101")


def personalise(
    citizen: SyntheticCitizen,
    photo: bytes,
    *,
    signer: TestSigner | None = None,
    parents: ParentsLayout = ParentsLayout.SPLIT,
    with_dg14: bool = True,
    with_dg15: bool = True,
    active_authentication: SignerKind = SignerKind.EC,
) -> CardImage:
    """The card of `citizen` with `photo` (JPEG or JPEG 2000) in DG2.

    Without `signer` a new test authority signs it. DG14 holds the key of chip authentication, DG15 the key of active
    authentication, of the kind `active_authentication`. Raises `EmulationError(bad_photo)` for a photo that is no such
    picture or does not fit into a file.
    """
    mrz = _mrz(citizen)
    chip_key = ec.generate_private_key(ec.BrainpoolP256R1()) if with_dg14 else None
    active_key = generate_key(active_authentication) if with_dg15 else None
    groups = {
        1: data_groups.encode_dg1(mrz),
        2: data_groups.encode_dg2(photo),
        3: data_groups.encode_dg3(),
        13: data_groups.encode_dg13(citizen, parents),
    }
    if len(groups[2]) > MAX_FILE_BYTES:
        raise EmulationError(EmulationErrorCode.BAD_PHOTO, f"DG2 would be longer than {MAX_FILE_BYTES} bytes")
    if chip_key is not None:
        groups[14] = data_groups.encode_dg14(_dg14_infos(chip_key, active_key))
    if active_key is not None:
        groups[15] = data_groups.encode_dg15(_public(active_key))
    files = {fid_of_group(group): data for group, data in groups.items()}
    files[FID_CARD_ACCESS] = FALLBACK
    files[FID_COM] = data_groups.encode_com(groups)
    files[FID_SOD] = (signer or TestSigner.create()).sign_groups(groups)
    return CardImage(
        files=MappingProxyType(files),
        can=citizen.can,
        mrz_key=MrzKey(mrz.document_number, mrz.birth, mrz.expiry),
        qr_text=citizen.qr_text(),
        chip_authentication_key=_private(chip_key),
        active_authentication_key=_private(active_key),
    )


def _mrz(citizen: SyntheticCitizen) -> Mrz:
    return vietnamese_mrz(
        citizen.number,
        citizen.birth_date,
        citizen.sex,
        NO_EXPIRY if citizen.expiry_date is None else citizen.expiry_date,
        citizen.full_name,
    )


def _dg14_infos(chip_key: PrivateKey, active_key: PrivateKey | None) -> list[bytes]:
    """What EF.CardAccess says, the chip authentication key, and for ECDSA the algorithm of active authentication."""
    infos = [info.raw for info in tlv.iterate(tlv.decode(FALLBACK).value)]
    infos.append(tlv.encode(0x30, tlv.encode(0x06, _OID_CHIP_AUTHENTICATION_KEY) + _public(chip_key)))
    if isinstance(active_key, ec.EllipticCurvePrivateKey):
        algorithm = tlv.encode(0x06, _OID_ECDSA_PLAIN_SHA256)
        infos.append(tlv.encode(0x30, tlv.encode(0x06, _OID_ACTIVE_AUTHENTICATION) + _VERSION_1 + algorithm))
    return infos


def _public(key: PrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _private(key: PrivateKey | None) -> bytes | None:
    if key is None:
        return None
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
