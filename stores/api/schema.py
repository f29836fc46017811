"""How the API describes itself in OpenAPI."""

from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from stores.api.problems import MEDIA_TYPE, ProblemSerializer


class BearerScheme(OpenApiAuthenticationExtension):
    """Tokens as OpenAPI names them."""

    target_class = "stores.api.bearer.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:  # noqa: ARG002
        return {"type": "http", "scheme": "bearer", "description": "A token of one workspace."}


class Schema(AutoSchema):
    """Adds to every operation how its refusals look."""

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if direction == "response":
            bodies["default"] = self._get_response_for_code(
                ProblemSerializer, "default", media_types=[MEDIA_TYPE]
            )
        return bodies
