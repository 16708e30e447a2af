"""For all tests."""

from hypothesis import settings

# how long an example takes says how busy the machine is, never whether the code is right
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
