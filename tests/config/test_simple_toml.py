"""The quick reader of plain TOML never says anything else than `tomllib`."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from synapse.config import simple_toml
from synapse.config.documents import example as example_file
from synapse.config.keypath import unquoted
from synapse.config.toml_lines import key_lines

WORDS = """
a b a.b - 1 [ ] [a] [a.b] [[a]] [b] = # ' " ''' \\ true false 0 01 1.5 1. .5 -1 1_0 1e5
nan é ٣ , { } "x" 'x' 999999999999999999999999999999
"""
SEPARATORS = ['"""', " = ", "\n", "\r\n", "\r", " ", "\t", "\x00", "\x7f", "\u3000"]
pieces = st.sampled_from([*WORDS.split(), *SEPARATORS, "\n"])
plain_lines = st.one_of(
    st.tuples(
        st.sampled_from(["a", "b", "c-d", "1", "é", "a.b"]),
        st.sampled_from([" = ", "=", "  =  ", " "]),
        st.sampled_from(
            ['"x"', "'y'", "5", "0", "00", "1.5", "true", '"a\\n"', "[1]", '"x" # c', ""]
        ),
    ).map("".join),
    st.sampled_from(
        ["[a]", "[b]", "[a.b]", "[a.b.c]", "[b] # x", " [c] ", "# c", "", "[[a]]", "[a"]
    ),
)
documents = st.one_of(
    st.lists(pieces, max_size=14).map("".join),
    st.lists(plain_lines, max_size=8).map("\n".join),
    st.text(max_size=40),
)


@settings(deadline=None, max_examples=1000)
@given(documents)
@example("[a.b]\nc = 1\n[a]\nd = 2\n")
@example("[a]\nb = 1\n[a.b]\n")
@example("a = 1\n[a]\n")
@example("[a]\n[a]\n")
@example("[a] # ]")
@example("a = '''x'''")
@example('a = """"')
@example("a = 1\rb = 2")
@example("\ra = 1")
@example("a = 1 \r\n")
@example("# \x00")
@example("a = 1.5.2")
@example('["a"]')
@example('[a."b".c]')
@example('[a"b"]')
@example('["a"b]')
@example('["a""b"]')
@example('[."a"]')
@example('["a".]')
@example('["a"..b]')
@example('["a.b"]\n[a.b]')
@example('["a\\tb"]')
@example('["a]')
@example('[""]')
@example('[a]\n["a"]')
@example("a = ٣")
def test_what_it_reads_is_what_tomllib_reads_and_on_the_same_lines(text: str) -> None:
    found = simple_toml.parse(text)
    if found is not None:
        assert found == (tomllib.loads(text), key_lines(text, unquoted))


@pytest.mark.parametrize(
    "text",
    [
        "",
        example_file(),
        example_file({"provider": "echo", "ui.max_width": 60, "session.busy_timeout": 2.5}),
        'model = "x"   # mine\r\n[session]\r\nauto_cleanup = false\r\n',
        '[prices."openai/gpt-4.1"]\ninput = 0.15\n[a."b c".d]\nx = 1\n["e"."f#"]\n',
        "[providers.my-server]\nbase_url = 'http://localhost:1/v1'\n[aliases]\nq = \"é 東京\"\n",
    ],
)
def test_it_reads_what_most_people_write(text: str) -> None:
    assert simple_toml.parse(text) is not None


def test_such_a_file_costs_no_tomllib(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text(
        '[providers.mine]\nbase_url = "http://localhost:1/v1"\n[session]\ntrash_days = 3\n'
        '[prices."openai/gpt-4.1"]\ninput = 0.15\noutput = 1\n'
    )
    code = (
        "import sys; from synapse.config import load; load({}, {'HOME': '/'}, sys.argv[1])\n"
        "print([name for name in ('tomllib', 'typing', 'json', 'shlex') if name in sys.modules])"
    )
    source = str(Path(simple_toml.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-S", "-c", code, str(file)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": source, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.stdout == "[]\n"
