"""`kiosk config`: check, show and pin."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from his_adapter.clock import now
from kiosk.settings.load import check_dates, load
from kiosk.settings.pin import hash_pin
from kiosk.settings.problems import SettingsError
from kiosk.settings.show import show

app = typer.Typer(no_args_is_help=True, help="Check and show the settings file.")

File = Annotated[Path, typer.Argument(metavar="FILE", help="The settings file (TOML).")]


@app.command()
def check(file: File) -> None:
    """Say every mistake as file:line: key: message; exit code 1 if there is one."""
    try:
        check_dates(load(file), file, now())
    except SettingsError as error:
        typer.echo(str(error))
        raise typer.Exit(1) from None
    typer.echo(f"{file}: no mistakes found")


@app.command("show")
def show_command(file: File) -> None:
    """Print the settings in effect: secrets redacted, defaults marked."""
    try:
        settings = load(file)
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(show(settings), nl=False)


@app.command()
def pin() -> None:
    """Read a PIN and print its hash for [admin] pin_hash."""
    if sys.stdin.isatty():
        text = typer.prompt("PIN", hide_input=True, confirmation_prompt=True)
    else:
        text = sys.stdin.readline()
    try:
        typer.echo(hash_pin(text.strip()))
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
