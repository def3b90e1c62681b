"""The API's OpenAPI 3.1 document, read off the routes: what they declare, their models, their errors."""

import inspect
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from flask import Flask
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode
from werkzeug.routing import Rule

from service.answers import Problem
from service.operations import Media, Operation, operation_of
from service.problem_answers import REQUEST_ID, problem_answers

Document = dict[str, Any]

_REF = "#/components/schemas/{model}"
_VARIABLE = re.compile(r"<(?:(\w+):)?(\w+)>")
_ABOUT = (
    "Visual search for a fashion shop: by words, by a picture, or from a product, in any weighted mix.\n\n"
    "A request line (method, address and query) may have 8190 bytes; POST takes what is longer."
)
IDEMPOTENCY_KEY: Document = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Chosen by the client; the same request with the same key is done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_LOCATION = {"description": "Where the outcome can be asked for.", "schema": {"type": "string"}}
_KEY = {"type": "http", "scheme": "bearer", "description": "An API key of the setting API_KEYS."}


def document(app: Flask) -> Document:
    """Every documented route of the app, with all that it takes and answers."""
    routes = list(documented_routes(app))
    schemas = _schemas([operation for _, operation in routes])
    paths: Document = {}
    for rule, declared in routes:
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            path = paths.setdefault(path_of(rule), {})
            path[method.lower()] = _operation(app, rule, declared, schemas)
    spread = {declared.parameters.__name__ for _, declared in routes if declared.parameters is not None}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Vitrine", "version": "1", "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in schemas.items() if name not in spread},
            "headers": {"X-Request-ID": REQUEST_ID},
            "securitySchemes": {"key": _KEY},
        },
    }


def documented_routes(app: Flask) -> Iterator[tuple[Rule, Operation]]:
    with app.app_context():
        for rule in app.url_map.iter_rules():
            declared = operation_of(rule.endpoint)
            if declared is not None and declared.documented:
                yield rule, declared


def path_of(rule: Rule) -> str:
    """`/v1/items/<item_id:item_id>` as OpenAPI writes it: `/v1/items/{item_id}`."""
    return _VARIABLE.sub(r"{\2}", rule.rule)


def _schemas(operations: list[Operation]) -> Document:
    taken = [model for each in operations for model in (each.body, each.parameters) if model is not None]
    answered = [each.answer for each in operations if isinstance(each.answer, type)] + [Problem]
    wanted: list[tuple[type, JsonSchemaMode]] = [(model, "validation") for model in taken]
    wanted += [(model, "serialization") for model in answered]
    adapters: list[tuple[type, JsonSchemaMode, TypeAdapter[Any]]]
    adapters = [(model, mode, TypeAdapter(model)) for model, mode in dict.fromkeys(wanted)]
    _, schemas = TypeAdapter.json_schemas(adapters, ref_template=_REF)
    return dict(schemas["$defs"])


def _operation(app: Flask, rule: Rule, declared: Operation, schemas: Document) -> Document:
    said = inspect.getdoc(app.view_functions[rule.endpoint]) or ""
    summary, _, description = said.partition("\n\n")
    parameters = [*_path_parameters(app, rule), *_query_parameters(declared.parameters, schemas)]
    parameters += [IDEMPOTENCY_KEY] if declared.queued else []
    written: Document = {
        "operationId": rule.endpoint.replace(".", "_"),
        "tags": [rule.endpoint.split(".")[0]],
        "summary": " ".join(summary.split()),
        "responses": {**_answers(declared), **problem_answers(declared)},
    }
    if description:
        written["description"] = description
    if parameters:
        written["parameters"] = parameters
    if declared.body is not None:
        written["requestBody"] = {"required": True, "content": _bodies(declared.body, declared.upload)}
    if declared.scope is not None and app.extensions["api_keys"]:
        written["security"] = [{"key": [declared.scope]}]
    return written


def _path_parameters(app: Flask, rule: Rule) -> Iterator[Document]:
    for converter, name in _VARIABLE.findall(rule.rule):
        schema = getattr(app.url_map.converters.get(converter), "schema", {"type": "string"})
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(model: type[BaseModel] | None, schemas: Document) -> Iterator[Document]:
    if model is None:
        return
    schema = schemas[model.__name__]
    for name, field in schema["properties"].items():
        parameter = {"name": name, "in": "query", "schema": _without_null(field)}
        if name in schema.get("required", ()):
            parameter["required"] = True
        if "description" in field:
            parameter["description"] = field["description"]
        yield parameter


def _without_null(field: Document) -> Document:
    """A parameter that is not given is left out of an address, where nothing could say null."""
    kinds = [kind for kind in field.get("anyOf", []) if kind != {"type": "null"}]
    rest = {name: value for name, value in field.items() if name not in ("anyOf", "description")}
    if rest.get("default", ...) is None:
        del rest["default"]
    if len(kinds) == 1:
        return {**rest, **kinds[0]}
    return {**rest, "anyOf": kinds} if kinds else rest


def _bodies(body: type[BaseModel], upload: bool) -> Document:
    schema = {"$ref": _REF.format(model=body.__name__)}
    bodies: Document = {"application/json": {"schema": schema}}
    if upload:
        picture = {"type": "string", "format": "binary", "description": "A picture to look for."}
        form = {
            "type": "object",
            "properties": {"image": picture, "request": schema},
            "required": ["image"],
            "additionalProperties": False,
        }
        encoding = {"request": {"contentType": "application/json"}}
        bodies["multipart/form-data"] = {"schema": form, "encoding": encoding}
    return bodies


def _answers(declared: Operation) -> Document:
    answer, headers = declared.answer, {"X-Request-ID": {"$ref": "#/components/headers/X-Request-ID"}}
    answers: Document = {}
    if isinstance(answer, Media):
        schema = {"type": "string", "format": "binary"} if answer.binary else {"type": "string"}
        content = {answer.content_type: {"schema": schema}}
        answers["200"] = {"description": answer.description, "headers": headers, "content": content}
    elif answer is not None:
        content = {"application/json": {"schema": {"$ref": _REF.format(model=answer.__name__)}}}
        answers["200"] = {"description": HTTPStatus.OK.phrase, "headers": headers, "content": content}
    if declared.queued:
        answers["202"] = {
            **answers["200"],
            "description": "Queued, and kept even if this server stops.",
            "headers": {**headers, "Location": _LOCATION},
        }
        answers["200"] = {**answers["202"], "description": "Done; only with `wait=true`."}
    if declared.conditional:
        etag = {
            "description": "Names what was answered; send it back in If-None-Match.",
            "schema": {"type": "string"},
        }
        answers["200"]["headers"] = {**headers, "ETag": etag}
        answers["304"] = {"description": "What If-None-Match names is still right.", "headers": headers}
    return answers
