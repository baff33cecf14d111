"""Which attachments can be sent, and in which form they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from contract.builders import a_prompt, a_session, an_answer

from synapse.app.attachments import check, image_type, text
from synapse.app.conversation import reply
from synapse.app.selection import select
from synapse.domain import Attachment, Session, Status, StoredMessage
from synapse.errors import UsageError
from synapse.ports import (
    Cancellation,
    Capabilities,
    ChatRequest,
    Finished,
    ImageSupport,
    LeftOut,
    TextDelta,
)
from synapse.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synapse.domain import ModelInfo
    from synapse.ports import StreamEvent

PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)
DOT = Attachment(name="dot.png", media_type="image/png", data=PNG)
NOTES = text("notes.txt", "one\ntwo")
PIPED = text("stdin", "diff --git", source="stdin")
PNG_ONLY = ImageSupport(media_types=("image/png",), max_bytes=1000)


class Sees:
    """A provider that takes certain images, or none; remembers what it was asked."""

    name = "sees"

    def __init__(self, images: ImageSupport | None) -> None:
        self.capabilities = Capabilities(images=images)
        self.requests: list[ChatRequest] = []

    def stream(self, request: ChatRequest, cancellation: Cancellation) -> Iterator[StreamEvent]:
        self.requests.append(request)
        yield TextDelta("seen")
        yield Finished(reason="stop")

    def check(self, request: ChatRequest) -> None:
        pass

    def list_models(self) -> list[ModelInfo]:
        return []


def a_question(*attachments: Attachment, content: str = "What is it?") -> StoredMessage:
    return a_prompt(Session.new("sees", "m"), content, attachments=attachments)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"GIF87a....", "image/gif"),
        (b"GIF89a....", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x10\0\0\0WAVEfmt ", None),
        (b"%PDF-1.7", None),
        (b"BM......", None),
        (b"GIF", None),
        (b"", None),
    ],
)
def test_an_image_is_known_by_how_it_begins(data: bytes, kind: str | None) -> None:
    assert image_type(data) == kind


def test_texts_become_named_parts_behind_the_question() -> None:
    [sent] = select([a_question(NOTES, PIPED)], "sees").messages
    assert sent.content == (
        'What is it?\n\n<file name="notes.txt">\none\ntwo\n</file>\n\ndiff --git'
    )
    assert sent.images == ()


def test_a_name_can_not_break_out_of_its_place() -> None:
    [sent] = select([a_question(text('a"b&c.txt', "x\n"))], "sees").messages
    assert '<file name="a&quot;b&amp;c.txt">\nx\n</file>' in sent.content


def test_images_go_with_the_message_that_they_belong_to() -> None:
    session = a_session()
    history = [
        a_question(DOT),
        an_answer(session, "A dot.", status=Status.COMPLETE),
        a_question(content="Sure?"),
    ]
    sent = select(history, "sees", PNG_ONLY).messages
    assert [message.images for message in sent] == [(DOT,), (), ()]


def test_neighbours_that_become_one_message_keep_all_images() -> None:
    other = DOT.replace(name="other.png")
    [sent] = select([a_question(DOT), a_question(other)], "sees", PNG_ONLY).messages
    assert sent.images == (DOT, other)


@pytest.mark.parametrize(
    ("image", "support", "fault"),
    [
        (DOT, None, "it takes no images"),
        (DOT.replace(media_type="image/gif"), PNG_ONLY, "it takes no gif images, only png"),
        (DOT.replace(data=bytes(1001)), PNG_ONLY, "it has 1,001 bytes, the limit is 1,000"),
    ],
)
def test_what_a_provider_does_not_take_is_refused(
    image: Attachment, support: ImageSupport | None, fault: str
) -> None:
    with pytest.raises(UsageError, match=fault):
        check([NOTES, image], Sees(support))


def test_texts_can_be_sent_to_every_provider() -> None:
    check([NOTES, PIPED], Sees(None))


def test_a_turn_stores_what_it_sends_and_sends_it_again_later(tmp_path: Path) -> None:
    session = a_session()
    provider = Sees(PNG_ONLY)
    with open_store(f"sqlite:{tmp_path}/s.db") as store:
        reply(store, provider, session, "Look", create=True, attachments=(DOT, NOTES))
        assert store.get_messages(session.id)[0].attachments == (DOT, NOTES)
        reply(store, provider, session, "Again")
    for request in provider.requests:
        assert request.messages[0].images == (DOT,)
        assert "one\ntwo" in request.messages[0].content


def test_a_refused_attachment_leaves_nothing_in_the_store(tmp_path: Path) -> None:
    session = a_session()
    provider = Sees(None)
    with open_store(f"sqlite:{tmp_path}/s.db") as store:
        with pytest.raises(UsageError):
            reply(store, provider, session, "Look", create=True, attachments=(DOT,))
        assert store.get_session(session.id) is None
    assert provider.requests == []


def test_a_model_that_can_not_see_earlier_images_is_told_of_them_and_so_is_the_user(
    tmp_path: Path,
) -> None:
    session = a_session()
    blind = Sees(None)
    shown: list[StreamEvent] = []
    with open_store(f"sqlite:{tmp_path}/s.db") as store:
        reply(store, Sees(PNG_ONLY), session, "Look", create=True, attachments=(DOT,))
        reply(store, blind, session, "Again", show=shown.append)
        assert store.get_messages(session.id)[0].attachments == (DOT,)
    [request] = blind.requests
    assert request.messages[0].content == "Look\n\n[image dot.png, not shown to this model]"
    assert shown[0] == LeftOut(names=("dot.png",))


def test_asking_again_sends_the_attachments_again(tmp_path: Path) -> None:
    session = a_session()
    provider = Sees(PNG_ONLY)
    with open_store(f"sqlite:{tmp_path}/s.db") as store:
        reply(store, provider, session, "Look", create=True, attachments=(DOT,))
        reply(store, provider, session, None)
    assert provider.requests[1].messages == provider.requests[0].messages
