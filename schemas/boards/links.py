"""Links that elements carry: which are dangerous to follow, and which host an embed really shows."""

import html
import re
from collections.abc import Iterable
from urllib.parse import unquote

import ada_url

_SAFE_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(.*)", re.DOTALL)
_PORT = re.compile(r"\d{1,5}(?:[/?#].*)?", re.DOTALL | re.ASCII)
_INVISIBLE = re.compile("[\x00-\x20\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]")
_ROUNDS = 5  # editors and renderers decode a link a few times at most; what is deeper than this is refused


def dangerous(link: str) -> bool:
    """Whether a link, read as sloppily as renderers read it, may run something or leave for another host unseen.

    The schema refuses the plain cases. Here the link is decoded (entities, percent signs) until nothing changes,
    without invisible characters, and every stage must be harmless: `/&#47;evil.example` is `//evil.example` to the
    sanitizer of the editor, and `java&#x0A;script:` is `javascript:` to a browser.
    """
    stage = link
    for _ in range(_ROUNDS):
        if _leads_away(_INVISIBLE.sub("", stage)):
            return True
        decoded = _unquoted_start(html.unescape(stage))
        if decoded == stage:
            return False
        stage = decoded
    return True


def _leads_away(link: str) -> bool:
    if link[:1] in ("/", "\\") and link[1:2] in ("/", "\\"):
        return True
    match = _SCHEME.fullmatch(link)
    if match is None:
        return False
    scheme, rest = match.groups()
    is_host_with_port = bool(_PORT.fullmatch(rest)) and ("." in scheme or scheme == "localhost")
    return scheme.lower() not in _SAFE_SCHEMES and not is_host_with_port


def _unquoted_start(link: str) -> str:
    """Percent signs decoded where they can change who is asked: a query may hold any text."""
    match = _SCHEME.match(link)
    if match is not None and match[1].lower() in _SAFE_SCHEMES:
        return link
    end = min((at for at in (link.find("?"), link.find("#", 1)) if at >= 0), default=len(link))
    return unquote(link[:end], errors="replace") + link[end:]


def embed_host(link: str) -> str | None:
    r"""The host that a browser would show in the frame, by the URL standard; None when it is no https address.

    A link without a scheme is read as https. `https:\\good.example\@evil.example` is good.example and
    `https://ｇood.example` is good.example: only a parser of the standard itself agrees with the browser.
    """
    try:
        url = ada_url.URL(link if re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:", link) else f"https://{link}")
    except ValueError:
        return None
    return url.hostname if url.protocol == "https:" and url.hostname else None


def embeddable(link: str, hosts: Iterable[str]) -> bool:
    """Whether the host of a link is in the list: exactly, or below a `*.example.org` entry."""
    host = embed_host(link)
    if host is None:
        return False
    return any(host.endswith(entry[1:].lower()) if entry.startswith("*.") else host == entry.lower() for entry in hosts)
