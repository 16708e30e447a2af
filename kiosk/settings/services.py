"""The settings' tables about the systems outside: insurance portal, hospital system, payment provider."""

from enum import StrEnum
from pathlib import Path

from pydantic import ConfigDict, Field

from his_adapter.hospital.kinds import HospitalKind
from his_adapter.payment.purpose import DEFAULT_PREFIX
from his_adapter.payment.settings import NOWHERE
from his_adapter.settings import DEFAULT_COPAYMENT_WAIT_S, DEFAULT_REST_S, DEFAULT_SIGN_IN_REST_S
from kiosk.settings.values import (
    NO_SECRET,
    NOT_SET,
    AccountNumber,
    BankCode,
    BaseUrl,
    CitizenNumber,
    Md5,
    Secret,
    Section,
)
from records.retry import MAX_ATTEMPTS


class PortalPath(StrEnum):
    """How the kiosk reaches the insurance portal."""

    DIRECT = "direct"
    HUB = "hub"


class PortalSection(Section):
    """The social insurance portal (BHYT)."""

    model_config = ConfigDict(title="Insurance portal")

    through: PortalPath = Field(
        default=PortalPath.DIRECT,
        strict=False,
        title="Way",
        description="The portal binds its session to one address: several kiosks ask through the hospital's hub.",
    )
    base_url: BaseUrl = Field(
        default=NOT_SET, title="Address", description="Production and training gateway differ in this one value only."
    )
    username: str = Field(default=NOT_SET, min_length=1, max_length=60, title="Account")
    password_md5: Md5 = Field(
        default=NO_SECRET,
        title="Password, MD5",
        description="The portal takes the MD5 of the password, never the password.",
    )
    md5_upper: bool = Field(default=True, title="MD5 in capitals", description="Older gateways want small letters.")
    officer_name: str = Field(default=NOT_SET, min_length=1, max_length=80, title="Registered officer's name (hoTenCb)")
    officer_number: CitizenNumber = Field(default=NO_SECRET, title="Registered officer's ID number (cccdCb)")
    timeout_s: float = Field(default=8.0, ge=1, le=60, title="Time limit (s)")
    cache_s: float = Field(
        default=300.0,
        ge=0,
        le=900,
        title="Remember an answer (s)",
        description="The portal locks accounts that ask for the same card again and again.",
    )
    copayment_wait_s: float = Field(
        default=DEFAULT_COPAYMENT_WAIT_S,
        ge=0,
        le=10,
        title="Wait for this year's co-payments (s)",
        description="0: they are not asked for, and nobody is exempted here.",
    )
    rest_s: float = Field(
        default=DEFAULT_REST_S,
        ge=0,
        le=86_400,
        title="Pause after a restricted account (s)",
        description="Asking on would lock the account for the whole hospital.",
    )
    sign_in_rest_s: float = Field(
        default=DEFAULT_SIGN_IN_REST_S, ge=0, le=3600, title="Pause after a refused sign-in (s)"
    )
    recheck_minutes: float = Field(
        default=10.0,
        ge=2,
        le=240,
        title="Ask again after (min)",
        description="When the portal could not be asked about a card: between two later questions.",
    )
    recheck_extra_hours: float = Field(
        default=0.0,
        ge=0,
        le=72,
        title="Ask on after midnight (h)",
        description="Such questions end with the visit's day, or so much later.",
    )
    checkin_file: Path | None = Field(
        default=None,
        strict=False,
        title="File for check-in records",
        description="XML0: only where the hospital system does not send them. A TOML file with a table [checkin].",
    )


class HubSection(Section):
    """The hospital's hub, for whatever `[his]`, `[portal]` and `[payment]` ask through it."""

    model_config = ConfigDict(title="Hub")

    base_url: BaseUrl = Field(default=NOT_SET, title="Address")
    key: Secret = Field(default=NO_SECRET, title="This kiosk's key", description="As `hub kiosk add` printed it.")
    authority: Path | None = Field(
        default=None,
        strict=False,
        title="Certificate authority",
        description="PEM file: the hospital's own authority, or the hub's certificate itself.",
    )
    certificate: Path | None = Field(
        default=None, strict=False, title="This kiosk's certificate", description="PEM file, for a hub that wants one."
    )
    certificate_key: Path | None = Field(default=None, strict=False, title="The certificate's key (PEM file)")
    timeout_s: float = Field(default=8.0, ge=1, le=60, title="Time limit (s)")


