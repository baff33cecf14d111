"""Messages of one run, how they look, and whether the user can be asked.

What few runs need is imported where they need it.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from synapse.advice import Hint
    from synapse.config import Settings
    from synapse.terminal.streams import Output, Streams
    from synapse.terminal.style import Glyphs


class Console:
    """The streams of a run, and what its options and its configuration say of them."""

    def __init__(self, streams: Streams, environ: Mapping[str, str]) -> None:
        self.streams = streams
        self.stdout = streams.stdout
        self.stderr = streams.stderr
        self.environ = environ
        self.quiet = False
        self.verbose = False
        self.debug = environ.get("SYNAPSE_DEBUG", "0") not in ("", "0")
        self.no_input = False
        self.no_pager = False
        self.at_prompt = False
        """Whether what is told is read at the prompt, where no command line can be typed."""
        self.config_path: str | None = None
        self.flags: dict[str, object] = {}
        """What the command line said of options that the configuration has, too."""
        self.role_values: Mapping[str, object] = {}
        """What the role in use says of options, by their key: below the command line, above all
        else.
        """
        self.command_name = ""
        self.words: list[str] = []
        """The command line."""
        self.as_json = False
        """Whether what comes of the command is wanted as one JSON object."""
        self.result: dict[str, object] = {}
        """What `record` was told: the facts of that object."""
        self.json_ended = False
        """Whether the document, or the last event, that JSON modes end in has been printed."""
        self._settings: Settings | None = None

    @property
    def settings(self) -> Settings:
        """The configuration in force. Raises ConfigError."""
        if self._settings is None:
            from synapse.config import load

            self._settings = load(self.flags, self.environ, self.config_path)
            if self.role_values:
                from synapse.config.roles.layer import laid_over  # most runs have no role

                self._settings = laid_over(self._settings, self.role_values, self.flags)
        return self._settings

    def forget_settings(self, known: Settings | None = None) -> None:
        """Read the configuration anew at its next use, unless it is `known`: a flag was added."""
        self._settings = known

    def can_ask(self) -> bool:
        """Whether a question to the user would be seen and could be answered."""
        return self.streams.stdin_is_terminal and self.stderr.is_terminal and not self.no_input

    def color_level(self, *, of_stderr: bool = False) -> int:
        """How much styling standard output, or standard error, gets: see `style`."""
        from synapse.terminal.style import color_level

        # A broken configuration must not keep its own error from being shown.
        configured = self._settings.ui.color if self._settings is not None else None
        flag = self.flags.get("ui.color")
        stream = self.stderr if of_stderr else self.stdout
        return color_level(
            flag if isinstance(flag, str) else None,
            configured,
            self.environ,
            isatty=stream.is_terminal,
        )

    def glyphs(self) -> Glyphs:
        """The marks to draw with on standard output."""
        from synapse.terminal.style import glyphs

        return glyphs(ascii_only=self.ascii_only)

    @property
    def ascii_only(self) -> bool:
        """Whether nothing but ASCII is to be drawn: as configured, for screen readers always,
        else by the locale.
        """
        ui = self.settings.ui
        if ui.accessible:
            return True
        if isinstance(ui.ascii, bool):
            return ui.ascii
        if self.environ.get("LC_ALL") in ("C", "POSIX"):  # for Python, that is UTF-8, too
            return True
        return "utf" not in sys.getfilesystemencoding().lower()

    def record(self, **facts: object) -> None:
        """Tell what has come of the command, for `--json`: see `json_result`."""
        self.result.update(facts)

    def hint_lines(self, hints: Iterable[Hint]) -> tuple[str, ...]:
        """The lines of what can be done next, without what can't be done where they are read."""
        if self.at_prompt:
            from synapse.cli.advice.at_prompt import hint_lines_at_prompt

            return hint_lines_at_prompt(hints, self._given())
        from synapse.cli.advice.as_command import hint_lines

        return hint_lines(hints, self._given())

    def _given(self) -> dict[str, str]:
        told = {"database": self.flags.get("session.database_url"), "config": self.config_path}
        if isinstance(url := told["database"], str):
            from synapse.stores import without_password  # of a hint; few runs have one

            told["database"] = without_password(url)
        return {name: value for name, value in told.items() if isinstance(value, str)}

    def line(self, text: str, *then: Hint) -> str:
        """The text, and behind it what can be done next."""
        return " ".join((text, *self.hint_lines(then))) if then else text

    def say(self, text: str, *then: Hint) -> None:
        """Tell the user one thing beside the output, and what can be done next: a line on
        standard error.
        """
        self.stderr.write(
            f"{self.wrapped(self.with_drawable_characters(self.line(text, *then)))}\n"
        )

    def wrapped(self, text: str, on: Output | None = None) -> str:
        """The text as it may stand on standard error, or `on` another stream: harmless, and
        broken into lines that fit, if that is a terminal.
        """
        stream = on or self.stderr
        from synapse.terminal.safe import clean

        text = clean(text)
        if not stream.is_terminal:
            return text
        from synapse.terminal.fold import fold

        return fold(text, stream.width(self.environ))

    def with_drawable_characters(self, text: str) -> str:
        """A line of ours as the terminal of standard error can draw it."""
        if text.isascii() or self._settings is None or not self.stderr.is_terminal:
            return text
        from synapse.terminal.style import in_ascii

        return in_ascii(text) if self.ascii_only else text

    def hint(self, text: str, *then: Hint) -> None:
        """As `say`, unless the user wants quiet or nobody is there to read it."""
        if self.stderr.is_terminal and not self.quiet:
            self.say(text, *then)

    def warn(self, text: str, *then: Hint) -> None:
        """Tell of something that may be wrong, on standard error: `warning: …`."""
        self._labelled("warning", self.line(text, *then), ())

    def error(self, message: str, hints: Iterable[Hint] = ()) -> None:
        """`error: …`, and the indented lines that say why and what next."""
        self._labelled("error", message, self.hint_lines(hints))

    def _labelled(self, label: str, message: str, hints: Iterable[str]) -> None:
        from synapse.terminal import style

        level = self.color_level(of_stderr=True)
        color = style.RED if label == "error" else style.YELLOW
        shown = style.paint(style.style(level, style.BOLD, color), label)
        lines = [f"{label}: {message}", *(f"  {hint}" for hint in hints)]
        told = "\n".join(self.wrapped(self.with_drawable_characters(line)) for line in lines)
        self.stderr.write(f"{shown}{told[len(label) :]}\n")
