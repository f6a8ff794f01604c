"""What installs and runs the service: pinned libraries that cannot be altered, an image and units that give away no right."""

import configparser
import hashlib
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from kb.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze 没有装（Debian：apt-get install systemd）")


def pinned(name):
    """Library → (version, its hashes)."""
    text = re.sub(r"\\\n\s*", " ", (DEPLOY / name).read_text("utf-8"))
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    found = {}
    for line in lines:
        match = re.fullmatch(r"([a-z0-9.-]+)==(\S+)((?: +--hash=sha256:[0-9a-f]{64})+)", line.strip())
        assert match, line
        found[canonicalize_name(match[1])] = (match[2], match[3].split())
    return found


def needed(section, name):
    parsed = configparser.ConfigParser()
    parsed.read(ROOT / "setup.cfg", "utf-8")
    return [Requirement(line) for line in parsed[section][name].splitlines() if line]


# ── libraries ──


@pytest.mark.parametrize("name", ["requirements.lock", "build.lock"])
def test_every_library_is_pinned_with_its_hashes(name):  # S1
    assert len(pinned(name)) >= 3
    assert not re.search(r"^--|https?://|file:/", (DEPLOY / name).read_text("utf-8"), re.MULTILINE)


def test_what_the_package_needs_is_pinned_at_a_version_that_does():  # S1
    found = pinned("requirements.lock")
    for requirement in [*needed("options", "install_requires"), *needed("options.extras_require", "postgres")]:
        version, _ = found[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), requirement
    # and nothing that only tests need
    assert not found.keys() & {"pytest", "hypothesis", "ruff", "mypy", "playwright"}


def test_every_package_of_the_program_is_installed():
    parsed = configparser.ConfigParser()
    parsed.read(ROOT / "setup.cfg", "utf-8")
    listed = set(parsed["options"]["packages"].split())
    modules = [path.parent for room in ("kb", "indexer", "web") for path in (ROOT / room).rglob("__init__.py")]
    there = {folder.relative_to(ROOT).as_posix().replace("/", ".") for folder in modules}
    assert there <= listed


