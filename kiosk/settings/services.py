"""The settings' tables about the systems outside: insurance portal, hospital system, payment provider."""

from pydantic import ConfigDict, Field

from kiosk.settings.values import NO_SECRET, NOT_SET, BaseUrl, CitizenNumber, Md5, Secret, Section


class PortalSection(Section):
    """The social insurance portal (BHYT)."""

    model_config = ConfigDict(title="Insurance portal")

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


class HisSection(Section):
    """The hospital information system."""

    model_config = ConfigDict(title="Hospital system")

    base_url: BaseUrl = Field(default=NOT_SET, title="Address")
    api_key: Secret = Field(default=NO_SECRET, title="API key")
    timeout_s: float = Field(default=8.0, ge=1, le=60, title="Time limit (s)")


class PaymentSection(Section):
    """VietQR payments through a payment provider."""

    model_config = ConfigDict(title="Payment")

    enabled: bool = Field(default=True, title="Offer payment", description="Off: everybody pays at the cash desk.")
    base_url: BaseUrl = Field(default=NOT_SET, title="Address")
    client_id: str = Field(default=NOT_SET, min_length=1, max_length=80, title="Client id")
    api_key: Secret = Field(default=NO_SECRET, title="API key")
    checksum_key: Secret = Field(default=NO_SECRET, title="Checksum key")
    timeout_s: float = Field(default=8.0, ge=1, le=60, title="Time limit (s)")
