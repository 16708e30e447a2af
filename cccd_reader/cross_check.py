"""Whether everything that names the holder names one person: DG13, the MRZ, and the number that opened the chip."""

from cccd_reader.citizen import Citizen
from cccd_reader.mrz import Mrz
from cccd_reader.verdict import Check, CheckState, Verdict


def cross_check(citizen: Citizen | None, mrz: Mrz, number: str | None) -> Verdict:
    """Compares what is there. `citizen` is from DG13, or None when the card does not give it; `number` is the typed or
    scanned one. The reason names the fields that differ, never their values."""
    pairs: list[tuple[str, str | None, str | None]] = [("typed number and MRZ", number, mrz.personal_number)]
    if citizen is not None:
        birth = f"{citizen.birth:%y%m%d}" if citizen.birth else None
        pairs += [
            ("DG13 and MRZ number", citizen.number, mrz.personal_number),
            ("DG13 and MRZ birth date", birth, mrz.birth),
            ("DG13 and MRZ sex", citizen.sex, mrz.sex),
            ("typed number and DG13", number, citizen.number),
        ]
    compared = [(name, left, right) for name, left, right in pairs if left is not None and right is not None]
    different = [name for name, left, right in compared if left != right]
    if different:
        return Verdict(Check.CROSS_CHECK, CheckState.FAILED, "different: " + ", ".join(different))
    if not compared:
        return Verdict(Check.CROSS_CHECK, CheckState.UNDETERMINED, "nothing to compare")
    return Verdict(Check.CROSS_CHECK, CheckState.SUCCESSFUL, "equal: " + ", ".join(name for name, _, _ in compared))
