"""Model packs on a machine: which there are, which may decide, and making one of an InsightFace folder.

InsightFace's own weights may not be shipped, so the shipped SFace file stands in for them: InsightFace's model zoo
loads and runs it like one of its own.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from face.__main__ import main
from face.align import align
from face.detect import Detector
from face.embed import load_embedder
from face.errors import FaceError, FaceErrorCode
from face.models.adopt import Licence, adopt, recalibrate
from face.models.manifest_text import manifest_text
from face.models.pack import ModelPack, load_pack, read_manifest
from face.models.registry import NOT_ADOPTED, NOT_CALIBRATED, PackProblem, find_packs, summarise
from face.models.site_calibration import read_site_calibration


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A hospital's folder with one InsightFace pack dropped into it."""
    folder = tmp_path / "packs" / "buffalo_sc"
    folder.mkdir(parents=True)
    (tmp_path / "contract.txt").write_text("Licensed to the hospital, contract 7.", encoding="utf-8")
    return folder.parent


@pytest.fixture
def dropped(site: Path, pack: ModelPack) -> Path:
    folder = site / "buffalo_sc"
    (folder / "w600k_mbf.onnx").symlink_to(pack.recogniser_path)  # 39 MB that need no second copy
    shutil.copyfile(pack.detector_path, folder / "det_500m.onnx")
    return folder


@pytest.fixture
def licence(site: Path) -> Licence:
    return Licence("InsightFace commercial licence", site.parent / "contract.txt", commercial_use=True)


def report(pack: ModelPack, path: Path, *, group_factor: float | None = 35.0, **models: str) -> Path:
    thresholds = [
        {"fmr": rate, "score": score, "fnmr": 0.01, "fmr_low": float(rate) / 2, "fmr_high": float(rate) * 2}
        | {"genuine": 300, "impostor": 44_850, "data": "staff of the site", "simulated": False}
        for rate, score in (("1e-2", 0.31), ("1e-3", 0.39))
    ]
    hashes = {item.role: item.sha256 for item in pack.hashes} | models
    text = {"eer": 0.01, "calibration": {"models": hashes, "thresholds": thresholds, "group_factor": group_factor}}
    path.write_text(json.dumps(text), encoding="utf-8")
    return path


def refused(error: pytest.ExceptionInfo[FaceError]) -> str:
    assert error.value.code is FaceErrorCode.MODEL_REFUSED
    return error.value.detail


def test_the_shipped_pack_may_decide_and_may_be_used_commercially(pack_directory: Path) -> None:
    [found] = find_packs([pack_directory.parent])
    assert (found.name, found.ok, found.usable, found.reason) == ("yunet-sface", True, True, "")
    assert (found.licence, found.commercial_use, found.runtime) == ("MIT, Apache-2.0", True, "onnxruntime")


def test_weights_without_a_manifest_are_listed_and_not_used(dropped: Path) -> None:
    [found] = find_packs([dropped.parent])
    assert (found.problem, found.usable, found.reason) == (PackProblem.NOT_ADOPTED, False, NOT_ADOPTED)


def test_an_adopted_pack_runs_through_insightface_and_computes_the_same(
    dropped: Path, licence: Licence, pack: ModelPack, people: Any
) -> None:
    adopted = adopt(dropped, licence, pack, known_figures=True)
    assert adopted.recogniser.runtime == "insightface"
    assert (adopted.recogniser.file, adopted.recogniser.dimensions) == ("w600k_mbf.onnx", 128)
    assert adopted.detector.sha256 == pack.detector.sha256  # one detector for chip and live
    assert adopted.threshold("1e-4").score == 0.333
    image = people["lan"].live
    crop = align(image, Detector(adopted).detect(image)[0].landmarks)
    same = load_embedder(adopted, 1).embed(crop) @ load_embedder(pack, 1).embed(crop)
    assert float(same) == pytest.approx(1, abs=1e-5)
    [found] = find_packs([dropped.parent])
    assert (found.ok, found.commercial_use) == (True, True)
    assert "InsightFace commercial licence" in found.licence
    assert (dropped / "LICENSE-recogniser.txt").read_text(encoding="utf-8").startswith("Licensed to the hospital")


def test_a_pack_nobody_calibrated_may_be_evaluated_but_not_decide(
    dropped: Path, licence: Licence, pack: ModelPack
) -> None:
    adopted = adopt(dropped, licence, pack)
    found = summarise(dropped)
    assert (found.problem, found.usable, found.reason) == (PackProblem.NOT_CALIBRATED, True, NOT_CALIBRATED)
    with pytest.raises(FaceError, match="calibrate it first"):
        adopted.accept_score("1e-4")


def test_the_sites_own_thresholds_are_taken_with_the_stricter_group_factor(
    dropped: Path, licence: Licence, pack: ModelPack, tmp_path: Path
) -> None:
    measured = read_site_calibration(report(pack, tmp_path / "a.json"))
    adopted = adopt(dropped, licence, pack, calibration=measured)
    assert adopted.threshold("1e-3").score == 0.39
    assert adopted.recogniser.group_factor == 35
    for factor in (4.0, None):  # smaller than published, or not measurable
        lenient = read_site_calibration(report(pack, tmp_path / "b.json", group_factor=factor))
        assert lenient.group_factor == 20


