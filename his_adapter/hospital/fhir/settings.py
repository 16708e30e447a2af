"""Settings of the FHIR adapter. What differs from hospital to hospital is here and nowhere else.

There is no approved national profile: the identifier systems of VN Core (fhir.hl7.org.vn), of the ministry's samples
(moh.gov.vn) and of courses differ (confidence: medium), so every system that is the hospital's own must be given.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import SecretStr

from his_adapter.model import Service
from his_adapter.settings import DEFAULT_TIMEOUT_S
from his_adapter.tls import TlsFiles

OWN = "urn:x-tiepdon"


@dataclass(frozen=True, slots=True)
class Systems:
    """Identifier and code systems, absolute URIs.

    `citizen`: citizen numbers (CCCD). `insurance_card`: whole BHYT card numbers. `service`: the codes of departments
    that a kiosk offers. `patient_code`: the hospital's own patient number; empty, the server's id stands for it.
    `receipt`: the hospital's receipt numbers on PaymentNotice or Invoice; empty, the notice's id stands for them.
    `facility`: MA_CSKCB codes. The others are ours: they make repeated messages find what the first one made.
    """

    citizen: str
    insurance_card: str
    service: str
    patient_code: str = ""
    receipt: str = ""
    facility: str = f"{OWN}:ma-cskcb"
    treatment_object: str = f"{OWN}:ma-doituong-kcb"
    portal_result: str = f"{OWN}:ma-ket-qua"
    visit_key: str = f"{OWN}:visit-key"
    visit_content: str = f"{OWN}:visit-content"
    report_key: str = f"{OWN}:coverage-report-key"
    report_content: str = f"{OWN}:coverage-report-content"
    payment_key: str = f"{OWN}:payment-key"
    payment_content: str = f"{OWN}:payment-content"
    payment_order: str = f"{OWN}:payment-order"
    transfer: str = f"{OWN}:bank-transfer"
    verdict: str = f"{OWN}:transfer-verdict"
    priority: str = f"{OWN}:priority"

    def __post_init__(self) -> None:
        if not (self.citizen and self.insurance_card and self.service):
            raise ValueError("a hospital has systems for citizen numbers, insurance cards and services")


@dataclass(frozen=True, slots=True)
class QueueSource:
    """Where the hospital writes the place in the queue, on the Encounter. All empty: it gives no queue numbers.

    `number_identifier` is the system of an Identifier; the others are addresses of extensions: `number` valueString or
    valueInteger, `ahead` valueInteger or valueUnsignedInt, and `waiting`, the same on a HealthcareService.
    """

    number_identifier: str = ""
    number: str = ""
    ahead: str = ""
    waiting: str = ""


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """An account (RFC 7617)."""

    username: str
    password: SecretStr


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """OAuth 2.0 client credentials (RFC 6749, 4.4; SMART Backend Services leave the assertion to other clients).

    `in_header`: the client proves itself by HTTP Basic, which every token server must take (RFC 6749, 2.3.1); False:
    in the form.
    """

    token_url: str
    client_id: str
    client_secret: SecretStr
    scope: str = "system/*.read system/*.write"
    in_header: bool = True


ServiceSource = Literal["auto", "settings", "HealthcareService", "ActivityDefinition"]


@dataclass(frozen=True, slots=True)
class FhirSettings:
    """One FHIR server.

    `profiles` are written into meta.profile by resource type. `insurer` and `facility_code` name the social insurance
    agency and the hospital as logical references: display text and MA_CSKCB. `services` are offered beside what the
    server lists (`service_source`), and what they say wins; where they name no room it is the server's.
    `insured_component` marks the price under insurance among the components of a ChargeItemDefinition.

    `transactions`, `conditional_create`: None asks the CapabilityStatement; a server without one is taken to have
    neither. `transaction_entries` is how many entries the server takes in one transaction (Medplum: 8 where conditions
    are among them); a larger one is done step by step. `search_by_post` keeps citizen numbers out of addresses, which
    servers log (R4 3.1.0.6.1).
    `writes_bill`: the kiosk makes ChargeItem and Invoice; False where the hospital makes its own.
    """

    base_url: str
    systems: Systems
    auth: BasicAuth | ClientCredentials | None = None
    tls: TlsFiles | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S
    queue: QueueSource = QueueSource()
    profiles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    services: tuple[Service, ...] = ()
    service_source: ServiceSource = "auto"
    insured_component: str = "BHYT"
    insurer: str = "Bảo hiểm xã hội Việt Nam"
    facility_code: str = ""
    extensions: str = f"{OWN}:"
    checked_in_status: Literal["arrived", "checked-in"] = "arrived"
    transactions: bool | None = None
    transaction_entries: int | None = None
    conditional_create: bool | None = None
    search_by_post: bool = True
    writes_bill: bool = True
    page_size: int = 50
    max_pages: int = 10
    kept_s: float = 60.0
    """How long the list of services is kept; the CapabilityStatement is kept sixty times as long."""

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("http://", "https://")):
            raise ValueError("a FHIR server has an http address")
        if self.timeout_s <= 0 or self.page_size < 1 or self.max_pages < 1:
            raise ValueError("limits are positive")

    def extension(self, name: str) -> str:
        """The address of one of our extensions; empty when the server takes none."""
        return self.extensions and f"{self.extensions}{name}"
