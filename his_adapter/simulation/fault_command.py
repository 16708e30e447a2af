"""``python -m his_adapter fault-proxy``: the fault proxy before any TCP peer, until it is interrupted."""

import argparse
import json
import signal
import sys

from his_adapter.simulation.fault_framing import TalkKind
from his_adapter.simulation.fault_plan import FaultPlan, Rates
from his_adapter.simulation.fault_proxy import FaultProxy
from his_adapter.simulation.fault_relay import Pace
from his_adapter.simulation.fault_wire import Address

USAGE_ERROR = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes: a rate for every mishap."""
    pace = Pace()
    parser.add_argument("--listen", type=int, default=0, metavar="PORT", help="on loopback; 0: any free port")
    parser.add_argument("--to", type=Address.of, required=True, metavar="HOST:PORT", help="the peer")
    parser.add_argument("--protocol", type=TalkKind, choices=list(TalkKind), default=TalkKind.HTTP)
    parser.add_argument("--seed", type=int, default=0, help="the same seed draws the same mishaps")
    parser.add_argument("--only", default="", metavar="TEXT", help="messages without this text pass")
    parser.add_argument("--latency-s", type=float, nargs=2, default=pace.latency_s, metavar=("LEAST", "MOST"))
    parser.add_argument("--trickle-s", type=float, default=pace.trickle_s, help="pause after each byte of a slow body")
    parser.add_argument("--refuse-s", type=float, default=pace.refuse_s, help="how long connections are refused")
    for name in Rates().all():
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=0.0, metavar="RATE")


def run(arguments: argparse.Namespace) -> int:
    """Print where it listens, wait for the end, print what was done; one JSON object each."""
    try:
        rates = Rates(**{name: getattr(arguments, name) for name in Rates().all()})
        plan = FaultPlan(rates, arguments.seed, arguments.only.encode())
        pace = Pace(tuple(arguments.latency_s), arguments.trickle_s, arguments.refuse_s)
        proxy = FaultProxy(arguments.to, arguments.protocol, plan, port=arguments.listen, pace=pace)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return USAGE_ERROR
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # before the thread starts, so that it inherits the mask
    with proxy:
        _say({"listening": str(proxy.address), "to": str(arguments.to)})
        signal.sigwait(ends)
    _say(proxy.figures().row())
    return 0


def _say(value: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()
