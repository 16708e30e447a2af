"""Runs sessions of the vision loop and prints as JSON what they left behind: files, bytes written, memory.

A process of its own: an audit hook stays until the process ends.
"""

import gc
import json
import os
import sys
import tracemalloc
from pathlib import Path

opened_for_writing: list[str] = []


def watch(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open":
        path, mode, flags = arguments
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes or (isinstance(mode, str) and set(mode) & set("wax+")):
            opened_for_writing.append(str(path))


def bytes_written() -> int:
    """By every write of this process, also those of C libraries (proc(5), /proc/pid/io, wchar)."""
    return int(dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())["wchar"])


def main() -> None:
    import numpy as np

    from bench.sessions import PACK, PEOPLE, frames_of, work
    from face.models.pack import load_pack
    from face.opencv import cv2
    from face.verify import Verifier

    warm, counted = int(sys.argv[1]), int(sys.argv[2])
    verifier = Verifier(load_pack(PACK))
    live = np.asarray(cv2.imread(str(PEOPLE / "lan" / "live.jpg")), dtype=np.uint8)
    photos = [next((PEOPLE / "lan").glob("chip.*")).read_bytes()]
    frames = frames_of(live, (640, 480))
    told: dict[str, int] = {}

    def note(session: int) -> None:
        if session == warm:
            gc.collect()
            tracemalloc.start()
            sys.addaudithook(watch)
            told["memory"], told["written"] = tracemalloc.get_traced_memory()[0], bytes_written()
        if session == warm + counted:
            gc.collect()
            told["written"] = bytes_written() - told["written"]
            told["memory"] = tracemalloc.get_traced_memory()[0] - told["memory"]
            told["peak"] = tracemalloc.get_traced_memory()[1]

    work(verifier, frames, photos, warm + counted, note)
    print(json.dumps({**told, "opened": opened_for_writing, "frame": frames[0].nbytes}))


if __name__ == "__main__":
    main()
