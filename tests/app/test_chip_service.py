"""Keys, reads and the reader's comings and goings, between the flow and the reader's worker."""

from dataclasses import replace

import pytest

from cccd_reader import Access, CardErrorCode, Check, CheckState
from kiosk.app.services.chip import ChipService
from kiosk.flow import effects, events
from kiosk.flow.values import ChipTrust, Device, FaultCode, ReadStage
from kiosk.workers.messages import (
    CancelRead,
    CardProgress,
    CardRead,
    CardReadFailed,
    ForgetCard,
    ReadCard,
    ReaderStatus,
)

QR = "001198990123||Nguyễn Thị Lan|14031998|Nữ|Số 4, Phố Năm|01082024||||"


@pytest.fixture
def sent():
    return []


@pytest.fixture
def service(sent, heard, holder, now):
    return ChipService(sent.append, heard.append, holder, access=Access.AUTO, today=lambda: now().date())


def test_a_number_or_a_code_becomes_the_key_and_stays_here(service, heard, holder, sent):
    service.use_number(effects.UseNumber(1, "001198990123"))
    assert heard == [events.KeyReady(1)]
    service.use_code(1, QR)
    assert len(holder.present.keyring.mrz) > 0
    service.read(effects.ReadChip(1))
    (command,) = sent
    assert isinstance(command, ReadCard)
    assert command.expected_number == "001198990123"
    assert "990123" not in repr(command)
    assert "990123" not in repr(heard)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("https://example.vn", FaultCode.QR_NOT_A_CARD),
        ("", FaultCode.QR_NOT_A_CARD),
        ("012345678|x", FaultCode.QR_NOT_A_CARD),
        ("GD4010000000001|4e677579e1bb856e|14/03/1998|2|48c3a0|01 - 001|$", FaultCode.QR_NOT_A_CARD),
        ("0011989901|||||", FaultCode.QR_UNREADABLE),
        ("https://vneid.gov.vn/abc", FaultCode.QR_FROM_APP),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl", FaultCode.QR_FROM_APP),
    ],
)
def test_other_codes_are_refused_kindly(service, heard, text, fault):
    service.use_code(1, text)
    assert heard == [events.KeyRefused(1, fault)]
    service.use_code(7, text)
    assert len(heard) == 1, "that patient has left"


@pytest.mark.parametrize(
    "text",
    [
        QR.encode().decode("latin-1"),  # UTF-8 taken for another code page
        QR.replace("Nguyễn Thị Lan", "Nguyeenx Thij Lan").replace("Nữ", "Nuwx"),  # Telex keys
        QR.replace("Nguyễn", "Nguy?n"),
    ],
)
def test_a_code_that_was_damaged_on_its_way_still_opens_the_chip(service, heard, holder, text):
    service.use_code(1, text)
    assert heard == [events.KeyReady(1)]
    assert holder.present.keyring.number == "001198990123"
    assert len(holder.present.keyring.mrz) > 0


def test_a_key_for_a_patient_who_left_is_forgotten(service, heard, sent):
    service.use_number(effects.UseNumber(7, "001198990123"))
    service.read(effects.ReadChip(7))
    assert heard == []
    assert sent == []


def test_nothing_is_read_without_a_key(service, sent):
    service.read(effects.ReadChip(1))
    assert sent == []


def test_cancel_and_forget_reach_the_worker(service, sent):
    service.cancel(1)
    service.forget(1)
    assert sent == [CancelRead(1), ForgetCard(1)]


def test_the_reader_tells_changes_only(service, heard):
    def status(state):
        service.on_status(ReaderStatus(state, "", "pcsc"))

    for state in ("empty", "present", "present", "several", "present", "empty", "service_down", "empty"):
        status(state)
    up, down = (
        events.DeviceChanged(Device.READER, True, None),
        events.DeviceChanged(Device.READER, False, FaultCode.READER_DOWN),
    )
    assert [event for event in heard if event not in (up, down)] == [
        events.CardPlaced(),
        events.CardsCollide(),
        events.CardPlaced(),
        events.CardTaken(),
    ]
    assert heard[-2:] == [down, up]


