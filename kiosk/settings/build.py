"""From the file's tables to the value types of the rooms that use them. The rooms know nothing of the file."""

from his_adapter.bhyt.entitlement import FacilityProfile
from his_adapter.settings import HisSettings, PaymentSettings, PortalSettings
from kiosk.flow.delays import Delays
from kiosk.settings.schema import Settings


def portal_settings(settings: Settings) -> PortalSettings:
    """For the insurance portal's adapter."""
    portal = settings.portal
    return PortalSettings(
        base_url=portal.base_url,
        username=portal.username,
        password_md5=portal.password_md5,
        officer_name=portal.officer_name,
        officer_number=portal.officer_number,
        timeout_s=portal.timeout_s,
        md5_upper=portal.md5_upper,
        cache_s=portal.cache_s,
    )


def his_settings(settings: Settings) -> HisSettings:
    """For the hospital system's adapter."""
    his = settings.his
    return HisSettings(base_url=his.base_url, api_key=his.api_key, timeout_s=his.timeout_s)


def payment_settings(settings: Settings) -> PaymentSettings | None:
    """For the payment provider's adapter; None when payment is not offered."""
    payment = settings.payment
    if not payment.enabled:
        return None
    return PaymentSettings(
        base_url=payment.base_url,
        client_id=payment.client_id,
        api_key=payment.api_key,
        checksum_key=payment.checksum_key,
        timeout_s=payment.timeout_s,
    )


def facility_profile(settings: Settings) -> FacilityProfile:
    """For the entitlement rules."""
    return settings.entitlement.profile(settings.kiosk)


def flow_delays(settings: Settings) -> Delays:
    """For the flow."""
    return Delays(**dict(settings.delays))
