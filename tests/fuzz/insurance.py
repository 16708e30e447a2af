"""What the insurance portal says: sign-in, card, co-payments, receipts; and check-in documents of anybody."""

import contextlib
import functools
from dataclasses import replace
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from his_adapter.bhyt import BhytPortal, EntitlementRules, FacilityProfile
from his_adapter.bhyt.xml0 import SigningIdentity
from his_adapter.bhyt.xml0.document import UnreadableDocument, build_tree, parse_tree, read_document, to_bytes
from his_adapter.bhyt.xml0.sender import CheckInSettings, XmlCheckInSender
from his_adapter.bhyt.xml0.signature import SignatureProfile, SignatureRefused, SignedPart, sign, verify
from his_adapter.faults import OutsideFault
from his_adapter.model import BirthDate, InsuranceQuery
from his_adapter.remote import wire
from his_adapter.settings import PortalSettings
from tests.fuzz.outside import MOMENT, answering, check_told, check_value, unpack
from tests.fuzz.registry import target
from tests.his_adapter.xml0.sample import RECORD

SETTINGS = PortalSettings(
    "http://portal.invalid", "01999_BV", SecretStr("0" * 32), "CÁN BỘ", SecretStr("001099000001"), cache_s=0.0
)
QUERY = InsuranceQuery("001190990101", "NGUYỄN THỊ HỢP LỆ", BirthDate(1990, 2, 3))
PROFILES = (SignatureProfile(), SignatureProfile(part=SignedPart.LIST))


@functools.cache
def identity() -> SigningIdentity:
    """Always the same certificate: stored inputs are signed with it."""
    key = ec.derive_private_key(0x5449_4550_444F_4E, ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "BỆNH VIỆN MÔ PHỎNG")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
    certificate = builder.not_valid_after(datetime(2036, 1, 1, tzinfo=UTC)).sign(
        key, hashes.SHA256(), ecdsa_deterministic=True
    )
    return SigningIdentity(certificate, key)


@functools.cache
def _rules() -> EntitlementRules:
    return EntitlementRules(FacilityProfile("01999"))


@target(max_len=8192, json=True, errors=(OutsideFault,))
def portal(data: bytes) -> None:
    """A card check, co-payments and a sign-in are always answered; a record is sent, or there is a fault."""
    choice, replies = unpack(data)
    with answering(replies):
        asked = BhytPortal(SETTINGS, _rules(), clock=lambda: MOMENT)
        match choice % 4:
            case 0:
                answer = asked.check(QUERY)
                check_told(wire.CardAnswer(answer=answer))
                assert asked.check(QUERY).asked_at == answer.asked_at
            case 1:
                check_told(wire.CopaymentTold(answer=asked.copayment(QUERY)))
            case 2:
                check_told(wire.HealthAnswer(health=asked.health()))
            case _:
                sender = XmlCheckInSender(SETTINGS, CheckInSettings(identity(), "01999", "01", True), lambda: MOMENT)
                receipt = sender.send(RECORD)
                check_value(receipt)
                assert receipt.code == "200"


@target(max_len=16_384, errors=(UnreadableDocument, SignatureRefused))
def check_in_document(data: bytes) -> None:
    """A document is records or an error, and signed records are written again as they are. Signed is only what we sign:
    of a changed document at most what its signature covers is believed."""
    for profile in PROFILES:
        with contextlib.suppress(UnreadableDocument, SignatureRefused):
            believed = verify(data, identity().certificate, profile, MOMENT)
            assert set(believed) <= {RECORD, replace(RECORD, stt="2")}, "a record that nobody signed"
    tree = parse_tree(data)
    assert sum(1 for _ in tree.iter()) <= len(data)
    records = read_document(data)
    written = to_bytes(build_tree(records))
    assert read_document(written) == records
    if len(data) < 4096:
        signed = sign(build_tree(records), identity(), PROFILES[0])
        assert verify(signed, identity().certificate, PROFILES[0], MOMENT) == records
