"""What was checked about a chip, and how it ended. A check that was not made says so: it is never "successful"."""

from dataclasses import dataclass
from enum import StrEnum


class CheckState(StrEnum):
    """The five ends of a check (after BSI TR-03135, 4.2)."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    UNDETERMINED = "undetermined"
    NOT_SUPPORTED = "not_supported"
    ABORTED = "aborted"


class Check(StrEnum):
    DG_HASHES = "dg_hashes"
    """The files are those whose hashes EF.SOD lists."""
    SOD_SIGNATURE = "sod_signature"
    """EF.SOD is signed by the document signer certificate inside it."""
    ISSUER = "issuer"
    """That certificate comes from the country's authority."""
    CHIP_AUTHENTICATION = "chip_authentication"
    ACTIVE_AUTHENTICATION = "active_authentication"
    """The chip owns the private key of DG14 or DG15: it is no copy."""
    CROSS_CHECK = "cross_check"
    """DG13, the MRZ and the number that opened the chip speak of one person."""
    ONLINE = "online"
    """The authority's own service knows the card, and says that it is valid."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The end of one check. `reason` is technical English without personal data."""

    check: Check
    state: CheckState
    reason: str
