"""What the lines of a session of Claude Code say.

The lines make a tree by `parentUuid`. One answer is spread over several of them, a line a block,
and the results of tools that ran at once hang on different ones; so lines of one answer are one
node here, with the results of its tools. What branches then was really asked twice.
"""

from __future__ import annotations

from synapse.formats import _branches
from synapse.formats._building import SessionBuilder
from synapse.formats._fields import fields, first_text, key, objects, others, text
from synapse.formats._trees import paths
from synapse.formats.agents._turns import INTERRUPTED, add_answer, add_prompt
from synapse.formats.reading.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import Any

    from synapse.archived import ArchivedSession, Unreadable

PROGRAM = "claude-code"
_PASSING = frozenset(
    ("file-history-snapshot", "last-prompt", "mode", "progress", "queue-operation")
)
"""Types of lines that are of no use without the program."""
_OF_SESSION = ("cwd", "version", "gitBranch", "userType", "entrypoint", "slug")


class Node:
    """Lines that belong together: a question, or an answer with the results of its tools."""

    def __init__(
        self, id: str, above: str, parent: str | None, *, is_side: bool, agent: str
    ) -> None:
        self.id = id
        self.above = above
        """The line that it is said to stand below; it may come later in the file, or never."""
        self.parent = parent
        """What to take for the node above if that line never comes."""
        self.is_side = is_side
        self.agent = agent
        self.lines: list[dict[str, Any]] = []


