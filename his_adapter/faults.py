"""The one family of expected failures of this room."""

from enum import StrEnum


class OutsideFaultCode(StrEnum):
    """Why another system did not do what was asked."""

    TIMEOUT = "timeout"  # no whole answer in time: the other side may have done it or not
    UNREACHABLE = "unreachable"  # no connection: the other side has done nothing
    AUTH = "auth"  # our account, key or a signature was refused
    REJECTED = "rejected"  # it understood and said no
    SERVER_ERROR = "server_error"  # it failed inside, HTTP 5xx
    BAD_ANSWER = "bad_answer"  # not what the contract says
    DUPLICATE_PATIENT = "duplicate_patient"  # several files for one person: the counter decides
    RESTRICTED = "restricted"  # our account is locked there, or we ask nothing so that it will not be
    CONFLICT = "conflict"  # the key or order code stands for something else already


SAID_NO = frozenset({OutsideFaultCode.REJECTED, OutsideFaultCode.DUPLICATE_PATIENT, OutsideFaultCode.CONFLICT})
"""Answers that would be the same again. After any other fault, also an answer that was not understood, the other side
may have done it or may do it yet: the outbox sends the same request again, with the same key."""


class OutsideFault(Exception):
    """Another system failed us. `detail` is for staff and logs and holds neither personal data nor addresses."""

    def __init__(self, code: OutsideFaultCode, system: str, detail: str = "") -> None:
        super().__init__(f"{system}: {code}" + (f" ({detail})" if detail else ""))
        self.code = code
        self.system = system
        self.detail = detail

    @property
    def retryable(self) -> bool:
        """Whether trying again later, with the same key, can help. A refused account counts: IT staff mend it."""
        return self.code not in SAID_NO
