"""What a local address answers over HTTP, never through a proxy that the environment names.

`python -m compose.embedded.http_probe URL` exits with 0 when the answer is 200.
"""

import sys
import urllib.error
import urllib.request

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def status(url: str, timeout_seconds: float = 2.0) -> int | None:
    """The status of a GET, or None when nobody answers."""
    try:
        with _DIRECT.open(url, timeout=timeout_seconds) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return None


if __name__ == "__main__":
    # For health checks of containers: the exit code is the answer.
    sys.exit(0 if status(sys.argv[1]) == 200 else 1)
