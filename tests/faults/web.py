"""The web server's program with its commit points wrapped, for gunicorn."""

from apimio_sync.wsgi import application
from tests.faults.armed import wrap_points

__all__ = ["application"]

wrap_points()
