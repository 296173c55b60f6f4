"""Every public class is a value: frozen, slotted, documented field by field, readable by tools at run time."""

from __future__ import annotations

import ast
import inspect
import typing

import attrs
import pytest

from .source import modules, public_objects, tree

CLASSES = {name: value for name, value in public_objects().items() if isinstance(value, type)}
VALUES = {name: value for name, value in CLASSES.items() if attrs.has(value)}
PROTOCOLS = {name: value for name, value in CLASSES.items() if getattr(value, "_is_protocol", False)}


@pytest.mark.parametrize("name", VALUES)
class TestValues:
    """Class by class."""

    def test_it_is_frozen_and_slotted(self, name):
        """No attribute can be set or added."""
        kind = VALUES[name]
        assert kind.__setattr__ is not object.__setattr__
        assert "__slots__" in vars(kind)
        assert not any("__dict__" in vars(base) for base in kind.__mro__[:-1])

    def test_its_annotations_resolve(self, name):
        """cattrs and editors read them at run time."""
        fields = {field.name for field in attrs.fields(VALUES[name])}
        assert fields <= set(typing.get_type_hints(VALUES[name]))

    def test_every_field_is_documented(self, name):
        """A docstring stands under each public field."""
        kind = VALUES[name]
        source = tree(modules()[kind.__module__])
        classes = [node for node in ast.walk(source) if isinstance(node, ast.ClassDef)]
        (body,) = [node.body for node in classes if node.name == kind.__name__]
        bare = [
            node.target.id
            for node, after in zip(body, [*body[1:], None], strict=True)
            if isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and not node.target.id.startswith("_")
            and not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant))
        ]
        assert bare == []


@pytest.mark.parametrize("name", PROTOCOLS)
def test_protocols_take_their_data_by_position(name):
    """So that an implementation may name it as it likes."""
    for member in vars(PROTOCOLS[name]).values():
        if inspect.isfunction(member) and not member.__name__.startswith("_"):
            parameters = list(inspect.signature(member).parameters.values())[1:]
            assert all(one.kind is not one.POSITIONAL_OR_KEYWORD for one in parameters), member


def test_there_are_values_and_protocols_to_check():
    """The tests above look at something."""
    assert len(VALUES) > 35
    assert "partnerops.attribution.AttributionPolicy" in PROTOCOLS
