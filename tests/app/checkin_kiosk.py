"""A kiosk that makes check-in records, and a facility's certificate, for stories about who sends them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12

from his_adapter.model import BirthDate, InsuranceQuery, PatientIdentity, RegistrationRequest, Sex
from his_adapter.simulation import System
from kiosk.app.calls import outbox_delivery
from kiosk.app.delivery import OutboxDelivery, registration_message
from kiosk.app.recheck import CardRecheck
from records.evidence import Evidence
from records.journal import Journal
from records.portal_evidence import evidence_of_visit
from records.values import CHECKIN_RECEIPT, CheckInRecord, PatientFields, ServiceChoice, new_key

CARDS = Path(__file__).parents[1] / "data" / "his_adapter" / "cards.toml"
PERSON = PatientIdentity("001190990101", "NGUYỄN THỊ HỢP LỆ", BirthDate(1990, 2, 3), Sex.FEMALE, "Số 1, Phố Hai")
PASSPHRASE = "open sesame"
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


def make_identity() -> tuple[str, bytes]:
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
    sealed = pkcs12.serialize_key_and_certificates(
        b"", key, certificate, None, BestAvailableEncryption(PASSPHRASE.encode())
    )
    return certificate.public_bytes(Encoding.PEM).decode(), sealed


class Kiosk:
    """What of a kiosk speaks with the outside."""

    def __init__(self, outside, adapters, store, now, settings):
        self.outside, self.adapters, self.store, self.now = outside, adapters, store, now
        self.settings = settings
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