def test_a_calibration_of_other_weights_is_refused(
    dropped: Path, licence: Licence, pack: ModelPack, tmp_path: Path
) -> None:
    other = read_site_calibration(report(pack, tmp_path / "other.json", recogniser="0" * 64))
    with pytest.raises(FaceError, match="another recogniser") as error:
        adopt(dropped, licence, pack, calibration=other)
    assert refused(error)
    assert not (dropped / "manifest.toml").exists()


@pytest.mark.parametrize("text", ["{}", "no json", '{"calibration": {"models": {}, "thresholds": []}}'])
def test_a_file_that_holds_no_calibration_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "figures.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FaceError) as error:
        read_site_calibration(path)
    assert refused(error).startswith("figures.json: ")


def test_a_folder_without_a_recogniser_or_with_two_is_not_guessed_at(
    dropped: Path, licence: Licence, pack: ModelPack
) -> None:
    (dropped / "second.onnx").symlink_to(pack.recogniser_path)
    with pytest.raises(FaceError, match=r"found second\.onnx, w600k_mbf\.onnx"):
        adopt(dropped, licence, pack)
    assert adopt(dropped, licence, pack, recogniser="second.onnx").recogniser.file == "second.onnx"
    with pytest.raises(FaceError, match="already"):
        adopt(dropped, licence, pack)
    with pytest.raises(FaceError, match="found none"):
        adopt(dropped, licence, pack, recogniser="det_500m.onnx", replace=True)
    with pytest.raises(FaceError, match=r"no figures are known for second\.onnx"):
        adopt(dropped, licence, pack, recogniser="second.onnx", known_figures=True, replace=True)


def test_a_file_that_is_no_model_is_refused(dropped: Path, licence: Licence, pack: ModelPack) -> None:
    (dropped / "broken.onnx").write_bytes(b"\xff" * 100)
    with pytest.raises(FaceError, match=r"broken\.onnx: no ONNX file"):
        adopt(dropped, licence, pack, recogniser="broken.onnx")


def test_the_first_folder_with_a_name_wins_and_the_second_says_so(pack_directory: Path, tmp_path: Path) -> None:
    twin = tmp_path / "yunet-sface"
    twin.mkdir()
    (twin / "other.onnx").write_bytes(b"")
    shipped, hidden = find_packs([pack_directory.parent, tmp_path])
    assert (shipped.ok, hidden.ok) == (True, False)
    assert hidden.reason.endswith("has the same name")


def test_a_pack_under_another_name_than_its_folder_is_refused(dropped: Path, licence: Licence, pack: ModelPack) -> None:
    adopt(dropped, licence, pack, known_figures=True)
    renamed = dropped.rename(dropped.with_name("other"))
    assert summarise(renamed).reason == "manifest.toml names it buffalo_sc: the folder must have the pack's name"


def test_recalibrating_copies_the_pack_and_leaves_the_shipped_one(pack: ModelPack, tmp_path: Path) -> None:
    measured = read_site_calibration(report(pack, tmp_path / "a.json"))
    copy = recalibrate(pack, measured, tmp_path / "yunet-sface-site")
    assert copy.name == "yunet-sface-site"
    assert copy.threshold("1e-2").data == "staff of the site"
    assert not copy.reject_score().extrapolated
    assert copy.hashes == pack.hashes
    assert load_pack(pack.directory).threshold("1e-3").score == 0.398
    with pytest.raises(FaceError, match="exists already"):
        recalibrate(pack, measured, tmp_path / "yunet-sface-site")


def test_a_written_manifest_reads_back_as_it_was(pack: ModelPack, tmp_path: Path) -> None:
    odd = pack.manifest.model_copy(update={"version": 'a "quoted" \\ line\nwith \x7f and é'})
    (tmp_path / "manifest.toml").write_text(manifest_text(odd, "first line\n\nthird line"), encoding="utf-8")
    assert read_manifest(tmp_path) == odd


def test_the_commands_adopt_and_list(
    dropped: Path, pack: ModelPack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = ["--licence", "Contract 7", "--licence-file", str(tmp_path / "contract.txt"), "--commercial-use", "no"]
    assert main(["adopt", str(dropped), *contract, "--calibration", str(report(pack, tmp_path / "a.json"))]) == 0
    assert "FMR 1e-3: measured 0.390, asked for" in capsys.readouterr().out
    assert main(["packs", "--dir", str(dropped.parent), "--json"]) == 0
    shipped, adopted = json.loads(capsys.readouterr().out)["packs"]
    assert (shipped["name"], adopted["name"], adopted["ok"]) == ("yunet-sface", "buffalo_sc", True)
    (dropped / "det_500m.onnx").unlink()  # no part of the pack
    (dropped / "yunet_2023mar.onnx").write_bytes(b"other")
    assert main(["packs", "--dir", str(dropped.parent)]) == 0
    line = capsys.readouterr().out.splitlines()[1]
    assert "NO commercial use" in line
    assert "refused: yunet_2023mar.onnx: SHA-256 is " in line
    assert main(["adopt", str(dropped), *contract]) == 2
    assert "has a manifest.toml already" in capsys.readouterr().err
