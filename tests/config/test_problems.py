"""What is wrong with a configuration, on which line, and what is said of it."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from synapse.cli.advice.as_command import hint_lines
from synapse.config import load, reader
from synapse.config.keypath import dotted, split_key, unquoted
from synapse.config.toml_lines import key_lines
from synapse.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from synapse.config import Settings


def load_text(tmp_path: Path, text: str | bytes, mode: int = 0o600) -> Settings:
    file = tmp_path / "config.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    file.chmod(mode)
    # The usual place, so that messages have the short name.
    (tmp_path / "synapse").symlink_to(tmp_path)
    return load({}, {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)})


def refusal(tmp_path: Path, text: str | bytes, mode: int = 0o600) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_text(tmp_path, text, mode)
    assert caught.value.exit_status == 7
    return caught.value


def test_all_problems_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    error = refusal(
        tmp_path,
        'modle = "x"\nmax_sessions = 3\n\n[session]\ntrash_days = "often"\n'
        '[sesion]\na = 1\n[ui]\ncolour = 1\ncolor = "pink"\n',
    )
    assert [error.message, *hint_lines(error.hints)] == [
        'config.toml line 1: unknown key "modle"; did you mean "model"?',
        'config.toml line 2: unknown key "max_sessions"; did you mean "session.max_sessions"?',
        "config.toml line 5: session.trash_days must be a whole number from 0 to 36500"
        ' or "never", not "often"',
        'config.toml line 6: unknown table [sesion]; did you mean "session"?',
        'config.toml line 9: unknown key "colour" in [ui]; did you mean "color"?',
        'config.toml line 10: ui.color must be "auto", "always" or "never", not "pink"',
        "Fix it:  synapse config edit      (6 problems; nothing was sent)",
    ]


def test_a_problem_of_a_variable_stands_among_them(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("max_tokens = -1\n")
    environ = {"HOME": str(tmp_path), "SYNAPSE_MAX_WIDTH": "wide", "SYNAPSE_CONFIG": str(file)}
    with pytest.raises(ConfigError) as caught:
        load({}, environ)
    assert caught.value.message.startswith(f"{file} line 1: max_tokens must be a whole number")
    assert hint_lines(caught.value.hints)[0].startswith(
        "the variable SYNAPSE_MAX_WIDTH must be a whole"
    )
    assert "2 problems" in hint_lines(caught.value.hints)[-1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_tokens = true", "max_tokens must be a whole number from 0 to 100000000, not true"),
        ("max_tokens = 1.5", "not 1.5"),
        ("session = 5", "session must be a table: [session]"),
        ('providers = "x"', "providers must be a table: [providers]"),
        ('[providers]\nx = "y"', "providers.x must be a table: [providers.x]"),
        ("[session]\nauto_cleanup = 1", "session.auto_cleanup must be true or false, not 1"),
        ("[session]\nretention_days = -1", "must be a whole number from 0 to 36500, not -1"),
        ("[session]\nbusy_timeout = nan", "must be a number from 0 to 3600, not nan"),
        ("[parameters]\ntemperature = 3", "must be a number from 0 to 2, not 3"),
        ("[parameters]\nstop = [1]", "must be a text in quotes, or a list of such, not a list"),
        ('[providers.x]\nbase_url = "ftp://x"', "must begin with http://, https:// or unix:"),
        ('[providers.x]\nkind = "opnai"', '"openai", "anthropic" or "responses", not "opnai"'),
        ("[model]\nx = 1", "model must be a text in quotes, not a table"),
        ('provider = ""', "must be one line of text in quotes, and not empty"),
        ("[[session]]\nmax_sessions = 1", "session must be a table"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert said in refusal(tmp_path, text).message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'model = "a"\nnonsense\n', "config.toml line 2: not TOML: expected '=' after a key"),
        (b"a = [\n1,\n", "config.toml line 3: not TOML: "),
        (b'model = "a"\nmodel = "b"\n', "config.toml line 2: not TOML: cannot overwrite a value"),
        (b'model = "a"\n# \xff\n', "config.toml line 2: byte 15 of the file is not UTF-8"),
        (b"a = " + b"[" * 100_000, "config.toml: is nested too deeply"),
        (b"seed = " + b"9" * 5000, "config.toml line 1: not TOML"),
        (b"\x00", "config.toml line 1: not TOML"),
    ],
)
def test_what_is_no_toml_is_refused_with_the_line(tmp_path: Path, text: bytes, said: str) -> None:
    assert refusal(tmp_path, text).message.startswith(said)


def test_a_byte_order_mark_and_crlf_are_no_problem(tmp_path: Path) -> None:
    text = b'\xef\xbb\xbfmodel = "a"\r\n[session]\r\nmax_sessions = 5\r\n'
    assert load_text(tmp_path, text).retention.max_sessions == 5


def test_an_empty_file_is_no_problem(tmp_path: Path) -> None:
    assert load_text(tmp_path, "").model is None


SECRETS = [
    '[providers.x]\napi_key = "sk-canary"\n',
    'providers.x = { api_key = "sk-canary" }\n',
    '[openai]\napi_key = "sk-canary"\n',
    '[providers.x]\napi_key = "sk-canary"\nbroken\n',
    '[session]\ndatabase_url = "postgresql://me:sk-canary@host/db"\n',
]


@pytest.mark.parametrize("text", SECRETS)
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_secret_that_others_can_get_at_is_refused(tmp_path: Path, text: str, mode: int) -> None:
    error = refusal(tmp_path, text, mode)
    assert f"(mode {mode:04o})" in error.message
    assert hint_lines(error.hints) == (f"Fix it:  chmod 600 {tmp_path}/synapse/config.toml",)


@pytest.mark.parametrize("text", SECRETS[:2])
def test_a_secret_for_the_owner_alone_is_taken(tmp_path: Path, text: str) -> None:
    assert load_text(tmp_path, text).providers["x"].api_key == "sk-canary"


def test_a_file_without_a_secret_may_be_read_by_all(tmp_path: Path) -> None:
    assert load_text(tmp_path, '# api_key = "x"\nmodel = "m"\n', 0o644).model == "m"


@pytest.mark.parametrize("text", [*SECRETS, 'providers.x.api_key = ["sk-canary"]\n'])
def test_no_message_holds_a_secret(tmp_path: Path, text: str) -> None:
    error = refusal(tmp_path, text + "[ui]\ncolor = 3\n")
    assert "sk-canary" not in "\n".join([error.message, *hint_lines(error.hints)])


def test_a_file_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    missing = str(tmp_path / "no such.toml")
    with pytest.raises(ConfigError) as caught:
        load({}, {"HOME": str(tmp_path)}, missing)
    assert caught.value.message == f"the configuration {missing} does not exist"
    assert hint_lines(caught.value.hints) == (
        f"Make it:  synapse --config '{missing}' config init",
    )


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a folder, not a file"):
        load({}, {"HOME": str(tmp_path)}, str(tmp_path))


def test_an_endless_device_is_not_read_for_ever(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        load({}, {"HOME": str(tmp_path)}, "/dev/zero")


def test_a_pipe_can_be_the_configuration(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.write(write, b'[providers.x]\napi_key = "k"\n')
    os.close(write)
    assert load({}, {"HOME": str(tmp_path)}, f"/dev/fd/{read}").providers["x"].api_key == "k"
    os.close(read)


PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


def without_privileges() -> None:
    """Of root, take away what lets it read every file."""
    libc = ctypes.CDLL(None)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def test_an_unreadable_file_is_told_as_such(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('model = "m"\n')
    file.chmod(0)
    code = (
        "import sys; from synapse.config import load; from synapse.errors import ConfigError\n"
        "try: load({}, {'HOME': '/'}, sys.argv[1])\n"
        "except ConfigError as error: print(error.message)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)],
        capture_output=True,
        text=True,
        preexec_fn=without_privileges,
        check=True,
    )
    assert done.stdout == f"the configuration {file} can't be read: permission denied\n"


# --------------------------------------------------------------------------------------- lines


def test_lines_are_found_in_every_form_that_toml_has() -> None:
    document = '''# a comment = 1
a = """
b = 2
""\\" [c]
"""
d.e = { f = 1, g = { h = [ "]", "}" ] } } # i = 1
[ j . "k.l" ]
m = [
  "n = 1", # ]
  [1, 2],
]
'o' = \'\'\'
p = 1\'\'\'\'
q = 1979-05-27T07:32:00Z
[[r]]
s = 1.5
[[r]]
s = 2
'''
    tomllib.loads(document)
    lines = key_lines(document, unquoted)
    assert {dotted(path): line for path, line in lines.items()} == {
        "a": 2,
        "d": 6,
        "d.e": 6,
        "d.e.f": 6,
        "d.e.g": 6,
        "d.e.g.h": 6,
        "j": 7,
        'j."k.l"': 7,
        'j."k.l".m': 8,
        'j."k.l".o': 12,
        'j."k.l".q': 14,
        "r": 15,
        "r.s": 16,
    }


names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8)
values = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.booleans(), st.text(max_size=12), st.floats(), st.dates()
)


@settings(deadline=None)
@given(
    tables=st.dictionaries(
        names, st.dictionaries(names, values, min_size=1, max_size=4), max_size=4
    )
)
def test_every_key_that_a_document_has_is_found_on_its_line(
    tables: dict[str, dict[str, object]],
) -> None:
    import tomlkit

    document = tomlkit.dumps(tables)
    lines = key_lines(document, unquoted)
    rows = document.split("\n")
    for table, pairs in tomllib.loads(document).items():
        assert rows[lines[(table,)] - 1].startswith("[")
        for name in pairs:
            row = rows[lines[(table, name)] - 1]
            key = row.partition(" = ")[0]
            assert name in key or "\\" in key or "=" in name


@given(st.lists(names, min_size=1, max_size=4).map(tuple))
@example(("a.b", "", "c"))
@example(('"', "\\", "\x7f", "\n"))
def test_a_dotted_key_stands_for_the_path_that_it_was_made_of(path: tuple[str, ...]) -> None:
    assert split_key(dotted(path)) == path


@pytest.mark.parametrize("key", ["", ".", "a.", ".a", "a..b", "a b", "a = 1", '"a', "a\n.b", "ä"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        split_key(key)


@settings(deadline=None, max_examples=300)
@given(
    st.one_of(
        st.binary(max_size=200), st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace"))
    )
)
@example(b"[providers]\n''.kind = 1")
@example(b"[aliases]\n'' = 'x'")
@example(b"[providers.'a b']\nkind = 'openai'")
def test_no_content_whatever_raises_anything_but_problems(content: bytes) -> None:
    document = reader.parse("c.toml", content)
    for line, text in document.problems:
        assert line is None or line >= 1
        assert text
