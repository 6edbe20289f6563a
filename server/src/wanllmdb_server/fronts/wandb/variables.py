"""Variables: what a client says in them, without the fields that are not known here.

Each version of the client has fields of its own, which others do not know; what they mean is
nothing here, and the rest of what is said is no less true.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    type_from_ast,
)
from graphql.language import DocumentNode, OperationDefinitionNode


def known_variables(
    schema: GraphQLSchema, query: DocumentNode, said: Mapping[str, Any]
) -> dict[str, Any]:
    """The variables of a query, as far as the schema has a place for what is said."""
    types: dict[str, Any] = {}
    for each in query.definitions:
        if isinstance(each, OperationDefinitionNode):
            for one in each.variable_definitions or ():
                types[one.variable.name.value] = type_from_ast(schema, one.type)
    return {name: _known(types.get(name), value) for name, value in said.items()}


def _known(kind: Any, value: Any) -> Any:
    if isinstance(kind, GraphQLNonNull):
        return _known(cast("Any", kind).of_type, value)
    if isinstance(kind, GraphQLList) and isinstance(value, list):
        inner = cast("Any", kind).of_type
        return [_known(inner, each) for each in cast("list[Any]", value)]
    if isinstance(kind, GraphQLInputObjectType) and isinstance(value, dict):
        told = cast("dict[str, Any]", value)
        return {
            name: _known(kind.fields[name].type, each)
            for name, each in told.items()
            if name in kind.fields
        }
    return value
