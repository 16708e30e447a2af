"""The simulated FHIR hospital's own names: identifier systems, extensions, account. All invented."""

from pydantic import SecretStr

from his_adapter.hospital.fhir.settings import BasicAuth, ClientCredentials, FhirSettings, QueueSource, Systems
from his_adapter.settings import DEFAULT_TIMEOUT_S
from his_adapter.simulation import accounts

BASE = "/fhir"
TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
OWN = "http://benhvien.example/fhir"
SYSTEMS = Systems(
    citizen=f"{OWN}/sid/cccd",
    insurance_card=f"{OWN}/sid/bhyt",
    service=f"{OWN}/CodeSystem/khoa-kham",
    patient_code=f"{OWN}/sid/ma-benh-nhan",
    receipt=f"{OWN}/sid/bien-lai",
)
QUEUE = QueueSource(
    number=f"{OWN}/StructureDefinition/so-thu-tu",
    ahead=f"{OWN}/StructureDefinition/so-nguoi-truoc",
    waiting=f"{OWN}/StructureDefinition/so-nguoi-cho",
)


def fhir_settings(
    url: str, timeout_s: float = DEFAULT_TIMEOUT_S, *, oauth: bool = False, search_by_post: bool = True
) -> FhirSettings:
    """The adapter's settings for a simulated hospital at an address."""
    secret = SecretStr(accounts.FHIR_KEY)
    return FhirSettings(
        base_url=f"{url}{BASE}",
        systems=SYSTEMS,
        auth=ClientCredentials(f"{url}{TOKEN_PATH}", accounts.FHIR_ACCOUNT, secret)
        if oauth
        else BasicAuth(accounts.FHIR_ACCOUNT, secret),
        timeout_s=timeout_s,
        queue=QUEUE,
        facility_code=accounts.OWN_FACILITY,
        search_by_post=search_by_post,
    )
