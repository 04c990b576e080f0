"""How the app is started: command line options, each also an environment variable."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, IPvAnyNetwork, SecretStr, StringConstraints
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.logs import LogFormat


class Settings(BaseSettings):
    """Run CRPM in the browser. Each option is also an environment variable: CRPM_HOST, CRPM_PORT, ... and DATABASE_URL."""

    model_config = SettingsConfigDict(
        env_prefix="CRPM_",
        env_ignore_empty=True,
        cli_prog_name="python -m app",
        cli_kebab_case=True,
        cli_implicit_flags=True,
        cli_hide_none_type=True,
        cli_avoid_json=True,
    )

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(7860, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    database_url: str | None = Field(
        None,
        validation_alias="database_url",
        description="use this PostgreSQL server and start none (DATABASE_URL)",
    )
    data_dir: Path | None = Field(None, description="data folder of the embedded PostgreSQL server")
    empty: bool = Field(
        default=False, description="begin without demo data: set up your own company on the first page"
    )
    auth: bool = Field(
        default=False,
        description="ask everybody to sign in, as is always done on other addresses than this machine's",
    )
    allowed_hosts: list[str] = Field(
        default=["*"],
        description="names in the Host header that are answered where people sign in",
    )
    share: bool = Field(
        default=False, description="a link for people elsewhere, through gradio.live, who have to sign in"
    )
    root_path: str = Field(
        "",
        pattern=r"^(/[A-Za-z0-9._~-]+)*$",
        description="the path under which a proxy serves the app, such as /crpm",
    )
    forwarded_allow_ips: list[IPvAnyNetwork] = Field(
        default=[],
        description="addresses or networks of proxies whose X-Forwarded headers are believed",
    )
    frame_ancestors: list[Annotated[str, StringConstraints(pattern=r"^https://[A-Za-z0-9.*:-]+$")]] = Field(
        default=[],
        description="sites that may show the app in a frame, such as https://huggingface.co; it is then served by https alone",
    )
    log: LogFormat = Field(
        "text", description="json: one JSON line on stdout for each request, transaction and load"
    )
    slow_query_ms: int = Field(
        1000, ge=0, description="from how many milliseconds on a query is logged by its name"
    )
    metrics_token: SecretStr | None = Field(
        None,
        description="serve /metrics to whoever sends this as a bearer token (better by CRPM_METRICS_TOKEN)",
    )
    stop_seconds: int = Field(30, ge=0, description="how long stopping waits for what is running")
    demo: bool = Field(
        default=False,
        description="a public demo: accounts for everybody, and the database goes back to its first state",
    )
    demo_hours: int = Field(4, ge=1, le=168, description="after how many hours the demo goes back")
    max_upload_mb: int | None = Field(
        None, ge=1, description="how large a file that is loaded may be: 200 megabytes, in a demo 5"
    )
    demo_data: bool = Field(default=False, description="load the demo data into an empty DATABASE_URL too")
