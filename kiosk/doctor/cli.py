"""`kiosk doctor FILE`: look at every device and connection."""

from pathlib import Path
from typing import Annotated

import typer

from kiosk.doctor.packs import Choice, PackList, choose_pack, list_packs
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


def packs(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The settings file (TOML).")],
    choose: Annotated[str, typer.Option("--choose", metavar="NAME", help="Write this pack into the file.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text.")] = False,
) -> None:
    """List the face model packs, or choose one. Exit code 1: the choice was not made."""
    try:
        settings = load(file)
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    found = choose_pack(settings, file, choose) if choose else list_packs(settings)
    typer.echo(found.to_json() if as_json else packs_as_text(found))
    if found.choice not in (Choice.NONE, Choice.CHOSEN):
        raise typer.Exit(1)


def packs_as_text(found: PackList) -> str:
    """One line per pack, an asterisk before the one in the settings file."""
    commercial = {True: "commercial use", False: "no commercial use", None: "commercial use unknown"}
    lines = [
        f"{'*' if pack.name == found.selected else ' '} {pack.name} {pack.version}: "
        f"{pack.reason or 'ready'}; {pack.licence or 'licence unknown'}; {commercial[pack.commercial_use]}"
        for pack in found.packs
    ]
    if found.choice is Choice.CHOSEN:
        lines.append("written; the kiosk uses it from its next start on")
    elif found.detail:
        lines.append(f"not chosen: {found.detail}")
    return "\n".join(lines)


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
