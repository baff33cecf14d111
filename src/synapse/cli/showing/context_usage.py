"""How much of a model's context window a conversation takes, once that is worth a word.

What few runs need is imported where they need it.
"""

from __future__ import annotations

from synapse import ids
from synapse.advice import ASK, Advice
from synapse.app.context.window import window_of
from synapse.cli.asking.remembered_models import remembered
from synapse.ports import capabilities_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.cli.context import Context
    from synapse.config.choosing import Choice
    from synapse.domain import StoredMessage
    from synapse.ports import LlmProvider


def context_usage_line(
    context: Context,
    choice: Choice,
    provider: LlmProvider,
    answer: StoredMessage,
    *,
    saved: bool,
) -> str | None:
    """`context 82 % full · /fork N or /new`; None while there is room, where the provider
    told no figures or the window is not known, and of a question that nothing can follow.
    """
    if not saved and not context.at_prompt:
        return None
    percent = _percent(context, choice, provider, answer)
    if percent is None:
        return None
    return context.line(f"context {percent} % full ·", *_ways_out(context, answer))


def _ways_out(context: Context, answer: StoredMessage) -> Iterator[Advice]:
    from synapse.app.branches import has_earlier_turn

    is_first = not has_earlier_turn(context.store, answer)
    if not is_first:
        summary = context.store.get_summary(answer.session_id)
        handle = summary.session.handle if summary is not None else ids.handle(answer.session_id)
        lead = "" if context.at_prompt else "go on from message N:  "
        yield Advice(lead, ASK, session=handle, fork=True, at="N")
    if context.at_prompt:
        yield Advice("" if is_first else "or ", ASK)
    elif is_first:
        yield Advice("begin anew:  ", ASK, "…")


def _percent(
    context: Context, choice: Choice, provider: LlmProvider, answer: StoredMessage
) -> int | None:
    sent, received = answer.usage.input_tokens, answer.usage.output_tokens or 0
    if sent is None:
        return None
    resends_thoughts = capabilities_of(provider).resends_reasoning
    thought = 0 if resends_thoughts else answer.usage.reasoning_tokens or 0
    # as `app.context.measuring` reckons, which would cost every footer a million to load
    total = sent + max(0, received - thought)
    window = window_of(
        provider,
        choice.model,
        configured=context.settings.context_window,
        listed=lambda: remembered(context, choice.provider),
        answered=answer.model,
    )
    if window is None:
        return None
    worth_a_word = context.settings.compact_at
    if isinstance(worth_a_word, float):
        worth_a_word *= window.tokens
    return round(100 * total / window.tokens) if total >= worth_a_word else None
