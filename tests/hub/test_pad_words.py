"""The auditor reads words, not tokens: every reason that the face room gives for a check has a text."""

import ast
from pathlib import Path

import face.pad
from face.decision import Reason
from face.pad.challenge import Strike
from face.pad.evidence import PadCheck, PadState
from face.pad.moves import Move
from hub.texts import Language, words

PAD = Path(face.pad.__file__).parent
WATCHES = ("continuity", "face_track", "frame_repeats", "frame_times", "sensor_noise")
"""Their functions return the reason itself."""


def tokens() -> set[str]:
    """Every reason a check can give, read from the source: the last argument of a result, and what helpers return."""
    found: set[str] = set()
    for path in PAD.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("PadResult", "not_assessed"):
                found |= strings(node.args[-1])
            elif isinstance(node, ast.Return) and node.value is not None and path.stem in WATCHES:
                found |= strings(node.value)
    return found | {f"followed_after_{strike.value}" for strike in Strike}


def strings(node: ast.expr) -> set[str]:
    return {
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value.isidentifier()
    }


def test_every_reason_of_a_check_has_words_in_both_languages() -> None:
    found = tokens()
    assert {"relief_seen", "no_response", "one_track"} <= found, "the search itself works"
    for language in Language:
        texts = words(language).texts
        assert [token for token in sorted(found) if f"pad_reason.{token}" not in texts] == []


def test_every_check_state_move_and_decision_has_words() -> None:
    for language in Language:
        texts = words(language).texts
        for group, codes in (
            ("pad_check", PadCheck),
            ("pad_state", PadState),
            ("move", Move),
            ("face_reason", Reason),
        ):
            assert [code.value for code in codes if f"{group}.{code.value}" not in texts] == []
