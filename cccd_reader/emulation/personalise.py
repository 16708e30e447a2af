"""Making a synthetic citizen card: every file that a real chip has, with a photo, and signed by a test authority."""

from collections.abc import Sequence
from types import MappingProxyType

from cccd_reader.card_access import Mapping
from cccd_reader.emulation import data_groups, security_objects
from cccd_reader.emulation.chip_keys import (
    ActiveAuthenticationKey,
    AgreementKey,
    generate_active_key,
    generate_agreement_key,
)
from cccd_reader.emulation.data_groups import ParentsLayout
from cccd_reader.emulation.errors import EmulationError, EmulationErrorCode
from cccd_reader.emulation.fids import FID_CARD_ACCESS, FID_COM, FID_SOD, fid_of_group
from cccd_reader.emulation.image import MAX_FILE_BYTES, CardImage
from cccd_reader.emulation.profile import SyntheticCitizen
from cccd_reader.emulation.signer import TestSigner
from cccd_reader.emulation.variants import ActiveAuthenticationVariant, ChipAuthenticationVariant, PaceVariant
from cccd_reader.keys import NO_EXPIRY, MrzKey
from cccd_reader.mrz import Mrz, vietnamese_mrz

DEFAULT_PACE = (PaceVariant.parse("ecdh-gm-aes128:13"),)
DEFAULT_CHIP_AUTHENTICATION = (ChipAuthenticationVariant.parse("ecdh-aes128:13"),)
"""What is known of Vietnamese chips; the curve of chip authentication is a guess."""
DEFAULT_ACTIVE_AUTHENTICATION = ActiveAuthenticationVariant.parse("ec-brainpoolP256r1-sha256")
"""They have active authentication, of a kind that nobody published."""


def personalise(
    citizen: SyntheticCitizen,
    photo: bytes,
    *,
    signer: TestSigner | None = None,
    parents: ParentsLayout = ParentsLayout.SPLIT,
    pace: Sequence[PaceVariant] = DEFAULT_PACE,
    chip_authentication: Sequence[ChipAuthenticationVariant] = DEFAULT_CHIP_AUTHENTICATION,
    active_authentication: ActiveAuthenticationVariant | None = DEFAULT_ACTIVE_AUTHENTICATION,
    keys: Sequence[AgreementKey] = (),
    active_key: ActiveAuthenticationKey | None = None,
) -> CardImage:
    """The card of `citizen` with `photo` (JPEG or JPEG 2000) in DG2.

    Without `signer` a new test authority signs it. `pace`, `chip_authentication` and `active_authentication` say what
    the chip can do; with none of them it has basic access control alone, and no EF.CardAccess, DG14 and DG15. Keys are
    drawn, one for each group, unless `keys` and `active_key` have one that fits (made once for many cards, where time
    matters more than secrets). Raises `EmulationError(bad_photo)` for a photo that is no such picture or does not
    fit into a file.
    """
    signer = signer or TestSigner.create()
    mrz = mrz_of(citizen)
    agreement_keys = _agreement_keys(pace, chip_authentication, keys)
    if active_authentication is None:
        active_key = None
    elif active_key is None or active_key.variant != active_authentication:
        active_key = generate_active_key(active_authentication)
    groups = {
        1: data_groups.encode_dg1(mrz),
        2: data_groups.encode_dg2(photo),
        3: data_groups.encode_dg3(),
        13: data_groups.encode_dg13(citizen, parents),
    }
    if len(groups[2]) > MAX_FILE_BYTES:
        raise EmulationError(EmulationErrorCode.BAD_PHOTO, f"DG2 would be longer than {MAX_FILE_BYTES} bytes")
    infos = set(security_objects.chip_authentication_infos(chip_authentication, agreement_keys))
    if pace:
        # Known Vietnamese cards name terminal and chip authentication in EF.CardAccess, which nobody asks of them.
        infos |= {*security_objects.pace_infos(pace), security_objects.terminal_authentication_info()}
    signed_infos = {
        *infos,
        *security_objects.chip_authentication_keys(chip_authentication, agreement_keys),
        *security_objects.active_authentication_infos(active_key),
    }
    if signed_infos:
        # What stands in EF.CardAccess, and more, under the issuer's signature (9303-11, 9.2.11).
        groups[14] = data_groups.encode_dg14(signed_infos)
    if active_key is not None:
        groups[15] = data_groups.encode_dg15(active_key.public_key_info())
    files = {fid_of_group(group): data for group, data in groups.items()}
    if pace:
        files[FID_CARD_ACCESS] = security_objects.encode_security_infos(infos)
    files[FID_COM] = data_groups.encode_com(groups)
    files[FID_SOD] = signer.sign_groups(groups)
    mapping_infos = security_objects.mapping_key_infos(pace, agreement_keys)
    return CardImage(
        files=MappingProxyType(files),
        can=citizen.can,
        mrz_key=MrzKey(mrz.document_number, mrz.birth, mrz.expiry),
        qr_text=citizen.qr_text(),
        card_security=_card_security(signer, {*infos, *mapping_infos}) if mapping_infos else None,
        pace=tuple(pace),
        agreement_keys=agreement_keys,
        active_authentication_key=active_key,
    )


def _agreement_keys(
    pace: Sequence[PaceVariant], authentication: Sequence[ChipAuthenticationVariant], known: Sequence[AgreementKey]
) -> tuple[AgreementKey, ...]:
    """A key for each group that chip authentication or chip authentication mapping needs one on.

    Where there are several, and for the mapping in any case, the key's identifier is that of its group (9.2.1).
    """
    mapped = {variant.parameter_id for variant in pace if variant.mapping is Mapping.CHIP_AUTHENTICATION}
    wanted = list(dict.fromkeys([*(variant.parameter_id for variant in authentication), *sorted(mapped)]))
    keys = []
    for parameter_id in wanted:
        suites = tuple(variant.suite for variant in authentication if variant.parameter_id == parameter_id)
        key_id = parameter_id if len(wanted) > 1 or parameter_id in mapped else None
        private = next((key.private for key in known if key.parameter_id == parameter_id), None)
        if private is None:
            keys.append(generate_agreement_key(parameter_id, suites, key_id))
        else:
            keys.append(AgreementKey(parameter_id, private, suites, key_id))
    return tuple(keys)


def _card_security(signer: TestSigner, infos: set[bytes]) -> bytes:
    """EF.CardSecurity: the infos of EF.CardAccess and the keys of the mapping, signed (9303-11, 9.2.11)."""
    return signer.sign_card_security(security_objects.encode_security_infos(infos))


def mrz_of(citizen: SyntheticCitizen) -> Mrz:
    """The machine readable zone on the card's back, which is in DG1 too."""
    return vietnamese_mrz(
        citizen.number,
        citizen.birth_date,
        citizen.sex,
        NO_EXPIRY if citizen.expiry_date is None else citizen.expiry_date,
        citizen.full_name,
    )
