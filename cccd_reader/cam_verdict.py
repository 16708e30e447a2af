"""Whether PACE with chip authentication mapping proved that the chip is no copy (ICAO 9303-11, 4.4.3.5 and 6.2).

The mapping proves that the chip has the private key to a static key. Which key that has to be, EF.CardSecurity says,
and its signature alone does not bind it to the rest of the document: a copy could bring its own EF.CardSecurity, with
its own key, signed by a signer of its own. The key counts when DG14 has it as well (EF.SOD lists DG14's hash), when the
signer of EF.SOD signed EF.CardSecurity too, or when the trust store vouches for that file's signer.
"""

from collections.abc import Callable
from dataclasses import replace

from cccd_reader.errors import ChipDataError
from cccd_reader.lds.card_security import FILE, parse_card_security
from cccd_reader.lds.security_infos import SecurityInfos
from cccd_reader.lds.signed_data import SignedData
from cccd_reader.pace_cam import CamEvidence, verify_cam
from cccd_reader.public_keys import UnsupportedKeyError
from cccd_reader.verdict import Check, CheckState, Verdict


def mapping_verdict(
    evidence: CamEvidence,
    card_security: bytes | None,
    *,
    dg14: SecurityInfos | None = None,
    document_signer: bytes | None = None,
    trusted: Callable[[SignedData], bool] | None = None,
) -> Verdict:
    """Chip authentication, as far as the mapping made it. Never raises for what the card sent.

    `card_security` is the file, None when the chip did not give it; `dg14` are the infos of DG14, if its hash is the
    one in EF.SOD; `document_signer` is the certificate (DER) that verifies EF.SOD; `trusted` tells whether the trust
    store vouches for who signed a file. Both are None where EF.SOD was not read in the session that the mapping opened:
    a signer signs for many cards.

    successful: the mapping holds for a key that belongs to the document. failed: it does not hold, or the file is
    malformed or its signature wrong. not_supported: an algorithm that this reader does not know. undetermined: the file
    is missing, or nothing binds it to the document; then chip authentication or active authentication has to decide.
    """
    name = f"PACE-CAM {evidence.curve.name}"
    if evidence.ca_ic is None:
        return _verdict(CheckState.FAILED, f"{name}: the chip sent nothing that could prove its static key")
    if dg14 is not None and _holds_for_dg14(evidence, dg14):
        return _verdict(CheckState.SUCCESSFUL, f"{name}, with a key of DG14")
    if card_security is None:
        return _verdict(CheckState.UNDETERMINED, f"{name}: the chip did not give EF.CardSecurity")
    try:
        parsed = parse_card_security(card_security)
        signed = parsed.verify()
        holds = verify_cam(evidence, parsed.infos)
    except UnsupportedKeyError as error:
        return _verdict(CheckState.NOT_SUPPORTED, f"{name}: {FILE}: {error.detail}")
    except ChipDataError as error:
        return _verdict(CheckState.FAILED, f"{name}: {FILE}: {error.detail}")
    if not holds:
        return _verdict(CheckState.FAILED, f"{name}: the chip does not know the key of EF.CardSecurity")
    if signed.certificate.raw == document_signer:
        return _verdict(CheckState.SUCCESSFUL, f"{name}, with a key that the signer of EF.SOD signed")
    if trusted is not None and trusted(parsed.signed_data):
        return _verdict(CheckState.SUCCESSFUL, f"{name}, with a key that a trusted signer signed")
    return _verdict(CheckState.UNDETERMINED, f"{name} holds for a key that nothing binds to this document")


def _holds_for_dg14(evidence: CamEvidence, dg14: SecurityInfos) -> bool:
    # DG14 may number its keys in its own way; the proof itself tells which one it is.
    keys = tuple(replace(key, key_id=None) for key in dg14.chip_authentication_keys)
    try:
        return verify_cam(evidence, SecurityInfos(chip_authentication_keys=keys))
    except ChipDataError:
        return False


def _verdict(state: CheckState, reason: str) -> Verdict:
    return Verdict(Check.CHIP_AUTHENTICATION, state, reason)
