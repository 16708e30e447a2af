"""The check-in record XML0: made from a registration, written, signed, read back, sent."""

from his_adapter.bhyt.xml0.document import UnreadableDocument, build_tree, read_document, to_bytes
from his_adapter.bhyt.xml0.identity import IdentityError, SigningIdentity, load_identity
from his_adapter.bhyt.xml0.outbox import KIND, dump_checkin, load_checkin
from his_adapter.bhyt.xml0.receipt import CheckInReceipt
from his_adapter.bhyt.xml0.record import CheckInRecord0, InvalidRecord
from his_adapter.bhyt.xml0.registration import FirstCost, from_registration
from his_adapter.bhyt.xml0.sender import CheckInSender, CheckInSettings, XmlCheckInSender
from his_adapter.bhyt.xml0.settings import CheckIn, CheckInRequests, NationalService, read_checkin, read_requests
from his_adapter.bhyt.xml0.signature import (
    Canonicalisation,
    Digest,
    KeyInformation,
    SignatureProfile,
    SignatureRefused,
    SignedPart,
    sign,
    verify,
)

__all__ = [
    "KIND",
    "Canonicalisation",
    "CheckIn",
    "CheckInReceipt",
    "CheckInRecord0",
    "CheckInRequests",
    "CheckInSender",
    "CheckInSettings",
    "Digest",
    "FirstCost",
    "IdentityError",
    "InvalidRecord",
    "KeyInformation",
    "NationalService",
    "SignatureProfile",
    "SignatureRefused",
    "SignedPart",
    "SigningIdentity",
    "UnreadableDocument",
    "XmlCheckInSender",
    "build_tree",
    "dump_checkin",
    "from_registration",
    "load_checkin",
    "load_identity",
    "read_checkin",
    "read_document",
    "read_requests",
    "sign",
    "to_bytes",
    "verify",
]
