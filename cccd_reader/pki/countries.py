"""Country codes: the two letters of certificates against the three of the MRZ (ISO 3166-1; ICAO 9303-3, section 5).

A trust store with a master list in it trusts over a hundred countries, each for its own documents only.
"""

import tomllib
from functools import cache
from importlib.resources import files

_TABLE = "countries.toml"


def states_of(country: str) -> frozenset[str]:
    """The codes that documents of the country with this two-letter code have in the MRZ; empty for unknown ones."""
    return _states().get(country, frozenset())


def of_no_country(states: frozenset[str]) -> frozenset[str]:
    """Those of the codes that are no country's in the table: an organisation's, or a state's that is newer than it."""
    return states.difference(*_states().values())


@cache
def _states() -> dict[str, frozenset[str]]:
    table = tomllib.loads(files("cccd_reader.pki").joinpath(_TABLE).read_text("utf-8"))
    return {country: frozenset(states) for country, states in table.items()}
