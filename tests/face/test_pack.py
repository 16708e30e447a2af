"""A pack is refused when anything differs from its manifest."""

import shutil
from math import log10, sqrt
from pathlib import Path

import pytest

from face.errors import FaceError, FaceErrorCode
from face.models.pack import load_pack


@pytest.fixture
def copied(pack_directory: Path, tmp_path: Path) -> Path:
    target = tmp_path / "pack"
    shutil.copytree(pack_directory, target)
    return target


def refused(directory: Path) -> str:
    with pytest.raises(FaceError) as caught:
        load_pack(directory)
    assert caught.value.code is FaceErrorCode.MODEL_REFUSED
    return caught.value.detail


def test_the_shipped_pack_names_its_thresholds_by_false_match_rate(pack_directory: Path) -> None:
    pack = load_pack(pack_directory)
    scores = [pack.threshold(fmr).score for fmr in ("1e-3", "1e-4", "1e-5")]
    assert scores == sorted(scores)
    assert "lfw96" in pack.threshold("1e-4").data
    assert not pack.threshold("1e-4").simulated
    assert [item.role for item in pack.hashes] == ["detector", "recogniser", "mesh", "eyes"]


def test_a_rate_nobody_measured_has_no_threshold(pack_directory: Path) -> None:
    with pytest.raises(FaceError) as caught:
        load_pack(pack_directory).threshold("1e-7")
    assert caught.value.code is FaceErrorCode.UNKNOWN_FMR


def test_each_interval_is_the_wilson_interval_of_the_comparisons_it_names(pack_directory: Path) -> None:
    for item in load_pack(pack_directory).recogniser.threshold:
        rate, count, z = float(item.fmr), item.impostor, 1.96
        middle = (rate + z * z / (2 * count)) / (1 + z * z / count)
        half = z * sqrt(rate * (1 - rate) / count + (z / (2 * count)) ** 2) / (1 + z * z / count)
        assert (item.fmr_low, item.fmr_high) == pytest.approx((middle - half, middle + half), rel=5e-3)


def test_a_match_asks_for_the_score_that_keeps_the_rate_inside_one_group(pack_directory: Path) -> None:
    """The measured look-alikes, two women of the London set, score 0.557 to 0.561; the poorest genuine pair 0.75."""
    pack = load_pack(pack_directory)
    accept = pack.accept_score("1e-5")
    assert 0.561 < accept.score < 0.75
    assert accept.score == pytest.approx(0.505 + (0.505 - 0.398) / 2 * log10(20))
    assert accept.rate == pytest.approx(1e-5 / 20)
    assert accept.extrapolated  # nobody counted one in two million


def test_a_score_between_measured_rates_is_not_called_extrapolated(pack_directory: Path) -> None:
    accept = load_pack(pack_directory).accept_score("1e-3")
    assert 0.456 < accept.score < 0.505
    assert not accept.extrapolated


def test_below_the_score_of_one_stranger_in_a_hundred_it_is_no_match(pack_directory: Path) -> None:
    reject = load_pack(pack_directory).reject_score()
    assert reject.score == pytest.approx(0.398 - (0.505 - 0.398) / 2)
    assert reject.extrapolated


def test_a_pack_that_was_never_calibrated_loads_but_decides_nothing(copied: Path) -> None:
    path = copied / "manifest.toml"
    text = path.read_text(encoding="utf-8")
    head, mesh = text.split("[[recogniser.threshold]]", 1)[0], text[text.index("[mesh]") :]
    path.write_text(head + mesh, encoding="utf-8")
    pack = load_pack(copied)
    for ask in (lambda: pack.accept_score("1e-4"), pack.reject_score):
        with pytest.raises(FaceError, match="calibrate it first") as caught:
            ask()
        assert caught.value.code is FaceErrorCode.UNKNOWN_FMR


def test_one_changed_byte_in_the_weights_is_refused_by_name_and_both_hashes(copied: Path) -> None:
    path = copied / "sface_2021dec_fp32.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    detail = refused(copied)
    assert detail.startswith("sface_2021dec_fp32.onnx: SHA-256 is ")
    assert "99f490f32aef0943937daa3429aa375512193ec205c0a964f35d56bb298c6d99" in detail


def test_missing_weights_are_refused(copied: Path) -> None:
    (copied / "yunet_2023mar.onnx").unlink()
    assert refused(copied) == "yunet_2023mar.onnx: No such file or directory"


def test_weights_without_their_licence_are_refused(copied: Path) -> None:
    (copied / "LICENSE-yunet.txt").unlink()
    assert refused(copied) == "LICENSE-yunet.txt: the licence text is missing"


def test_a_folder_without_manifest_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path) == "manifest.toml: No such file or directory"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('fmr = "1e-4"\nscore = 0.456', 'fmr = "1e-4"\nscore = 0.39', "thresholds must rise"),
        ("schema = 2", "schema = 1", "schema"),
        ('file = "yunet_2023mar.onnx"', 'file = "../yunet_2023mar.onnx"', "detector.file"),
        ('sha256 = "8f2383', 'sha256 = "8F2383', "detector.sha256"),
        ("long_side = 640", "long_side = 640\nsurprise = 1", "detector.surprise"),
        ('licence = "MIT"\n', "", "detector.licence"),
        ("std = 1.0", "std = 0.0", "recogniser.std"),
        ("group_factor = 20.0", "group_factor = 0.5", "recogniser.group_factor"),
        ("fmr_low = 9.14e-05", "fmr_low = 2e-4", "between fmr_low and fmr_high"),
        ("[mesh]", "[passive_pad]", "mesh: Field required"),
        ("[detector]", "[detector", "line"),
    ],
)
def test_a_manifest_with_a_fault_is_refused_naming_it(copied: Path, old: str, new: str, named: str) -> None:
    path = copied / "manifest.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert named in refused(copied)
