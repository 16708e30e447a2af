"""The outside world, simulated: a hospital system, the insurance portal and a bank, each a real server process.

Everybody and everything in it is invented. `OutsideWorld` starts and controls them; `python -m his_adapter simulate
hospital|portal|bank` runs one alone.
"""

from his_adapter.simulation.commands import Duplicates, Fault, System
from his_adapter.simulation.server import SimulatedServer, SimulationError
from his_adapter.simulation.world import OutsideWorld

__all__ = ["Duplicates", "Fault", "OutsideWorld", "SimulatedServer", "SimulationError", "System"]
