"""``GET /metrics``: what is counted and measured, in the text form that Prometheus scrapes."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from huitong.api.callers import allowed
from huitong.api.service import Service
from huitong.api.watch import on_watch
from huitong.contracts import Role

METRICS_PATH = "/metrics"
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
ROLES_WHO_WATCH: tuple[Role, ...] = ("operator", "auditor", "admin")


def metrics_route(service: Service) -> APIRouter:
    """The route."""
    router = APIRouter()
    example = "# HELP huitong_log_records Records in the log.\n# TYPE huitong_log_records gauge\nhuitong_log_records 124.0\n"
    described = {"description": "The metrics", "content": {"text/plain": {"schema": {"type": "string"}, "example": example}}}

    @router.get(METRICS_PATH, tags=["health"], operation_id="metrics", response_class=Response, responses={200: described})
    async def metrics(request: Request) -> Response:
        """Metrics for Prometheus: by policy, outcome, route or code, never by a person. Needs the scope `metrics`."""
        allowed(request, ["metrics"], ROLES_WHO_WATCH)
        return Response(await on_watch(service.metrics), media_type=METRICS_TYPE)

    return router
