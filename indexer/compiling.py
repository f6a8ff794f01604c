"""Compiling a loop for exactly the types of its arrays, when it is defined, so that nothing is compiled while a question waits."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from numba import njit, types

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(signature: Any) -> Callable[[Function], Function]:
    """Compile a function for one signature, now. Arrays are C-contiguous."""

    def compile_now(function: Function) -> Function:
        with _not_imported("scipy.linalg"), _not_imported("cffi"):
            try:
                made = njit(signature, cache=True)(function)
            except RuntimeError:  # there is no folder to keep it in: it takes some seconds each time
                made = njit(signature)(function)
        done: Function = made
        return done

    return compile_now


def inner(function: Function) -> Function:
    """A function that only compiled ones call: it is compiled with them, and not loaded where they are kept."""
    made: Function = njit(function)
    return made


def given(kind: Any, dimensions: int = 1) -> Any:
    """The type of an array that is only read: it may lie in a mapped file."""
    return types.Array(kind, dimensions, "C", readonly=True)


@contextlib.contextmanager
def _not_imported(module: str) -> Iterator[None]:
    """Let a module seem absent. Numba would import SciPy for a linear algebra that no loop uses, a fifth of a second, and CFFI for
    functions of C that none calls."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]
