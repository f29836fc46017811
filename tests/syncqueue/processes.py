"""Programs that tests run: clusters of workers on the test's database, and a Redis."""

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import cache
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

PATIENCE = 20.0


def eventually(condition):
    """The first true value of `condition()`."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"{condition} did not come true within {PATIENCE} s")


def database_url():
    database = connection.settings_dict
    user, password = quote(database["USER"]), quote(database["PASSWORD"] or "")
    address = f"{quote(database['HOST'], safe='')}:{database['PORT'] or 5432}"
    return f"postgresql://{user}:{password}@{address}/{database['NAME']}"


@contextmanager
def running_cluster(**variables):
    """A `qcluster` in its own process group, as a node of its own would be."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "SYNCQUEUE_WORKERS": "2",
        **variables,
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "qcluster"],
        cwd=settings.BASE_DIR,
        env=environment,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@cache
def redis_program():
    """Debian's redis-server, installed where we may; skips the test where there is none."""
    if not shutil.which("redis-server") and os.geteuid() == 0 and shutil.which("apt-get"):
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "redis-server"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
        subprocess.run(install, check=False, **quiet)
    return shutil.which("redis-server")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running_redis(folder, port):
    """A Redis that keeps nothing on disk."""
    program = redis_program()
    if program is None:
        pytest.skip("redis-server is not here, and can't be installed without root and apt-get.")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def killed(program):
    """A program of its own on this test's database, ended by SIGKILL when the block is done."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "apimio_sync.settings",
        "LOG_LEVEL": "ERROR",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=settings.BASE_DIR, env=environment
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()
