"""Did a demonstration end at the counter because this machine has no time for the check of a living person?

It draws the simulated person, runs the whole hospital and looks at the frames at once. Where that leaves too few frames
nothing is wrong with the kiosk, and whoever watches should know it.
"""

from kiosk.app.report import SessionReport

REASONS = frozenset({"frame_rate_too_low", "frame_gap", "too_few_frames", "screen_too_slow"})
"""What the checks and the comparison say of frames, or colours on the screen, that come too slowly."""


def slow_reasons(report: SessionReport) -> tuple[str, ...]:
    """Why the machine was too slow for this session; empty when it was not, or when something else decided."""
    face = report.face
    if report.sent_to is None or face is None or face.outcome != "undecided":
        return ()
    if face.presentation_attack_detection in ("passed", "alarm"):
        return ()
    found = {f"{check.check}: {check.reason}" for check in face.checks if _is_slow(check.state, check.reason)}
    if face.reason in REASONS:
        found.add(f"comparison: {face.reason}")
    return tuple(sorted(found))


def advice(reasons: tuple[str, ...]) -> str:
    """One line for the terminal."""
    said = ", ".join(reasons)
    return f"this machine is too slow for the check of a living person ({said}); leave it out with --pad off"


def _is_slow(state: str, reason: str) -> bool:
    return state == "not_assessed" and reason in REASONS
