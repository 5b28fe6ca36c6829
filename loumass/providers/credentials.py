"""What the customer is asked for, declared once per provider: drives form, validation and sealing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo

Widget = Literal["text", "password", "number", "select", "checkbox"]


class Credentials(BaseModel):
    """Base of every provider's credentials. Secrets are `SecretStr`, so that no repr shows them."""

    #: Groups of what hardly anybody changes: forms fold them.
    folded: ClassVar[frozenset[str]] = frozenset()

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="after")
    def _single_line(self) -> Self:
        for name in type(self).model_fields:
            value = getattr(self, name)
            plain = value.get_secret_value() if isinstance(value, SecretStr) else value
            if isinstance(plain, str) and any(
                ord(character) < 32 or ord(character) == 127 for character in plain
            ):
                raise ValueError(
                    f"{label_of(type(self), name)} contains a line break or another control character."
                )
        return self

    def to_json(self) -> bytes:
        """Everything, secrets in clear: only ever to be sealed."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return json.dumps(
            {
                name: value.get_secret_value() if isinstance(value, SecretStr) else value
                for name, value in values.items()
            }
        ).encode()

    @property
    def address(self) -> str:
        """The mailbox, number or caller id that messages come from."""
        raise NotImplementedError

    @property
    def account(self) -> str:
        """The vendor's name of the account, where its calls name one."""
        return ""

    @property
    def settings(self) -> dict[str, bool]:
        """What others may know of them in clear: kept in the channel's settings under the same names."""
        return {}


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One input of the form."""

    name: str
    label: str
    hint: str
    widget: Widget
    is_secret: bool
    is_required: bool
    choices: tuple[tuple[str, str], ...]
    default: str
    #: The heading that this input stands under; empty for the first group.
    group: str


def asked(
    label: str,
    hint: str = "",
    *,
    default: Any = ...,
    choices: Mapping[str, str] | None = None,
    group: str = "",
    **constraints: Any,
) -> Any:
    """A pydantic field with what the form needs to know. `choices` maps value to label."""
    extra = {"label": label, "hint": hint, "choices": dict(choices or {}), "group": group}
    return Field(default, json_schema_extra=extra, **constraints)


def fields_of(credentials: type[Credentials]) -> list[CredentialField]:
    """The inputs of `credentials` in the order declared."""
    return [_field(name, info) for name, info in credentials.model_fields.items()]


def label_of(credentials: type[Credentials], name: str) -> str:
    """What a person calls the field."""
    return str(_extra(credentials.model_fields[name]).get("label", name))


def problems(error: ValidationError, credentials: type[Credentials]) -> dict[str, str]:
    """Field name (empty for the whole) to one sentence each."""
    found: dict[str, str] = {}
    for problem in error.errors(include_url=False, include_input=False):
        name = str(problem["loc"][0]) if problem["loc"] else ""
        found.setdefault(
            name, _sentence(problem["type"], problem["msg"], problem.get("ctx", {}), name, credentials)
        )
    return found


def _sentence(
    kind: str, message: str, context: Mapping[str, Any], name: str, credentials: type[Credentials]
) -> str:
    label = label_of(credentials, name) if name in credentials.model_fields else name
    if kind in ("missing", "string_too_short"):
        return f"{label} is missing."
    if kind == "value_error":
        return str(context.get("error", message))
    if kind in ("int_parsing", "int_type"):
        return f"{label} must be a whole number."
    if kind == "literal_error":
        return f"{label} must be one of the choices."
    if kind == "extra_forbidden":
        return f"{name} is not asked for here."
    return f"{label}: {message[0].lower()}{message[1:]}."


def _field(name: str, info: FieldInfo) -> CredentialField:
    extra = _extra(info)
    choices = tuple(extra.get("choices", {}).items())
    is_secret = info.annotation is SecretStr or SecretStr in get_args(info.annotation)
    default = info.get_default()
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    return CredentialField(
        name=name,
        label=extra.get("label", name),
        hint=extra.get("hint", ""),
        widget=_widget(info, bool(choices), is_secret),
        is_secret=is_secret,
        is_required=info.is_required(),
        choices=choices,
        default="" if info.is_required() or default is None else str(default),
        group=extra.get("group", ""),
    )


def _widget(info: FieldInfo, has_choices: bool, is_secret: bool) -> Widget:
    if has_choices:
        return "select"
    if is_secret:
        return "password"
    if info.annotation is bool:
        return "checkbox"
    return "number" if info.annotation in (int, float) else "text"


def _extra(info: FieldInfo) -> dict[str, Any]:
    extra = info.json_schema_extra
    return extra if isinstance(extra, dict) else {}
