"""The model of large runs against points that it was not made from, and at its edges."""

from pathlib import Path

import pytest
import yaml
from benchmarks.scale_model import HERE, HOUR, REPLY_TOKENS, Machines, Teacher, accelerators, need

from tests.runs import medreason

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "scale"
BOUGHT = Teacher(2500, 1000, prompt_price=1.0, completion_price=4.0, per_minute=2_000_000)


def near(found: float, measured: float, share: float) -> bool:
    return abs(found - measured) <= share * measured


def test_the_time_of_4006_cases_on_two_nodes() -> None:
    """Measured 58.2 s; the model was made from one process and from 256 cases."""
    assert near(need(4006, Machines(2)).hours * HOUR, 58.2, 0.1)


def test_the_memory_and_time_of_a_merge_of_1000_outcomes() -> None:
    """Measured 264 MB and 1.77 s; the model was made from 4,000 and 16,000."""
    assert near(HERE.base + 1000 * HERE.memory, 264e6, 0.2)
    assert near(1000 * HERE.merge, 1.77, 0.15)


def test_the_disk_of_400_cases() -> None:
    """Measured 8,161 and 1,019 bytes a case; the model has 4,006 others."""
    assert near(need(16_000, Machines(1)).disk_bytes, 16_000 * (8161 + 1019), 0.2)


def test_work_is_divided_and_the_merge_is_not() -> None:
    one, many = need(10**6, Machines(1)), need(10**6, Machines(1000))
    assert one.hours * HOUR == pytest.approx(HERE.start + 10**6 * (HERE.seconds + HERE.merge))
    assert many.hours * HOUR == pytest.approx(HERE.start + 10**3 * HERE.seconds + 10**6 * HERE.merge)
    assert one.driver_bytes == many.driver_bytes and one.parts == many.parts == 15625


def test_money_is_tokens_and_hours() -> None:
    found = need(1000, Machines(4, price=0.5), BOUGHT)
    assert found.money == pytest.approx(1000 * (2500 + 4000) / 1e6 + 4 * 0.5 * found.hours)
    assert found.teacher_hours * 60 == pytest.approx(1000 * 3500 / 2_000_000)
    owned = Teacher(2500, 1000, rate=5000, accelerators=8, accelerator_price=2.0)
    slow = need(10**6, Machines(1000), owned)
    assert slow.teacher_hours == pytest.approx(10**6 * 3500 / 40_000 / HOUR)
    assert slow.hours == pytest.approx(slow.teacher_hours + 10**6 * HERE.merge / HOUR)
    assert slow.money == pytest.approx(16 * slow.hours)


def test_longer_replies_take_more_disk() -> None:
    short = need(1000, Machines(1), BOUGHT._replace(completion=REPLY_TOKENS)).disk_bytes
    assert need(1000, Machines(1), BOUGHT._replace(completion=REPLY_TOKENS + 1000)).disk_bytes == short + 8e6


def test_how_many_accelerators() -> None:
    owned = Teacher(2500, 1000, rate=1000)
    assert accelerators(3600, owned, 3.5) == 1
    assert accelerators(3601, owned, 3.5) == 2
    assert accelerators(1, owned, 1000) == 1


def test_what_has_no_answer() -> None:
    for broken in (lambda: need(0, Machines(1)), lambda: need(1, Machines(0))):
        with pytest.raises(ValueError, match="at least one"):
            broken()
    with pytest.raises(ValueError, match="rate"):
        need(1, Machines(1), Teacher(1, 1))
    with pytest.raises(ValueError, match="rate and the hours"):
        accelerators(1, BOUGHT, 1)


# -- the example files ------------------------------------------------------------------------------------------


def test_the_kubernetes_example_names_what_kuberay_knows() -> None:
    job = yaml.safe_load((EXAMPLES / "rayjob.yaml").read_text(encoding="utf-8"))
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    spec = job["spec"]
    known = "entrypoint backoffLimit shutdownAfterJobFinishes ttlSecondsAfterFinished rayClusterSpec"
    assert set(spec) == set(known.split())
    cluster = spec["rayClusterSpec"]
    assert set(cluster) == {"rayVersion", "headGroupSpec", "workerGroupSpecs"}
    assert set(cluster["headGroupSpec"]) == {"rayStartParams", "template"}
    (group,) = cluster["workerGroupSpecs"]
    assert set(group) == set("groupName replicas minReplicas maxReplicas rayStartParams template".split())
    pods = [cluster["headGroupSpec"]["template"]["spec"], group["template"]["spec"]]
    assert pods[0]["containers"][0]["image"] == pods[1]["containers"][0]["image"]
    for pod in pods:
        assert {m["name"] for m in pod["containers"][0]["volumeMounts"]} == {v["name"] for v in pod["volumes"]}


@pytest.mark.parametrize("name", ["rayjob.yaml", "ray.sbatch", "shards.sbatch"])
def test_the_examples_use_options_that_there_are(name: str) -> None:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    line = next(part for part in text.splitlines() if "medreason run " in part and not part.startswith("#"))
    named = [word for word in line.split("medreason run ", 1)[1].split() if word.startswith("--")]
    told = medreason("run", "--help", COLUMNS="200").stdout
    assert named and all(f"{option} " in told for option in named)
