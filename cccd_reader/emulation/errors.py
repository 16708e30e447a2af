"""What can go wrong in setting up an emulated card. What the card itself does wrong is a `Fault`, and is meant."""

from enum import StrEnum


class EmulationErrorCode(StrEnum):
    BAD_PROFILE = "bad_profile"
    BAD_PHOTO = "bad_photo"
    BAD_VARIANT = "bad_variant"
    BAD_AUTHORITY = "bad_authority"
    BAD_IMAGE = "bad_image"
    BAD_COMMAND = "bad_command"
    SLOT_OCCUPIED = "slot_occupied"
    PROCESS_GONE = "process_gone"
    PCSCD_UNAVAILABLE = "pcscd_unavailable"
    PCSCD_FAILED = "pcscd_failed"


class EmulationError(Exception):
    """The one family of expected failures here. `detail` is technical English; `field` names the field concerned."""

    def __init__(self, code: EmulationErrorCode, detail: str, *, field: str | None = None) -> None:
        self.code = code
        self.detail = detail
        self.field = field
        where = f" {field}:" if field else ""
        super().__init__(f"{code}:{where} {detail}")
