"""From the file's tables to the value types of the rooms that use them. The rooms know nothing of the file."""

import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import Any, assert_never

from face.capture_settings import CaptureSettings
from face.pad.policy import Mode, PadPolicy
from his_adapter.bhyt import BhytPortal
from his_adapter.bhyt.entitlement import EntitlementRules, FacilityProfile
from his_adapter.bhyt.xml0 import (
    CheckIn,
    CheckInRequests,
    XmlCheckInSender,
    read_checkin,
    read_requests,
)
from his_adapter.bhyt.xml0.settings import NO_SERVICES
from his_adapter.bhyt.xml0.settings import TABLE as CHECKIN
from his_adapter.hospital.kinds import TABLE, HospitalKind, hospital_of, read_hospital
from his_adapter.payment import (
    MoMoSettings,
    PayOsSettings,
    SePaySettings,
    VnPaySettings,
    provider_for,
)
from his_adapter.ports import HospitalSystem, InsurancePortal, PaymentProvider
from his_adapter.remote import RemoteCheckIn, RemotePayment, RemotePortal, RemoteSettings
from his_adapter.settings import HisSettings, PortalSettings
from his_adapter.settings_file import SettingsFile
from kiosk import paths
from kiosk.flow.delays import Delays
from kiosk.settings.schema import Settings
from kiosk.settings.services import PaymentPath, PortalPath


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
        copayment_wait_s=portal.copayment_wait_s,
        rest_s=portal.rest_s,
        sign_in_rest_s=portal.sign_in_rest_s,
    )


def recheck_pause(settings: Settings) -> timedelta:
    """Between two late questions about one card: never shorter than an answer is remembered."""
    portal = settings.portal
    return max(timedelta(minutes=portal.recheck_minutes), timedelta(seconds=portal.cache_s))


def recheck_extra(settings: Settings) -> timedelta:
    """How long such questions go on after the visit's day."""
    return timedelta(hours=settings.portal.recheck_extra_hours)


def hub_settings(settings: Settings) -> RemoteSettings:
    """For whatever is asked through the hub. Raises ValueError for a key that would travel in the clear."""
    return RemoteSettings(kiosk_id=settings.kiosk.id, **dict(settings.hub))


def hospital_settings(settings: Settings) -> Any:
    """For the adapter of the hospital system's kind, from `[his]`, `[hub]` or the file of its own.

    Raises ValueError, which names the key and quotes no value, when they cannot be used.
    """
    his = settings.his
    match his.kind:
        case HospitalKind.HISPRO:
            return HisSettings(base_url=his.base_url, api_key=his.api_key, timeout_s=his.timeout_s)
        case HospitalKind.HUB:
            return hub_settings(settings)
        case _:
            assert his.file is not None, "checked when the settings were read"
            return read_hospital(SettingsFile(his.file, (TABLE,)), his.kind)


def hospital_system(settings: Settings) -> HospitalSystem:
    """The hospital system's adapter. Raises ValueError as `hospital_settings` does."""
    return hospital_of(settings.his.kind, hospital_settings(settings))


def insurance_portal(settings: Settings) -> InsurancePortal:
    """The insurance portal's adapter. Raises ValueError for a hub's key that would travel in the clear."""
    if settings.portal.through is PortalPath.HUB:
        return RemotePortal(hub_settings(settings))
    return BhytPortal(portal_settings(settings), EntitlementRules(facility_profile(settings)))


def checkin(settings: Settings) -> CheckIn | None:
    """How check-in records are made, signed and sent here; None where they are not. Raises ValueError.

    The portal binds an account to one address: a kiosk that asks through the hub does not sign in beside it.
    """
    file = settings.portal.checkin_file
    if file is None or settings.portal.through is PortalPath.HUB:
        return None
    read = read_checkin(SettingsFile(file, (CHECKIN,)), settings.kiosk.facility_code)
    if not read.sending.send:
        return None
    if not read.services:
        raise ValueError(f"{file.name}: [{CHECKIN}] {NO_SERVICES}")
    return read


