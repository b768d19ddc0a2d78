# Two stages: the first has the build tools and makes the virtual environment, the second runs it as a plain user.
FROM python:3.12-slim AS build
WORKDIR /app
COPY requirements.lock .
RUN python -m venv /app/.venv && /app/.venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock

FROM python:3.12-slim
RUN useradd --system --create-home --uid 10001 hogapi && mkdir /data && chown hogapi /data
WORKDIR /app
COPY --from=build /app/.venv /app/.venv
COPY manage.py ./
COPY hogapi hogapi
COPY actions actions
COPY hog_functions hog_functions
COPY insight_variables insight_variables
COPY integrations integrations
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 HOGAPI_HOST=0.0.0.0 HOGAPI_DATA_DIR=/data
USER hogapi
EXPOSE 8000
VOLUME /data
HEALTHCHECK --start-period=30s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/_readyz', timeout=3)"]
CMD ["python", "-m", "hogapi.serve"]
