"""Faults that are planted in real processes: code that changes the product when an interpreter starts."""

import os
import textwrap


def planted(folder, code):
    """Settings of a process in which `code` runs before anything else."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(textwrap.dedent(code), "utf-8")
    present = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": f"{folder}:{present}" if present else str(folder)}
