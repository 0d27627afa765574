"""Processor time and memory of processes, their threads and children."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from jobs.bench import accounting

# Burns a little in a thread, in a child that ends, and in a child that stays; then tells and waits.
BUSY = """
import subprocess, sys, threading, time
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
thread = threading.Thread(target=burn, args=(0.2,)); thread.start(); thread.join()
code = "import time; end = time.process_time() + 0.2\\nwhile time.process_time() < end: pass\\n"
subprocess.run([sys.executable, "-c", code])
stays = subprocess.Popen([sys.executable, "-c", code + "print('x', flush=True); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
stays.stdout.readline()
print("burnt", flush=True)
input()
"""


@pytest.fixture
def busy() -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield process.pid
    finally:
        process.communicate(b"\n")


def test_threads_and_children_ended_or_not_are_counted(busy: int) -> None:
    assert accounting.read({"busy": [busy]}).by_name["busy"] >= 0.55


def test_memory_is_that_of_the_whole_tree(busy: int) -> None:
    assert accounting.memory({"busy": [busy]})["busy"] > 2_000_000


def test_what_others_burn_is_the_machine_without_ours() -> None:
    before = accounting.Reading(0.0, {"edge": 1.0}, 10.0)
    after = accounting.Reading(2.0, {"edge": 2.0, "load": 0.5}, 12.5)

    usage = accounting.between(before, after)

    assert usage.cores == {"edge": 0.5, "load": 0.25}
    assert usage.others == 0.5


def test_a_process_that_is_gone_has_used_nothing() -> None:
    assert accounting.read({"gone": [2**22 - 1]}).by_name == {"gone": 0}


def test_pinning_reaches_threads_and_children(busy: int) -> None:
    core = min(os.sched_getaffinity(0))

    accounting.pin([busy], {core})

    children = [pid for pid in accounting.descendants([busy]) if pid != busy]
    assert children
    assert all(os.sched_getaffinity(pid) == {core} for pid in (busy, *children))
