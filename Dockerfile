# One image for the web service and the worker; the command says which.
FROM python:3.11-slim

RUN useradd --create-home --uid 10001 vitrine
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY models models
COPY catalog catalog
COPY vectorstore vectorstore
COPY ingest ingest
COPY service service
COPY gunicorn.conf.py .
# Not under var, which is a volume: the export belongs to this image's model.
ENV ENCODER_CACHE_DIR=/app/encoders
RUN python -m catalog export
RUN mkdir var && chown vitrine:vitrine var encoders
USER vitrine
ENV PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000
EXPOSE 8000
CMD ["gunicorn", "--config", "gunicorn.conf.py", "service.app:create_app()"]
