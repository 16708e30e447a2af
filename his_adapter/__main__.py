"""``python -m his_adapter COMMAND``: what people do with this room by hand."""

import argparse

from his_adapter.hospital.gnuhealth import role_command
from his_adapter.reconciliation import command as reconcile
from his_adapter.simulation import command as simulate
from his_adapter.simulation import fault_command


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m his_adapter", description="The hospital's outside world.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("reconcile", help="compare the bank's statement, the receipts and our ledger")
    reconcile.add_arguments(one)
    one.set_defaults(run=reconcile.run)
    two = commands.add_parser("fault-proxy", help="stand before a peer and let things go wrong on the way")
    fault_command.add_arguments(two)
    two.set_defaults(run=fault_command.run)
    three = commands.add_parser("simulate", help="an outside system, simulated")
    simulate.add_arguments(three)
    three.set_defaults(run=simulate.run)
    four = commands.add_parser("gnuhealth-role", help="make the kiosk's account in the hospital's GNU Health")
    role_command.add_arguments(four)
    four.set_defaults(run=role_command.run)
    parsed = parser.parse_args(arguments)
    status: int = parsed.run(parsed)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
