"""The directions that import-linter can't see: those of foreign keys."""

from django.apps import apps
from django.db import connection

ORDER = ("syncqueue", "stores", "catalogue", "activity")


def test_foreign_keys_point_down_the_same_way_as_imports():
    upwards = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if model._meta.app_label in ORDER and field.many_to_one and field.related_model
        if field.related_model._meta.app_label in ORDER[ORDER.index(model._meta.app_label) + 1 :]
    ]
    assert upwards == []


def test_the_suite_runs_on_a_real_postgresql(db):
    assert connection.vendor == "postgresql"
    assert connection.pg_version >= 150000
