"""The version, in one place: packaging and code read it here."""

from __future__ import annotations

__version__ = "0.1.0"
