"""The chip of Vietnam's citizen card: ISO 7816 and ICAO 9303 over PC/SC.

    with GuardedSource.pcsc() as source:
        while not isinstance(source.wait_change(60.0), Present):
            ...
        with closing(source.connect()) as connection:
            readout = read_card(connection, keyring_from_number("001099012345"))

Expected failures are `CardError` with a `CardErrorCode`; what a check found out is a `Verdict`.
"""

from cccd_reader.access import Access
from cccd_reader.citizen import Citizen
from cccd_reader.errors import CardError, CardErrorCode, ChipDataError
from cccd_reader.keys import Can, KeyRing, MrzKey, keyring_from_mrz, keyring_from_number, keyring_from_qr
from cccd_reader.lds.image import Codec, FaceImage
from cccd_reader.mrz import Mrz
from cccd_reader.pki.online import HttpVerifier, NullVerifier, OnlineRequest, OnlineVerifier
from cccd_reader.pki.trust_store import TrustStore
from cccd_reader.published_fields import CardGeneration, CitizenField, FieldId, FieldState
from cccd_reader.qr import CardQr, parse_qr
from cccd_reader.read_profile import ReadProfiles
from cccd_reader.reader import read_card
from cccd_reader.readout import CardReadout, FileSummary, PartialRead, Progress, Stage
from cccd_reader.scan import ScannedCard, ScanProblem, ScanRefused, keyring_from_scan
from cccd_reader.transport.base import (
    CardSource,
    Connection,
    Empty,
    NoReader,
    Present,
    ReaderState,
    ServiceDown,
    SeveralCards,
)
from cccd_reader.transport.guarded import GuardedSource, TimeLimits
from cccd_reader.transport.local import LocalConnection, LocalSource
from cccd_reader.transport.pcsc import PcscSource
from cccd_reader.transport.socket import SocketSource
from cccd_reader.verdict import Check, CheckState, Verdict

__all__ = [
    "Access",
    "Can",
    "CardError",
    "CardErrorCode",
    "CardGeneration",
    "CardQr",
    "CardReadout",
    "CardSource",
    "Check",
    "CheckState",
    "ChipDataError",
    "Citizen",
    "CitizenField",
    "Codec",
    "Connection",
    "Empty",
    "FaceImage",
    "FieldId",
    "FieldState",
    "FileSummary",
    "GuardedSource",
    "HttpVerifier",
    "KeyRing",
    "LocalConnection",
    "LocalSource",
    "Mrz",
    "MrzKey",
    "NoReader",
    "NullVerifier",
    "OnlineRequest",
    "OnlineVerifier",
    "PartialRead",
    "PcscSource",
    "Present",
    "Progress",
    "ReadProfiles",
    "ReaderState",
    "ScanProblem",
    "ScanRefused",
    "ScannedCard",
    "ServiceDown",
    "SeveralCards",
    "SocketSource",
    "Stage",
    "TimeLimits",
    "TrustStore",
    "Verdict",
    "keyring_from_mrz",
    "keyring_from_number",
    "keyring_from_qr",
    "keyring_from_scan",
    "parse_qr",
    "read_card",
]
