"""Makes the seeds, from published samples and the emulated card: `python -m tests.fuzz.seeds [TARGET…]`."""

import sys

from tests.fuzz import corpus
from tests.fuzz.seeds import cards, files, outside, pictures, protocols, signed, texts, trust

SEEDS = (
    files.SEEDS
    | pictures.SEEDS
    | texts.SEEDS
    | signed.SEEDS
    | trust.SEEDS
    | protocols.SEEDS
    | cards.SEEDS
    | outside.SEEDS
)


def main() -> None:
    """Of the targets that are named, or of all: keys are new each time, so what need not change should not."""
    for target in sys.argv[1:] or SEEDS:
        folder = corpus.FOLDER / target
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("seed-*.bin"):
            old.unlink()
        for index, data in enumerate(SEEDS[target](), 1):
            (folder / f"seed-{index:02d}.bin").write_bytes(data)


if __name__ == "__main__":
    main()
