"""What every benchmark shares: its common options, percentiles, a progress line, and the report as table, JSON and plot."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import platform
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

Value = str | int | float | None
Row = dict[str, Value]
_REDRAW = 0.2


class Missing(Exception):
    """Something optional is not installed; the text says what, and how to get it."""


def optional(module: str, how: str) -> Any:
    """A module that may be missing; raises Missing with `how` to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise Missing(f"{module} cannot be imported ({how})") from error


def arguments(doc: str | None, sizes: str | None = "1000", questions: int = 500) -> argparse.ArgumentParser:
    """A parser with the options that all benchmarks have; `sizes` (None: all there are) and `questions` are their defaults."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--source", type=Path, help="folder of articles, or .jsonl/.jsonl.gz of {title, text}; default: generated")
    add("--articles", type=_sizes, default=sizes, help=f"how many articles, e.g. 1000,10000 (default {sizes or 'all'})")
    add("--questions", type=int, default=questions, help=f"at most so many (default {questions})")
    add("--question-file", type=Path, help="a file with one question a line, asked besides the sampled ones")
    add("--seed", type=int, default=1, help="of every random choice (default 1)")
    add("--work", type=Path, help="keep articles and indexes in this folder for the next run")
    result_options(parser)
    return parser


def result_options(parser: argparse.ArgumentParser) -> None:
    """Where the figures go besides the table."""
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--plot", type=Path, help="draw them into this file (.png, .svg; needs matplotlib)")


def _sizes(text: str) -> list[int]:
    return [int(part) for part in text.replace("_", "").split(",")]


@contextlib.contextmanager
def work_folder(chosen: Path | None) -> Iterator[Path]:
    """The folder that the person chose, or a temporary one."""
    if chosen:
        chosen.mkdir(parents=True, exist_ok=True)
        yield chosen
    else:
        with tempfile.TemporaryDirectory(prefix="kb-bench-") as folder:
            yield Path(folder)


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie: the nearest of them, 0 if there is none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def percentiles(seconds: Iterable[float]) -> dict[str, float]:
    """p50, p95 and p99 in milliseconds."""
    ordered = sorted(seconds)
    return {f"p{n}": round(percentile(ordered, n / 100) * 1000, 4) for n in (50, 95, 99)}


class Progress:
    """A line on stderr that says how far a step has come, where stderr is a terminal. `progress(done, total)`."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._drawn = 0.0
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        self(0, 0)
        return self

    def __call__(self, done: int, total: int) -> None:
        """Redraw, at most a few times a second."""
        if self._shown and time.monotonic() - self._drawn > _REDRAW:
            self._drawn = time.monotonic()
            print(f"\r\033[K{self._label} {f'{done}/{total}' if total else '…'}", end="", file=sys.stderr, flush=True)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Chart:
    """How to draw a report: columns `y` over column `x`, one line for each value of the columns `by`."""

    x: str
    y: tuple[str, ...]
    by: tuple[str, ...] = ()
    log: bool = False


@dataclass(slots=True)
class Report:
    """The figures of one run: rows of one table, and remarks that belong to them."""

    name: str
    rows: list[Row] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    load_before: tuple[float, ...] = field(default_factory=os.getloadavg)
    # whether a step of a row failed
    broken: bool = False

    def add(self, **values: Value) -> None:
        """One row; its columns need not be those of the others."""
        self.rows.append(values)

    @contextlib.contextmanager
    def row(self, **values: Value) -> Iterator[Row]:
        """One row that is filled step by step: where a step fails, what came before it is kept, and a remark says why."""
        made: Row = dict(values)
        try:
            yield made
        except OSError as error:
            self.broken = True
            self.remarks.append(f"not everything was measured: {error}")
        finally:
            self.rows.append(made)

    def table(self) -> str:
        """The rows as aligned text, columns in the order of their first appearance, then the remarks."""
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        cells = [columns, *([_shown(row.get(name)) for name in columns] for row in self.rows)]
        widths = [max(_width(line[i]) for line in cells) for i in range(len(columns))]
        numeric = [any(isinstance(row.get(name), int | float) for row in self.rows) for name in columns]
        lines = ["  ".join(map(_padded, line, widths, numeric)).rstrip() for line in cells]
        return "\n".join([*lines, *(f"- {remark}" for remark in self.remarks)])

    def as_json(self) -> dict[str, object]:
        """Everything, with the machine and its load, which every figure depends on."""
        return {
            "benchmark": self.name,
            "machine": {
                "processors": os.cpu_count(),
                "python": platform.python_version(),
                "system": platform.platform(),
                "load_before": list(self.load_before),
                "load_after": list(os.getloadavg()),
            },
            "rows": self.rows,
            "remarks": self.remarks,
        }

    def finish(self, chosen: argparse.Namespace, chart: Chart) -> None:
        """Print the table; write JSON and plot where the options ask for them. Ends the program with 1 if a step failed."""
        before, after = self.load_before[0], os.getloadavg()[0]
        print(f"{self.name} · {os.cpu_count()} processors, load {before:.1f} before and {after:.1f} after")
        print(self.table())
        if chosen.json:
            chosen.json.write_text(json.dumps(self.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        if chosen.plot:
            draw(self, chart, chosen.plot)
        if self.broken:
            sys.exit(1)


def _shown(value: Value) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return str(value)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int, right: bool) -> str:
    gap = " " * (width - _width(text))
    return gap + text if right else text + gap


def draw(report: Report, chart: Chart, path: Path) -> None:
    """One picture for each column of `chart.y`, side by side, in one file. Raises Missing without matplotlib."""
    matplotlib = optional("matplotlib", "pip install matplotlib")
    matplotlib.use("Agg")
    plots = optional("matplotlib.pyplot", "pip install matplotlib")
    figure, axes = plots.subplots(1, len(chart.y), figsize=(5.5 * len(chart.y), 4), squeeze=False, layout="tight")
    for axis, column in zip(axes[0], chart.y, strict=True):
        _draw_column(axis, report.rows, chart, column)
    figure.suptitle(report.name)
    figure.savefig(path)
    plots.close(figure)


def _draw_column(axis: Any, rows: Sequence[Row], chart: Chart, column: str) -> None:
    series: dict[str, list[Row]] = {}
    for row in rows:
        if row.get(column) is not None:
            series.setdefault(" ".join(str(row.get(name)) for name in chart.by), []).append(row)
    for label, points in series.items():
        axis.plot([p[chart.x] for p in points], [p[column] for p in points], marker="o", label=label)
    if chart.log and all(float(p[column] or 0) > 0 for points in series.values() for p in points):
        axis.set_yscale("log")
    if chart.log and len({row.get(chart.x) for row in rows}) > 1:
        axis.set_xscale("log")
    axis.set(xlabel=chart.x, title=column)
    axis.grid(visible=True, alpha=0.3)
    if chart.by:
        axis.legend(fontsize="small")
