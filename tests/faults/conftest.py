"""What the tests of faults share: the long ones run only when they are asked for."""

import contextlib

import pytest
from service import Service


def pytest_collection_modifyitems(config, items):
    """`-m "not browser"` asks for no soak: only an expression that names it does."""
    if "soak" in (config.option.markexpr or "").replace("not soak", ""):
        return
    long = [item for item in items if item.get_closest_marker("soak")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.fixture
def serve(tmp_path):
    """Starts `kb serve` over some settings; every one is ended with the test."""
    with contextlib.ExitStack() as stack:

        def start(settings, **options):
            service = Service(settings, tmp_path / f"printed-{len(list(tmp_path.glob('printed-*')))}", **options)
            stack.callback(service.end)
            return service.ready()

        yield start
