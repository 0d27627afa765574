"""Become another program that dies with its parent and, if asked, as an ordinary user.

Run by path, not imported: it must start in milliseconds, so it uses the standard library alone.
`launch.py PARENT_PID DEATH_SIGNAL UID GID DIRECTORY PROGRAM ARGUMENT…` (UID 0 or less: stay who you are).
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Change directory and user, tie this process to its parent, become the program."""
    parent, death_signal, uid, gid = (int(word) for word in sys.argv[1:5])
    directory, command = sys.argv[5], sys.argv[6:]
    # The directory first: it may lie below a home that the user we become cannot enter.
    os.chdir(directory)
    os.umask(0o077)
    if uid > 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After setuid, which clears it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:
            # The parent died before the line above could see it.
            sys.exit(0)
    os.execve(command[0], command, os.environ)  # noqa: S606 - the very purpose of this file


if __name__ == "__main__":
    main()
