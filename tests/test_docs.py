"""What the documents say of the tests is true of them."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)


def test_every_test_that_a_document_names_exists():
    files = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    named = {name for file in files for name in re.findall(r"`(test_\w+)`", file.read_text())}
    written = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)
    }
    assert named
    assert named <= written
