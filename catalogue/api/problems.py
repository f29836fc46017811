"""What the catalogue refuses, in the form in which the API tells every refusal."""

from collections.abc import Mapping
from typing import Any

from rest_framework.response import Response

from catalogue.api.etags import clashed, counted
from catalogue.domain.attributes import BadValueError
from catalogue.errors import CatalogueError, StaleEditError, StaleStockError
from stores.api import problems


def answer_problem(error: Exception, context: Mapping[str, Any]) -> Response:
    """The project's exception handler: the catalogue's family, then everybody else's."""
    if isinstance(error, StaleEditError):
        return clashed(error)
    if isinstance(error, StaleStockError):
        return counted(error)
    if isinstance(error, CatalogueError):
        return problems.problem(error.status, error.code, str(error))
    if isinstance(error, BadValueError):
        return problems.problem(400, "bad_value", str(error))
    return problems.answer_problem(error, context)
