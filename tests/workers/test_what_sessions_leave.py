"""After a patient nothing stays: no file, and no memory that grows."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
WARM, COUNTED = 3, 17  # the twentieth goes on into the moves


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    place = tmp_path_factory.mktemp("nowhere")
    script = ROOT / "tests" / "workers" / "watched_sessions.py"
    done = subprocess.run(
        [sys.executable, str(script), str(WARM), str(COUNTED)],
        check=True,
        capture_output=True,
        text=True,
        cwd=place,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(place), "TMPDIR": str(place)},
    )
    found: dict[str, Any] = json.loads(done.stdout)
    found["files"] = [path.name for path in place.rglob("*")]
    return found


def test_no_frame_is_ever_written_to_disk(left: dict[str, Any]) -> None:
    assert left["opened"] == []
    assert left["files"] == []
    assert left["written"] < 10_000, "a JPEG of one face is more"


def test_sessions_leave_no_memory_behind(left: dict[str, Any]) -> None:
    assert left["peak"] > left["frame"], "the frames themselves are seen by the measurement"
    aligned = 112 * 112 * 3  # the smallest picture of a face there is; the interpreter's free lists take 2 kB a session
    assert left["memory"] / COUNTED < aligned / 10
