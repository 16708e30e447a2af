"""Whatever one probe does, the report has all the others."""

import threading

import pytest

from kiosk.doctor import Finding, Probe, ProbeName, ProbeResult, ProbeState, Report, run
from kiosk.doctor.advice import ADVICE, TITLES
from kiosk.doctor.probes import PROBES
from kiosk.flow.values import Language
from kiosk.settings import Settings


def fine(settings: Settings) -> Finding:
    return Finding.ok(f"kiosk {settings.kiosk.id}")


def crashing(settings: Settings) -> Finding:
    raise RuntimeError(f"with data in the text: {settings.kiosk.id}")


def test_a_probe_that_crashes_is_a_failure_and_stops_no_other(settings: Settings) -> None:
    report = run(settings, [Probe(ProbeName.CAMERA, crashing, 5.0), Probe(ProbeName.DISK, fine, 5.0)])
    crashed, disk = report.results
    assert (crashed.state, crashed.detail) == (ProbeState.FAIL, "the probe itself failed: RuntimeError")
    assert (disk.state, disk.detail) == (ProbeState.OK, "kiosk xanh-pon-01")
    assert not report.ok


def test_a_probe_that_hangs_is_given_up_after_its_limit(settings: Settings) -> None:
    release = threading.Event()

    def hanging(settings: Settings) -> Finding:
        release.wait()
        return Finding.ok("too late")

    report = run(settings, [Probe(ProbeName.READER, hanging, 0.05), Probe(ProbeName.DISK, fine, 5.0)])
    release.set()
    reader, disk = report.results
    assert (reader.state, reader.detail) == (ProbeState.FAIL, "no answer within 0.05 s")
    assert disk.state is ProbeState.OK


def test_probes_run_side_by_side(settings: Settings) -> None:
    meeting = threading.Barrier(2, timeout=5.0)

    def meets(settings: Settings) -> Finding:
        meeting.wait()
        return Finding.ok("met")

    report = run(settings, [Probe(ProbeName.HIS, meets, 10.0), Probe(ProbeName.PORTAL, meets, 10.0)])
    assert [result.detail for result in report.results] == ["met", "met"]


def test_advice_comes_with_a_warning_and_not_with_success(settings: Settings) -> None:
    probes = [Probe(ProbeName.DISK, lambda _: Finding.warn("little room"), 5.0), Probe(ProbeName.CARD, fine, 5.0)]
    report = run(settings, probes)
    warned, well = report.results
    assert warned.advice_vi == ADVICE[ProbeName.DISK].vi
    assert warned.advice_en == ADVICE[ProbeName.DISK].en
    assert (well.advice_vi, well.advice_en) == ("", "")
    assert report.ok, "a warning is no failure"


def test_a_report_survives_json() -> None:
    result = ProbeResult(ProbeName.PRINTER, ProbeState.FAIL, "paper out", 0.25, "Thêm giấy.", "Add paper.")
    report = Report((result,))
    assert "Thêm giấy." in report.to_json()
    assert Report.from_json(report.to_json()) == report
    for text in ("{}", "[]", "not json", '{"probes": [{"name": "printer"}]}', '{"probes": [{"name": "x"}]}'):
        with pytest.raises(ValueError, match=r".+"):
            Report.from_json(text)


def test_everything_has_a_probe_and_advice_in_both_languages() -> None:
    assert [probe.name for probe in PROBES] == list(ProbeName)
    assert set(ADVICE) == set(ProbeName) == set(TITLES)
    assert all(set(titles) == set(Language) for titles in TITLES.values())
    for advice in ADVICE.values():
        assert advice.vi.endswith(".")
        assert advice.en.endswith(".")
