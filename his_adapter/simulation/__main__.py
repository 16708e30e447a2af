"""``python -m his_adapter.simulation his|portal|bank [--port N]``: one simulated system's process.

Prints ``{"system", "url"}``, then reads one command a line from standard input (`his_adapter.simulation.commands`) and
answers each with a line. Ends when its standard input closes or its parent has gone.
"""

import argparse
import contextlib
from importlib import resources
from pathlib import Path

from his_adapter.simulation.accounts import OWN_FACILITY
from his_adapter.simulation.bank import BankSimulator
from his_adapter.simulation.cards import load_cards, load_people
from his_adapter.simulation.commands import System
from his_adapter.simulation.his import HisSimulator
from his_adapter.simulation.portal import PortalSimulator
from his_adapter.simulation.process import Simulator, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m his_adapter.simulation", description="A simulated outside system.")
    parser.add_argument("system", type=System, choices=list(System))
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--people", type=Path, help="portal: folder of invented people, each with a citizen.toml")
    parser.add_argument("--cards", type=Path, help="portal: another list of cards (TOML)")
    parser.add_argument("--facility", default=OWN_FACILITY, help="portal: code of the facility that asks")
    parser.add_argument("--state", type=Path, help="his: file that survives a restart")
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C in a terminal
        run(_simulator(arguments), arguments.port)
    return 0


def _simulator(arguments: argparse.Namespace) -> Simulator:
    match arguments.system:
        case System.HIS:
            return HisSimulator(arguments.state)
        case System.PORTAL:
            people = load_people(arguments.people) if arguments.people else {}
            default = resources.files(__package__).joinpath("cards.toml")
            return PortalSimulator(
                load_cards((arguments.cards or default).read_text("utf-8"), people), arguments.facility
            )
        case _:
            return BankSimulator()


if __name__ == "__main__":
    raise SystemExit(main())