@pytest.fixture
def wheelhouse(tmp_path):
    """A folder of wheels without a network, with one in it."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    info = "small_thing-1.0.dist-info"
    with zipfile.ZipFile(folder / "small_thing-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("small_thing.py", "SAID = 'sound'\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: small-thing\nVersion: 1.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return folder


def install(wheelhouse, lock, target):
    """As the image does it, but from a folder."""
    flags = re.search(r"pip install (--require-hashes --only-binary :all:) -r", (DEPLOY / "Dockerfile").read_text())[1]
    command = [sys.executable, "-m", "pip"]
    if subprocess.run([*command, "--version"], capture_output=True).returncode:
        command = [shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin") or "python3", "-m", "pip"]
    command += ["install", *flags.split(), "--no-index", "--find-links", wheelhouse, "--target", target, "-r", lock]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_altered_file_is_not_installed(wheelhouse, tmp_path):  # S1
    wheel = next(wheelhouse.iterdir())
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"small-thing==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    sound = install(wheelhouse, lock, tmp_path / "sound")
    assert sound.returncode == 0, sound.stderr
    assert (tmp_path / "sound/small_thing.py").exists()
    with zipfile.ZipFile(wheel, "a") as opened:
        opened.writestr("small_thing_more.py", "import os\n")
    altered = install(wheelhouse, lock, tmp_path / "altered")
    assert altered.returncode != 0
    assert "HASHES" in altered.stderr.upper()
    assert not (tmp_path / "altered/small_thing.py").exists()


# ── the image ──


def test_the_image_runs_as_an_ordinary_user_upon_code_it_cannot_change():  # O7
    steps = re.sub(r"\\\n\s*", " ", (DEPLOY / "Dockerfile").read_text("utf-8"))
    stages = steps.split("\nFROM ")
    final = stages[-1]
    assert re.findall(r"^USER (.+)$", final, re.MULTILINE) == ["10001:10001"]
    # the code is root's: only the two folders of data are given away
    assert "--chown" not in final
    assert set(re.findall(r"install -d -o kb -g kb -m \d+ (\S+)", final)) == {"/var/lib/kb-desk", "/srv/kb/articles"}
    assert "HEALTHCHECK" in final
    assert not re.search(r"\b(sudo|curl|wget|ADD)\b", steps)
    assert "secret" not in steps.lower()


def test_no_image_is_taken_as_it_happens_to_be_today():
    texts = [(DEPLOY / name).read_text("utf-8") for name in ("Dockerfile", "compose.yaml", "kubernetes.yaml")]
    images = re.findall(r"(?:image: |ARG PYTHON=)(\S+)", "\n".join(texts))
    assert len(images) >= 5
    for image in images:
        assert re.search(r":\$\{KB_VERSION:-[\d.]+\}$|:\d[\w.-]*$", image), image
        assert not image.endswith(":latest")


# ── compose and Kubernetes ──


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def objects():
    found = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8")))
    return {(o["kind"], o["metadata"]["name"]): o for o in found}


def test_the_services_run_without_rights_and_wait_for_one_another(compose):  # O7
    services = compose["services"]
    assert set(services) == {"db", "upgrade", "web", "nightly"}
    for name in ("upgrade", "web", "nightly"):
        service = services[name]
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert "no-new-privileges:true" in service["security_opt"]
        assert "user" not in service
        for other in service["depends_on"]:
            assert other in services
    # reached through the proxy of the host, not from outside
    assert all(port.startswith("127.0.0.1:") for port in services["web"]["ports"])
    assert "ports" not in services["db"]
    assert {v.split(":")[0] for s in services.values() for v in s["volumes"] if v[0] not in "$./"} == set(
        compose["volumes"]
    )


def test_secrets_are_asked_for_and_not_written_down(compose):
    for name, value in compose["services"]["web"]["environment"].items():
        if "SECRET" in name or "URL" in name:
            assert ":?" in value, name


def pods(objects):
    for (kind, name), made in objects.items():
        if kind == "Deployment":
            yield name, made["spec"]["template"]["spec"]
        if kind == "CronJob":
            yield name, made["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def test_pods_are_as_the_restricted_standard_wants_them(objects):  # O7
    found = dict(pods(objects))
    assert set(found) == {"kb-desk", "kb-nightly"}
    for pod in found.values():
        person = pod["securityContext"]
        assert (person["runAsNonRoot"], person["runAsUser"]) == (True, 10001)
        assert person["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        volumes = {volume["name"] for volume in pod["volumes"]}
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            narrow = container["securityContext"]
            assert narrow == {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
            }  # fmt: skip
            assert container["resources"]["limits"]["memory"]
            assert {mount["name"] for mount in container["volumeMounts"]} == volumes


def test_names_in_the_manifests_lead_somewhere(objects):
    for _, pod in pods(objects):
        for volume in pod["volumes"]:
            if "persistentVolumeClaim" in volume:
                assert ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]) in objects
        for container in pod["containers"]:
            assert ("ConfigMap", container["envFrom"][0]["configMapRef"]["name"]) in objects
    deployment = objects["Deployment", "kb-desk"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels
    assert objects["Service", "kb-desk"]["spec"]["selector"] == labels
    web = deployment["spec"]["template"]["spec"]["containers"][0]
    assert (web["livenessProbe"]["httpGet"]["path"], web["readinessProbe"]["httpGet"]["path"]) == ("/livez", "/readyz")
    assert {made["metadata"].get("namespace", "kb-desk") for made in objects.values()} == {"kb-desk"}


def test_the_night_is_at_two_in_shanghai_everywhere(objects):
    job = objects["CronJob", "kb-nightly"]["spec"]
    assert (job["schedule"], job["timeZone"], job["concurrencyPolicy"]) == ("0 2 * * *", "Asia/Shanghai", "Forbid")
    timer = (DEPLOY / "kb-nightly.timer").read_text()
    assert "OnCalendar=*-*-* 02:00:00 Asia/Shanghai\n" in timer
    cron = (DEPLOY / "kb-desk.cron").read_text()
    assert "CRON_TZ=Asia/Shanghai\n" in cron
    assert re.search(r"^0 2 \* \* \*  kb  .*kb nightly$", cron, re.MULTILINE)


def test_settings_in_the_examples_are_settings(compose, objects, tmp_path):
    lines = (DEPLOY / "kb-desk.env.example").read_text("utf-8").splitlines()
    example = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    settings = load_settings(example, tmp_path / "none")
    assert (settings.tls, settings.log_format) == (True, "json")
    named = {*example, *compose["services"]["web"]["environment"], *objects["ConfigMap", "kb-desk"]["data"]}
    documented = (ROOT / "docs/operators.md").read_text("utf-8")
    assert all(f"`{name}`" in documented for name in named)
    load_settings(objects["ConfigMap", "kb-desk"]["data"], tmp_path / "none")


# ── systemd ──


@pytest.fixture
def units(tmp_path):
    """The units as they would be installed, with a program that is there."""
    program = Path(sys.executable).with_name("kb")
    for unit in DEPLOY.glob("kb-*.service"):
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/kb-desk/bin/kb", str(program)))
    shutil.copy(DEPLOY / "kb-nightly.timer", tmp_path)
    return tmp_path


@needs_systemd
@pytest.mark.parametrize("name", ["kb-desk.service", "kb-nightly.service", "kb-nightly.timer"])
def test_systemd_understands_the_units(units, name):
    checked = subprocess.run([ANALYZE, "verify", "--man=no", units / name], capture_output=True, text=True, check=False)
    said = [line for line in (checked.stdout + checked.stderr).splitlines() if str(units) in line or "kb-" in line]
    assert said == []
    assert checked.returncode == 0, checked.stderr


@needs_systemd
def test_a_unit_with_a_mistake_is_not_understood(units):
    unit = units / "kb-desk.service"
    unit.write_text(unit.read_text().replace("Restart=on-failure", "Restart=now-and-then"))
    checked = subprocess.run([ANALYZE, "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    assert "now-and-then" in checked.stderr


@needs_systemd
def test_systemd_finds_the_night_at_two_in_shanghai():
    said = subprocess.run(
        [ANALYZE, "calendar", "--iterations=1", "*-*-* 02:00:00 Asia/Shanghai"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "18:00:00 UTC" in said


@pytest.mark.parametrize("name", ["kb-desk.service", "kb-nightly.service"])
def test_units_give_away_no_right(name):  # O7
    text = (DEPLOY / name).read_text()
    for line in (
        "User=kb", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "CapabilityBoundingSet=",
        "RestrictSUIDSGID=yes", "SystemCallFilter=@system-service", "StateDirectoryMode=0700", "UMask=0077",
    ):  # fmt: skip
        assert f"{line}\n" in text
    assert re.findall(r"^ReadWritePaths=(.+)$", text, re.MULTILINE) == ["/srv/kb/articles"]
