"""How check-in records (XML0) are signed and sent, from a settings file, where a hospital's own system does not."""

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import SecretStr

from his_adapter.bhyt.xml0.identity import IdentityError, load_identity
from his_adapter.bhyt.xml0.sender import CHECK_IN_PATH, CheckInSettings
from his_adapter.bhyt.xml0.signature import SignatureProfile
from his_adapter.settings_file import SettingsError, SettingsFile

TABLE = "checkin"
DEFAULT_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class NationalService:
    """What an examination in a department is called nationally (MA_DICH_VU, TEN_DICH_VU)."""

    code: str
    name: str

    def __post_init__(self) -> None:
        if not self.code or not self.name:
            raise ValueError("a national service has a code and a name")


@dataclass(frozen=True, slots=True)
class CheckInTable:
    """The table [checkin].

    `identity` is the file of the facility's certificate and key (PEM or PKCS#12), relative to this one. `services` are
    the departments by the hospital's own codes: the examination there is a visit's first cost. Whoever makes records
    needs them; a hub only signs and sends. `profile`, `accepted` and `path` are as in `CheckInSettings`.
    """

    identity: str
    province_code: str
    services: dict[str, NationalService] = field(default_factory=dict)
    send: bool = False
    passphrase: SecretStr | None = None
    profile: SignatureProfile = field(default_factory=SignatureProfile)
    accepted: tuple[str, ...] = ("200",)
    path: str = CHECK_IN_PATH
    timeout_s: float = DEFAULT_TIMEOUT_S


SIGNING = ("identity", "province_code", "passphrase_file", "passphrase_env", "profile", "accepted", "path")
"""Keys of the table that concern whoever signs."""


@dataclass(frozen=True, slots=True)
class CheckInRequests:
    """The table [checkin] of a kiosk whose hub signs and sends: what records are made of, and how long to wait."""

    services: dict[str, NationalService] = field(default_factory=dict)
    send: bool = False
    timeout_s: float = DEFAULT_TIMEOUT_S

    def __post_init__(self) -> None:
        if self.send and not self.services:
            raise ValueError(NO_SERVICES)
        if not 0 < self.timeout_s <= 120:
            raise ValueError("timeout_s: more than 0 and at most 120")


NO_SERVICES = "services: no department has a national code, so no record can be made"


@dataclass(frozen=True, slots=True)
class CheckIn:
    """The table's content in the words of the rooms that use it. `file` names it in messages."""

    sending: CheckInSettings
    services: dict[str, NationalService]
    file: str

    def outdated(self, moment: datetime) -> str:
        """What is wrong with the certificate's dates, "" when they include the moment."""
        identity = self.sending.identity
        if identity.valid_at(moment):
            return ""
        certificate = identity.certificate
        begun, ended = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        dates = f"counts from {begun:%Y-%m-%d}" if moment < begun else f"ended on {ended:%Y-%m-%d}"
        return f"{self.file}: [{TABLE}] identity: the certificate {dates}, so nothing can be signed"


def read_checkin(file: SettingsFile, facility_code: str) -> CheckIn:
    """The file's table and the identity it names. Raises SettingsError, which quotes nothing."""
    name = file.path.name
    table = file.read(TABLE, CheckInTable)
    try:
        identity = load_identity((file.path.parent / table.identity).read_bytes(), table.passphrase)
    except OSError as error:
        raise SettingsError(f"{name}: [{TABLE}] identity: {type(error).__name__}") from None
    except IdentityError as error:
        raise SettingsError(f"{name}: [{TABLE}] identity: {error}") from None
    try:
        sending = CheckInSettings(
            identity=identity,
            facility_code=facility_code,
            province_code=table.province_code,
            send=table.send,
            profile=table.profile,
            accepted=frozenset(table.accepted),
            path=table.path,
            timeout_s=table.timeout_s,
        )
    except ValueError as error:
        raise SettingsError(f"{name}: [{TABLE}] province_code: {error}") from None
    return CheckIn(sending, table.services, name)


def read_requests(file: SettingsFile) -> CheckInRequests:
    """The same table for a kiosk behind a hub: what concerns the signing is not read. Raises SettingsError."""
    return file.read(TABLE, CheckInRequests, without=SIGNING)