def test_a_reader_that_dies_takes_the_card_with_it(service, heard):
    service.on_status(ReaderStatus("present", "", "pcsc"))
    service.on_status(ReaderStatus("service_down", "", ""))
    assert heard[-1] == events.CardTaken()


def test_early_identity_is_masked(service, heard, lan):
    service.on_progress(CardProgress(1, ReadStage.PROVING, 0.3, lan))
    (event,) = heard
    assert event.identity.masked_name == "NGUYỄN T*** LAN"
    service.on_progress(CardProgress(1, ReadStage.OPENING, 0.0, None))
    assert heard[-1].identity is None
    service.on_progress(CardProgress(5, ReadStage.OPENING, 0.0, None))
    assert len(heard) == 2


def test_a_whole_read_is_kept_and_told_and_no_template_is_made(service, heard, holder, sent, make_readout):
    service.on_read(CardRead(1, make_readout()))
    (event,) = heard
    assert (event.trust, event.photo) == (ChipTrust.INTEGRITY_ONLY, True)
    assert holder.present.readout is not None
    assert sent == [], "the photo goes nowhere before the consent"


def test_a_card_without_a_photo_and_one_with_failed_checks_say_so(service, heard, make_readout):
    service.on_read(CardRead(1, replace(make_readout(), photo=None)))
    service.on_read(CardRead(1, make_readout(dg_hashes=CheckState.FAILED)))
    assert [(event.trust, event.photo) for event in heard] == [
        (ChipTrust.INTEGRITY_ONLY, False),
        (ChipTrust.FAILED, True),
    ]


def test_the_code_of_another_persons_card_is_noticed(service, heard, holder, make_readout, lan):
    service.use_number(effects.UseNumber(1, "001096990123"))
    heard.clear()
    # the same last six digits open the chip, yet it is somebody else's
    service.on_read(CardRead(1, make_readout()))
    assert heard == [events.ReadFailed(1, FaultCode.OTHER_CARD)]


def test_a_chip_that_hides_the_name_goes_to_a_person(service, heard, make_readout, lan):
    service.on_read(CardRead(1, make_readout(replace(lan, full_name=None))))
    assert heard == [events.ReadFailed(1, FaultCode.CARD_UNREADABLE)]
    assert make_readout().verdict(Check.DG_HASHES).state is CheckState.SUCCESSFUL


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (CardErrorCode.CARD_REMOVED, FaultCode.CARD_PULLED),
        (CardErrorCode.SEVERAL_CARDS, FaultCode.SEVERAL_CARDS),
        (CardErrorCode.SERVICE_DOWN, FaultCode.READER_DOWN),
        (CardErrorCode.TIMEOUT, FaultCode.READER_DOWN),
        (CardErrorCode.WRONG_KEY, FaultCode.WRONG_KEY),
        (CardErrorCode.BAD_DATA, FaultCode.CARD_UNREADABLE),
        (CardErrorCode.SECURE_MESSAGING, FaultCode.CARD_UNREADABLE),
    ],
)
def test_every_failure_has_its_meaning_for_the_patient(service, heard, code, fault):
    service.on_failed(CardReadFailed(1, code, ""))
    assert heard == [events.ReadFailed(1, fault)]


def test_a_cancelled_read_is_no_failure(service, heard):
    service.on_failed(CardReadFailed(1, CardErrorCode.CANCELLED, ""))
    service.on_failed(CardReadFailed(4, CardErrorCode.TIMEOUT, ""))
    assert heard == []


def test_a_refused_code_that_is_still_in_view_is_not_tried_again(service, heard):
    service.use_code(1, QR)
    service.on_failed(CardReadFailed(1, CardErrorCode.WRONG_KEY, ""))
    heard.clear()
    for _ in range(20):
        service.use_code(1, QR)
    assert heard == [], "the screen says what is wrong; the chip is not asked in a loop"
    service.use_code(1, QR.replace("990123", "990124"))
    service.use_number(effects.UseNumber(1, "001198990123"))
    assert heard == [events.KeyReady(1), events.KeyReady(1)], "another code, or the number typed on purpose, is tried"
