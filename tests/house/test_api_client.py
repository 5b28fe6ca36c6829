"""A small typed client is made from the document alone, checked by its types, and used against the running application."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from tests.api import Program, token_of
from tests.world import World

_SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_HEAD = """
from __future__ import annotations
from typing import Any, NotRequired, TypedDict


class Client:
    def __init__(self, send: Any) -> None:
        self._send = send
"""


def type_of(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return _class(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(type_of(one) for one in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list[{type_of(schema.get('items', {}))}]"
    return _SIMPLE.get(str(schema.get("type")), "dict[str, Any]" if schema.get("type") == "object" else "Any")


def _class(name: str) -> str:
    return re.sub(r"\W", "_", name).strip("_")


def written(document: dict[str, Any]) -> str:
    """The client's source: a TypedDict for each schema, a method for each endpoint."""
    lines = [_HEAD]
    for path, ways in document["paths"].items():
        for method, way in ways.items():
            names = [one["name"] for one in way["parameters"] if one["in"] == "path"]
            body = way.get("requestBody", {}).get("content", {}).get("application/json")
            given = [f"{name}: str" for name in names]
            given += [f"body: {type_of(body['schema'])}"] if body else []
            status, answer = next(
                (int(code), of) for code, of in way["responses"].items() if code != "default"
            )
            told = answer["content"].get("application/json")
            result = type_of(told["schema"]) if told else "str"
            query = ", *, query: dict[str, Any] | None = None"
            lines.append(
                f"    def {way['operationId']}(self{''.join(f', {one}' for one in given)}{query}) -> {result}:"
            )
            sent = "body" if body else "None"
            lines.append(
                f"        return self._send({method.upper()!r}, f{path!r}, {sent}, query, {status})\n"
            )
    for name, schema in document["components"]["schemas"].items():
        required = schema.get("required", [])
        fields = [
            f"    {field}: {type_of(of) if field in required else f'NotRequired[{type_of(of)}]'}"
            for field, of in schema.get("properties", {}).items()
        ]
        lines.append(f"\nclass {_class(name)}(TypedDict):\n" + ("\n".join(fields) or "    pass"))
    return "\n".join(lines) + "\n"


@pytest.fixture
def client(world: World, tmp_path: Path) -> Any:
    document: Any = world.stranger().get("/api/openapi.json").json
    place = tmp_path / "loumass_client.py"
    place.write_text(written(document))
    spec = importlib.util.spec_from_file_location("loumass_client", place)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    program = Program(world, token_of(world.acme.admin))

    def send(method: str, path: str, body: Any, query: dict[str, Any] | None, status: int) -> Any:
        answer = program(method, path, body, query_string=query)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.json

    return module.Client(send)


def test_a_client_made_from_the_document_does_a_days_work(client: Any, world: World) -> None:
    made = client.contacts_api_create_contact({"email": "nadia@lakeside.example", "first_name": "Nadia"})
    assert client.contacts_api_change_contact(made["id"], {"title": "Broker"})["title"] == "Broker"
    client.contacts_api_tag_contact(made["id"], {"tags": ["vip"]})
    [vip] = client.contacts_api_list_tags()["items"]
    found = client.campaigns_api_list_contacts(query={"tag": vip["id"], "limit": 1})
    assert [one["id"] for one in found["items"]] == [made["id"]]
    template = client.funnels_api_use_example("welcome")
    graph = client.funnels_api_read(template["draft_graph_id"])
    assert {"nodes", "edges", "revision"} <= set(graph)
    token = client.accounts_api_make_token({"name": "Small", "scopes": ["contacts.read"]})
    assert client.accounts_api_end_token(token["id"])["count"] == 1
    assert client.accounts_api_leave_2 is not None, "other names are methods as well"
    assert client.contacts_api_delete_contact(made["id"])["count"] == 1
