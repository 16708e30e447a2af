"""``python -m face watch [--source S]``: what camera and models see, live and in numbers, for whoever sets them up."""

import argparse
import time
from contextlib import ExitStack

from face.cli.common import Commands, add_pack_option, complain
from face.errors import FaceError


def add_parser(commands: Commands) -> None:
    parser = commands.add_parser(
        "watch",
        help="live view of a camera with the pipeline's numbers",
        description="A window where there is a display, else a line a second. No frame is written anywhere.",
    )
    parser.add_argument("--source", default="0", help="camera: device number, file or URL")
    add_pack_option(parser)
    parser.add_argument("--text", action="store_true", help="lines of text, though there is a display")
    parser.add_argument("--seconds", type=float, help="end after so long (default: until stopped)")
    parser.add_argument("--frames", type=int, help="end after so many frames")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Exit code 0: stopped, 1: no frame was ever seen, 2: it could not start."""
    from face.camera import Camera, CameraFault
    from face.cli.window import Window, has_display
    from face.evaluation.live_view import LiveView, draw, lines
    from face.evaluation.reading import decidable
    from face.models.pack import load_pack
    from face.verify import Verifier

    try:
        pack = load_pack(options.pack)
        view = LiveView(pack, Verifier(decidable(pack)))
    except FaceError as error:
        return complain(str(error))
    began = said = time.monotonic()
    seen = 0
    with ExitStack() as stack:
        window = None
        if not options.text and has_display():
            window = stack.enter_context(Window(f"face watch {options.source}"))
        camera = stack.enter_context(Camera(options.source))
        try:
            while seen != options.frames and (options.seconds is None or time.monotonic() - began < options.seconds):
                frame = camera.read(1.0)
                if isinstance(frame, CameraFault):
                    print(f"camera: {frame.code}", flush=True)
                    continue
                numbers = view.look(frame, camera.dropped)
                wanted = True
                if window is not None:
                    shown = draw(frame.image, numbers)
                    wanted = window.show(shown)
                    shown.fill(0)
                elif seen == 0 or time.monotonic() - said >= 1.0:
                    said = time.monotonic()
                    print(" | ".join(lines(numbers)), flush=True)
                frame.image.fill(0)
                seen += 1
                if not wanted:
                    break
        except KeyboardInterrupt:
            pass
    return 0 if seen else 1
