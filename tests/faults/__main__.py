"""`python -m tests.faults node|soak …`: the workers of the fault tests, or the long run of them."""

import importlib
import os
import sys

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apimio_sync.settings")
    django.setup()
    sys.exit(importlib.import_module(f"tests.faults.{sys.argv[1]}").main(*sys.argv[2:]))
