"""pytest hooks of the test suite; `tests/conftest.py` loads them with `pytest_plugins`."""

import pytest

from tests.support import postgres


def pytest_configure(config: pytest.Config) -> None:
    # Begin the run in the main process, before the xdist workers start: they inherit it, and the servers stop when the
    # main process ends. Only a worker has `workerinput`.
    if not hasattr(config, "workerinput"):
        postgres.begin_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    # pytest calls this after Ctrl-C too. If the process is killed, the guard stops the servers.
    postgres.end_run()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Property-based tests try many examples, so `make quick` leaves them out.
    for item in items:
        if isinstance(item, pytest.Function) and getattr(item.obj, "is_hypothesis_test", False):
            item.add_marker(pytest.mark.slow)
