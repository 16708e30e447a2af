"""Chip pictures and live frames as bad as real ones, made from portraits by seed: for tests, the bench and evaluation.

``face.degradation.chip`` encodes a portrait as a chip holds it; ``face.degradation.live`` puts it before a camera at a
named level; ``face.degradation.effects`` applies one effect alone. ``python -m face.degradation`` writes them to files.

Figures measured on these pictures are simulated and are called so wherever they are printed. Years of ageing between
the two pictures are not included: no model of them is worth the name, and a chip lives up to fifteen years.
"""
