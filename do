#!/usr/bin/env sh
# The front door: setup, demo, test, lint, bench, soak. `make X` does the same.
set -eu
cd "$(dirname "$0")"
python=.venv/bin/python

die() { echo "$1" >&2; exit 1; }

make_venv() {
    command -v python3 >/dev/null || die "Python 3.11 or newer is needed: install the package python3."
    python3 -m venv .venv 2>/dev/null && return
    rm -rf .venv
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
        die "Python cannot make virtual environments here: install the package python3-venv."
    apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
    python3 -m venv .venv
}

setup() {
    [ -x "$python" ] || make_venv
    pins=$(cat requirements.txt tests/requirements.txt | cksum)
    [ "$(cat .venv/pins 2>/dev/null)" = "$pins" ] && return
    echo "Installing the pinned packages into .venv (once) ..."
    "$python" -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
    echo "$pins" >.venv/pins
}

stop_postgres() { "$python" -m apimio_sync.postgres stop >/dev/null 2>&1 || true; }

task=${1:-help}
[ "$#" -gt 0 ] && shift
case "$task" in
setup) setup ;;
demo)
    setup
    if [ "${ONCE:-}" ]; then set -- --once "$@"; fi
    exec "$python" manage.py demo "$@" # it gets the signals, and stops PostgreSQL itself
    ;;
test)
    setup
    trap stop_postgres EXIT
    # Counting lines makes the suite half as slow again: only who decides what lands does it.
    [ "$#" -gt 0 ] || [ -z "${COVERAGE:-}" ] || set -- --cov --cov-report=term
    "$python" -m pytest -n 2 "$@"
    ;;
lint)
    setup
    "$python" -m ruff check .
    "$python" -m ruff format --check .
    "$python" -m mypy .
    .venv/bin/lint-imports
    "$python" manage.py makemigrations --check --dry-run
    PRODUCTION=1 SECRET_KEY=$("$python" -c "import secrets; print(secrets.token_urlsafe(64))") \
        ENCRYPTION_KEYS=$("$python" -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())") \
        PUBLIC_URL=https://sync.example.com ALLOWED_HOSTS=sync.example.com \
        SHOPIFY_CLIENT_ID=lint SHOPIFY_CLIENT_SECRET=lint \
        "$python" manage.py check --deploy --fail-level WARNING
    ;;
bench)
    setup
    trap stop_postgres EXIT
    "$python" -m tests.bench "$@"
    ;;
soak)
    setup
    trap stop_postgres EXIT
    LOG_LEVEL=${LOG_LEVEL:-WARNING} "$python" -m tests.faults soak "$@"
    ;;
*) die "usage: ./do setup|demo|test|lint|bench|soak" ;;
esac
