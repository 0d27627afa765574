"""The documents as a page that any browser shows without help from elsewhere: no scripts, no other hosts."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

import orjson

Json = Mapping[str, Any]
STYLE: Final = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{margin-top:2.5rem;font-size:1.2rem}
details{border:1px solid #8884;border-radius:.4rem;margin:.4rem 0;padding:.4rem .8rem}
summary{cursor:pointer}
code,pre{font:14px/1.45 ui-monospace,monospace}
pre{overflow:auto;max-height:24rem;background:#8881;padding:.6rem;border-radius:.3rem}
.method{display:inline-block;min-width:4.2rem;font-weight:600}
svg{width:100%;height:auto}
table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.15rem .8rem .15rem 0}
"""


def docs_page(openapi: Json, asyncapi: Json, flow: str) -> str:
    """The page as HTML; `flow` is the picture of who writes and reads what, as SVG."""
    return "".join(_page(openapi, asyncapi, flow))


def _page(openapi: Json, asyncapi: Json, flow: str) -> Iterator[str]:
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Doska: interfaces</title><style>{STYLE}</style>'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1"></head><body><h1>Doska: interfaces</h1>'
    yield '<p>For machines: <a href="/openapi.json">/openapi.json</a>, <a href="/asyncapi.json">/asyncapi.json</a>, '
    yield '<a href="/api/schemas">/api/schemas</a>.</p>'
    for tag in openapi["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2>"
        for path, methods in openapi["paths"].items():
            for method, operation in methods.items():
                if tag["name"] in operation["tags"]:
                    yield from _operation(path, method, operation)
    yield f"<h2>topics and frames</h2>{flow}"
    for channel in asyncapi["channels"].values():
        yield from _channel(channel)
    yield "</body></html>"


def _operation(path: str, method: str, operation: Json) -> Iterator[str]:
    yield f'<details><summary><code><span class="method">{method.upper()}</span>{escape(path)}</code> '
    yield f"{escape(operation['summary'])}</summary>"
    if operation["parameters"]:
        yield "<h4>Parameters</h4><table>"
        for one in operation["parameters"]:
            about = escape(one.get("description", ""))
            yield f"<tr><td><code>{escape(one['name'])}</code></td><td>{one['in']}</td><td>{about}</td></tr>"
        yield "</table>"
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<h4>Body, <code>{escape(media)}</code></h4>{_json(content['schema'])}"
    yield "<h4>Answers</h4><table>"
    for status, answer in operation["responses"].items():
        yield f"<tr><td><code>{status}</code></td><td>{_marked(answer['description'])}</td></tr>"
    yield "</table></details>"


def _channel(channel: Json) -> Iterator[str]:
    yield f"<details><summary><code>{escape(channel['address'])}</code> {_marked(channel['description'])}</summary><ul>"
    for name in channel["messages"]:
        kind, _, version = name.rpartition(".")
        yield f'<li><a href="/api/schemas/{escape(kind)}?version={version}"><code>{escape(name)}</code></a></li>'
    yield "</ul>"
    for words, names in (("Written by", channel.get("x-written-by")), ("Read by", channel.get("x-read-by"))):
        if names:
            yield f"<p>{words} {', '.join(f'<code>{escape(name)}</code>' for name in names)}.</p>"
    yield "</details>"


def _json(value: Any) -> str:
    return f"<pre>{escape(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())}</pre>"


def _marked(text: str) -> str:
    """Text with `code` in it."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
