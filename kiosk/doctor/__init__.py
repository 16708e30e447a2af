"""The doctor: probes every device and connection of a kiosk, for IT staff on site and for the admin screen."""

from kiosk.doctor.report import Finding, Probe, ProbeName, ProbeResult, ProbeState, Report
from kiosk.doctor.runner import run, settings_failed

__all__ = ["Finding", "Probe", "ProbeName", "ProbeResult", "ProbeState", "Report", "run", "settings_failed"]