class Transcript:
    """Collects the lines of one session."""

    def __init__(self, id: str, fallback: datetime | None) -> None:
        self.id = id
        self.spoken: list[tuple[str, datetime | None]] = []
        """Questions and answers by the ids of their lines, and when they were written."""
        self.first_uuid = ""
        """The id of the first line that has one."""
        self._fallback = fallback
        self._nodes: dict[str, Node] = {}
        self._node_of: dict[str, str] = {}
        """The node of each line, by its `uuid`."""
        self._node_of_tool: dict[str, str] = {}
        self._last: dict[bool, str | None] = {False: None, True: None}
        self._titles: dict[str, str] = {}
        self._summaries: dict[str, str] = {}
        self._others: list[Any] = []
        self._facts: dict[str, Any] = {}
        self._interrupted: set[str] = set()
        """Nodes of answers that were stopped."""

    def read(self, line: dict[str, Any]) -> None:
        """Take one line in."""
        kind, id = text(line.get("type")), key(line.get("uuid"))
        if kind == "summary":
            self._summaries[key(line.get("leafUuid"))] = text(line.get("summary"))
        elif kind in ("custom-title", "ai-title", "agent-name"):
            self._titles[kind] = first_text(
                line.get("customTitle"), line.get("aiTitle"), line.get("agentName")
            )
        elif id or kind in ("user", "assistant"):
            self._put(line, id or f"line {len(self._node_of)}")
        elif kind not in _PASSING:
            self._others.append(line)

    def _put(self, line: dict[str, Any], id: str) -> None:
        if id in self._node_of:
            return  # written twice
        for name in _OF_SESSION:
            if line.get(name):
                self._facts.setdefault(name, line[name])
        place = self._place(line, id)
        if place not in self._nodes:
            side = line.get("isSidechain") is True
            parent = self._parent(line, side)
            above, agent = key(line.get("parentUuid")), key(line.get("agentId"))
            self._nodes[place] = Node(place, above, parent, is_side=side, agent=agent)
            self._last[side] = place
            if parent and INTERRUPTED in _start_of(line):
                self._interrupted.add(parent)
        self._node_of[id] = place
        self.first_uuid = self.first_uuid or key(line.get("uuid"))
        if text(line.get("type")) in ("user", "assistant") and line.get("isSidechain") is not True:
            self.spoken.append((id, moment(line.get("timestamp"))))
        self._nodes[place].lines.append(line)
        for block in objects(fields(line.get("message")).get("content")):
            if block.get("type") == "tool_use" and key(block.get("id")):
                self._node_of_tool.setdefault(key(block["id"]), place)

    def _place(self, line: dict[str, Any], id: str) -> str:
        """The node that a line belongs to; its own, if it begins one."""
        message = fields(line.get("message"))
        blocks = list(objects(message.get("content")))
        if text(line.get("type")) == "assistant":
            answer = key(message.get("id"))
            above = self._nodes.get(self._node_of.get(key(line.get("parentUuid")), ""))
            if not answer:
                return id
            # The same answer tried again has another parent, and is another node.
            if above is not None and above.lines and _answer_of(above.lines[0]) == answer:
                return above.id
            name = f"answer {answer}"
            return name if name not in self._nodes else id
        results = [each for each in blocks if each.get("type") == "tool_result"]
        if results and len(results) == len(blocks):
            return self._node_of_tool.get(key(results[0].get("tool_use_id")), id)
        return id

    def _parent(self, line: dict[str, Any], side: bool) -> str | None:
        """The node above. Where the line above is missing, it was cut; where the history was
        summed up, it goes on: then it is the node before this one.
        """
        for name in ("parentUuid", "logicalParentUuid"):
            above = key(line.get(name))
            if above:
                return self._node_of.get(above, self._last[side])
        is_summary = line.get("isCompactSummary") or line.get("subtype") == "compact_boundary"
        return self._last[side] if is_summary else None

    def sessions(self, origin: Transcript | None = None) -> Iterator[ArchivedSession | Unreadable]:
        """The session, its branches as forks, and what its sub-agents were asked. `origin` is the
        session of which this one is a fork.
        """
        copied = origin.shown() if origin is not None else None
        for main in (True, False):
            groups: dict[str, list[Node]] = {}
            for node in self._nodes.values():
                if node.is_side is not main:
                    groups.setdefault(self._group(node), []).append(node)
            for name, nodes in groups.items():
                yield from self._sessions(name, nodes, copied if main else None)

    def shown(self) -> SessionBuilder:
        """The session itself, without its branches, unfinished."""
        nodes = [node for node in self._nodes.values() if not node.is_side]
        parents = {node.id: self._above(node) for node in nodes}
        session = self._begun("", self.id, nodes)
        for path in paths(parents, _current(nodes))[:1]:
            context: list[Any] = []
            for place in path.nodes:
                self._add(session, self._nodes[place], context)
        return session

    def _above(self, node: Node) -> str | None:
        found = self._node_of.get(node.above, node.id)
        return node.parent if found == node.id else found

    def _group(self, node: Node) -> str:
        """Which sub-agent this is; the same for all of the session itself."""
        if not node.is_side:
            return ""
        seen: set[str] = set()
        while node.parent in self._nodes and node.id not in seen and not node.agent:
            seen.add(node.id)
            above = self._nodes[node.parent]
            if not above.is_side:
                break
            node = above
        return node.agent or node.id

    def _begun(
        self,
        agent: str,
        source_id: str,
        nodes: list[Node],
        title: str | None = None,
        extra: dict[str, Any] | None = None,
    ) -> SessionBuilder:
        times = (moment(line.get("timestamp")) for node in nodes for line in node.lines)
        about = {"agent_of": self.id, "agent": agent} if agent else {}
        return SessionBuilder(
            PROGRAM,
            source_id,
            started=next((time for time in times if time is not None), None),
            fallback=self._fallback,
            title=title,
            provider="anthropic",
            extra={**self._facts, **about, **(extra or {})},
        )

    def _sessions(
        self, agent: str, nodes: list[Node], origin: SessionBuilder | None
    ) -> Iterator[ArchivedSession | Unreadable]:
        known = {node.id: node for node in nodes}
        own = f"{self.id}/{agent}" if agent else self.id
        above = {node.id: self._above(node) for node in nodes}
        parents = {id: parent if parent in known else None for id, parent in above.items()}
        current = _current(nodes)
        shown = {node for path in paths(parents, current)[:1] for node in path.nodes}
        context: list[Any] = []

        def begin(branch: str | None) -> SessionBuilder:
            context.clear()
            name = f"{own}#{branch}" if branch else own
            title = None if agent else self._title(shown)
            is_first = not agent and branch is None
            kept = {"other_lines": self._others} if is_first and self._others else None
            session = self._begun(agent, name, nodes, title, kept)
            if is_first:
                main.append(session)
            return session

        def add(session: SessionBuilder, place: str) -> None:
            self._add(session, known[place], context)
            if origin is not None and session in main:
                session.fork_of_same(origin)

        main: list[SessionBuilder] = []

        yield from _branches.sessions(parents, current, begin, add)

    def _add(self, session: SessionBuilder, node: Node, context: list[Any]) -> None:
        first = node.lines[0]
        kind = text(first.get("type"))
        if kind == "assistant":
            is_interrupted = node.id in self._interrupted
            add_answer(session, node.lines, context, is_interrupted=is_interrupted)
        elif kind == "user":
            for line in node.lines:
                add_prompt(session, line, context)
        else:
            context.append(others(first, ("uuid", "parentUuid", "sessionId", *_OF_SESSION)))

    def _title(self, shown: set[str]) -> str | None:
        for kind in ("custom-title", "agent-name", "ai-title"):
            if self._titles.get(kind):
                return self._titles[kind]
        summaries = self._summaries.items()
        named = [title for leaf, title in summaries if self._node_of.get(leaf) in shown]
        return named[-1] if named else None


def _current(nodes: list[Node]) -> str | None:
    """The node that was spoken last."""
    for node in reversed(nodes):
        if any(text(line.get("type")) in ("user", "assistant") for line in node.lines):
            return node.id
    return nodes[-1].id if nodes else None


def _answer_of(line: dict[str, Any]) -> str:
    return key(fields(line.get("message")).get("id"))


def _start_of(line: dict[str, Any]) -> str:
    content = fields(line.get("message")).get("content")
    if isinstance(content, list):
        content = next((block.get("text") for block in objects(content)), "")
    return text(content)[: len(INTERRUPTED)]
