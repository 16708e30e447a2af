"""From what the chip says to what a screen may show, and what the checks add up to."""

from datetime import date

from cccd_reader import CardReadout, Check, CheckState, Citizen
from kiosk.flow.values import ChipTrust, Identity, honorific_for
from records.masking import mask_name, mask_number


def age_on(day: date, birth: date | None, birth_year: int) -> int:
    """Full years on `day`. When the card knows the year alone, the last day of it counts: nobody is made older."""
    if birth is None:
        return day.year - birth_year - 1
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def identity_of(citizen: Citizen, day: date) -> Identity | None:
    """The masked identity; None while name, number or birth year are not known."""
    if citizen.full_name is None or citizen.number is None or citizen.birth_year is None:
        return None
    age = age_on(day, citizen.birth, citizen.birth_year)
    return Identity(
        masked_name=mask_name(citizen.full_name),
        birth_year=citizen.birth_year,
        masked_number=mask_number(citizen.number),
        age=age,
        honorific=honorific_for(age, female=citizen.sex == "F"),
        card_expired=citizen.expiry is not None and citizen.expiry < day,
    )


def trust_of(readout: CardReadout) -> ChipTrust:
    """What the checks add up to: a failed one fails the card. "Proven" needs the issuer, and the chip's own proof that
    it is no copy: signed files alone can be copied from a genuine card. A chip that broke off the only proof that it
    has, each time it was asked, is for a person to look at."""
    states = {verdict.check: verdict.state for verdict in readout.verdicts}
    if CheckState.FAILED in states.values():
        return ChipTrust.FAILED
    signed = {states.get(check) for check in (Check.DG_HASHES, Check.SOD_SIGNATURE, Check.ISSUER)}
    original = {states.get(check) for check in (Check.CHIP_AUTHENTICATION, Check.ACTIVE_AUTHENTICATION)}
    if CheckState.ABORTED in original and CheckState.SUCCESSFUL not in original:
        return ChipTrust.FAILED
    if signed == {CheckState.SUCCESSFUL} and CheckState.SUCCESSFUL in original:
        return ChipTrust.PROVEN
    # without the hashes nothing ties the files together
    return ChipTrust.INTEGRITY_ONLY if states.get(Check.DG_HASHES) is CheckState.SUCCESSFUL else ChipTrust.FAILED
