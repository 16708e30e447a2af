"""All verdicts about one reading. The checks that this version does not make say so."""

from collections.abc import Mapping

from cccd_reader.citizen import Citizen
from cccd_reader.cross_check import cross_check
from cccd_reader.lds.files import EF
from cccd_reader.lds.sod import Sod, compare_hashes, parse_sod
from cccd_reader.lds.sod_signature import verify_signature
from cccd_reader.mrz import Mrz
from cccd_reader.qr import CardQr
from cccd_reader.verdict import Check, CheckState, Verdict


def check_reading(
    files: Mapping[EF, bytes], mrz: Mrz, dg13_citizen: Citizen | None, number: str | None, qr: CardQr | None = None
) -> tuple[Verdict, ...]:
    """One verdict per `Check`, in its order. Raises `ChipDataError` when EF.SOD cannot be parsed."""
    sod = parse_sod(files[EF.SOD])
    groups = {ef.data_group: data for ef, data in files.items() if ef.data_group is not None}
    return (
        compare_hashes(sod, groups),
        verify_signature(sod),
        Verdict(Check.ISSUER, CheckState.UNDETERMINED, "no trust store"),
        _not_made(Check.CHIP_AUTHENTICATION, EF.DG14, sod, files),
        _not_made(Check.ACTIVE_AUTHENTICATION, EF.DG15, sod, files),
        cross_check(dg13_citizen, mrz, number, qr),
        Verdict(Check.ONLINE, CheckState.UNDETERMINED, "no online verifier"),
    )


def _not_made(check: Check, ef: EF, sod: Sod, files: Mapping[EF, bytes]) -> Verdict:
    # Only the signed list can say that a chip has no key: a copy would simply not show the file.
    if ef in files:
        return Verdict(check, CheckState.UNDETERMINED, f"{ef.label} is there; this version does not make the check")
    if ef.data_group in sod.hashes:
        return Verdict(check, CheckState.UNDETERMINED, f"EF.SOD lists {ef.label}, but the card did not give it")
    return Verdict(check, CheckState.NOT_SUPPORTED, f"EF.SOD lists no {ef.label}")
