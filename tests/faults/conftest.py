"""One stage for each module's tests, on a database of its own."""

import pytest

from tests.faults.stage import database_of_its_own, running_stage


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker, tmp_path_factory):
    with (
        django_db_blocker.unblock(),
        database_of_its_own(),
        running_stage(tmp_path_factory.mktemp("stage")) as stage,
    ):
        stage.open_stores(2, 3)
        yield stage
