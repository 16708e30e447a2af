"""The check-in as one pure function: `step(model, event) -> (model, effects)`.

Nothing here does I/O, knows a device, a clock or Qt. A runner executes the effects and feeds their results back as
events; the screens render the model and emit events. An event that means nothing on the present screen changes nothing.
"""

from kiosk.flow.delays import Delays
from kiosk.flow.machine import step, transitions
from kiosk.flow.model import Model, Patient, initial
from kiosk.flow.table import Step, Transition

__all__ = ["Delays", "Model", "Patient", "Step", "Transition", "initial", "step", "transitions"]
