"""Words that quit other programs (`exit`, `:q`, …): ask whether to quit, instead of sending them to
a model.
"""

from __future__ import annotations

from synapse.cli.asking.confirm import confirm_by_default

TYPE_CHECKING = False
if TYPE_CHECKING:
    from synapse.cli.repl.state import ReplState

_WORDS = frozenset(
    "exit quit bye logout q :q :q! :qa :qa! :quit :wq :wq! :x \\q .exit .quit"
    " exit() quit() exit; quit;".split()
)
"""What shells, editors and other prompts are left with."""


def is_quit_word(text: str) -> bool:
    """Whether the whole input is such a word. With a blank in front, it is a question."""
    return not text.startswith((" ", "\t")) and text.rstrip().casefold() in _WORDS


def offer_to_quit(repl: ReplState, typed: str) -> None:
    """Ask whether to quit. If not, put the word back at the prompt."""
    if confirm_by_default(repl.context, f'"{typed.strip()}" is not sent. Leave?'):
        repl.is_over = True
        return
    repl.context.hint("With a blank in front of it, it is a question.")
    if repl.keyboard.can_edit:
        repl.next_text = f" {typed.strip()}"
