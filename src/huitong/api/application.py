"""The one ASGI application."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match

from huitong.api.doors import ASKED_BY, SIGNED, Authenticate, Doors
from huitong.api.hot import decide_route
from huitong.api.journal import REFUSED
from huitong.api.meter import METHODS
from huitong.api.metrics import metrics_route
from huitong.api.openapi import described
from huitong.api.problems import problem_response
from huitong.api.routes import routes
from huitong.api.sentences import parameter_in_chinese
from huitong.api.service import Service
from huitong.api.work import WorkService, work_routes
from huitong.kernel import MICROSECONDS_PER_DAY, HuitongError, InputError

OPENAPI_PATH = "/v1/openapi.json"
_HOT = (("POST", "/v1/decisions"),)
"""Methods and paths that go past the framework."""


def application(service: Service, work: WorkService, authenticate: Authenticate, version: str) -> Doors:
    """The service over HTTP.

    Args:
        service: What a bank does for systems.
        work: What it does for people.
        authenticate: Tells who calls.
        version: Of the program, for the description.
    """
    inside = FastAPI(
        title="Huitong · 汇通", version=version, openapi_url=OPENAPI_PATH, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    inside.include_router(routes(service))
    inside.include_router(work_routes(work))
    inside.include_router(metrics_route(service))
    inside.add_exception_handler(HuitongError, _problem)
    inside.add_exception_handler(RequestValidationError, _parameters)
    inside.add_exception_handler(HTTPException, _framework)
    of_day: dict[int, dict[str, Any]] = {}

    def openapi() -> dict[str, Any]:
        now_us = work.now_us()
        day = now_us // MICROSECONDS_PER_DAY  # moments of its examples are to come
        if day not in of_day:
            of_day.clear()
            of_day[day] = described(inside, service.contracts, service.decided_kinds(), service.label_kinds(), now_us)
        return of_day[day]

    inside.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents
    hot = decide_route(service)
    return Doors(inside, dict.fromkeys(_HOT, hot), authenticate, service.requests)


def _answer(request: Request, error: HuitongError, headers: Mapping[str, str] | None = None) -> Response:
    request.scope[REFUSED] = error.code
    return problem_response(error, headers or {}, request.headers.get("accept-language", ""), request.scope.get(SIGNED))


def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HuitongError)  # noqa: S101 -- registered for these only
    return _answer(request, error)


def _parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for these only
    found = [(".".join(map(str, one["loc"])), one) for one in error.errors()]
    en = "; ".join(f"{place}: {one['msg']}" for place, one in found)
    zh = "；".join(f"{place} {parameter_in_chinese(one['type'], one.get('ctx') or {})}" for place, one in found)
    return _answer(
        request,
        InputError(
            "http.parameter",
            {"en": f"a parameter is not as it must be: {en}", "zh": f"参数不符合要求：{zh}"},
            {"en": "GET /v1/openapi.json says what each must be like", "zh": "GET /v1/openapi.json 说明了各参数的要求"},
        ),
    )


def _methods_at(request: Request) -> list[str]:
    """All methods that an address takes: the framework itself names those of the first of its routes only."""
    asked = {name: request.scope[name] for name in ("type", "path", "root_path", "headers")}
    routes: Sequence[BaseRoute] = request.app.routes
    found = {one for one in METHODS if any(route.matches({**asked, "method": one})[0] is Match.FULL for route in routes)}
    found |= {method for method, path in _HOT if path == asked["path"]}
    return sorted(found | ({"HEAD"} if "GET" in found else set()))


def _framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for these only
    path = request.url.path
    if error.status_code == 405:
        allowed, asked = ", ".join(_methods_at(request)), request.scope[ASKED_BY]
        return _answer(
            request,
            InputError(
                "http.method",
                {"en": f"{asked} is not for {path}", "zh": f"{path} 不支持 {asked}"},
                {"en": f"use {allowed}", "zh": f"请使用 {allowed}"},
            ),
            {"allow": allowed},
        )
    return _answer(
        request,
        InputError(
            "http.not_found",
            {"en": f"there is nothing at {path}", "zh": f"{path} 处没有内容"},
            {"en": "GET /v1/openapi.json lists all addresses", "zh": "GET /v1/openapi.json 列出全部地址"},
        ),
    )
