"""The face: is the living person before the camera the person whose picture the chip holds?

Nothing heavy is imported here. Import what you need from the module that owns it: ``face.verify`` (1:1 decision),
``face.camera``, ``face.qr``, ``face.simulation.stage`` (a simulated camera).
"""

import os

# ONNX Runtime's packages on PyPI (1.32) report to mobile.events.data.microsoft.com from the moment they are imported,
# and keep a device id and a data base in the home directory. Their own switch is read at that moment, so it stands
# here, before anything in this room can import them. A kiosk speaks to nobody it was not told of.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
