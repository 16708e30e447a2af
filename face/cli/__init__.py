"""The commands of ``python -m face``, one module each.

A module gives ``add_parser(commands)``, which adds its own options, and ``run(options)``, which returns the exit code.
Importing one loads no model, no OpenCV and no NumPy: those come in with ``run``.
"""
