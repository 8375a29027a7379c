"""The table at the end: one line per figure, with its reference, ratio and bar."""

from dataclasses import dataclass

from .limits import Bar


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    name: str
    ours: str
    reference: str = ""
    # What the bar is held against.
    value: float | None = None
    # How `value` is written.
    value_text: str = ""
    bar: Bar | None = None

    @property
    def cells(self) -> list[str]:
        verdict = self.bar.verdict(self.value) if self.bar and self.value is not None else ""
        return [self.name, self.ours, self.reference, self.value_text, str(self.bar or ""), verdict]


HEADINGS = ["measure", "ours", "reference", "ratio or figure", "bar", "verdict"]


def ratio(name: str, ours: str, reference: str, value: float, bar: Bar | None = None) -> Figure:
    return Figure(name, ours, reference, value, f"{value:.2f}", bar)


def render(figures: list[Figure]) -> str:
    """Markdown with aligned columns, readable as it is."""
    rows = [HEADINGS, *(figure.cells for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def missed(figures: list[Figure]) -> list[Figure]:
    held = [figure for figure in figures if figure.bar and figure.value is not None]
    return [figure for figure in held if not figure.bar.holds(figure.value)]


def rate(per_second: float) -> str:
    return f"{per_second / 1000:.2f} k/s" if per_second >= 1000 else f"{per_second:.0f} /s"


def milliseconds(value: float) -> str:
    return f"{value:.2f} ms" if value < 10 else f"{value:.1f} ms"
