"""`kiosk doctor FILE`: look at every device and connection."""

from pathlib import Path
from typing import Annotated

import typer

from kiosk.doctor.report import ProbeState, Report
from kiosk.doctor.runner import run, settings_failed
from kiosk.settings import SettingsError, load

_MARKS = {ProbeState.OK: "ok  ", ProbeState.WARN: "warn", ProbeState.FAIL: "FAIL"}


def doctor(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The settings file (TOML).")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """Probe every device and connection. Exit code 0: nothing failed, 1: something did."""
    try:
        report = run(load(file))
    except SettingsError as error:
        report = settings_failed(error)
    typer.echo(report.to_json() if as_json else as_text(report))
    if not report.ok:
        raise typer.Exit(1)


def as_text(report: Report) -> str:
    """One line per probe, the advice below it where something is to be done."""
    lines = []
    for result in report.results:
        lines.append(f"{_MARKS[result.state]}  {result.name.value:<10} {result.seconds:5.1f} s  {result.detail}")
        if result.advice_en:
            lines += [f"      → {result.advice_vi}", f"      → {result.advice_en}"]
    return "\n".join(lines)


app = typer.Typer(help="Probe every device and connection.")
app.command("doctor")(doctor)
