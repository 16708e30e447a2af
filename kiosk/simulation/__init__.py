"""The simulated twins of every device and every outside system, and the world that holds them together.

For development, demonstrations and tests: never on a kiosk for patients.
"""
