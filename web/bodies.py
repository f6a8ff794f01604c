"""JSON bodies of requests, read and checked with the model that the OpenAPI document is made from."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, get_type_hints

from flask import Response, abort, current_app, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import BadRequest

_Body = TypeVar("_Body", bound=BaseModel)


def checks_body(view: Callable[[_Body], Response]) -> Callable[..., Response]:
    """Hand a view its argument `body`, in one pass from bytes to model; flask-openapi3 only documents it.

    A body that is not JSON is 415, one that cannot be read 400, one that does not fit 422.
    """
    model = get_type_hints(view)["body"]

    @wraps(view)
    def checked(**_: Any) -> Response:
        return view(_read(model))

    # flask-openapi3 leaves the request to a view that says this
    checked.__delay_validate_request__ = True  # type: ignore[attr-defined]
    return checked


def _read(model: type[_Body]) -> _Body:
    if request.mimetype == "application/json":
        try:
            return model.model_validate_json(request.get_data())
        except ValidationError:
            pass
    # anything unusual: what is wrong, or an encoding that only the slower reader knows
    try:
        value = request.get_json()
    except RecursionError as error:
        raise BadRequest from error
    try:
        return model.model_validate(value)
    except ValidationError as error:
        abort(current_app.validation_error_callback(error))  # type: ignore[attr-defined]
