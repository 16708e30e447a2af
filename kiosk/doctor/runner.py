"""Runs the probes: side by side, each with its time limit, none able to stop the report."""

import queue
import threading
import time
from collections.abc import Callable, Sequence

from kiosk.doctor.advice import ADVICE
from kiosk.doctor.report import Finding, Probe, ProbeName, ProbeResult, ProbeState, Report
from kiosk.settings import Settings, SettingsError

Clock = Callable[[], float]


def run(settings: Settings, probes: Sequence[Probe] | None = None, clock: Clock = time.monotonic) -> Report:
    """Look at everything once. Returns after the slowest probe or its limit; never raises for what a probe does."""
    if probes is None:
        from kiosk.doctor.probes import PROBES  # pulls in camera, card and database code: only when it is needed

        probes = PROBES
    running = [_Running(probe, settings, clock) for probe in probes]
    return Report(tuple(look.result() for look in running))


def settings_failed(error: SettingsError) -> Report:
    """The report when there are no settings to probe with."""
    problems = "; ".join(f"line {problem.line}: {problem.key}: {problem.message}" for problem in error.problems)
    results = [_result(ProbeName.SETTINGS, Finding.fail(problems), 0.0)]
    unknown = Finding.fail("not looked at: the settings cannot be used")
    results += [_result(name, unknown, 0.0) for name in ProbeName if name is not ProbeName.SETTINGS]
    return Report(tuple(results))


class _Running:
    """One probe in a daemon thread: a driver that hangs for ever keeps a thread, not the report and not the exit."""

    def __init__(self, probe: Probe, settings: Settings, clock: Clock) -> None:
        self._probe = probe
        self._settings = settings
        self._clock = clock
        self._started = clock()
        self._answers: queue.SimpleQueue[tuple[Finding, float]] = queue.SimpleQueue()
        threading.Thread(target=self._look, name=f"probe-{probe.name}", daemon=True).start()

    def result(self) -> ProbeResult:
        left = self._started + self._probe.limit_s - self._clock()
        try:
            finding, seconds = self._answers.get(timeout=max(left, 0.0))
        except queue.Empty:
            limit = self._probe.limit_s
            return _result(self._probe.name, Finding.fail(f"no answer within {limit:g} s"), limit)
        return _result(self._probe.name, finding, seconds)

    def _look(self) -> None:
        try:
            finding = self._probe.look(self._settings)
        except Exception as error:  # noqa: BLE001 — whatever a probe meets is its finding; the text could quote data
            finding = Finding.fail(f"the probe itself failed: {type(error).__name__}")
        self._answers.put((finding, self._clock() - self._started))


def _result(name: ProbeName, finding: Finding, seconds: float) -> ProbeResult:
    if finding.state is ProbeState.OK:
        return ProbeResult(name, finding.state, finding.detail, seconds)
    advice = ADVICE[name]
    return ProbeResult(name, finding.state, finding.detail, seconds, advice.vi, advice.en)
