"""What the commands print: results on standard output, and all else on standard error."""

import json
import sys
from collections.abc import Mapping

from cccd_reader.cli.exit_codes import ExitCode, fault_of
from cccd_reader.errors import CardError


class Console:
    """`as_json` makes results one JSON document, failures too; `quiet` leaves out what is no result and no failure."""

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet or as_json

    def result(self, text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def result_json(self, value: Mapping[str, object]) -> None:
        self.result(json.dumps(value, ensure_ascii=False, indent=2, default=str))

    def note(self, text: str) -> None:
        """For a person who waits."""
        if not self.quiet:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()

    def failure(self, text: str) -> None:
        sys.stderr.write(f"error: {text}\n")

    def end(self, code: ExitCode, error: Exception) -> ExitCode:
        """Ends a command that has no result: prints why, and gives `code` back."""
        if self.as_json:
            self.result_json({"error": code.name.lower(), "detail": str(error), "exit": code.value})
        else:
            self.failure(str(error))
        return code

    def card_error(self, error: CardError) -> ExitCode:
        """Prints a failure of the library, and says how to exit."""
        fault = fault_of(error.code)
        if self.as_json:
            status = None if error.sw is None else f"{error.sw:04X}"
            self.result_json(
                {
                    "error": error.code.value,
                    "detail": error.detail,
                    "file": error.file,
                    "sw": status,
                    "exit": fault.exit.value,
                }
            )
        else:
            self.failure(f"{error}\n{fault.meaning}; {fault.advice}")
        return fault.exit
