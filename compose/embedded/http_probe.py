"""What a local address answers over HTTP, never through a proxy that the environment names."""

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
