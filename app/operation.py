"""The addresses for machines: `/readyz` for whoever sends requests here, `/metrics` for Prometheus."""

import secrets
from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import SecretStr

from app.monitoring import Monitoring
from app.running import RunningWork


def router(
    monitoring: Monitoring, *, why_not_ready: Callable[[], str | None], metrics_token: SecretStr | None
) -> APIRouter:
    """The routes; without a token there are no figures, because anybody could read what the shop sells."""
    routes = APIRouter()

    @routes.get("/readyz")
    def readyz(request: Request) -> JSONResponse:
        running: RunningWork = request.app.state.running
        reason = "The app is stopping." if running.is_stopping else why_not_ready()
        if reason:
            return JSONResponse({"status": "unavailable", "reason": reason}, 503)
        return JSONResponse({"status": "ok"})

    @routes.get("/metrics")
    def metrics(request: Request) -> Response:
        token = metrics_token.get_secret_value() if metrics_token else ""
        if not token:
            return PlainTextResponse("Set CRPM_METRICS_TOKEN to have figures here.", 404)
        given = request.headers.get("authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return PlainTextResponse("The token is missing or wrong.", 401, {"WWW-Authenticate": "Bearer"})
        return Response(monitoring.figures(), media_type=CONTENT_TYPE_LATEST)

    return routes
