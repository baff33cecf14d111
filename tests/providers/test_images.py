"""Images on the wire, in both formats. Pure."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from bodies import CHAT, OVER_HTTP, body_for
from loopback.asking import request

from synapse.domain import Attachment
from synapse.providers import PROVIDERS

if TYPE_CHECKING:
    from synapse.ports import ChatRequest

DATA = bytes(range(256)) * 40
IMAGE = Attachment(name="dot.png", media_type="image/png", data=DATA)
BASE64 = b64encode(DATA).decode()


def asked(text: str = "What is it?") -> ChatRequest:
    plain = request(text)
    return plain.replace(messages=(plain.messages[0].replace(images=(IMAGE, IMAGE)),))


@pytest.mark.parametrize("name", CHAT)
def test_openai_takes_images_as_data_urls_before_the_text(name: str) -> None:
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{BASE64}"}}
    [message] = body_for(name, asked(), "openai")["messages"]
    assert message["role"] == "user"
    assert message["content"] == [image, image, {"type": "text", "text": "What is it?"}]


def test_anthropic_takes_images_as_blocks_before_the_text() -> None:
    image = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": BASE64},
    }
    [message] = body_for("anthropic", asked())["messages"]
    assert message["role"] == "user"
    assert message["content"] == [image, image, {"type": "text", "text": "What is it?"}]


@pytest.mark.parametrize("name", ["groq", "anthropic"])
def test_an_image_without_a_text_has_no_empty_one(name: str) -> None:
    [message] = body_for(name, asked(""))["messages"]
    assert len(message["content"]) == 2


@pytest.mark.parametrize("name", OVER_HTTP)
def test_what_a_provider_takes_fits_into_what_it_accepts(name: str) -> None:
    support = PROVIDERS[name].dialect.images
    assert support is not None
    assert {"image/png", "image/jpeg"} <= set(support.media_types)
    assert support.max_bytes <= 20_000_000
    if name == "anthropic":  # it counts the base64, and takes five megabytes of it
        assert len(b64encode(bytes(support.max_bytes))) <= 5 * 2**20
