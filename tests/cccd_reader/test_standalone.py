"""The card reader as `pip install .` gives it: the wheel and the libraries that its metadata names, and nothing else.

The wheel is built from a copy of the sources and unpacked; beside it lie the two libraries and what they need.
An interpreter that sees only this folder and Python's own library then does what a stranger would do first.
"""

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = {"cryptography", "pyscard"}
OTHER_ROOMS = ("kiosk", "hub", "face", "his_adapter", "records")

EVERY_MODULE = """
import importlib, pkgutil, sys
import cccd_reader
names = [found.name for found in pkgutil.walk_packages(cccd_reader.__path__, "cccd_reader.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names), *sorted({name.partition(".")[0] for name in sys.modules}))
"""

READ_A_CARD = """
import contextlib, pathlib, sys
import cccd_reader
from cccd_reader.emulation import EmulatedCard, load_citizen, personalise
folder = pathlib.Path(sys.argv[1])
image = personalise(load_citizen(folder / "citizen.toml"), (folder / "photo.jp2").read_bytes())
source = cccd_reader.LocalSource(EmulatedCard(image))
cccd_reader.GuardedSource.pcsc = lambda: contextlib.closing(source)
exec((folder / "ten_lines.py").read_text("utf-8"))
"""


def _names(requirements: list[str] | None) -> set[str]:
    """The distributions of a list of requirements, without those of extras and of other systems."""
    wanted = [line for line in requirements or [] if "extra ==" not in line and "python_full_version" not in line]
    return {re.split(r"[^A-Za-z0-9._-]", line)[0].lower() for line in wanted}


def _closure(names: set[str]) -> Iterator[metadata.Distribution]:
    waiting, seen = list(names), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # not needed on this system: a marker said so
        yield found
        waiting.extend(_names(found.requires))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources, out = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, sources)
    for room in ("cccd_reader", *OTHER_ROOMS):
        shutil.copytree(ROOT / room, sources / room, ignore=shutil.ignore_patterns("__pycache__"))
    build = "from setuptools.build_meta import build_wheel; import sys; print(build_wheel(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", build, str(out)], cwd=sources, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages, as an installation would have it."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    for room in OTHER_ROOMS:
        shutil.rmtree(folder / room)  # installed too, and unused: nothing may miss them
    for distribution in _closure(NEEDED):
        for top in {path.parts[0] for path in distribution.files or () if path.parts[0] != ".."}:
            if not top.endswith(".dist-info") and top != "__pycache__":
                (folder / top).symlink_to(Path(str(distribution.locate_file(top))))
    return folder


def run(site: Path, *arguments: str) -> str:
    """The output of an interpreter that sees `site` and its own library: -S leaves site-packages out."""
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-W", "error", *arguments],
        cwd=site,
        env={"PYTHONPATH": str(site), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_the_wheel_asks_for_two_libraries(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        text = archive.read(name).decode()
        assert "cccd_reader/py.typed" in archive.namelist()
    requirements = re.findall(r"^Requires-Dist: (.*)$", text, flags=re.MULTILINE)
    assert _names(requirements) == NEEDED


def test_every_module_imports_with_these_alone(site: Path) -> None:
    count, *imported = run(site, "-c", EVERY_MODULE).split()
    assert int(count) > 60
    foreign = {
        "asn1crypto",
        "PySide6",
        "cv2",
        "numpy",
        "PIL",
        "sqlalchemy",
        "httpx",
        "pydantic",
        "serial",
        "fastapi",
        "structlog",
    }
    assert foreign.isdisjoint(imported)
    assert set(OTHER_ROOMS).isdisjoint(imported)


def test_the_ten_lines_of_the_page_read_an_emulated_card(site: Path, tmp_path: Path, emrtd_data: Path) -> None:
    page = (ROOT / "docs" / "cccd_reader.md").read_text("utf-8")
    for language, name in (("python", "ten_lines.py"), ("toml", "citizen.toml")):
        (found,) = re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)
        (tmp_path / name).write_text(found, "utf-8")
    record = (emrtd_data / "bsi2008" / "Datagroup2.bin").read_bytes()
    (tmp_path / "photo.jp2").write_bytes(record[record.index(b"\x00\x00\x00\x0cjP  ") :])
    printed = run(site, "-c", READ_A_CARD, str(tmp_path))
    assert printed.startswith("NGUYỄN VĂN AN 1999-01-15\n")
    assert "dg_hashes successful" in printed


def test_every_command_explains_itself(site: Path) -> None:
    overview = run(site, "-m", "cccd_reader", "--help")
    commands = re.findall(r"^    ([a-z]+)\b", overview, flags=re.MULTILINE)
    assert {"read", "diagnose", "monitor", "trust", "personalise", "emulate"} <= set(commands)
    for command in commands:
        assert f"usage: python -m cccd_reader {command}" in run(site, "-m", "cccd_reader", command, "--help")
