"""The emulated card's two commands: `personalise` makes a synthetic card, `emulate` puts cards on a virtual reader."""

import argparse

from cccd_reader.emulation import cli_emulate, cli_personalise


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds both commands; the parsed options' `run` takes the options and returns the exit code."""
    cli_personalise.register(commands)
    cli_emulate.register(commands)
