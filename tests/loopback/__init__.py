"""A scriptable server on loopback: whatever an LLM API can do on the wire, byte by byte.

    with Loopback(openai.answer("Paris is", " nice.")) as server:
        options = ProviderOptions(base_url=server.url + "/v1", api_key="k")
        provider = open_provider("openai", options)

A *script* is a function of an `Exchange` that answers one request. A server takes one script a
request, in order; the last one answers all further requests. What arrived is in
`server.requests`. Nothing sleeps: a script that has to wait waits for a condition.
"""

from __future__ import annotations

from loopback import anthropic, openai, responses, scripts
from loopback.proxy import proxy
from loopback.server import Exchange, Loopback, Received, Script
from loopback.unanswered import unanswered_address

__all__ = [
    "Exchange",
    "Loopback",
    "Received",
    "Script",
    "anthropic",
    "openai",
    "proxy",
    "responses",
    "scripts",
    "unanswered_address",
]
