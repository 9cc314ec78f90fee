"""The description of the API (OpenAPI 3.1), made from the registry: each rule with the model of its requests."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from clientops.core.version import VERSION
from clientops.registry import rules
from clientops.server.api.answers import answer
from clientops.server.html import page

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "integer"}
PROBLEMS = {
    "401": "A token is missing, or not valid", "403": "The policy or the token does not allow it", "409": "Stale, or the key was used",
    "422": "Problems with the requests or a field", "429": "Too many requests", "503": "The book is in use for longer",
}  # fmt: skip
READING: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("/api/rules", "list_rules", "Every rule, with the schema of its requests", ()),
    ("/api/operations", "list_operations", "The history as a feed: operations after a number", ("after", "limit")),
    ("/api/operations/{number}", "show_operation", "One operation with its requests and rows", ("limit",)),
    ("/api/history/{table}/{number}", "row_history", "Everything that happened to a row", ()),
    ("/api/tables", "list_tables", "The tables and their columns", ()),
    ("/api/clients/search", "find_clients", "Clients by name, e-mail, phone or number", ("q", "limit")),
    ("/api/reconciliation", "reconcile", "What does not agree", ("kind", "client", "after", "limit")),
    ("/api/duplicates", "duplicates", "Duplicates that wait for a decision", ("limit",)),
    ("/api/proposals", "list_proposals", "Changes that wait for a second person", ()),
)


def _answers(*good: str) -> dict[str, Any]:
    problem = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    found = {status: {"description": text, **problem} for status, text in PROBLEMS.items()}
    done = {"200": "Done", "201": "Applied", "202": "Waits for a second person"}
    return {**{s: {"description": done[s], "content": {"application/json": {"schema": {}}}} for s in good}, **found}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [
        {"name": n, "in": "path", "required": True, "schema": NUMBER if n == "number" else TEXT} for n in names
    ]  # fmt: skip


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """The whole description."""
    schemas: dict[str, Any] = {
        "Problem": {
            "type": "object", "required": ["type", "title", "status", "detail"],
            "properties": {"type": TEXT, "title": TEXT, "status": NUMBER, "detail": TEXT, "problems": {
                "type": "array", "items": {"type": "object", "properties": {"row": NUMBER, "field": TEXT, "code": TEXT, "message": TEXT}}}},
        }
    }  # fmt: skip
    paths: dict[str, Any] = {}
    for path, name, summary, query in READING:
        asked = [{"name": n, "in": "query", "schema": TEXT if n in ("q", "kind") else NUMBER} for n in query]
        paths[path] = {"get": {"operationId": name, "summary": summary, "tags": ["reading"],
                               "parameters": _path_parameters(path) + asked, "responses": _answers("200")}}  # fmt: skip
    paths["/api/query"] = {"post": {
        "operationId": "query", "summary": "Rows of one SELECT over the book", "tags": ["reading"], "responses": _answers("200"),
        "requestBody": _body({"sql": TEXT, "as_of": NUMBER, "limit": NUMBER, "format": {"enum": ["json", "csv", "arrow"]}}, ["sql"]),
    }}  # fmt: skip
    for name in rules():
        _add_rule(paths, schemas, name)
    decided = {"reason": TEXT}
    for path, name, summary, body in (
        ("/api/operations/{number}/undo", "undo", "Take an operation back, as a new one", {**decided, "key": TEXT, "propose": {"type": "boolean"}}),
        ("/api/proposals/{number}/approve", "approve", "Apply what another person asked for", decided),
        ("/api/proposals/{number}/reject", "reject", "Reject what another person asked for", decided),
    ):  # fmt: skip
        paths[path] = {"post": {"operationId": name, "summary": summary, "tags": ["changing"], "parameters": _path_parameters(path),
                                "requestBody": _body(body, ["reason"]), "responses": _answers("200", "201", "202")}}  # fmt: skip
    return {
        "openapi": "3.1.0",
        "info": {"title": "clientops", "version": VERSION, "description": ABOUT},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}],
    }


ABOUT = (
    "Every change is a rule applied to requests: preview it, then apply it with a reason. Send a key of your own (or the header "
    "Idempotency-Key), and sending again applies nothing again. Amounts are texts, so that no digit is lost. A token that may only "
    "propose puts changes on the waiting list (status 202), where a person approves them."
)


def _body(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _add_rule(paths: dict[str, Any], schemas: dict[str, Any], name: str) -> None:
    rule = rules()[name]
    model = rule.request.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(model.pop("$defs", {}))
    schemas[rule.request.__name__] = model
    requests = {"type": "array", "minItems": 1, "items": {"$ref": f"#/components/schemas/{rule.request.__name__}"}}
    body = {"requests": requests, "reason": TEXT, "key": TEXT, "digest": TEXT, "today": {"type": "string", "format": "date"},
            "propose": {"type": "boolean"}}  # fmt: skip
    shared = {"tags": [rule.group or "other"], "description": (rule.function.__doc__ or "").partition("\n")[0]}
    preview = {name: schema for name, schema in body.items() if name in ("requests", "today")}
    paths[f"/api/rules/{name}/preview"] = {"post": {
        "operationId": f"preview_{name}", "summary": f"{rule.title}: preview", **shared, "requestBody": _body(preview, ["requests"]),
        "responses": _answers("200"),
    }}  # fmt: skip
    paths[f"/api/rules/{name}/apply"] = {"post": {
        "operationId": f"apply_{name}", "summary": f"{rule.title}: apply", **shared,
        "requestBody": _body(body, ["requests", "reason"]), "responses": _answers("200", "201", "202"),
    }}  # fmt: skip


async def openapi(_request: Request) -> Response:
    """The description as JSON."""
    return answer(description())


async def docs(_request: Request) -> Response:
    """The description for people; nothing of it is loaded from elsewhere."""
    found = description()
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in found["paths"].items():
        for method, details in methods.items():
            fields = _fields(details, found["components"]["schemas"])
            groups.setdefault(details["tags"][0], []).append(
                {"path": path, "method": method.upper(), "summary": details["summary"], "about": details.get("description", ""), "fields": fields}
            )  # fmt: skip
    return page("docs.html.j2", about=ABOUT, groups=groups, problems=PROBLEMS)


def _fields(details: dict[str, Any], schemas: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Names, kinds and meanings of what a request of a rule has."""
    body = details.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    items = body.get("properties", {}).get("requests", {}).get("items", {})
    if not items:
        return [(p["name"], p["schema"].get("type", ""), "in the address") for p in details.get("parameters", ())]
    model = schemas[items["$ref"].rpartition("/")[2]]
    needed = model.get("required", [])
    return [
        (name, "required" if name in needed else "", field.get("description") or field.get("title", ""))
        for name, field in model.get("properties", {}).items()
    ]
