"""The whole API as one ASGI application, and its OpenAPI document."""

from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from penstock.api import schemas
from penstock.api.front import Front
from penstock.api.guard import Repeats
from penstock.api.json import Json
from penstock.api.order_form import OrderForm
from penstock.api.permissions import CALLS, PREFIX, Permission
from penstock.api.problem import CODES, FieldError, Problem, answer
from penstock.api.routes import audit, baskets, executions, groups, market, orders, people, risk
from penstock.api.service import Service
from penstock.domain.version import VERSION

ROUTERS = (orders, executions, baskets, groups, market, risk, audit, people)
DESCRIPTION = """Order and execution management. Give `Authorization: Bearer …` with a token (`POST /auth/token`) or
a key (`POST /keys`). Decimals are JSON numbers and lose no digit; times are ISO-8601 with `Z`. Whatever cannot be done
is `application/problem+json` with a stable `code`. `GET /stream` (WebSocket) tells what happens.
"""


def build(service: Service) -> Front:
    """The application of a server."""
    app = FastAPI(
        title="Penstock",
        version=VERSION,
        description=DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service, app.state.repeats = service, Repeats()
    for module in ROUTERS:
        app.include_router(module.routes, responses=problems())
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    _add_probes(app, service)
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    return Front(service, app)


def _add_probes(app: FastAPI, service: Service) -> None:
    """What machines look at; none of it is part of the API."""

    @app.get("/healthz", include_in_schema=False)
    async def alive() -> Response:
        """The process answers."""
        return PlainTextResponse("ok\n")

    @app.get("/readyz", include_in_schema=False)
    async def ready() -> Response:
        """It takes orders, and a venue is up."""
        status = service.desk.status()
        up = any(line["status"] == "up" for line in status["venues"].values())
        is_ready = status["taking_orders"] and up and not service.stopping
        why = "" if is_ready else status["refusing"] or status["halted"] or "no venue is up, or the journal is not"
        return Json({"ready": is_ready, "reason": why, "alerts": status["alerts"]}, 200 if is_ready else 503)

    @app.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        """For Prometheus."""
        if service.settings.metrics_need_key:
            service.admit(request.headers, Permission.RISK_READ)
        return Response(service.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return answer(error)


async def _invalid(request: Request, error: Exception) -> Response:
    """What pydantic found wrong, each with its pointer; values are not repeated."""
    assert isinstance(error, RequestValidationError)
    found = []
    for each in error.errors():
        place, *path = [str(part) for part in each["loc"]] or ["body"]
        pointer = "/" + "/".join(path) if place == "body" and path else ""
        if place in ("query", "path", "header"):
            pointer = f"?{'/'.join(path)}" if place == "query" else f"/{place}/{'/'.join(path)}"
        found.append(FieldError(pointer, str(each["msg"])))
    first = found[0]
    where = first.pointer.lstrip("/?") or "body"
    return answer(Problem("bad_input", f"{where}: {first.detail}", errors=tuple(found[:50])))


async def _http(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: an unknown path, a method that a path does not have."""
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type"}
    name = code.get(error.status_code, "malformed" if error.status_code < 500 else "internal")
    headers = dict(error.headers or {})
    return answer(Problem(name, str(error.detail), status=error.status_code, headers=headers))


def problems() -> dict[int | str, dict[str, Any]]:
    """Every status of a problem, for the document."""
    meanings: dict[int | str, list[str]] = {}
    for code, (status, meaning) in CODES.items():
        if status not in (405, 500):
            meanings.setdefault(status, []).append(f"`{code}`: {meaning}")
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemShape"}}}
    return {status: {"description": "; ".join(said), "content": content} for status, said in meanings.items()}


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document: FastAPI's, with `POST /orders`, how callers say who they are, and what may go wrong."""
    if app.openapi_schema:
        return app.openapi_schema
    made = FastAPI.openapi(app)
    shown: dict[str, Any] = made["components"]["schemas"]
    problem = schemas.ProblemShape.model_json_schema(ref_template="#/components/schemas/{model}")
    shown |= problem.pop("$defs", {})
    shown["ProblemShape"] = problem
    (_, parts) = msgspec.json.schema_components([OrderForm], ref_template="#/components/schemas/{name}")
    shown |= with_numbers(parts)
    shown["NewGroup"]["properties"]["orders"]["items"] = {"$ref": "#/components/schemas/OrderForm"}
    order = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/OrderShape"}}}}
    answers = {str(status): text for status, text in problems().items()}
    made["paths"].setdefault(f"{PREFIX}/orders", {})["post"] = {
        "tags": ["orders"],
        "operationId": "give_order",
        "summary": "Give Order",
        "description": "Have an order worked; answered once it is durable. An `Idempotency-Key` or a `client_order_id`"
        " makes it safe to send again.",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/OrderForm"}}},
        },
        "responses": answers
        | {"201": order | {"description": "taken"}, "200": order | {"description": "was given before"}},
    }
    made["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "a token or a key"},
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[!-~]+$"},
    }
    for call in CALLS:
        operation = made["paths"][PREFIX + call.path][call.method.lower()]
        operation["security"] = [] if call.permission is None else [{"bearer": []}, {"key": []}]
        if call.method == "GET":
            operation["responses"]["304"] = {"description": "what `If-None-Match` names is still so"}
        if call.permission is not None:
            operation["x-permission"] = call.permission.value
            if call.method != "GET":
                operation.setdefault("parameters", []).append(key)
    app.openapi_schema = made
    return made


def with_numbers(parts: dict[str, Any]) -> dict[str, Any]:
    """Schemas of msgspec, whose decimals are told as the numbers that they are on the wire."""
    for part in parts.values():
        for field in part.get("properties", {}).values():
            _number(field)
    return parts


def _number(field: dict[str, Any]) -> None:
    options = field.get("anyOf", [field])
    for option in options:
        if option.get("format") == "decimal":
            option.clear()
            option |= schemas.BOUNDS
