"""`kiosk`: run it, show it, check it."""

import multiprocessing
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from kiosk.app.logs import set_up_logs
from kiosk.doctor.cli import doctor, packs
from kiosk.settings.cli import app as config
from kiosk.workers.process import forbid_core_dumps

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Tiếp Đón: self-service reception of a hospital.",
)
app.add_typer(config, name="config")
app.command("doctor")(doctor)
app.command("packs")(packs)

SettingsFile = Annotated[Path, typer.Option("--config", metavar="FILE", help="The settings file (TOML).")]


@app.command()
def run(config: SettingsFile) -> None:
    """The kiosk for patients, with the devices that the settings name."""
    from kiosk.app.run import run_for_patients
    from kiosk.settings import SettingsError, load
    from kiosk.settings.devices import DeviceMode

    set_up_logs()
    try:
        settings = load(config)
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    if settings.devices.mode is DeviceMode.SIMULATED:
        typer.echo("these settings ask for simulated devices: use `kiosk demo`", err=True)
        raise typer.Exit(2)
    raise typer.Exit(run_for_patients(settings, config))


@app.command()
def demo(
    auto: Annotated[bool, typer.Option("--auto", help="A scripted patient presses the buttons.")] = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="For pictures and summary.json.")] = None,
    person: Annotated[str, typer.Option("--person", help="lan, hung, duc, minh, or impostor.")] = "lan",
    fault: Annotated[
        Literal[
            "card-pulled",
            "pcscd-killed",
            "portal-down",
            "his-down",
            "paper-out",
            "print-attack",
            "replay-attack",
            "swapped-person",
            "none",
        ],
        typer.Option("--fault", help="A misfortune, or somebody who is not the person of the card."),
    ] = "none",
    access: Annotated[
        Literal["auto", "pace", "bac"], typer.Option("--access", help="Access protocol of the chip.")
    ] = "auto",
    transport: Annotated[
        Literal["auto", "pcsc", "socket"], typer.Option("--transport", help="How the emulated card is reached.")
    ] = "auto",
    pad: Annotated[
        Literal["active", "advisory", "off"], typer.Option("--pad", help="Is a living person there? [pad] policy.")
    ] = "active",
    language: Annotated[Literal["vi", "en"], typer.Option("--language")] = "vi",
    landscape: Annotated[bool, typer.Option("--landscape", help="1920×1080 instead of 1080×1920.")] = False,
) -> None:
    """The kiosk in a simulated world: by hand with the dark strip of switches, or `--auto`."""
    from kiosk.app.demo import DemoFault
    from kiosk.app.demo_settings import settings_for
    from kiosk.app.run import LANDSCAPE, PORTRAIT, DemoOptions, demonstrate, script_for

    set_up_logs(quiet=auto)
    try:
        script = script_for(person, None if fault == "none" else DemoFault(fault), use_qr=access == "bac")
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--person") from None
    options = DemoOptions(auto, out, script, transport, LANDSCAPE if landscape else PORTRAIT)
    raise typer.Exit(demonstrate(lambda world, where: settings_for(world, where, access, language, pad), options))


def main() -> None:
    """Entry point of the script and of the stand-alone build."""
    multiprocessing.freeze_support()
    if len(sys.argv) > 1 and sys.argv[1] == "simulate":
        # the simulated twins are processes of the same program, also in the stand-alone build
        from kiosk.simulation.twins import main as twin

        sys.exit(twin(sys.argv[2:]))
    forbid_core_dumps()
    app()


if __name__ == "__main__":
    main()
