"""The figures of a campaign: printed, and kept for the table where `make faults` asks for it."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One line of the table: what was done, and what came of it."""

    test: str
    done: str
    outcome: str


class Report:
    """Rows are appended to the file that `FAULT_REPORT` names, one JSON object a line."""

    def __init__(self):
        file = os.environ.get("FAULT_REPORT")
        self._file = Path(file) if file else None

    def add(self, test: str, done: str, outcome: str) -> None:
        print(f"figure: {done}: {outcome}")
        if self._file is not None:
            with open(self._file, "a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(Row(test, done, outcome))) + "\n")