class HisSection(Section):
    """The hospital information system."""

    model_config = ConfigDict(title="Hospital system")

    kind: HospitalKind = Field(
        default=HospitalKind.HISPRO,
        strict=False,
        title="Kind",
        description="HisPro's kiosk contract, FHIR R4, HL7 v2, GNU Health, or the hospital's hub.",
    )
    file: Path | None = Field(
        default=None,
        strict=False,
        title="File of its settings",
        description="FHIR, HL7 v2 and GNU Health need more than an address: a TOML file with a table [hospital].",
    )
    base_url: BaseUrl = Field(default=NOT_SET, title="Address (HisPro)")
    api_key: Secret = Field(default=NO_SECRET, title="API key (HisPro)")
    timeout_s: float = Field(default=8.0, ge=1, le=60, title="Time limit (s)")
    attempts: int = Field(
        default=MAX_ATTEMPTS,
        ge=3,
        le=100_000,
        title="Tries",
        description="After so many a call that waits is given up and a person must look. The default lasts a week.",
    )


class PayOsSection(Section):
    """A payment channel at payOS."""

    model_config = ConfigDict(title="payOS")

    base_url: BaseUrl = Field(default=NOT_SET, title="Address")
    client_id: str = Field(default=NOT_SET, min_length=1, max_length=80, title="Client id")
    api_key: Secret = Field(default=NO_SECRET, title="API key")
    checksum_key: Secret = Field(default=NO_SECRET, title="Checksum key")


class SePaySection(Section):
    """A bank account that SePay watches. The kiosk draws the VietQR itself."""

    model_config = ConfigDict(title="SePay")

    base_url: BaseUrl = Field(default=NOT_SET, title="Address")
    bank: BankCode = Field(default=NOT_SET, title="Bank (BIN)", description="The bank's six digits at NAPAS.")
    account: AccountNumber = Field(default=NOT_SET, title="Account number")
    account_name: str = Field(
        default="", max_length=25, title="Account holder", description="Shown by banks' applications; may be empty."
    )
    api_token: Secret = Field(default=NO_SECRET, title="API token")


class VnPaySection(Section):
    """A merchant at the VNPAY gateway."""

    model_config = ConfigDict(title="VNPAY")

    base_url: BaseUrl = Field(default=NOT_SET, title="Address of the payment page")
    query_url: BaseUrl = Field(default=NOT_SET, title="Address for queries")
    terminal: str = Field(default=NOT_SET, min_length=1, max_length=8, title="Terminal (vnp_TmnCode)")
    hash_secret: Secret = Field(default=NO_SECRET, title="Hash secret")
    bank_code: str = Field(
        default="VNPAYQR",
        max_length=20,
        title="Way of payment (vnp_BankCode)",
        description="Empty lets the payer choose on VNPAY's page.",
    )


class MoMoSection(Section):
    """A partner at MoMo."""

    model_config = ConfigDict(title="MoMo")

    base_url: BaseUrl = Field(default=NOT_SET, title="Address")
    partner_code: str = Field(default=NOT_SET, min_length=1, max_length=50, title="Partner code")
    access_key: Secret = Field(default=NO_SECRET, title="Access key")
    secret_key: Secret = Field(default=NO_SECRET, title="Secret key")
    ipn_url: BaseUrl = Field(
        default=NOWHERE,
        title="Address for notices (ipnUrl)",
        description="Where MoMo tells of payments; a kiosk without a hub has none and asks instead.",
    )


class PaymentPath(StrEnum):
    """Whom the kiosk asks for money: a provider, or the hospital's hub, which has the account."""

    PAYOS = "payos"
    SEPAY = "sepay"
    VNPAY = "vnpay"
    MOMO = "momo"
    HUB = "hub"


class PaymentSection(Section):
    """Payment by QR through a payment provider. Each provider has its own table below this one."""

    model_config = ConfigDict(title="Payment")

    enabled: bool = Field(default=True, title="Offer payment", description="Off: everybody pays at the cash desk.")
    provider: PaymentPath = Field(
        default=PaymentPath.PAYOS,
        strict=False,
        title="Provider",
        description="“hub”: the hub has the account, hears of money by the provider's notices, and tells the kiosk.",
    )
    prefix: str = Field(
        default=DEFAULT_PREFIX,
        pattern=r"^[A-Z]{1,6}$",
        title="Prefix of transfer codes",
        description="One for all kiosks of a hospital: the bank's statement is searched for it.",
        json_schema_extra={"allowed": "one to six letters A to Z in quotes"},
    )
    timeout_s: float = Field(default=8.0, ge=1, le=60, title="Time limit (s)")
    payos: PayOsSection = PayOsSection()
    sepay: SePaySection = SePaySection()
    vnpay: VnPaySection = VnPaySection()
    momo: MoMoSection = MoMoSection()