def checkin_requests(settings: Settings) -> CheckInRequests | None:
    """How check-in records are made here for the hub to sign and send; None where they are not. Raises ValueError."""
    file = settings.portal.checkin_file
    if file is None or settings.portal.through is not PortalPath.HUB:
        return None
    read = read_requests(SettingsFile(file, (CHECKIN,)))
    return read if read.send else None


def remote_checkin(settings: Settings, requests: CheckInRequests) -> RemoteCheckIn:
    """Sends check-in records to the hub. Raises ValueError for a hub's key that would travel in the clear."""
    return RemoteCheckIn(dataclasses.replace(hub_settings(settings), timeout_s=requests.timeout_s))


def checkin_sender(settings: Settings, how: CheckIn) -> XmlCheckInSender:
    """Of check-in records, with the portal's account."""
    return XmlCheckInSender(portal_settings(settings), how.sending)


def payment_provider(settings: Settings) -> PaymentProvider | None:
    """The payment provider's adapter; None when payment is not offered.

    Raises ValueError for a hub's key that would travel in the clear.
    """
    payment = settings.payment
    if not payment.enabled:
        return None
    match payment.provider:
        case PaymentPath.HUB:
            return RemotePayment(hub_settings(settings))
        case PaymentPath.PAYOS:
            return provider_for(PayOsSettings(**dict(payment.payos), timeout_s=payment.timeout_s))
        case PaymentPath.SEPAY:
            return provider_for(
                SePaySettings(**dict(payment.sepay), prefix=payment.prefix, timeout_s=payment.timeout_s)
            )
        case PaymentPath.VNPAY:
            return provider_for(VnPaySettings(**dict(payment.vnpay), timeout_s=payment.timeout_s))
        case PaymentPath.MOMO:
            return provider_for(MoMoSettings(**dict(payment.momo), timeout_s=payment.timeout_s))
        case _:
            assert_never(payment.provider)


def facility_profile(settings: Settings) -> FacilityProfile:
    """For the entitlement rules."""
    return settings.entitlement.profile(settings.kiosk)


def pack_folders(settings: Settings) -> tuple[Path, ...]:
    """Where model packs are looked for, in this order."""
    site = settings.face.packs_dir
    return (paths.models(),) if site is None else (paths.models(), site)


def pack_dir(settings: Settings) -> Path:
    """The folder of the chosen model pack. One that ships with the kiosk cannot be covered up by one of its name."""
    folders = [folder / settings.face.pack for folder in pack_folders(settings)]
    return next((folder for folder in folders if folder.is_dir()), folders[0])


def capture_settings(settings: Settings) -> CaptureSettings:
    """What a camera device is asked for."""
    camera = settings.camera
    return CaptureSettings(camera.width, camera.height, camera.exposure_ms)


def pad_policy(settings: Settings) -> PadPolicy:
    """For the vision worker."""
    pad = settings.pad
    named = PadPolicy.named(pad.policy.value)
    # A facility that gives slow people more time must not cut them off at the whole session's limit.
    each = pad.move_limit_s + named.return_limit_s
    needed = settings.face.time_limit_s + (pad.moves + pad.retries) * each
    return dataclasses.replace(
        named,
        light=min(named.light, Mode(pad.light.value), key=_STRICTNESS.index),
        moves=pad.moves,
        retries=pad.retries,
        move_limit_s=pad.move_limit_s,
        session_limit_s=max(named.session_limit_s, needed),
        light_steps=pad.light_steps,
        noise_floor=pad.noise_floor,
    )


_STRICTNESS = (Mode.OFF, Mode.ADVISORY, Mode.REQUIRED)


def flow_delays(settings: Settings) -> Delays:
    """For the flow."""
    return Delays(**dict(settings.delays))
