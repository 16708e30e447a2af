"""The file that says how check-in records (XML0) are signed and sent, for a hospital whose own system does not."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from his_adapter.bhyt.xml0 import CheckInSettings, IdentityError, load_identity
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
    the departments by the hospital's own codes. `accepted` and `path` are as in `CheckInSettings`.
    """

    identity: str
    province_code: str
    services: dict[str, NationalService]
    send: bool = False
    passphrase: SecretStr | None = None
    accepted: tuple[str, ...] = ("200",)
    path: str = CHECK_IN_PATH
    timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class CheckIn:
    """The file's content in the words of the rooms that use it."""

    sending: CheckInSettings
    services: dict[str, NationalService]


def read_checkin(file: Path, facility_code: str) -> CheckIn:
    """The file's table and the identity it names. Raises ValueError, which quotes nothing."""
    table = SettingsFile(file, (TABLE,)).read(TABLE, CheckInFile)
    try:
        identity = load_identity((file.parent / table.identity).read_bytes(), table.passphrase)
    except OSError as error:
        raise ValueError(f"{file.name}: [{TABLE}] identity: {type(error).__name__}") from None
    except IdentityError as error:
        raise ValueError(f"{file.name}: [{TABLE}] identity: {error}") from None
    sending = CheckInSettings(
        identity=identity,
        facility_code=facility_code,
        province_code=table.province_code,
        send=table.send,
        accepted=frozenset(table.accepted),
        path=table.path,
        timeout_s=table.timeout_s,
    )
    return CheckIn(sending, table.services)
