"""The list of comparisons to make: a CSV file with the columns ``a`` (chip), ``b`` (live) and ``same`` (1 or 0)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from face.evaluation.table import TableError, read_rows

Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_SAME = {"1": True, "true": True, "0": False, "false": False}


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """``chip`` and ``live``: each picture once. Pair i compares ``chip[a[i]]`` with ``live[b[i]]``."""

    chip: tuple[Path, ...]
    live: tuple[Path, ...]
    a: Indices
    b: Indices
    same: Flags

    def __len__(self) -> int:
        return len(self.same)


def read_pairs(path: Path) -> Pairs:
    """Paths are relative to the file's folder. Whether the pictures exist is found out when they are read.

    Raises :class:`~face.evaluation.table.TableError` and ``OSError``.
    """
    chip: dict[str, int] = {}
    live: dict[str, int] = {}
    a, b, same = [], [], []
    for line, row in read_rows(path, ("a", "b", "same")):
        answer = _SAME.get(row["same"].lower())
        if answer is None:
            raise TableError(path, line, "same", f"is {row['same']!r}, not 1 or 0")
        a.append(chip.setdefault(row["a"], len(chip)))
        b.append(live.setdefault(row["b"], len(live)))
        same.append(answer)
    if not same:
        raise TableError(path, 1, None, "there are no pairs")
    folder = path.resolve().parent
    return Pairs(
        chip=tuple(folder / name for name in chip),
        live=tuple(folder / name for name in live),
        a=np.array(a, dtype=np.int64),
        b=np.array(b, dtype=np.int64),
        same=np.array(same, dtype=np.bool_),
    )
