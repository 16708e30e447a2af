"""The signature of EF.SOD by the document signer certificate inside it (ICAO 9303-11, 5.1; RFC 5652, 5.6).

This proves that the list of hashes is whole. Who the signer is, only a trust store can tell (`pki.chain`).
"""

from collections.abc import Iterable

from cccd_reader.errors import ChipDataError
from cccd_reader.lds.signed_data import verify_signed_data
from cccd_reader.lds.sod import Sod
from cccd_reader.pki.certificate import Certificate
from cccd_reader.public_keys import UnsupportedKeyError
from cccd_reader.verdict import Check, CheckState, Verdict


def verify_signature(sod: Sod, pinned: Iterable[Certificate] = ()) -> Verdict:
    """Verifies EF.SOD's signature with the certificate in it, or with one of the document signers that the trust store
    knows where old documents leave it out. Never raises for what the card sent."""
    try:
        signed = verify_signed_data(sod.signed_data, pinned)
    except UnsupportedKeyError as error:
        return Verdict(Check.SOD_SIGNATURE, CheckState.NOT_SUPPORTED, error.detail)
    except ChipDataError as error:
        return Verdict(Check.SOD_SIGNATURE, CheckState.FAILED, error.detail)
    where = "in the file" if signed.certificate.raw in sod.signed_data.certificates else "in the trust store"
    reason = f"{signed.algorithm}, with the certificate {where}"
    return Verdict(Check.SOD_SIGNATURE, CheckState.SUCCESSFUL, reason)
