"""The face: is the living person before the camera the person whose picture the chip holds?

Nothing heavy is imported here. Import what you need from the module that owns it: ``face.verify`` (1:1 decision),
``face.camera``, ``face.qr``, ``face.simulation.stage`` (a simulated camera).
"""
