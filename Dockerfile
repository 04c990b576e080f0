# CRPM in a container: `docker build -t crpm .`, then `docker run --init -p 127.0.0.1:7860:7860 -v crpm:/data crpm`.
# The embedded server keeps its data in /data; with DATABASE_URL nothing is kept here. Nothing else is written but /tmp.

ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS build
COPY requirements.txt constraints.txt /build/
RUN python -m venv /opt/crpm/.venv \
    && /opt/crpm/.venv/bin/python -m pip install --no-cache-dir --no-compile --disable-pip-version-check \
        -r /build/requirements.txt \
    && /opt/crpm/.venv/bin/python -m pip uninstall --yes --quiet pip setuptools \
    && cd /opt/crpm/.venv/lib/python3*/site-packages && rm -rf pandas/tests matplotlib/tests numpy/_core/tests

FROM ${PYTHON_IMAGE}
RUN useradd --uid 1000 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin crpm \
    && install --directory --owner=1000 --group=1000 --mode=0700 /data
COPY --from=build /opt/crpm/.venv /opt/crpm/.venv
COPY LICENSE /opt/crpm/
COPY loader /opt/crpm/loader
COPY db /opt/crpm/db
COPY app /opt/crpm/app
# Written now, because the file system may be read-only later.
RUN /opt/crpm/.venv/bin/python -m compileall -q /opt/crpm
WORKDIR /opt/crpm
USER 1000:1000
ENV PATH=/opt/crpm/.venv/bin:$PATH \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CRPM_HOST=0.0.0.0 \
    CRPM_PORT=7860 \
    CRPM_DATA_DIR=/data/postgres
VOLUME /data
EXPOSE 7860
STOPSIGNAL SIGTERM
# The first start loads the demo data before it answers.
HEALTHCHECK --interval=10s --timeout=5s --start-period=180s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"CRPM_PORT\"]}/healthz', timeout=4)"]
# `docker run crpm db verify` runs any other command of the project.
ENTRYPOINT ["python", "-m"]
CMD ["app"]
