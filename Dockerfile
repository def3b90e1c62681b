# Three images of one source: `web` and `worker` with what each needs and no more, and `tools` with everything.
#   docker build --target web -t vitrine-web .
# No compiler anywhere: every package comes as a wheel. PyTorch is in `tools` alone, and where the export is made.
FROM python:3.11-slim AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN useradd --create-home --uid 10001 vitrine
WORKDIR /app

FROM base AS web-packages
COPY requirements-web.txt .
RUN python -m venv --without-pip /venv && pip --python /venv install --only-binary=:all: -r requirements-web.txt

FROM base AS worker-packages
COPY requirements-worker.txt .
RUN python -m venv --without-pip /venv && pip --python /venv install --only-binary=:all: -r requirements-worker.txt

FROM base AS tools-packages
# Give the address of PyTorch's own index of builds for the CPU: the usual build brings 2 GB of CUDA with it.
ARG TORCH_INDEX=
COPY requirements.txt .
RUN python -m venv --without-pip /venv && pip --python /venv install ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r requirements.txt

# The model for ONNX Runtime: that of CLIP_MODEL, and the bundled one, which the live index may still be of.
FROM tools-packages AS export
ARG CLIP_MODEL=models/compact
ENV PATH=/venv/bin:$PATH ENCODER_CACHE_DIR=/app/encoders HF_HOME=/app/models/hub
COPY models models
COPY catalog catalog
RUN CLIP_MODEL=models/compact python -m catalog export && CLIP_MODEL=$CLIP_MODEL python -m catalog export

FROM base AS app
ARG CLIP_MODEL=models/compact
# Nothing is downloaded when it runs: a model that is not in the image is told of at once.
ENV PATH=/venv/bin:$PATH CLIP_MODEL=$CLIP_MODEL \
    ENCODER_CACHE_DIR=/app/encoders HF_HOME=/app/models/hub HF_HUB_OFFLINE=1
COPY --from=export /app/models models
COPY --from=export /app/encoders encoders
COPY catalog catalog
# What is mounted here belongs to the one who runs it.
RUN mkdir -p var/thumbnails thumbnails /backups && chown -R vitrine:vitrine var thumbnails /backups
USER vitrine

FROM app AS worker
COPY --from=worker-packages /venv /venv
COPY ingest ingest
CMD ["python", "-m", "ingest", "work"]

FROM app AS tools
COPY --from=tools-packages /venv /venv
COPY vectorstore vectorstore
COPY ingest ingest
COPY service service
COPY gunicorn.conf.py .
CMD ["python", "-m", "ingest", "--help"]

FROM app AS web
COPY --from=web-packages /venv /venv
COPY service service
COPY gunicorn.conf.py .
ENV HOST=0.0.0.0 PORT=8000
EXPOSE 8000
CMD ["gunicorn", "--config", "gunicorn.conf.py", "service.app:create_app()"]
