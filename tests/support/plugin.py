"""pytest hooks of the test suite; `tests/conftest.py` loads them with `pytest_plugins`."""

import pytest

from tests.support import postgres


def pytest_configure(config: pytest.Config) -> None:
    # In the main process, before there are workers: they inherit the run, and its end is the servers' end.
    # An xdist worker has `workerinput`; the run is not its own.
    if not hasattr(config, "workerinput"):
        postgres.begin_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    # Also after Ctrl-C. Whatever does not get here is left to the guard.
    postgres.end_run()
