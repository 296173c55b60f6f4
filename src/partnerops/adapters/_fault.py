"""How one cell says that it cannot be used; it never leaves the package."""

from __future__ import annotations


# No PartnerOpsError: a row that cannot be read is an issue of the report, never an error of the program.
class Unreadable(Exception):
    """A text that cannot be read as the field it is meant for."""

    def __init__(self, code: str, problem: str, remedy: str, instead: object = None, text: str | None = None) -> None:
        super().__init__(code, problem, remedy, instead, text)
        self.code = code
        """Kind of fault."""
        self.problem = problem
        """What is wrong; follows the text."""
        self.remedy = remedy
        """What to do."""
        self.instead = instead
        """What the field gets all the same; None when nothing would be right."""
        self.text = text
        """The text in question, where the one who reads the field cannot see it."""
