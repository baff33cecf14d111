"""Conversations of recorded texts, whose usages are what real tokenisers make of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synapse.domain import Role, Session, Status, StoredMessage, Usage

if TYPE_CHECKING:
    from random import Random

FILE = Path(__file__).with_name("recorded_tokens.json")
RECORDED: dict[str, Any] = json.loads(FILE.read_text())
TOKENISERS: dict[str, tuple[str, str]] = {
    "o200k": ("openai", "gpt-6-luna"),
    "cl100k": ("openai", "gpt-4"),
    "qwen3.6": ("vllm", "qwen3.6-27b"),
    "deepseek-v4": ("deepseek", "deepseek-v4-flash"),
    "tekken": ("mistral", "mistral-medium-latest"),
    "claude-4.6": ("anthropic", "claude-opus-4-6"),
    "claude-4.8": ("anthropic", "claude-opus-4-8"),
}
"""Whose each is: provider and model."""
CODE = ("python", "sql", "toml", "json")
LANGUAGES = [*dict.fromkeys(t["kind"] for t in RECORDED["texts"] if t["kind"] not in CODE)]
SESSION = Session.new("openai", "gpt-6-luna")


class Piece:
    """A text with its tokens."""

    def __init__(self, parts: list[dict[str, Any]], tokeniser: str) -> None:
        column = RECORDED["tokenisers"].index(tokeniser)
        self.text = "\n".join(part["text"] for part in parts)
        self.tokens: int = sum(part["tokens"][column] for part in parts)


class Conversation:
    """A conversation that grows turn by turn, as its provider counts it."""

    def __init__(self, tokeniser: str, language: str, random: Random) -> None:
        self.tokeniser = tokeniser
        self.provider, self.model = TOKENISERS[tokeniser]
        self.random = random
        self.messages: list[StoredMessage] = []
        self.prompt_tokens = 3
        self._texts = [text for text in RECORDED["texts"] if text["kind"] == language]
        self._code = [text for text in RECORDED["texts"] if text["kind"] in CODE]

    def piece(self, texts: int, pasted: float) -> Piece:
        """Some texts of the language, and with this probability code or data behind them."""
        parts = self.random.choices(self._texts, k=self.random.randint(1, texts))
        if self.random.random() < pasted:
            parts.append(self.random.choice(self._code))
        return Piece(parts, self.tokeniser)

    def add(self, role: Role, text: str, **fields: Any) -> StoredMessage:
        """Append a message."""
        made = StoredMessage.new(SESSION.id, role, text)
        message = made.replace(index=len(self.messages) + 1, **fields)
        self.messages.append(message)
        return message

    def ask(self) -> int:
        """The next question; the tokens of the prompt that it makes."""
        question = self.piece(3, 0.20)
        self.add(Role.USER, question.text)
        self.prompt_tokens += question.tokens + 4
        return self.prompt_tokens

    def answer(self) -> None:
        """The next answer, with what the provider reports."""
        said = self.piece(6, 0.25)
        self.add(
            Role.ASSISTANT,
            said.text,
            provider=self.provider,
            model=self.model,
            status=Status.COMPLETE,
            usage=Usage(input_tokens=self.prompt_tokens, output_tokens=said.tokens),
        )
        self.prompt_tokens += said.tokens + 4
