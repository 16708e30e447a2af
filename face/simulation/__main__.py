"""``python -m face.simulation --people DIR [--port N]``: the simulated camera's process.

Prints ``{"url": ...}``, then reads one command a line from standard input (``face.simulation.commands``) and answers
each with a line. Ends when its standard input closes, so it never outlives whoever started it.
With ``--export FILE.avi --person ID`` it writes a clip instead, for ``camera.source = path``. ``python -m
face.simulation clips OUT`` writes clips of people who follow prompts and of attacks (``face.simulation.clip_command``).
"""

import argparse
import sys
import threading
from pathlib import Path

from pydantic import ValidationError

from face.opencv import cv2
from face.simulation import clip_command
from face.simulation.commands import PARSER, Answer, Prompt, Ready, ShowPerson
from face.simulation.scene import FPS, HEIGHT, WIDTH, SceneRenderer, UnknownPersonError
from face.simulation.server import Broadcast, StreamServer


def main() -> int:
    if sys.argv[1:2] == ["clips"]:
        return clip_command.main(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m face.simulation", description="A simulated camera.")
    parser.add_argument("--people", type=Path, required=True, help="folder of people, each with a live.jpg")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--export", type=Path, help="write a clip (.avi, MJPEG) and end")
    parser.add_argument("--person", help="whom the clip shows")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of the clip")
    arguments = parser.parse_args()
    renderer = SceneRenderer(arguments.people, arguments.seed)
    if arguments.export is not None:
        if arguments.person is None:
            parser.error("--export needs --person")
        return export(renderer, ShowPerson(id=arguments.person), arguments.export, arguments.seconds)
    return serve(renderer, arguments.port)


def serve(renderer: SceneRenderer, port: int) -> int:
    broadcast = Broadcast(renderer)
    with StreamServer(broadcast, port) as server:
        threading.Thread(target=server.serve_forever, name="serve", daemon=True).start()
        print(Ready(url=server.url).model_dump_json(), flush=True)
        for line in sys.stdin:
            answer = _answer(broadcast, line)
            if answer is not None:
                print(answer.model_dump_json(exclude_none=True), flush=True)
        server.shutdown()
    return 0


def _answer(broadcast: Broadcast, line: str) -> Answer | None:
    try:
        command = PARSER.validate_json(line)
        broadcast.apply(command)
    except ValidationError as error:
        return Answer(ok=False, error="; ".join(item["msg"] for item in error.errors()))
    except UnknownPersonError as error:
        return Answer(ok=False, error=f"unknown person {error}")
    return None if isinstance(command, Prompt) else Answer(ok=True)


def export(renderer: SceneRenderer, scene: ShowPerson, path: Path, seconds: float) -> int:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (WIDTH, HEIGHT))
    if not writer.isOpened():
        print(f"cannot write {path}", file=sys.stderr)
        return 1
    for number in range(round(seconds * FPS)):
        writer.write(renderer.render(scene, number))
    writer.release()
    return 0


if __name__ == "__main__":
    sys.exit(main())
