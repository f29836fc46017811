"""Fixtures for pytest: `pytest_plugins = ["stores.twin.fixtures"]` in a top-level conftest.

`twin_process` is one running twin for the whole session; `fresh_twin` is the same, emptied before
each test. Both are `stores.twin.testing.RunningTwin`.
"""

from collections.abc import Iterator

import pytest

from stores.twin.testing import RunningTwin, running_twin

__all__ = ["fresh_twin", "twin_process"]


@pytest.fixture(scope="session")
def twin_process() -> Iterator[RunningTwin]:
    with running_twin() as twin:
        yield twin


@pytest.fixture
def fresh_twin(twin_process: RunningTwin) -> RunningTwin:
    twin_process.reset()
    return twin_process
