"""The files that deploy Vitrine: they parse, keep to what they promise, and name what exists."""

import json
import os
import re
import shutil
import subprocess
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from catalog.settings import Settings, read_settings
from tests.processes import ROOT, free_port
from tests.redis_server import needs_redis

needs_compose = pytest.mark.skipif(
    shutil.which("docker-compose") is None, reason="docker-compose is not installed"
)
FILES = ("docker-compose.yml", "docker-compose.cluster.yml")
SECRETS = {
    "QDRANT_API_KEY": "key-for-everything", "QDRANT_READ_ONLY_API_KEY": "key-for-reading",
    "REDIS_PASSWORD": "password-of-redis", "API_KEYS": "search:0123456789abcdef",
}  # fmt: skip


def compose(file: str, environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker-compose", "-f", file, *arguments, "config"],
        cwd=ROOT, env={"PATH": os.environ["PATH"], **environ}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@cache
def services(file: str) -> dict[str, Any]:
    done = compose(file, SECRETS, "--profile", "tools")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    return found


@needs_compose
@pytest.mark.parametrize("file", FILES)
def test_a_compose_file_is_valid_and_asks_for_each_secret_by_name(file: str) -> None:
    assert compose(file, SECRETS).returncode == 0, compose(file, SECRETS).stderr
    for name in SECRETS:
        done = compose(file, {other: value for other, value in SECRETS.items() if other != name})
        assert done.returncode != 0 and f"set {name}" in done.stderr


@needs_compose
@pytest.mark.parametrize("file", FILES)
def test_every_service_is_fenced_in(file: str) -> None:
    for name, service in services(file).items():
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"] and service["cpus"] and service["pids_limit"], name
        assert "healthcheck" in service and not service.get("privileged"), name
        for port in service.get("ports", []):  # what stands open to others is the person's own choice
            assert str(port).startswith("127.0.0.1:") or port.get("host_ip") == "127.0.0.1", name
        image = service.get("image", "")
        assert "build" in service or re.search(r":v?\d+\.\d+\.\d+", image), f"{name}: {image} is not pinned"
        for variable in set(service.get("environment", {})) - _OTHERS:
            assert variable.lower() in Settings.model_fields or variable.startswith("QDRANT__"), variable


@needs_compose
@pytest.mark.parametrize("file", FILES)
def test_every_setting_can_be_set(file: str) -> None:
    """The runbook says to: one that compose does not hand on would change nothing."""
    wanted = {name.upper() for name in Settings.model_fields} - _OF_THE_FILE
    chosen = {name: f"chosen-{name}" for name in wanted}
    done = compose(file, {**chosen, **SECRETS})
    assert done.returncode == 0, done.stderr
    found = yaml.safe_load(done.stdout)["services"].values()
    told = {value for service in found for value in service.get("environment", {}).values()}
    assert {name for name, value in chosen.items() if value not in told} == set(SECRETS) & wanted


def test_a_setting_that_is_empty_is_its_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # where no .env is
    for name in Settings.model_fields:
        monkeypatch.setenv(name.upper(), "")
    assert read_settings() == Settings(_env_file=None)


# What the image holds, where its volumes are, and how many nodes there are.
_OF_THE_FILE = {
    "CLIP_MODEL", "ENCODER_RUNTIME", "ENCODER_CACHE_DIR", "STATE_DIR", "THUMBNAIL_DIR", "WORKER_METRICS",
    "QDRANT_URL", "REDIS_URL", "QDRANT_SHARDS", "QDRANT_REPLICATION_FACTOR", "QDRANT_WRITE_CONSISTENCY",
}  # fmt: skip
# Variables that are not Vitrine's settings.
_OTHERS = {"WEB_CONCURRENCY", "REDIS_PASSWORD", "REDISCLI_AUTH", "REDIS_MAXMEMORY", "QDRANT_INIT_FILE_PATH"}


@needs_compose
@pytest.mark.parametrize("file", FILES)
def test_the_web_service_gets_the_reading_key_and_nothing_to_write_to(file: str) -> None:
    for name, service in services(file).items():
        if name.startswith("web"):
            assert service["environment"]["QDRANT_API_KEY"] == SECRETS["QDRANT_READ_ONLY_API_KEY"]
            assert SECRETS["QDRANT_API_KEY"] not in json.dumps(service)
            assert {volume.rpartition(":")[2] for volume in map(str, service["volumes"])} == {"ro"}
        if name.startswith("worker"):
            assert service["environment"]["QDRANT_API_KEY"] == SECRETS["QDRANT_API_KEY"]
            assert SECRETS["API_KEYS"] not in json.dumps(service)


@needs_compose
def test_the_cluster_is_what_it_says() -> None:
    found = services("docker-compose.cluster.yml")
    names = {name.rstrip("0123456789") for name in found}
    assert names == {"qdrant-", "store", "redis", "web-", "worker-", "proxy"}
    assert [sum(name.startswith(kind) for name in found) for kind in ("qdrant", "web", "worker")] == [3, 2, 2]
    environment = found["worker-1"]["environment"]
    numbers = [
        environment[f"QDRANT_{name}"] for name in ("SHARDS", "REPLICATION_FACTOR", "WRITE_CONSISTENCY")
    ]
    assert numbers == ["3", "2", "2"]
    assert found["web-2"]["environment"]["TRUSTED_PROXIES"] == "1"
    for file, nodes in (("store.conf", "qdrant"), ("web.conf", "web")):
        named = set(re.findall(r"server ([\w-]+):\d+ ", (ROOT / "deploy/nginx" / file).read_text()))
        assert named == {name for name in found if name.startswith(f"{nodes}-")}


@needs_compose
@pytest.mark.parametrize("file", FILES)
def test_a_service_waits_until_what_it_needs_is_ready(file: str) -> None:
    found = services(file)
    for name, service in found.items():
        for needed, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"} and "test" in found[needed]["healthcheck"], name
    assert {"redis"} < set(found["web" if "web" in found else "web-1"]["depends_on"])


@needs_redis
def test_redis_keeps_what_it_acknowledged_and_asks_for_the_password(tmp_path: Path) -> None:
    """With the very command and configuration of the compose file."""
    text = (ROOT / "deploy/redis.conf").read_text()
    (tmp_path / "redis.conf").write_text(text.replace("dir /data", f"dir {tmp_path}"))
    command = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["redis"]["command"]
    port = free_port()
    line = command[2].replace("$$", "$").replace("/etc/redis/redis.conf", str(tmp_path / "redis.conf"))
    line += f" --port {port} --bind 127.0.0.1"
    environ = {"PATH": os.environ["PATH"], "REDIS_PASSWORD": "secret", "REDIS_MAXMEMORY": "384mb"}
    for expected in (None, b"kept"):
        process = subprocess.Popen([*command[:2], line], env=environ, stdout=subprocess.DEVNULL)
        try:
            client = Redis(port=port, password="secret")  # noqa: S106 - of this test
            _wait_for(client)
            assert client.get("key") == expected
            client.set("key", b"kept")
            settings = client.config_get("*")
            assert (settings["appendonly"], settings["appendfsync"]) == ("yes", "always")
            assert settings["maxmemory-policy"] == "noeviction"
            assert int(settings["maxmemory"]) == 384 * 2**20
            client.close()
            with pytest.raises(AuthenticationError), Redis(port=port) as stranger:
                stranger.get("key")
        finally:
            process.kill()
            process.wait()


def _wait_for(client: Redis) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            client.ping()
            return
        except AuthenticationError:
            raise
        except RedisError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_the_images_hold_what_their_programs_need() -> None:
    stages = _stages()
    procfile = (ROOT / "Procfile").read_text()
    started = set(re.findall(r"python -m (\w+)", procfile)) | set(re.findall(r"\"(\w+)\.app", procfile))
    assert started == {"vectorstore", "ingest", "service"}
    for room in started:
        assert f"COPY {room} {room}" in stages["tools"]
    assert "COPY service service" in stages["web"] and "ingest" not in stages["web"]
    assert "COPY ingest ingest" in stages["worker"] and "service" not in stages["worker"]
    for name in ("web", "worker", "tools"):
        assert stages[name].startswith("FROM app") and f"--from={name}-packages" in stages[name]
    assert "USER vitrine" in stages["app"] and "requirements-web.txt" in stages["web-packages"]


def test_no_image_has_a_compiler_or_runs_as_root() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert not re.search(r"apt-get|gcc|build-essential|ADD |--privileged|USER root", text)
    assert all(re.match(r"FROM (python:3\.11-slim|[\w-]+) AS [\w-]+", line) for line in _froms(text))
    for name in ("web-packages", "worker-packages"):
        assert "--only-binary=:all:" in _stages()[name]
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", ".git", "var"} <= set(ignored)


def test_what_the_dockerfile_copies_is_there() -> None:
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            assert (ROOT / line.split()[1]).exists(), line


@needs_compose
@pytest.mark.parametrize("file", FILES)
def test_what_volumes_are_mounted_on_belongs_to_who_runs_it(file: str) -> None:
    """A volume that is made gets the owner of the folder in the image: of none, root."""
    (made,) = re.findall(r"RUN mkdir -p (.+?) && chown -R vitrine:vitrine (.+)", _stages()["app"])
    owned = {str(Path("/app") / name) for name in made[1].split()}
    for name, service in services(file).items():
        if "build" in service:
            volumes = [str(volume).split(":")[:2] for volume in service["volumes"]]
            on = {target for source, target in volumes if not source.startswith("/")}
            assert all({target, *map(str, Path(target).parents)} & owned for target in on), name


def _froms(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("FROM ")]


def _stages() -> dict[str, str]:
    parts = re.split(r"(?m)^(?=FROM )", (ROOT / "Dockerfile").read_text())[1:]
    return {part.splitlines()[0].split()[-1]: part for part in parts}


def test_the_compose_files_and_the_workflow_use_the_same_qdrant() -> None:
    files = (*FILES, ".github/workflows/test.yml")
    images = {
        image for file in files for image in re.findall(r"qdrant/qdrant:v[\d.]+", (ROOT / file).read_text())
    }
    assert len(images) == 1


@pytest.mark.parametrize(
    "file",
    [
        "requirements.txt",
        "requirements-dev.txt",
        "requirements-web.txt",
        "requirements-worker.txt",
        "requirements-ray.txt",
    ],
)
def test_every_requirement_is_exact_and_has_its_reason(file: str) -> None:
    lines = [line for line in (ROOT / file).read_text().splitlines() if line and not line.startswith("#")]
    assert lines
    for line in lines:
        assert re.fullmatch(r"[\w\[\]-]+==[\w.+]+ +# \S.*", line), line
