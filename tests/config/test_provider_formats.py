"""What a configuration says of a server's format: what is taken, what is refused, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from synapse.config import load
from synapse.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from synapse.config import Settings


def load_text(home: Path, text: str) -> Settings:
    file = home / ".config" / "synapse" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    file.chmod(0o600)
    return load({}, {"HOME": str(home)})


TABLES = """\
[providers.mine]
like = "groq"
base_url = "http://localhost:1/v1"
usage = false
max_tokens_field = "max_tokens"

[providers.mine.headers]
X-Team = "blue"
"x_y" = ""

[providers.mine.query]
api-version = "v1"
beta = true
limit = 3

[providers.mine.extra_body]
service_tier = "flex"
top_a = 0.5

[providers.mine.extra_body.provider]
order = ["a", "b"]
"""
INLINE = """\
[providers.mine]
like = "groq"
base_url = "http://localhost:1/v1"
usage = false
max_tokens_field = "max_tokens"
headers = { X-Team = "blue", "x_y" = "" }
query = { api-version = "v1", beta = true, limit = 3 }
extra_body = { service_tier = "flex", top_a = 0.5, provider.order = ["a", "b"] }
"""


@pytest.mark.parametrize("text", [TABLES, INLINE])
def test_a_server_is_described_in_tables_of_either_form(home: Path, text: str) -> None:
    options = load_text(home, text).providers["mine"]
    assert (options.like, options.usage, options.max_tokens_field) == ("groq", False, "max_tokens")
    assert options.headers == {"X-Team": "blue", "x_y": ""}
    assert options.query == {"api-version": "v1", "beta": "true", "limit": "3"}
    assert options.extra_body == {
        "service_tier": "flex",
        "top_a": 0.5,
        "provider": {"order": ["a", "b"]},
    }


MINE = '[providers.mine]\nbase_url = "http://localhost:1/v1"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            f'{MINE}kind = "anthropic"\nlike = "groq"',
            'line 4: provider "mine" can\'t be like "groq"',
        ),
        (f'{MINE}like = "anthropic"\nkind = "openai"', 'line 3: provider "mine" can\'t be like'),
        (f'{MINE}like = "grok"', 'line 3: provider "mine" can\'t be like "grok"; did you mean'),
        (f'{MINE}like = "echo"', 'line 3: provider "mine" can\'t be like "echo"'),
        (f"{MINE}like = 7", "line 3: providers.mine.like must be"),
        (f'{MINE}kind = "anthropic"\nusage = false', 'line 3: provider "mine": usage is for'),
        (f'{MINE}kind = "anthropic"\nmax_tokens_field = "n"', "max_tokens_field has no meaning"),
        (f'{MINE}max_tokens_field = "a b"', "line 3: providers.mine.max_tokens_field must be"),
        (f'{MINE}usage = "no"', "line 3: providers.mine.usage must be true or false"),
        ('[providers.deepseek]\nkind = "anthropic"', 'line 2: provider "deepseek" is built in'),
        ('[providers.openai]\nlike = "groq"', 'line 2: provider "openai" is built in'),
        (f'{MINE}headers = "X-A: b"', "line 3: providers.mine.headers must be a table"),
        (f"{MINE}query = [1]", "line 3: providers.mine.query must be a table"),
        (f'{MINE}extra_body = "{{}}"', "line 3: providers.mine.extra_body must be a table"),
        (f"[[providers.mine.extra_body]]\na = 1\n{MINE}", "extra_body must be a table"),
        (
            f'{MINE}[providers.mine.headers]\nX-A = "ok"\nX-B = "a\\nb"',
            "line 5: providers.mine.headers.X-B must be a text in quotes, of ASCII without control",
        ),
        (f'{MINE}headers.X-A = "a\\u007f"', "line 3: providers.mine.headers.X-A must be"),
        (f'{MINE}headers.X-A = "ä"', "line 3: providers.mine.headers.X-A must be"),
        (f"{MINE}headers.X-A = 7", "line 3: providers.mine.headers.X-A must be"),
        (f'{MINE}headers."X A" = "b"', 'line 3: providers.mine.headers."X A" is no name'),
        (f'{MINE}headers."X\\r\\nB: c" = "b"', "is no name of a header"),
        (f'{MINE}headers."" = "b"', "is no name of a header"),
        (
            f'{MINE}[providers.mine.headers]\nAuthorization = "Bearer sk-canary-0123"',
            "line 4: providers.mine.headers.Authorization is made from the key",
        ),
        (f'{MINE}headers = {{ aUTHORIZATION = "x" }}', "aUTHORIZATION is made from the key"),
        (f'{MINE}headers.Host = "x"', "line 3: providers.mine.headers.Host is set by Synapse"),
        (f"{MINE}query.a = []", "line 3: providers.mine.query.a must be"),
        (f'{MINE}query.a = "b\\n"', "line 3: providers.mine.query.a must be"),
        (f"{MINE}extra_body.day = 2026-11-26", "line 3: providers.mine.extra_body.day must be"),
        (f"{MINE}extra_body.a.b = [nan]", "providers.mine.extra_body.a must be what JSON can hold"),
        (f"{MINE}extra_body.a = inf", "line 3: providers.mine.extra_body.a must be"),
        (
            f'{MINE}max_tokens_field = "messages"',
            "line 3: providers.mine.max_tokens_field must not",
        ),
        (f"{MINE}extra_body.messages = []", "extra_body.messages is set by Synapse"),
        (f'{MINE}extra_body.model = "x"', "line 3: providers.mine.extra_body.model is set by"),
    ],
)
def test_what_can_not_be_is_refused_with_its_line(home: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_text(home, text)
    assert caught.value.exit_status == 7
    assert said in caught.value.message
    assert "sk-canary" not in caught.value.message
