"""Attributes in the API: whatever is declared is read and written, whoever declared it."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from catalogue.domain.attributes import ATTRIBUTES, of_owner
from catalogue.enums import Owner


class AttributesField(serializers.Field[dict[str, Any], Any, Any, Any]):
    """The attributes of one kind of record: an object by their names, every value in JSON."""

    default_error_messages = {
        "not_an_object": "Send an object of attributes by name.",
        "unknown": "{given} is no attribute of a {owner}; known are {known}.",
    }

    def __init__(self, owner: Owner, **kwargs: Any) -> None:
        self.owner = owner
        super().__init__(**kwargs)

    @property
    def names(self) -> list[str]:
        return [declared.name for declared in of_owner(self.owner)]

    def get_attribute(self, instance: Any) -> Any:
        return instance

    def to_representation(self, value: Any) -> dict[str, Any]:
        return {name: value.value(name) for name in self.names}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            self.fail("not_an_object")
        if unknown := sorted(set(map(str, data)) - set(self.names)):
            given, known = ", ".join(unknown), ", ".join(self.names)
            self.fail("unknown", given=given, owner=self.owner, known=known)
        return dict(data)


class AttributesSchema(OpenApiSerializerFieldExtension):
    """An object with a property for each declared attribute; their forms are told in words."""

    target_class = AttributesField

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:  # noqa: ARG002
        names = self.target.names
        properties = {name: {"description": ATTRIBUTES[name].label} for name in names}
        return {"type": "object", "properties": properties, "additionalProperties": False}
