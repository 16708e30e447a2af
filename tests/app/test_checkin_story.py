"""A kiosk by its settings file beside a simulated hospital and portal: who has a check-in record, and when."""

from collections.abc import Callable, Iterator

import pytest

from his_adapter.simulation import Fault, OutsideWorld, System
from kiosk import paths
from kiosk.app.adapters import Adapters, build
from kiosk.settings import load
from records.tables import OutboxEntry
from records.values import BHYT_CHECKIN
from tests.app.checkin_kiosk import CARDS, CHECKIN, PASSPHRASE, Kiosk, make_identity

SETTINGS = """
[kiosk]
id = "xanh-pon-01"
facility_name_vi = "Bệnh viện Xanh Pôn"
facility_name_en = "Saint Paul Hospital"
facility_code = "01999"

[devices]
mode = "simulated"

[portal]
base_url = "{portal.base_url}"
username = "{portal.username}"
password_md5 = "{password}"
officer_name = "{portal.officer_name}"
officer_number = "{officer}"
sign_in_rest_s = 0
checkin_file = "checkin.toml"

[his]
base_url = "{his.base_url}"
api_key = "{key}"
"""


@pytest.fixture(scope="module")
def outside() -> Iterator[OutsideWorld]:
    with OutsideWorld(paths.people(), cards=CARDS, facility="01999") as running:
        yield running


@pytest.fixture(scope="module")
def identity() -> tuple[str, bytes]:
    return make_identity()


@pytest.fixture
def kiosk_with(outside, identity, tmp_path, store, now) -> Iterator[Callable[..., Kiosk]]:
    made: list[Adapters] = []
    certificate, sealed = identity

    def make(*, send: bool) -> Kiosk:
        portal, his = outside.portal_settings(), outside.his_settings()
        (tmp_path / "facility.p12").write_bytes(sealed)
        (tmp_path / "facility.passphrase").write_text(PASSPHRASE + "\n")
        secrets = {
            "password": portal.password_md5.get_secret_value(),
            "officer": portal.officer_number.get_secret_value(),
            "key": his.api_key.get_secret_value(),
        }
        file = tmp_path / "kiosk.toml"
        file.write_text(SETTINGS.format(portal=portal, his=his, **secrets), "utf-8")
        (tmp_path / "checkin.toml").write_text(CHECKIN.format(send=str(send).lower(), service="KNTH"), "utf-8")
        outside.fault(System.PORTAL, Fault.NONE)
        outside.register_certificate(certificate)
        settings = load(file)
        made.append(build(settings))
        return Kiosk(outside, made[-1], store, now, settings)

    yield make
    for adapters in made:
        adapters.close()


def test_the_portal_has_the_signed_record_and_the_kiosk_its_receipt(kiosk_with):
    kiosk = kiosk_with(send=True)
    visit_id = kiosk.check_in()
    kiosk.later(seconds=1)
    (receipt,) = kiosk.receipts(visit_id)
    assert receipt["code"] == "200"
    assert receipt["transaction_id"] == kiosk.taken()[kiosk.record_of(visit_id)]
    assert kiosk.delivery.pending() == 0


def test_switched_off_nothing_leaves_the_kiosk(kiosk_with):
    kiosk = kiosk_with(send=False)
    visit_id = kiosk.check_in()
    kiosk.later(hours=1)
    assert kiosk.record_of(visit_id) not in kiosk.taken()
    assert kiosk.receipts(visit_id) == []
    assert kiosk.delivery.pending() == 0


def test_a_portal_that_is_down_gets_the_record_later_and_once(kiosk_with, outside):
    kiosk = kiosk_with(send=True)
    outside.fault(System.PORTAL, Fault.DOWN)
    visit_id = kiosk.check_in()
    kiosk.later(minutes=11)
    outside.fault(System.PORTAL, Fault.NONE)
    assert kiosk.record_of(visit_id) not in kiosk.taken()
    for _ in range(4):  # the card is asked about, the hospital told of it, the record sent
        kiosk.later(minutes=11)
    (receipt,) = kiosk.receipts(visit_id)
    assert receipt["transaction_id"] == kiosk.taken()[kiosk.record_of(visit_id)]
    assert kiosk.delivery.pending() == 0


def test_a_record_whose_receipt_is_lost_is_sent_again_and_counts_once(kiosk_with, outside):
    kiosk = kiosk_with(send=True)
    kiosk.check_in()
    kiosk.later(seconds=1)  # signed in
    visit_id = kiosk.check_in()
    outside.fault(System.PORTAL, Fault.MALFORMED_JSON)
    kiosk.later(seconds=10)
    outside.fault(System.PORTAL, Fault.NONE)
    assert kiosk.receipts(visit_id) == []
    assert kiosk.record_of(visit_id) in kiosk.taken(), "it arrived, its receipt did not"
    kiosk.later(minutes=1)
    (receipt,) = kiosk.receipts(visit_id)
    assert receipt["transaction_id"] == kiosk.taken()[kiosk.record_of(visit_id)]


def test_a_certificate_the_portal_does_not_know_waits_for_a_person(kiosk_with, outside, store):
    kiosk = kiosk_with(send=True)
    outside.register_certificate("")
    visit_id = kiosk.check_in()
    kiosk.later(seconds=1)
    assert kiosk.receipts(visit_id) == []
    with store.snapshot() as session:
        entry = session.query(OutboxEntry).filter_by(kind=BHYT_CHECKIN).one()
    assert (entry.dead, entry.last_error_code) == (True, "rejected"), "an operator has it sent again"
