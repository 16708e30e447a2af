"""The libraries of this room tell nobody that they are used."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("code", ["import face.verify; import onnxruntime", "import face.embed; import onnxruntime"])
def test_onnx_runtime_keeps_no_diary_in_the_home_directory(code: str, tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "PATH": ""}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, cwd=tmp_path)
    assert list(tmp_path.rglob("*")) == []
