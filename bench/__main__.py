"""`python -m bench [chip|face] [--json]`: run the benches and print their rows."""

import argparse
import importlib
import json

BENCHES = ("chip", "face")


def rows(name: str) -> list[dict[str, object]]:
    """The rows of one bench; each is loaded only when it is asked for."""
    found: list[dict[str, object]] = importlib.import_module(f"bench.{name}").run()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=BENCHES, help="one bench; without it all")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    options = parser.parse_args()
    names = [options.name] if options.name else list(BENCHES)
    found = {name: rows(name) for name in names}
    if options.json:
        print(json.dumps({"runs": found[names[0]]} if options.name else found, indent=2))
        return
    for name, lines in found.items():
        print(f"== {name}")
        for line in lines:
            print("  " + "  ".join(f"{key}={value}" for key, value in line.items()))


if __name__ == "__main__":
    main()
