#!/bin/sh
# Makes .venv from a lock file. A shell script, since it runs before there is a Python to rely on.
# Usage: sh compose/bootstrap.sh runtime|dev    (PYTHON=… names the interpreter to use)
set -eu
cd "$(dirname "$0")/.."

kind=${1:-runtime}
venv=.venv
log=$venv/bootstrap.log
case $kind in
    runtime) lock=requirements.lock ;;
    dev) lock=requirements-dev.lock ;;
    *) echo "usage: $0 runtime|dev" >&2; exit 2 ;;
esac

fail() {
    printf 'doska: %s\n' "$1" >&2
    exit 1
}

# What the environment is made from; a moved checkout is another one, since programs in .venv/bin name it.
stamp() {
    printf '%s %s\n' "$(cat "$1" pyproject.toml | cksum)" "$(pwd)"
}

is_current() {
    [ -x $venv/bin/python ] && [ "$(cat "$venv/.made-$1" 2>/dev/null)" = "$(stamp "$2")" ] &&
        $venv/bin/python -c '' 2>/dev/null
}

# The development environment holds everything of the other one.
if is_current dev requirements-dev.lock || { [ "$kind" = runtime ] && is_current runtime requirements.lock; }; then
    exit 0
fi

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

python=${PYTHON:-}
if [ -n "$python" ]; then
    new_enough "$python" || fail "PYTHON=$python is not a Python 3.11 or newer."
else
    for candidate in python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 && new_enough "$candidate"; then
            python=$candidate
            break
        fi
    done
fi
if [ -z "$python" ]; then
    found=$(python3 --version 2>/dev/null || echo "no python3")
    fail "Doska needs Python 3.11 or newer, and there is $found here: install one, or name it: make PYTHON=/path/to/python3 up"
fi
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    fail "Python's venv module is missing: on Debian and Ubuntu run: apt-get install python$version-venv"
fi

free_mb=$(df -Pk . | awk 'NR == 2 { print int($4 / 1024) }')
[ "$free_mb" -ge 1500 ] ||
    fail "Only $free_mb MB are free on the disk of $(pwd), and the packages need 1500 MB: make room."

# Two `make` at once: the second waits, then finds the work done. Where there is no flock, nobody waits.
mkdir -p $venv
exec 9>$venv/.lock
if command -v flock >/dev/null 2>&1; then flock 9; fi
if is_current "$kind" "$lock"; then
    exit 0
fi

packages=$(grep -c '==' "$lock")
begun=$(date +%s)
echo "Installing $packages Python packages from $lock into $venv …"
if ! { [ -x $venv/bin/python ] && new_enough $venv/bin/python && $venv/bin/python -m pip --version >/dev/null 2>&1; }; then
    "$python" -m venv --clear $venv >/dev/null 2>&1 || fail "The Python environment $(pwd)/$venv could not be made by $python -m venv."
fi

pip() {
    # The lock names every package with its sums, so nothing is resolved, and nothing else is trusted.
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 $venv/bin/python -m pip --retries 2 "$@" >>$log 2>&1 9>&-
}

waiting() {
    while sleep 1; do
        printf '\r  %s s ' "$(($(date +%s) - begun))"
    done
}

: >$log
ticker=
if [ -t 1 ]; then
    waiting &
    ticker=$!
    trap 'kill $ticker 2>/dev/null || true' EXIT INT TERM
fi
status=0
# Not compiled here: that takes as long as the rest, and what is used is compiled when it is first imported.
pip install --no-compile --no-deps --require-hashes -r "$lock" || status=$?
if [ $status = 0 ]; then
    pip install --no-deps --no-build-isolation --editable . || status=$?
fi
if [ -n "$ticker" ]; then
    kill "$ticker" 2>/dev/null || true
    printf '\r'
fi
if [ $status != 0 ]; then
    if grep -qiE 'No space left' $log; then
        fail "The disk of $(pwd) is full: make room and try again."
    elif grep -qE 'DO NOT MATCH THE HASHES' $log; then
        fail "A package that was downloaded is not the one that $lock names (its sums differ); the log is $(pwd)/$log"
    elif grep -qiE 'NewConnectionError|ConnectTimeout|Temporary failure in name|Name or service not known|Network is unreachable|Connection refused|Max retries exceeded|ProxyError' $log; then
        fail "The Python packages could not be downloaded: the first run needs the network, or a package index that pip is configured for; the log is $(pwd)/$log"
    fi
    tail -n 3 $log >&2
    fail "The Python packages could not be installed; the log is $(pwd)/$log"
fi
stamp "$lock" >"$venv/.made-$kind"
echo "Python packages are ready in $(($(date +%s) - begun)) s."
