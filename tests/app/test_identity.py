"""What of the chip reaches the screen, and what its checks add up to."""

from dataclasses import replace
from datetime import date

import pytest

from cccd_reader import CheckState
from kiosk.app.identity import age_on, identity_of, trust_of
from kiosk.app.patient import patient_fields, patient_identity
from kiosk.flow.values import ChipTrust, Honorific

TODAY = date(2026, 11, 24)


def test_the_screen_sees_a_masked_person(lan):
    identity = identity_of(lan, TODAY)
    assert identity.masked_name == "NGUYỄN T*** LAN"
    assert "001198990123" not in repr(identity)
    assert (identity.age, identity.honorific, identity.card_expired) == (28, Honorific.CHI, False)


def test_an_expired_card_is_noticed_the_day_after(lan):
    assert not identity_of(replace(lan, expiry=TODAY), TODAY).card_expired
    assert identity_of(replace(lan, expiry=date(2026, 11, 23)), TODAY).card_expired
    assert not identity_of(replace(lan, expiry=None, no_expiry=True), TODAY).card_expired


@pytest.mark.parametrize("missing", ["number", "full_name", "birth_year"])
def test_a_card_that_hides_who_it_belongs_to_registers_nobody(lan, missing):
    hidden = replace(lan, **{missing: None})
    assert identity_of(hidden, TODAY) is None
    assert patient_fields(hidden) is None
    with pytest.raises(ValueError, match="number, name and birth year"):
        patient_identity(hidden)


def test_age_counts_full_years_and_never_too_many():
    assert age_on(TODAY, date(2008, 11, 24), 2008) == 18
    assert age_on(TODAY, date(2008, 11, 25), 2008) == 17
    assert age_on(TODAY, None, 1958) == 67


def test_a_year_alone_is_enough_for_old_people(lan):
    old = replace(lan, birth=None, birth_year=1948)
    assert patient_fields(old).birth_date == "1948"


@pytest.mark.parametrize(
    ("states", "trust"),
    [
        ({}, ChipTrust.INTEGRITY_ONLY),
        ({"issuer": CheckState.SUCCESSFUL, "chip_authentication": CheckState.SUCCESSFUL}, ChipTrust.PROVEN),
        ({"issuer": CheckState.SUCCESSFUL, "active_authentication": CheckState.SUCCESSFUL}, ChipTrust.PROVEN),
        ({"issuer": CheckState.SUCCESSFUL}, ChipTrust.INTEGRITY_ONLY),
        ({"chip_authentication": CheckState.SUCCESSFUL}, ChipTrust.INTEGRITY_ONLY),
        ({"chip_authentication": CheckState.FAILED}, ChipTrust.FAILED),
        ({"active_authentication": CheckState.FAILED}, ChipTrust.FAILED),
        ({"chip_authentication": CheckState.ABORTED}, ChipTrust.FAILED),
        ({"issuer": CheckState.SUCCESSFUL, "active_authentication": CheckState.ABORTED}, ChipTrust.FAILED),
        (
            {"chip_authentication": CheckState.ABORTED, "active_authentication": CheckState.SUCCESSFUL},
            ChipTrust.INTEGRITY_ONLY,
        ),
        ({"online": CheckState.ABORTED}, ChipTrust.INTEGRITY_ONLY),
        ({"issuer": CheckState.FAILED}, ChipTrust.FAILED),
        ({"dg_hashes": CheckState.FAILED}, ChipTrust.FAILED),
        ({"sod_signature": CheckState.FAILED}, ChipTrust.FAILED),
        ({"cross_check": CheckState.FAILED}, ChipTrust.FAILED),
        ({"dg_hashes": CheckState.UNDETERMINED}, ChipTrust.FAILED),
        ({"sod_signature": CheckState.UNDETERMINED}, ChipTrust.INTEGRITY_ONLY),
    ],
)
def test_trust_is_never_more_than_was_proven(make_readout, states, trust):
    assert trust_of(make_readout(**states)) is trust
