"""What a request says, read by the models of its endpoint. Whatever they do not know is refused: nothing is guessed."""

from __future__ import annotations

import hashlib
import tempfile
from typing import IO, Any, TypeVar, get_args, get_origin

from flask import request
from pydantic import ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from loumass.core.api.models import ApiModel
from loumass.core.errors import Problem, TooLarge

LARGEST_BODY = 4 * 1024 * 1024
#: What is kept of an uploaded file in memory, and what is taken at most: as pages take it.
_IN_MEMORY, LARGEST_FILE = 1024 * 1024, 1024 * 1024 * 1024
_PIECE = 256 * 1024
Model = TypeVar("Model", bound=ApiModel)


class Invalid(Problem):
    """The request is not what the endpoint takes; `errors` says where, and what is wrong there."""

    def __init__(self, refusal: ValidationError) -> None:
        super().__init__("What was sent is not what this address takes. Nothing was changed.")
        self.members = {
            "errors": [
                {"path": ".".join(str(part) for part in error["loc"]), "detail": error["msg"]}
                for error in refusal.errors(include_url=False, include_input=False, include_context=False)
            ]
        }


class Unread(Problem):
    """The body is of another kind."""

    status = 415


def asked(asks: type[Model]) -> Model:
    """What stands behind the `?`. A name that stands there twice is refused, unless a list is asked for."""
    given: dict[str, Any] = {}
    for name, values in request.args.lists():
        field = asks.model_fields.get(name)
        is_list = field is not None and _is_list(field.annotation)
        given[name] = values if is_list or len(values) > 1 else values[0]
    try:
        return asks.model_validate(given)
    except ValidationError as refusal:
        raise Invalid(refusal) from None


def whole_body() -> bytes:
    """The body, bounded. Raises TooLarge, or Unread for what is no JSON."""
    if request.mimetype != "application/json":
        raise Unread("Send JSON (Content-Type: application/json). Nothing was changed.")
    request.max_content_length = LARGEST_BODY
    try:
        return request.get_data()
    except RequestEntityTooLarge as problem:
        raise TooLarge(
            "That is more than 4 MB, more than this address takes at once. Nothing was changed."
        ) from problem


def body_of(takes: type[Model], sent: bytes) -> Model:
    """The body as its model. Raises Invalid."""
    try:
        return takes.model_validate_json(sent, strict=True)
    except ValidationError as refusal:
        raise Invalid(refusal) from None


def spooled(media_types: tuple[str, ...], most: int) -> tuple[IO[bytes], str]:
    """The body as a file, and its digest: large ones lie on the disk. Raises TooLarge, Unread."""
    if request.mimetype not in media_types:
        raise Unread(f"Send a file ({' or '.join(media_types)}). Nothing was changed.")
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  closed by whoever reads it
    digest, size = hashlib.sha256(), 0
    while piece := request.stream.read(_PIECE):
        size += len(piece)
        if size > most:
            file.close()
            raise TooLarge(
                f"That is more than {most:,} bytes, more than this address takes. Nothing was kept."
            )
        digest.update(piece)
        file.write(piece)
    file.seek(0)
    return file, digest.hexdigest()


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(get_origin(one) is list for one in get_args(annotation))
