"""Frames through shared memory: whole, newest first, and gone when wiped."""

import itertools
import random
import threading
from collections.abc import Iterator
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import pytest

from kiosk.workers.frames import MAX_HEIGHT, MAX_WIDTH, FrameRing, FrameWriter


@pytest.fixture
def ring() -> Iterator[FrameRing]:
    made = FrameRing()
    yield made
    made.close()


@pytest.fixture
def writer(ring: FrameRing) -> Iterator[FrameWriter]:
    made = FrameWriter(ring.name)
    yield made
    made.close()


def picture(width: int, height: int, value: int) -> memoryview:
    return memoryview(bytes([value]) * (width * height * 3))


def raw(ring: FrameRing) -> bytes:
    """Every byte of the memory, as another process would see it."""
    memory = SharedMemory(ring.name)
    try:
        assert memory.buf is not None
        return bytes(memory.buf)
    finally:
        memory.close()


def test_there_is_no_frame_before_the_first(ring: FrameRing) -> None:
    assert ring.latest() is None


def test_a_frame_arrives_as_it_was_written(ring: FrameRing, writer: FrameWriter) -> None:
    pixels = random.Random(7).randbytes(31 * 17 * 3)
    writer.write(31, 17, memoryview(pixels))
    view = ring.latest()
    assert view is not None
    assert (view.sequence, view.width, view.height, bytes(view.data)) == (1, 31, 17, pixels)


def test_the_newest_wins_and_its_number_grows(ring: FrameRing, writer: FrameWriter) -> None:
    for value in range(1, 9):
        writer.write(4, 3, picture(4, 3, value))
    view = ring.latest()
    assert view is not None
    assert (view.sequence, view.data[0]) == (8, 8)


def test_the_largest_frame_fits_and_a_larger_one_is_refused(ring: FrameRing, writer: FrameWriter) -> None:
    writer.write(MAX_WIDTH, MAX_HEIGHT, picture(MAX_WIDTH, MAX_HEIGHT, 200))
    view = ring.latest()
    assert view is not None
    assert view.data.nbytes == MAX_WIDTH * MAX_HEIGHT * 3
    for width, height in ((MAX_WIDTH + 1, 1), (1, MAX_HEIGHT + 1), (0, 1)):
        with pytest.raises(ValueError, match="does not fit"):
            writer.write(width, height, picture(width, height, 1))
    with pytest.raises(ValueError, match="are no 2x2 picture"):
        writer.write(2, 2, picture(2, 1, 1))


def test_a_new_writer_goes_on_counting(ring: FrameRing, writer: FrameWriter) -> None:
    """After a restart the window must see that the picture is new."""
    writer.write(4, 3, picture(4, 3, 1))
    second = FrameWriter(ring.name)
    second.wipe()
    assert ring.latest() is None
    assert second.write(4, 3, picture(4, 3, 2)) == 2
    second.close()


@pytest.mark.parametrize("who", ["writer", "window"])
def test_wiping_leaves_no_pixel(ring: FrameRing, writer: FrameWriter, who: str) -> None:
    for _ in range(3):
        writer.write(64, 48, picture(64, 48, 0xA5))
    view = ring.latest()
    assert view is not None
    assert raw(ring).count(0xA5) >= 3 * 64 * 48 * 3
    (writer if who == "writer" else ring).wipe()
    assert ring.latest() is None
    assert raw(ring).count(0xA5) == 0
    assert set(view.data) == {0}, "the window's own copy is gone too"


def test_the_reader_never_sees_half_a_frame(ring: FrameRing, writer: FrameWriter) -> None:
    """A writer that writes without a pause, and a reader that looks without one: every frame seen is of one colour."""
    done = threading.Event()

    def write() -> None:
        for number in itertools.count():
            if done.is_set():
                return
            writer.write(320, 240, picture(320, 240, number % 251))

    thread = threading.Thread(target=write)
    thread.start()
    seen: set[int] = set()
    try:
        while len(seen) < 50:  # the writer goes on until the reader has seen enough, however the threads are scheduled
            view = ring.latest()
            if view is not None:
                data = bytes(view.data)
                assert data == data[:1] * len(data)
                seen.add(view.sequence)
    finally:
        done.set()
        thread.join()


def test_closing_removes_the_memory(ring: FrameRing, writer: FrameWriter) -> None:
    block = Path("/dev/shm") / ring.name.lstrip("/")
    assert block.exists()
    ring.close()
    assert not block.exists()
    assert ring.latest() is None
    ring.wipe()
    ring.close()
