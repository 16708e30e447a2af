"""Small workers for the supervisor's tests. They run in processes of their own."""

import os
import sys
import time
from pathlib import Path

from kiosk.workers.messages import Shutdown
from kiosk.workers.process import Channel, PermanentFaultError


def echo(channel: Channel, config: str) -> None:
    """Greets, then sends back what it gets; some words make it misbehave."""
    channel.ready()
    channel.send((config, os.getpid()))
    while True:
        channel.beat()
        match channel.receive(0.05):
            case None:
                pass
            case Shutdown():
                return
            case "crash":
                raise ValueError("the patient's name must not appear anywhere")
            case "hang":
                time.sleep(3600)  # as a driver call does: the interpreter's lock is free, nothing gets on
            case message:
                channel.send(message)


def deaf(channel: Channel, config: None) -> None:
    """Takes no notice of Shutdown."""
    channel.ready()
    while True:
        channel.beat()
        time.sleep(0.05)


def never_ready(channel: Channel, config: None) -> None:
    time.sleep(3600)


def misconfigured(channel: Channel, config: str) -> None:
    raise PermanentFaultError(config)


def limits(channel: Channel, config: None) -> None:
    """Reports what the process is allowed, and what it has loaded."""
    import ctypes
    import resource
    import signal

    channel.ready()
    channel.send(("dumpable", ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)))  # PR_GET_DUMPABLE
    channel.send((resource.getrlimit(resource.RLIMIT_CORE), signal.getsignal(signal.SIGINT) is signal.SIG_IGN))
    while not isinstance(channel.receive(0.05), Shutdown):
        channel.beat()


def parent_of_echo(path: str) -> None:
    """Not a worker: a whole supervisor in a process, for tests that kill it. Writes the worker's id to a file."""
    from kiosk.workers.supervisor import Supervised

    def heard(message: object) -> None:
        if isinstance(message, tuple):
            part = Path(path + ".part")
            part.write_text(str(message[1]))
            part.rename(path)

    Supervised("echo", echo, "hello", heard).start()
    time.sleep(3600)


if __name__ == "__main__":
    parent_of_echo(sys.argv[1])
