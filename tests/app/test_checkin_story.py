"""A kiosk by its settings file beside a simulated hospital and portal: who has a check-in record, and when."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12

from his_adapter.model import BirthDate, InsuranceQuery, PatientIdentity, RegistrationRequest, Sex
from his_adapter.simulation import Fault, OutsideWorld, System
from kiosk import paths
from kiosk.app.adapters import Adapters, build
from kiosk.app.calls import outbox_delivery
from kiosk.app.delivery import OutboxDelivery, registration_message
from kiosk.app.recheck import CardRecheck
from kiosk.settings import load
from records.evidence import Evidence
from records.journal import Journal
from records.portal_evidence import evidence_of_visit
from records.tables import OutboxEntry
from records.values import BHYT_CHECKIN, CHECKIN_RECEIPT, CheckInRecord, PatientFields, ServiceChoice, new_key

CARDS = Path(__file__).parents[1] / "data" / "his_adapter" / "cards.toml"
PERSON = PatientIdentity("001190990101", "NGUYỄN THỊ HỢP LỆ", BirthDate(1990, 2, 3), Sex.FEMALE, "Số 1, Phố Hai")
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
CHECKIN = """
[checkin]
send = {send}
identity = "facility.p12"
passphrase_file = "facility.passphrase"
province_code = "01"

[checkin.services.{service}]
code = "02.1897"
name = "Khám Nội"
"""


@pytest.fixture(scope="module")
def outside() -> Iterator[OutsideWorld]:
    with OutsideWorld(paths.people(), cards=CARDS, facility="01999") as running:
        yield running


@pytest.fixture(scope="module")
def identity() -> tuple[str, bytes]:
    """The facility's certificate as the portal knows it, and with its key as an authority hands it over."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "BỆNH VIỆN MÔ PHỎNG")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    sealed = pkcs12.serialize_key_and_certificates(b"", key, certificate, None, BestAvailableEncryption(b"open sesame"))
    return certificate.public_bytes(Encoding.PEM).decode(), sealed


class Kiosk:
    """What of a kiosk speaks with the outside."""

    def __init__(self, outside, adapters, store, now, settings):
        self.outside, self.adapters, self.store, self.now = outside, adapters, store, now
        self.recheck = CardRecheck(adapters.portal, now)
        self.delivery: OutboxDelivery = outbox_delivery(settings, store, adapters, self.recheck, now)

    def check_in(self) -> str:
        """One insured person, registered while they wait; the visit's id here."""
        answer = self.adapters.portal.check(InsuranceQuery.of(PERSON))
        verified = answer.fault is None
        service = self.adapters.hospital.list_services()[0]
        key = new_key()
        request = RegistrationRequest(
            key,
            PERSON,
            service.code,
            "k1",
            self.now(),
            coverage=answer.coverage,
            entitlement=answer.entitlement,
            insurance_verified=verified,
        )
        record = CheckInRecord(
            kiosk_id="k1",
            session_id=key,
            patient=PatientFields(PERSON.full_name, PERSON.number, "1990-02-03", "female"),
            service=ServiceChoice(service.code, service.name_vi, service.room.name),
            number="T 001",
            fee_dong=0,
            message=registration_message(request),
            evidence=Evidence(),
            idempotency_key=key,
            further=() if verified else (self.recheck.message(PERSON),),
        )
        visit_id = Journal(self.store).record_check_in(record).visit_id
        self.delivery.deliver_visit(visit_id)
        return visit_id

    def later(self, **span: float) -> None:
        self.now.pass_by(**span)
        self.delivery.deliver_all()

    def taken(self) -> dict[str, str]:
        """Records the portal holds, by MA_LK and STT. It takes none whose signature does not hold."""
        url = self.outside.urls[System.PORTAL]
        held: dict[str, str] = httpx.get(f"{url}/simulation/check_ins", trust_env=False).json()["taken"]
        return held

    def receipts(self, visit_id: str) -> list[dict[str, str]]:
        kept = [reply for reply in evidence_of_visit(self.store, visit_id) if reply.evidence.entry == CHECKIN_RECEIPT]
        assert all(reply.is_sound for reply in kept)
        return [json.loads(reply.evidence.raw) for reply in kept]

    def record_of(self, visit_id: str) -> str:
        return f"{Journal(self.store).registration_of(visit_id).his_visit_id}/1"


@pytest.fixture
def kiosk_with(outside, identity, tmp_path, store, now) -> Iterator[Callable[..., Kiosk]]:
    made: list[Adapters] = []
    certificate, sealed = identity

    def make(*, send: bool) -> Kiosk:
        portal, his = outside.portal_settings(), outside.his_settings()
        (tmp_path / "facility.p12").write_bytes(sealed)
        (tmp_path / "facility.passphrase").write_text("open sesame\n")
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
