"""What every algorithm is and may be told, in words and as a JSON schema: read off the structs themselves."""

import inspect
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from penstock.algos.named.sliced import Sliced
from penstock.algos.registry import ALGORITHMS


class Parameter(NamedTuple):
    """A parameter's name, what it may be, and its default; all in words."""

    name: str
    values: str
    default: str


def summary(name: str) -> str:
    """The first sentence about an algorithm."""
    text = " ".join((inspect.getdoc(ALGORITHMS[name]) or "").split("\n\n")[0].split())
    return text.partition(". ")[0].rstrip(".")


def schema(name: str) -> dict[str, Any]:
    """The parameters as a JSON schema, self-contained, `description` and defaults included."""
    whole = msgspec.json.schema(ALGORITHMS[name])
    definitions = whole["$defs"]
    own = definitions.pop(ALGORITHMS[name].__name__)
    own["description"] = " ".join((inspect.getdoc(ALGORITHMS[name]) or "").split())
    return {**own, "$defs": definitions} if definitions else own


def parameters(name: str) -> list[Parameter]:
    """An algorithm's parameters, those that not every sliced algorithm has before the others."""
    kind = ALGORITHMS[name]
    properties, definitions = schema(name).get("properties", {}), schema(name).get("$defs", {})
    fields = sorted(msgspec.structs.fields(kind), key=lambda field: field.name not in own_names(name))
    return [Parameter(field.name, in_words(properties[field.name], definitions), default_of(field)) for field in fields]


def own_names(name: str) -> set[str]:
    """The parameters that an algorithm does not have from being sliced, and those whose meaning or default it sets."""
    kind = ALGORITHMS[name]
    return {*kind.__struct_fields__} - {*Sliced.__struct_fields__} | {*kind.__annotations__} & {*kind.__struct_fields__}


def in_words(given: dict[str, Any], definitions: dict[str, Any]) -> str:
    """A schema's type and bounds in a few words."""
    if "$ref" in given:
        given = definitions[given["$ref"].rpartition("/")[2]]
    if "allOf" in given:
        return in_words(given["allOf"][0], definitions)
    if "enum" in given:
        return ", ".join(f"`{value}`" for value in given["enum"] if value is not None)
    if "anyOf" in given:
        return " or ".join(in_words(part, definitions) for part in given["anyOf"] if part.get("type") != "null")
    kind = given.get("type")
    if kind == "array":
        return f"list of {in_words(given['items'], definitions)}" if "items" in given else "list"
    if kind == "object":
        named = given.get("properties")
        return "{" + ", ".join(named) + "}" if named else "names with numbers"
    words = {"number": "number", "integer": "whole number", "boolean": "true, false", "string": "text"}[str(kind)]
    return " ".join([words, *bounds(given)])


def bounds(given: dict[str, Any]) -> Iterator[str]:
    for key, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<")):
        if key in given:
            yield f"{sign} {given[key]:g}"


def default_of(field: msgspec.structs.FieldInfo) -> str:
    """A parameter's default in words; nothing where it has none, or it follows from the order."""
    value = None if field.default is msgspec.NODEFAULT else field.default
    if field.default_factory is not msgspec.NODEFAULT:
        value = field.default_factory()
    match msgspec.to_builtins(value):
        case None | () | []:
            return ""
        case list() | tuple() as several:
            return ", ".join(map(str, several))
        case dict() as weights:
            return ", ".join(f"{key} {weight:g}" for key, weight in weights.items())
        case bool() as yes:
            return str(yes).lower()
        case float() | int() as number:
            return f"{number:g}"
        case other:
            return str(other)


def table() -> str:
    """All algorithms, as a Markdown table."""
    rows = [f"| `{name}` | {summary(name)} |" for name in ALGORITHMS]
    return "\n".join(["| algorithm | what it does |", "|---|---|", *rows])


def parameter_table(name: str) -> str:
    """An algorithm's own parameters, as a Markdown table."""
    own = own_names(name)
    rows = [f"| `{each.name}` | {each.values} | {each.default} |" for each in parameters(name) if each.name in own]
    return "\n".join(["| parameter | values | default |", "|---|---|---|", *rows])
