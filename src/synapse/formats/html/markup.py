"""Text of a conversation as HTML, and what a page may load."""

from __future__ import annotations

import base64
import hashlib
import html
import re

from synapse.terminal import safe

_LINKED = re.compile(r"(?:https?://|mailto:)[!-~]+", re.IGNORECASE)
_LONGEST_LINK = 8_000


def text(content: str) -> str:
    """`content` as HTML text or as the value of an attribute in double quotes.

    Control characters and those that reorder text are made visible, as on a terminal.
    """
    return html.escape(safe.clean(content))


def line(content: str) -> str:
    """Like `text`, on one line."""
    return html.escape(safe.clean_line(content))


def is_linked(address: str) -> bool:
    """Whether a page links to this address: http, https or mailto, in printable ASCII."""
    return len(address) <= _LONGEST_LINK and _LINKED.fullmatch(address) is not None


def link_start(address: str) -> str:
    """The opening tag of a link to an address that `is_linked`. The other side learns neither
    which page it was on, nor gets a hold of it.
    """
    return f'<a href="{html.escape(address)}" rel="noopener noreferrer nofollow" target="_blank">'


def policy(style: str, script: str, *, loads_scripts: bool = False) -> str:
    """The Content-Security-Policy of a page with this style sheet and this script in it.

    With `loads_scripts`, the script may load further ones, by elements that it creates; a <script>
    that got into the page in another way is not run even then.
    """
    scripts = f"'{_digest(script)}'" + (" 'strict-dynamic'" if loads_scripts else "")
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src {scripts}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
