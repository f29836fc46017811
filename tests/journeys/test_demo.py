"""The first of the README's two commands, as a new user runs it."""

import os
import subprocess
import sys

from django.conf import settings


def test_the_demo_plays_the_main_job_and_every_step_holds():
    environment = {**os.environ, "PYTHONWARNINGS": "default"}
    done = subprocess.run(
        [sys.executable, "manage.py", "demo", "--once"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Every step held." in done.stdout
    assert "✗" not in done.stdout
