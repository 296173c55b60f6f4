"""Text that Mermaid draws as a state diagram."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Mermaid ends a label at a quote or a colon, and a statement at a semicolon; angles and brackets open shapes.
_UNSAFE = re.compile(r"[\"#;:<>{}\[\]\n\r]")


def label(text: str) -> str:
    """Words that Mermaid shows as they are: what it would read as syntax becomes a character code."""
    return _UNSAFE.sub(lambda found: f"#{ord(found[0])};" if found[0] not in "\n\r" else " ", text)


def state_diagram(states: Iterable[tuple[str, str]], arrows: Iterable[tuple[str, str, str]]) -> str:
    """
    A diagram of states (id, label) and arrows (from, to, label); `[*]` begins and ends it.

    >>> print(state_diagram([("start", "start: 3")], [("[*]", "start", "new")]))
    stateDiagram-v2
        direction LR
        state "start#58; 3" as start
        [*] --> start: new
    """
    lines = ["stateDiagram-v2", "    direction LR"]
    lines += [f'    state "{label(text)}" as {id}' for id, text in states]
    lines += [f"    {begin} --> {end}{f': {label(text)}' if text else ''}" for begin, end, text in arrows]
    return "\n".join(lines)
