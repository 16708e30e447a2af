"""What a refused request means: HTTP status and OperationOutcome (R4 2.29) as a fault, without the server's words.

``diagnostics`` and ``details.text`` often quote the patient; only codes of the specification's IssueType go on.
"""

from his_adapter.faults import OutsideFaultCode
from his_adapter.hospital.fhir.read import Malformed, parse_resource

ISSUE_TYPES = frozenset(
    [
        "invalid",
        "structure",
        "required",
        "value",
        "invariant",
        "security",
        "login",
        "unknown",
        "expired",
        "forbidden",
        "suppressed",
        "processing",
        "not-supported",
        "duplicate",
        "multiple-matches",
        "not-found",
        "deleted",
        "too-long",
        "code-invalid",
        "extension",
        "too-costly",
        "business-rule",
        "conflict",
        "transient",
        "lock-error",
        "no-store",
        "exception",
        "timeout",
        "incomplete",
        "throttled",
        "informational",
    ]
)
_AUTH = frozenset({"login", "expired", "forbidden", "security"})
_LATER = frozenset({"transient", "lock-error", "no-store", "exception", "timeout", "throttled"})
_FAILED = frozenset({"fatal", "error"})
MAX_WAIT_S = 120.0


def issue_codes(body: bytes) -> tuple[str, ...]:
    """The codes of an OperationOutcome's errors, known ones only; none for any other body."""
    try:
        outcome = parse_resource(body)
        if outcome.text("resourceType") != "OperationOutcome":
            return ()
        issues = outcome.children("issue")
        codes = [one.text("code") for one in issues if one.text("severity") in _FAILED]
    except Malformed:
        return ()
    return tuple(dict.fromkeys(code for code in codes if code in ISSUE_TYPES))


def fault_code(status: int, issues: tuple[str, ...]) -> OutsideFaultCode:
    """The fault that a status of 300 or more stands for."""
    if 300 <= status < 400:
        return OutsideFaultCode.BAD_ANSWER  # redirects are not followed
    if status in (401, 403):
        return OutsideFaultCode.AUTH
    if status >= 500 and status != 501:
        return OutsideFaultCode.SERVER_ERROR
    if status in (408, 429) or not _LATER.isdisjoint(issues):
        return OutsideFaultCode.SERVER_ERROR
    if not _AUTH.isdisjoint(issues):
        return OutsideFaultCode.AUTH
    return OutsideFaultCode.REJECTED


def detail(status: int, issues: tuple[str, ...]) -> str:
    """For staff: the status and the issue codes."""
    return f"HTTP {status}" + (f": {', '.join(issues)}" if issues else "")


def retry_after(text: str) -> float:
    """Seconds of a Retry-After, at most two minutes; 0 when there is none. A date counts as none: clocks differ."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        return 0.0
    return min(float(text), MAX_WAIT_S)
