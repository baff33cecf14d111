"""What is masked in exports: every made-up secret wherever it stands, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from secrets_made_up import (
    ASSIGNED,
    CARDS,
    CONTEXTS,
    HOMES,
    KEYS,
    PERSONAL,
    PRIVATE_KEYS,
)

from synapse.app.redaction.finding import find
from synapse.app.redaction.redactor import Redactor
from synapse.archived import ArchivedMessage, ArchivedSession
from synapse.domain import Attachment, Role, Session, StoredMessage
from synapse.errors import ConfigError

SOURCE = Path(__file__).parents[2] / "src" / "synapse"


def masked(text: str, **what: object) -> str:
    """The text with masks, which a second run leaves as they are."""
    once = Redactor(**what).text(text)  # type: ignore[arg-type]
    assert Redactor(**what).text(once) == once  # type: ignore[arg-type]
    return once


def in_context(context: str, secret: str) -> str:
    return CONTEXTS[context].format(secret, secret)


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_key_that_tells_whose_it_is_goes_wherever_it_stands(context: str) -> None:
    left = []
    for name, key in KEYS.items():
        secret = key.rpartition("/")[2]  # of a webhook's URL
        text = masked(in_context(context, key))
        if secret in text:
            left.append((name, text))
    assert left == []


@pytest.mark.parametrize("context", ["alone", "prose", "ticks", "fence", "new line", "CJK", "bold"])
def test_what_is_given_to_a_secrets_name_goes(context: str) -> None:
    left = []
    for name, (around, secret) in ASSIGNED.items():
        if name == "word in yaml" and context in ("prose", "fence", "CJK"):
            continue  # "password: required" in a sentence is no password
        text = masked(in_context(context, around.format(secret)))
        if secret in text:
            left.append((name, text))
    assert left == []


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_private_key_goes_whole(context: str) -> None:
    for key in PRIVATE_KEYS.values():
        text = masked(in_context(context, key))
        assert "PRIVATE KEY" not in text
        assert "{private-key-1}" in text
        assert len(text) < 200


@pytest.mark.parametrize("context", CONTEXTS)
def test_cards_and_what_tells_who_somebody_is_go(context: str) -> None:
    left = []
    for name, value in (CARDS | PERSONAL).items():
        if "phone" in name and context in ("query", "diff", "equals", "link"):
            continue  # a sign before the + makes it a sum
        text = masked(in_context(context, value))
        if value in text:
            left.append((name, text))
    assert left == []


@pytest.mark.parametrize("context", CONTEXTS)
def test_of_a_home_only_the_name_goes(context: str) -> None:
    left = []
    for name, (path, user) in HOMES.items():
        text = masked(in_context(context, path.format(user)))
        if user in text or path.format("{user-1}") not in text:
            left.append((name, text))
    assert left == []


@pytest.mark.parametrize("separator", [" ", "-"])
def test_a_card_number_goes_in_groups_too(separator: str) -> None:
    for number in CARDS.values():
        if len(number) == 16:
            groups = separator.join(number[i : i + 4] for i in range(0, 16, 4))
            assert masked(f"my card {groups}, please") == "my card {card-1}, please"


@pytest.mark.parametrize(
    "written",
    [
        "anna@example.org",
        "anna%40example.org",
        "anna\\u0040example.org",
        "anna&#64;example.org",
        "anna&#x40;example.org",
        "ａｎｎａ＠ｅｘａｍｐｌｅ．ｏｒｇ",
        "mailto:anna@example.org",
        "anna%2540example.org",
        "anna\\\\u0040example.org",
    ],
)
def test_escapes_hide_nothing(written: str) -> None:
    assert masked(f'{{"to": "{written}"}}').replace("mailto:", "") == '{"to": "{e-mail-1}"}'


@pytest.mark.parametrize(
    "written",
    [
        "postgres:\\/\\/app:p4ssw0rd@db\\/x",
        "postgres%3A%2F%2Fapp%3Ap4ssw0rd%40db",
        '{\\"password\\": \\"p4ssw0rd\\"}',
        "password%3Dp4ssw0rd%26user%3Dx",
        "&quot;password&quot;: &quot;p4ssw0rd&quot;",
        "ｐａｓｓｗｏｒｄ：p4ssw0rd",
    ],
)
def test_escapes_do_not_hide_what_a_value_is_given_to(written: str) -> None:
    assert "p4ssw0rd" not in masked(written)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY'",
            "AWS_SECRET_ACCESS_KEY: '{secret-1}'",
        ),
        ("SECRET=hunter2", "SECRET={secret-1}"),
        ("password: s3cret!", "password: {password-1}"),
        ("+1 555 123 4567, (555) 123-4567", "{phone-1}, {phone-2}"),
        ("+1-555-123-4567 555-123-4567", "{phone-1} {phone-2}"),
        ("3782 822463 10005", "{card-1}"),
        ("[fe80::1%eth0] 10.0.0.5/24 192.168.1.5:80", "[{private-ip-1}%eth0] {private-ip-2}/24"),
        ('"token":\n  "abcdef1234567890abcd"', '"token":\n  "{token-1}"'),
        ("Set-Cookie: session=abc123def456; Path=/", "Set-Cookie: {cookie-1}"),
        ("OPENAI_API_KEY=sk-abc123", "OPENAI_API_KEY={api-key-1}"),
        ("my api key is abcd1234efgh5678ijkl", "my api key is {api-key-1}"),
        ("anna@example.org.txt", "{e-mail-1}.txt"),
    ],
)
def test_what_people_write(text: str, expected: str) -> None:
    assert masked(text).startswith(expected)


def test_equal_secrets_have_equal_masks_and_different_ones_have_not() -> None:
    redactor = Redactor()
    assert redactor.text("from a@b.org to c@d.org") == "from {e-mail-1} to {e-mail-2}"
    assert redactor.text("C@d.org wrote") == "{e-mail-2} wrote"


@pytest.mark.parametrize(
    "text",
    [
        "password = get_password()",
        "def login(user: str, password: str) -> None:",
        "token = parser.next_token()",
        "self.token = token",
        "max_tokens=4096, temperature=0.7",
        "api_key=os.environ['OPENAI_API_KEY']",
        'api_key = "YOUR_API_KEY"',
        "PASSWORD=${DB_PASSWORD}",
        "Authorization: Bearer $TOKEN",
        "Authorization: Bearer <token>",
        "https://user:${PASSWORD}@host/",
        "git clone git@github.com:org/repo.git",
        "pip install 'synapse==10.2.3.4'",
        "release v10.20.30.40",
        "127.0.0.1 ::1 0.0.0.0 8.8.8.8 172.32.0.1 2001:db8:fd12:3::1",
        "2026-11-23 10:11:12.345678+01:00",
        "commit 4c3834c9a1b2c3d4e5f60718293a4b5c6d7e8f90",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "4c3834c9-1234-7abc-8def-0123456789ab",
        "1234567890123456 1111111111111111 0.4111111111111111",
        "icon@2x.png, logo@3x.webp",
        "@app.route('/home/dashboard')"[:10],
        "https://example.com/home/index.html",
        "/".join(["", "Users", "Shared", "x"]) + " C:\\Users\\Public\\y",
        "pages 123-4567, 555-1234",
        "x = +1000000000 - 22",
        "the secretary's token of thanks: a passport",
        "primary_key = 'a1b2c3d4e5f6a7b8c9d0'",
        "-----BEGIN PRIVATE KEY----- is how it begins",
        "tokenizer.pad_token = '<|endoftext|>'",
        "| token | meaning |\n|---|---|\n| pass | go on |",
        'model = "text-embedding-3-small-2024-01-25"',
        "key: string;",
        "password: Optional[str] = None",
        '"type": "password", "name": "password"',
        "sk-learn-is-not-a-key-at-all sk-",
        "task-1234567890abcdefghijklmnop",
        "~/x ~ ~~struck~~ a~b/",
        "You have to pass `language` to it.",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert masked(text) is text or masked(text) == text


def test_in_code_of_our_own_hardly_anything_is_found() -> None:
    """37,000 lines about keys, tokens and passwords: a warning here would be a false alarm."""
    found = [
        (path.name, path.read_text()[finding.start - 20 : finding.end + 5])
        for path in SOURCE.rglob("*.py")
        for finding in find(path.read_text(), secrets_only=True)
        if finding.sure
    ]
    assert found == []


def test_the_masks_leave_markdown_and_json_what_they_were() -> None:
    text = (
        '```json\n{"password": "hunter2x", "to": ["a@b.org"]}\n```\n'
        "| a@b.org | x |\n[m](mailto:a@b.org)"
    )
    assert masked(text) == (
        '```json\n{"password": "{password-1}", "to": ["{e-mail-1}"]}\n```\n'
        "| {e-mail-1} | x |\n[m](mailto:{e-mail-1})"
    )


@pytest.mark.parametrize(
    "value",
    [
        {"card": 4111111111111111},
        {"password": "hunter2x", "n": 1.5, "deep": [{"api_key": "a1b2c3d4e5f6a7b8c9d0e1f2"}]},
        {"a@b.org": "x", "text": "-----BEGIN PRIVATE KEY-----\n" + "MIIabc0" * 20},
        {"lines": ["-----BEGIN PRIVATE KEY-----", "MIIabc0" * 9, "-----END PRIVATE KEY-----"]},
        {"arguments": '{"token": "ghp_' + "a1B2" * 9 + '"}', "call": "+4915112345678"},
    ],
)
def test_the_item_of_an_agent_stays_json(value: object) -> None:
    attachment = Attachment(
        name="item", media_type="application/json", data=json.dumps(value).encode(), source="agent"
    )
    data = Redactor().attachment(attachment).data
    json.loads(data)
    for secret in (b"4111111", b"hunter2x", b"a1b2c3", b"a@b.org", b"MII", b"ghp_", b"49151"):
        assert secret not in data


def test_everything_of_a_session_is_masked_and_told() -> None:
    session = Session.new("echo", "echo").replace(
        name="for a@b.org", title="Mail to a@b.org", system_prompt="You are a@b.org"
    )
    secret = KEYS["github"]
    message = StoredMessage.new(session.id, Role.USER, f"use {secret}").replace(
        index=3,
        reasoning=f"so {secret}",
        error="authentication_failed: a@b.org",
        attachments=(
            Attachment(name="a@b.org.txt", media_type="text/plain", data=secret.encode()),
            Attachment(name="x.png", media_type="image/png", data=b"\x89PNG"),
        ),
    )
    archived = ArchivedSession(
        session=session,
        messages=iter([ArchivedMessage(message=message, extra={"password": "hunter2x"})]),
        tags=("a@b.org",),
        changes={"tag:a@b.org": session.created_at},
        extra={"deep": [{"mail": "a@b.org"}]},
    )
    redactor = Redactor()
    result = redactor.archived(archived)
    everything = repr(result.replace(messages=())) + repr([*result.messages])
    for word in (secret, "a@b.org", "hunter2x"):
        assert word not in everything
    assert "{e-mail-1}" in everything
    report = redactor.report()
    assert [(kind.name, count) for kind, count in report.counts] == [
        ("token", 1),
        ("password", 1),
        ("e-mail address", 1),
    ]
    (place,) = report.places
    assert (place.session, place.messages) == (session.handle, (0, 3))
    assert report.unseen == 1


def test_a_look_through_tells_secrets_and_where_but_no_addresses() -> None:
    session = Session.new("echo", "echo")
    texts = [f"a {KEYS['openai project']}", "mail a@b.org", "postgres://u:secret@h/x"]
    messages = [
        ArchivedMessage(message=StoredMessage.new(session.id, Role.USER, text).replace(index=i))
        for i, text in enumerate(texts, 1)
    ]
    redactor = Redactor(warn_only=True)
    redactor.look_through(ArchivedSession(session=session, messages=messages))
    report = redactor.report()
    assert [(kind.name, count) for kind, count in report.counts] == [("API key", 1)]
    assert report.places[0].messages == (1,)


def test_the_users_own_words_keys_and_names_go() -> None:
    what = {
        "words": ["Nordlicht", "/ACME-\\d+/", "a+b", "Straße"],
        "keys": ["localserverkey", "short"],
        "home": "/srv/people/anna",
        "user": "annaschmidt",
    }
    text = (
        "nordlichtS ACME-77, ACME-x a+b aab localserverkey short /srv/people/anna/x annaschmidt@pc"
    )
    assert masked(text, **what) == (
        "{word-1}S {word-2}, ACME-x {word-3} aab {own-key-1} short {home}/x {user-1}@pc"
    )
    assert masked("STRASSE straße", **what) == "STRASSE {word-1}"


def test_words_that_are_inside_masks_do_not_break_them() -> None:
    text = masked("a@b.org, Mail, word", words=["mail", "word", "/[a-z]/"])
    assert "@" not in text


@settings(max_examples=150, deadline=None)
@given(st.text())
def test_any_text_with_masks_has_nothing_to_mask(text: str) -> None:
    masked(text)


pieces = st.lists(
    st.one_of(
        st.sampled_from([*KEYS.values(), *CARDS.values(), *PERSONAL.values()]),
        st.sampled_from([around.format(secret) for around, secret in ASSIGNED.values()]),
        st.sampled_from("password= token: @ :// /home/ \\n %40 { } - . +49 {e-mail-1}".split(" ")),
        st.text(max_size=5),
    ),
    max_size=8,
)


@settings(max_examples=300, deadline=None)
@given(pieces)
def test_no_mask_makes_a_new_secret(parts: list[str]) -> None:
    masked("".join(parts))
    masked(" ".join(parts))


@pytest.mark.parametrize(
    "piece",
    [
        "-----BEGIN PRIVATE KEY-----", "PuTTY-User-Key-File-2: ", "-sk-T3BlbkFJ", "-eyJ-", "a@",
        "cookie: ", "password: '", "://a:", "sk-", "4 1", "+1 ", "mysql -", "/home/", "\\u0040",
        "%40", "fe80:", "10.0.", "authorization: bearer ", "--password ", "SG.a-", "&amp;", "a.",
    ],
)  # fmt: skip
def test_no_text_takes_forever(piece: str) -> None:
    Redactor().text(piece * (300_000 // len(piece)))


def test_an_expression_that_would_take_years_is_broken_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("synapse.app.redaction.expressions._SECONDS", 0.05)
    redactor = Redactor(words=[r"/(?:(?=(x+x+x+x+y))x)+z/"])
    with pytest.raises(ConfigError, match="takes too long"):
        redactor.text("x" * 20_000)
