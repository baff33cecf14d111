"""Images on the wire, in both formats. Pure."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from loopback.asking import request

from synapse.domain import Attachment
from synapse.providers import PROVIDERS, anthropic, openai_compatible

if TYPE_CHECKING:
    from synapse.ports import ChatRequest

DATA = bytes(range(256)) * 40
IMAGE = Attachment(name="dot.png", media_type="image/png", data=DATA)
BASE64 = b64encode(DATA).decode()


def asked(text: str = "What is it?") -> ChatRequest:
    plain = request(text)
    return plain.replace(messages=(plain.messages[0].replace(images=(IMAGE, IMAGE)),))


def messages_for(name: str, sent: ChatRequest) -> Any:
    row = PROVIDERS[name]
    translate = anthropic.body_of if row.kind == "anthropic" else openai_compatible.body_of
    return translate(sent, row.dialect, name)["messages"]


@pytest.mark.parametrize("name", [name for name, row in PROVIDERS.items() if row.kind == "openai"])
def test_openai_takes_images_as_data_urls_before_the_text(name: str) -> None:
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{BASE64}"}}
    [message] = messages_for(name, asked())
    assert message["role"] == "user"
    assert message["content"] == [image, image, {"type": "text", "text": "What is it?"}]


def test_anthropic_takes_images_as_blocks_before_the_text() -> None:
    image = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": BASE64},
    }
    [message] = messages_for("anthropic", asked())
    assert message["role"] == "user"
    assert message["content"] == [image, image, {"type": "text", "text": "What is it?"}]


@pytest.mark.parametrize("name", ["openai", "anthropic"])
def test_an_image_without_a_text_has_no_empty_one(name: str) -> None:
    [message] = messages_for(name, asked(""))
    assert len(message["content"]) == 2


@pytest.mark.parametrize("name", [name for name, row in PROVIDERS.items() if row.kind])
def test_what_a_provider_takes_fits_into_what_it_accepts(name: str) -> None:
    support = PROVIDERS[name].dialect.images
    if name == "deepseek":
        assert support is None
        return
    assert support is not None
    assert {"image/png", "image/jpeg"} <= set(support.media_types)
    assert support.max_bytes <= 20_000_000
    if name == "anthropic":  # it counts the base64, and takes five megabytes of it
        assert len(b64encode(bytes(support.max_bytes))) <= 5 * 2**20
