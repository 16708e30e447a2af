"""A small set of pictures as somebody might hand one over: all formats, sizes and kinds of trouble."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from face.opencv import cv2
from face.picture import decode_picture

PEOPLE = ("duc", "hung", "lan", "minh")


@pytest.fixture(scope="session")
def picture_set(tmp_path_factory: pytest.TempPathFactory, people: Mapping[str, Any]) -> Path:
    """``pairs.csv``: every chip picture with every live one, and what goes wrong in real sets."""
    folder = tmp_path_factory.mktemp("set")
    for name in PEOPLE:
        cv2.imwrite(str(folder / f"{name}-chip.png"), decode_picture(people[name].chip))
        cv2.imwrite(str(folder / f"{name}-live.jpg"), people[name].live)
    # Grey, and reduced to 96 pixels.
    grey = cv2.cvtColor(people["lan"].live, cv2.COLOR_BGR2GRAY)
    cv2.imwrite(str(folder / "lan-grey.png"), cv2.resize(grey, (96, 96), interpolation=cv2.INTER_AREA))
    cv2.imwrite(str(folder / "wall.png"), np.full((300, 300, 3), 90, dtype=np.uint8))
    (folder / "torn.jpg").write_bytes((folder / "duc-live.jpg").read_bytes()[:900])
    rows = [f"{a}-chip.png,{b}-live.jpg,{int(a == b)}" for a in PEOPLE for b in PEOPLE]
    rows += ["lan-chip.png,lan-grey.png,1", "lan-chip.png,wall.png,0", "torn.jpg,lan-live.jpg,0"]
    rows += ["lan-chip.png,nowhere.jpg,1"]
    (folder / "pairs.csv").write_text("\n".join(["a,b,same", *rows]) + "\n", encoding="utf-8")
    labels = ["file,gender,age"]
    for name, gender in (("duc", "male"), ("hung", "male"), ("lan", "female"), ("minh", "male")):
        labels += [f"{name}-chip.png,{gender},30", f"{name}-live.jpg,{gender},NA"]
    (folder / "images.csv").write_text("\n".join(labels) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def printed_json(capsys: pytest.CaptureFixture[str]) -> Any:
    """What the command printed last, as JSON."""

    def read() -> dict[str, Any]:
        found = json.loads(capsys.readouterr().out)
        assert isinstance(found, dict)
        return found

    return read
