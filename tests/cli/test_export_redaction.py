"""Masked exports, and the warning of those that are not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from program import run, sessions
from secrets_made_up import ASSIGNED, CARDS, KEYS, PERSONAL, PRIVATE_KEYS

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("jsonl", "json", "md", "text", "html")
KEY = KEYS["openai project"]
TOKEN = KEYS["github"]


def asked(text: str, *options: str) -> str:
    """A session about the text; its handle."""
    ran = run("-p", "echo", *options, "-", stdin=text.encode())
    assert ran.status == 0, ran
    handle: str = sessions()[0]["handle"]
    return handle


def config(home: Path, text: str) -> None:
    path = home / ".config" / "synapse" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_gives_a_secret_away(form: str, tmp_path: Path) -> None:
    private = PRIVATE_KEYS["RSA"]
    assigned = [around.format(secret) for around, secret in ASSIGNED.values()]
    parts = [*KEYS.values(), *assigned, private, *CARDS.values(), *PERSONAL.values()]
    asked("\n\n".join([*parts, *(f"```\n{part}\n```" for part in parts)]))
    path = tmp_path / "exported"
    ran = run("sessions", "export", "--redact", "-F", form, "-o", str(path))
    assert ran.status == 0, ran
    written = path.read_text()
    secrets = [key.rpartition("/")[2] for key in KEYS.values()]
    secrets += [secret for _, secret in ASSIGNED.values()]
    secrets += [*private.split("\n")[1:-1], *CARDS.values(), *PERSONAL.values()]
    assert [secret for secret in secrets if secret in written] == []
    assert "github-token-1" in written
    assert "warning" not in ran.err


def test_the_report_says_what_was_masked_and_where(home: Path) -> None:
    handle = asked(f"use {KEY} and {TOKEN}, ask anna@example.org")
    ran = run("sessions", "export", "--redact", "-F", "text")
    assert ran.err == (
        f"Masked 1 API key, 1 token and 1 e-mail address (messages 1, 2 of {handle}).\n"
    )
    assert "use {openai-key-1} and {github-token-1}, ask {e-mail-1}" in ran.text


def test_the_same_secret_has_the_same_mask_in_all_sessions_of_an_export() -> None:
    asked(f"first {KEY}", "--name", "one")
    asked(f"second {KEY} and {KEYS['openai admin']}", "--name", "two")
    ran = run("sessions", "export", "--all", "--redact", "-F", "jsonl")
    assert ran.text.count("first {openai-key-") == ran.text.count("second {openai-key-") == 2
    first = ran.text.partition("first {openai-key-")[2][0]
    second = ran.text.partition("second {openai-key-")[2][0]
    assert first == second
    assert "in 2 sessions:\n" in ran.err


def test_names_titles_tags_prompts_and_attachments_are_masked(tmp_path: Path) -> None:
    attached = tmp_path / "anna@example.org.env"
    attached.write_text(f"API_KEY={KEY}\n")
    handle = asked("look", "--name", "of anna@example.org", "--file", str(attached))
    run("sessions", "title", handle, f"About {TOKEN}")
    run("sessions", "tag", handle, "anna@example.org")
    ran = run("sessions", "export", "--redact", "-F", "jsonl")
    for secret in ("anna@example.org", KEY, TOKEN):
        assert secret not in ran.text
    assert "{e-mail-1}" in ran.text


@pytest.mark.parametrize("form", ["md", "text", "html"])
def test_a_secret_in_what_is_for_sharing_is_warned_about_first(form: str, tmp_path: Path) -> None:
    handle = asked(f"use {KEY}, ask anna@example.org")
    ran = run("sessions", "export", "-F", form, "-o", str(tmp_path / "x"))
    assert ran.status == 0
    first = ran.err.splitlines()[0]
    assert first == (
        f"warning: 1 API key is in what is exported (messages 1, 2 of {handle}); --redact masks"
        " them"
    )
    assert KEY in (tmp_path / "x").read_text()


@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_what_is_a_copy_for_oneself_is_not_warned_about(form: str) -> None:
    asked(f"use {KEY}")
    assert "warning" not in run("sessions", "export", "-F", form).err


def test_without_a_secret_nothing_is_said_and_not_a_byte_changed() -> None:
    asked("ask anna@example.org at /home/anna")
    plain = run("sessions", "export", "-F", "md")
    assert plain.err == ""
    asked("nothing of note", "--name", "plain")
    exported = run("sessions", "export", "plain", "-F", "jsonl")
    masked = run("sessions", "export", "plain", "-F", "jsonl", "--redact")
    assert exported.text == masked.text
    assert masked.err == "Masked nothing: no secret and no personal data was found.\n"


def test_the_configuration_adds_words_and_expressions(home: Path) -> None:
    config(home, "[export]\nredact = ['Nordlicht', '/ACME-[0-9]+/']\n")
    asked("nordlicht and ACME-77 and ACME")
    ran = run("sessions", "export", "--redact", "-F", "text")
    assert "{word-1} and {word-2} and ACME" in ran.text
    plain = run("sessions", "export", "-F", "text")
    assert plain.err.startswith("warning: 2 words of [export] redact are in what is exported")


def test_the_configuration_masks_every_export(home: Path) -> None:
    config(home, "[export]\nredact = true\n")
    asked(f"use {KEY}")
    assert KEY not in run("sessions", "export", "-F", "text").text
    assert KEY in run("sessions", "export", "-F", "text", "--no-redact").text


def test_an_expression_that_is_none_stops_the_export(home: Path) -> None:
    asked("x")
    config(home, "[export]\nredact = ['/(a+)+b/']\n")
    ran = run("sessions", "export", "--redact")
    assert ran.status == 7
    assert "export.redact holds an expression that can match in too many ways" in ran.err
    assert ran.out == b""


def test_the_users_own_keys_and_home_are_masked(home: Path) -> None:
    config(home, "[providers.my]\nbase_url = 'http://localhost:1'\napi_key = 'quitesimplekey'\n")
    asked(f"the key quitesimplekey in {home}/notes, theotherkey")
    ran = run(
        "sessions", "export", "--redact", "-F", "text", environ={"OPENAI_API_KEY": "theotherkey"}
    )
    assert "the key {own-key-1} in {home}/notes, {own-key-2}" in ran.text


def test_a_masked_copy_takes_the_place_of_nothing_when_it_comes_back(tmp_path: Path) -> None:
    """A mask may be longer, or later in the alphabet, than what it stands for."""
    handle = asked("password=abc1 of a@b.org", "--name", "a@b.org")
    run("sessions", "title", handle, "About a@b.org")
    run("sessions", "tag", handle, "a@b.org")
    before = run("sessions", "export", "-F", "jsonl").text
    path = tmp_path / "masked.jsonl"
    run("sessions", "export", "--redact", "-F", "jsonl", "-o", str(path))
    assert "a@b.org" not in path.read_text()
    told = run("sessions", "import", str(path), "--json").json()
    assert (told["imported"], told["failed"]) == (0, 0)
    assert run("sessions", "export", "-F", "jsonl").text == before


def test_what_was_masked_comes_back_whole_from_where_it_is(tmp_path: Path, home: Path) -> None:
    asked("password=abc1 of a@b.org")
    plain, masked = tmp_path / "plain.jsonl", tmp_path / "masked.jsonl"
    run("sessions", "export", "-F", "jsonl", "-o", str(plain))
    run("sessions", "export", "--redact", "-F", "jsonl", "-o", str(masked))
    other = ("--db", str(tmp_path / "other.db"))
    assert run("sessions", "import", str(masked), *other).status == 0
    assert "a@b.org" not in run("sessions", "export", "@1", "-F", "jsonl", *other).text
    assert run("sessions", "import", str(plain), *other).status == 0
    assert run("sessions", "export", "@1", "-F", "jsonl", *other).text == plain.read_text()


def test_json_tells_it_to_programs(tmp_path: Path) -> None:
    handle = asked(f"use {KEY}")
    ran = run("sessions", "export", "--redact", "-F", "md", "-o", str(tmp_path / "x.md"), "--json")
    told = json.loads(ran.out)["masked"]
    assert told["counts"] == {"API key": 1}
    assert told["sessions"] == [{"session": handle, "messages": [1, 2]}]


def test_names_of_files_are_masked(tmp_path: Path) -> None:
    asked("x", "--name", "of anna@example.org")
    folder = tmp_path / "out"
    for _ in range(2):
        run("sessions", "export", "--all", "--redact", "-F", "md", "-o", f"{folder}/", "--force")
    (written,) = folder.iterdir()
    assert "anna" not in written.name
    refused = run("sessions", "export", "--all", "--redact", "-F", "md", "-o", f"{folder}/")
    assert refused.status == 2
    assert "exists already" in refused.err
