#!/bin/sh
# Writes requirements.lock (what runs) and requirements-dev.lock (that and what tests)
# and compose/docker/requirements.lock (what runs where the parts are somebody else's) from pyproject.toml:
# every package with its sums, for every system and Python from 3.11, without the address of any index.
# What is locked already stays; `sh compose/lock.sh --upgrade` takes the newest that pyproject.toml allows.
set -eu
cd "$(dirname "$0")/.."
.venv/bin/python -m uv --version >/dev/null 2>&1 || .venv/bin/python -m pip install --quiet uv

# hatchling and editables put the checkout itself into .venv; they are no dependency of the product.
build='hatchling editables'

lock() {
    out=$1
    shift
    echo "$build" | tr ' ' '\n' |
        .venv/bin/python -m uv pip compile pyproject.toml - "$@" --universal --python-version 3.11 --generate-hashes \
            --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command 'make lock' \
            --quiet --output-file "$out"
}

lock requirements.lock --extra embedded --extra window "$@"
lock requirements-dev.lock --extra embedded --extra window --extra dev --constraint requirements.lock "$@"
build=
lock compose/docker/requirements.lock --extra window --constraint requirements.lock "$@"
