"""What stands in front of the desks and behind them in the clustered set-up: nginx, and OpenSearch's users, rights and readiness."""

import re
import shutil
import ssl
import subprocess
import threading
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ROOT = Path(__file__).resolve().parents[2]
CLUSTER = ROOT / "deploy/cluster"
NGINX, CURL = shutil.which("nginx"), shutil.which("curl")
# what OpenSearch's security plugin means by the words that roles.yml uses
GROUPS = {
    "crud": ["indices:data/read*", "indices:data/write*", "indices:admin/mapping/put"],
    "create_index": ["indices:admin/create", "indices:admin/mapping/put"],
    "manage_aliases": ["indices:admin/aliases*"],
}
# a call of the client → what the plugin asks of its user: for the whole cluster, for the index
CALLS = {
    "get": ([], ["indices:data/read/get"]),
    "mget": (["indices:data/read/mget"], ["indices:data/read/mget[shard]"]),
    "msearch": (["indices:data/read/msearch"], ["indices:data/read/search"]),
    "search": ([], ["indices:data/read/search"]),
    "count": ([], ["indices:data/read/search"]),
    "index": ([], ["indices:data/write/index", "indices:data/write/bulk[s]", "indices:admin/create"]),
    "bulk": (["indices:data/write/bulk"], ["indices:data/write/bulk[s]", "indices:data/write/delete"]),
    "cluster.health": (["cluster:monitor/health"], []),
    "indices.create": ([], ["indices:admin/create"]),
    "indices.delete": ([], ["indices:admin/delete"]),
    "indices.get": ([], ["indices:admin/get"]),
    "indices.get_alias": ([], ["indices:admin/aliases/get"]),
    "indices.update_aliases": ([], ["indices:admin/aliases"]),
    "indices.put_settings": ([], ["indices:admin/settings/update"]),
    # /_refresh
    "transport.perform_request": ([], ["indices:admin/refresh"]),
    "close": ([], []),
}


def read(name):
    return (CLUSTER / name).read_text("utf-8")


def test_the_user_may_do_what_the_program_does_and_no_more():
    role = yaml.safe_load(read("opensearch/roles.yml"))["kb_desk"]
    (granted,) = role["index_permissions"]
    actions = [p for action in granted["allowed_actions"] for p in GROUPS.get(action, [action])]
    called = set(
        re.findall(
            r"self\._client\.((?:indices\.|cluster\.|transport\.)?\w+)\(",
            (ROOT / "indexer/opensearch.py").read_text("utf-8"),
        )
    )
    for call in called | {"bulk"}:
        whole, index = CALLS[call]
        assert set(whole) <= set(role["cluster_permissions"]), call
        assert all(any(fnmatchcase(a.replace("[", "<"), p) for p in actions) for a in index), call
    assert not any("*" in permission for permission in role["cluster_permissions"])
    settings = next(yaml.safe_load_all(read("kubernetes/settings.yaml")))["data"]
    prefix, user = settings["KB_SEARCH_PREFIX"], settings["KB_SEARCH_USER"]
    assert granted["index_patterns"] == [prefix, f"{prefix}-*"]
    assert yaml.safe_load(read("opensearch/roles_mapping.yml"))["kb_desk"] == {"users": [user]}
    users = yaml.safe_load(read("opensearch/internal_users.yml"))
    assert set(users) == {"_meta", user}
    assert users[user]["hash"] == "${envbc.KB_SEARCH_PASSWORD}"


def made_certificate(folder):
    """A certificate for localhost and its key, as PEM files."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")]),
    )
    at = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, at - timedelta(1), at + timedelta(1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    files = folder / "ca.crt", folder / "node.key"
    files[0].write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    kept = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, *kept))
    return files


@pytest.mark.skipif(NGINX is None, reason="nginx 没有装（Debian：apt-get install nginx-light）")
def test_nginx_understands_its_file(tmp_path):
    certificate, key = made_certificate(tmp_path)
    text = read("nginx.conf").replace("/tmp/", f"{tmp_path}/")
    text = text.replace("/run/secrets/tls.crt", str(certificate)).replace("/run/secrets/tls.key", str(key))
    # Docker's names, which nginx resolves from 1.27.3 on
    text = re.sub(r"server (?:web|workbench):8000 resolve", "server 127.0.0.1:8000", text)
    (tmp_path / "nginx.conf").write_text(text)
    command = [NGINX, "-t", "-c", tmp_path / "nginx.conf", "-e", tmp_path / "error.log"]
    tested = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert tested.returncode == 0, tested.stderr


@pytest.fixture
def node(tmp_path):
    """A node of a cluster, whose answers are what stands in `says`; it asks for the password."""
    folder = tmp_path / "config/certificates"
    folder.mkdir(parents=True)
    says = {"status": "yellow", "open": True}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            who = b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
            self.send_response(200 if who == "kb:secret" and says["open"] else 503)
            self.end_headers()
            self.wfile.write(f'{{"status":"{says["status"]}"}}'.encode() if "health" in self.path else b"{}")

        def log_message(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*made_certificate(folder))
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    script = read("opensearch/ready.sh").replace(":9200", f":{server.server_port}").replace("/tmp/", f"{tmp_path}/")
    (tmp_path / "ready.sh").write_text(script)

    def ready(password="secret"):
        environment = {"KB_SEARCH_USER": "kb", "KB_SEARCH_PASSWORD": password, "PATH": "/usr/local/bin:/usr/bin:/bin"}
        return (
            subprocess.run(["sh", "ready.sh"], cwd=tmp_path, env=environment, timeout=30, check=False).returncode == 0
        )

    yield says, ready
    server.shutdown()
    server.server_close()


@pytest.mark.skipif(CURL is None, reason="curl 没有装")
def test_a_search_node_is_ready_once_all_copies_are_there_and_stays_so_while_it_answers(node):  # A6
    says, ready = node
    assert not ready()
    says["status"] = "green"
    assert not ready("wrong")
    assert ready()
    # another node went
    says["status"] = "yellow"
    assert ready()
    says["open"] = False
    assert not ready()
