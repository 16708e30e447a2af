"""What an HL7 v2 hospital has to be asked before it can be connected."""

from dataclasses import dataclass

from his_adapter.hospital.hl7v2.exchange import AckMode
from his_adapter.hospital.hl7v2.place import Place
from his_adapter.model import Service
from his_adapter.settings import DEFAULT_TIMEOUT_S
from his_adapter.tls import TlsFiles

PDVQ = "IHE PDVQ Query"
"""QPD-1 of the Patient Demographics and Visit Query (IHE ITI-22); some suppliers want "IHE PDQ Query" instead."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Who gives out an identifier: namespace, and an OID where the hospital uses them (HD, 2.A.36)."""

    namespace: str
    oid: str = ""

    def __post_init__(self) -> None:
        if not self.namespace:
            raise ValueError("an assigning authority has a name")


@dataclass(frozen=True, slots=True)
class Hl7Settings:
    """The hospital's receiver and what its interface agreement says.

    `services`: HL7 has no list of departments with rooms and prices that a kiosk could rely on (MFN^M02 and M14 are
    pushed, not asked for), so the hospital gives it once. The names in MSH-3 to MSH-6 and the authorities are the
    hospital's to choose. Authorities: `citizen` for the citizen number (NI), `insurance` for the card (SB), `patients`
    for the hospital's patient number (MR), `kiosk` for the numbers we give to visits (VN) and patients (PI).

    `queue_number` and `receipt_number` name places in the answers to ADT^A04 and DFT^P03 where this hospital adds a
    number; the standard has none. `appointments`: it answers SQM^S25. `visit_query`: the name of its Patient
    Demographics and Visit Query, empty when it has none. Without `health_query` a connection is sign of life enough,
    for receivers that raise an alarm over a question they do not know. None of this has been tried with a Vietnamese
    hospital: no interface agreement is public (confidence low).
    """

    host: str
    port: int
    services: tuple[Service, ...]
    tls: TlsFiles | None = None
    sending_application: str = "TIEPDON"
    sending_facility: str = ""
    receiving_application: str = "HIS"
    receiving_facility: str = ""
    citizen: Authority = Authority("CCCD")
    insurance: Authority = Authority("BHXH")
    patients: Authority = Authority("HIS")
    kiosk: Authority = Authority("TIEPDON")
    processing_id: str = "P"
    ack_mode: AckMode = AckMode.ORIGINAL
    appointments: bool = False
    visit_query: str = ""
    health_query: bool = True
    queue_number: Place | None = None
    receipt_number: Place | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S

    def __post_init__(self) -> None:
        if not self.host or not 0 < self.port < 65_536:
            raise ValueError("a receiver has a host and a port")
        if len({service.code for service in self.services}) != len(self.services):
            raise ValueError("every service has a code of its own")
        if self.processing_id not in ("P", "T", "D"):
            raise ValueError("MSH-11 is P, T or D (table 0103)")
        if self.timeout_s <= 0:
            raise ValueError("a time limit is positive")

    def service(self, code: str) -> Service | None:
        """The service of a code."""
        return next((service for service in self.services if service.code == code), None)
