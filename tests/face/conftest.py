"""The real models, the demonstration people and one simulated camera, shared by the room's tests."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from face.camera import Camera, CameraFault, Frame
from face.models.pack import ModelPack, load_pack
from face.opencv import Image, cv2
from face.pad.policy import PadPolicy
from face.simulation.stage import CameraStage
from face.verify import Verifier

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = ROOT / "assets" / "people"
PACK = ROOT / "assets" / "models" / "yunet-sface"


@dataclass
class ManualClock:
    """Seconds that pass only when told."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True)
class Person:
    id: str
    chip: bytes
    live: Image
    citizen: dict[str, object]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def people_directory() -> Path:
    return PEOPLE


@pytest.fixture(scope="session")
def pack_directory() -> Path:
    return PACK


@pytest.fixture(scope="session")
def people() -> dict[str, Person]:
    found: dict[str, Person] = {}
    for folder in sorted(path for path in PEOPLE.iterdir() if path.is_dir()):
        live = cv2.imread(str(folder / "live.jpg"))
        assert live is not None
        citizen = tomllib.loads((folder / "citizen.toml").read_text(encoding="utf-8"))
        [chip] = folder.glob("chip.*")
        found[folder.name] = Person(folder.name, chip.read_bytes(), np.asarray(live, dtype=np.uint8), citizen)
    return found


@pytest.fixture(scope="session")
def pack() -> ModelPack:
    return load_pack(PACK)


@pytest.fixture(scope="session")
def verifier(pack: ModelPack) -> Verifier:
    """Compares only; sessions with presentation attack detection have a verifier of their own."""
    return Verifier(pack, pad=PadPolicy.named("off"))


@pytest.fixture(scope="session")
def stage_process() -> Iterator[CameraStage]:
    with CameraStage(PEOPLE) as stage:
        yield stage


@pytest.fixture
def stage(stage_process: CameraStage) -> CameraStage:
    stage_process.back()
    stage_process.show_nobody()
    return stage_process


@pytest.fixture
def camera(stage: CameraStage) -> Iterator[Camera]:
    with Camera(stage.url) as opened:
        yield opened


class Watching:
    """Reading a camera until something is seen; a test that waits in vain fails by its count of frames."""

    LIMIT = 200  # frames at 20 a second

    def frames(self, camera: Camera) -> Iterator[Frame]:
        for _ in range(self.LIMIT):
            frame = camera.read(2.0)
            if isinstance(frame, Frame):
                yield frame
        pytest.fail("the camera never showed what the test waits for")

    def fault(self, camera: Camera) -> CameraFault:
        for _ in range(self.LIMIT):
            seen = camera.read(2.0)
            if isinstance(seen, CameraFault):
                return seen
        pytest.fail("the camera never reported a fault")


@pytest.fixture
def watching() -> Watching:
    return Watching()
