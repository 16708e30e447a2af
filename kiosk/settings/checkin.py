"""The file that says how check-in records (XML0) are signed and sent, for a hospital whose own system does not."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from his_adapter.bhyt.xml0 import CheckInSettings, IdentityError, SignatureProfile, load_identity
from his_adapter.bhyt.xml0.sender import CHECK_IN_PATH
from his_adapter.settings_file import SettingsFile

TABLE = "checkin"


@dataclass(frozen=True, slots=True)
class NationalService:
    """What an examination in a department is called nationally (MA_DICH_VU, TEN_DICH_VU)."""

    code: str
    name: str

    def __post_init__(self) -> None:
        if not self.code or not self.name:
            raise ValueError("a national service has a code and a name")


@dataclass(frozen=True, slots=True)
class CheckInFile:
    """The table [checkin].

    `identity` is the file of the facility's certificate and key (PEM or PKCS#12), relative to this one. `services` are
    the departments by the hospital's own codes: the examination there is a visit's first cost. `profile`, `accepted`
    and `path` are as in `CheckInSettings`.
    """

    identity: str
    province_code: str
    services: dict[str, NationalService]
    send: bool = False
    passphrase: SecretStr | None = None
    profile: SignatureProfile = field(default_factory=SignatureProfile)
    accepted: tuple[str, ...] = ("200",)
    path: str = CHECK_IN_PATH
    timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class CheckIn:
    """The file's content in the words of the rooms that use it. `file` names it in messages."""

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


def read_checkin(file: Path, facility_code: str) -> CheckIn:
    """The file's table and the identity it names. Raises ValueError, which quotes nothing."""
    table = SettingsFile(file, (TABLE,)).read(TABLE, CheckInFile)
    try:
        identity = load_identity((file.parent / table.identity).read_bytes(), table.passphrase)
    except OSError as error:
        raise ValueError(f"{file.name}: [{TABLE}] identity: {type(error).__name__}") from None
    except IdentityError as error:
        raise ValueError(f"{file.name}: [{TABLE}] identity: {error}") from None
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
        raise ValueError(f"{file.name}: [{TABLE}] province_code: {error}") from None
    return CheckIn(sending, table.services, file.name)
