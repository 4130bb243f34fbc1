"""Two hundred jobs while everything is killed: one seed gives one storm."""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
from tests.appliance.running import Running, clean_environment, free_port
from tests.faults.region import PAID_IN

from qianhang.appliance import database
from qianhang.appliance.folder import DataFolder

SEED = int(os.environ.get("QIANHANG_TEST_FAULT_SEED", "0")) or random.randrange(1, 1 << 30)
OUTPUTS = "for i in $(seq 12); do echo $i > outputs/$i; done"
MOST_EXTRA_KILLS = 100
"""Attempts to kill the worker; one in two or three finds it long enough alive."""
TARGETS = ("worker", "web", "database", "supervisor")
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Storm:
    folder: Path
    output: Path
    seed: int
    jobs: int
    kills_wanted: Mapping[str, int]
    """At least so many kill -9 of each target."""
    environment: Mapping[str, str] = field(default_factory=dict)
    settle_within_s: float = 240

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.port = free_port()
        self.kills: Counter[str] = Counter()
        self.acknowledged: dict[str, str] = {}
        self.cancelled: list[str] = []
        self.starts = 0
        self.calm = self.output / "calm"
        """There once nothing is killed any more."""
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api/v1", timeout=20)

    # ---- the whole

    def rage(self) -> dict[str, object]:
        """Runs to quiet and returns what the books say (tests.faults.books.read)."""
        self._start()
        self.up.wait_until_ready()
        try:
            region = self._inside("make")
            self.client.headers["Authorization"] = f"Bearer {region['key']}"
            with ThreadPoolExecutor(1, thread_name_prefix="submitter") as pool:
                submitting = pool.submit(self._submit_all)
                self._kill_until(submitting)
                submitting.result()
            self.calm.touch()
            self._wait_for_quiet()
            question = self.output / "question.json"
            question.write_text(
                json.dumps(
                    {
                        "acknowledged": self.acknowledged,
                        "cancelled": self.cancelled,
                        "wallet": region["wallet"],
                        "paid_in": PAID_IN,
                    }
                ),
                "utf-8",
            )
            answer = self._inside("books", str(question))
        finally:
            if self.up.process.poll() is None:
                self.up.stop()
        return answer

    # ---- jobs

    def _submit_all(self) -> None:
        """A client that repeats a request until it is answered, with the same Idempotency-Key, as ours do."""
        dice = random.Random(self.seed + 1)
        for number in range(self.jobs):
            name, naps = f"job-{number:03}", round(dice.uniform(0.05, 0.4), 2)
            kind = dice.choices(("succeeded", "failed", "cancel"), (8, 1, 1))[0]
            ending = "exit 3" if kind == "failed" else "echo end"
            spec = {
                "name": name,
                "command": f"echo begin; sleep {naps}; mkdir outputs; {OUTPUTS}; {ending}",
                "resources": {"cpus": 1, "memory": 64},
                "time_limit": 60,
                "retries": 10,
            }
            made = self._until_answered("POST", "/jobs", {"Idempotency-Key": f"{self.seed}-{name}"}, json=spec)
            assert made.status_code in {200, 201, 202}, made.text
            self.acknowledged[name] = "failed" if kind == "failed" else "succeeded"
            if kind == "cancel":
                self.cancelled.append(name)
                path = f"/jobs/{made.json()['id']}/cancel"
                asked = self._until_answered("POST", path, {"Idempotency-Key": f"{self.seed}-{name}-cancel"})
                assert asked.status_code < 300, asked.text

    def _until_answered(self, method: str, path: str, headers: dict[str, str], **more: object) -> httpx.Response:
        deadline = time.monotonic() + 120
        while True:
            try:
                answer = self.client.request(method, path, headers=headers, **more)
                if answer.status_code < 500 and answer.status_code != 409:
                    return answer
            except httpx.HTTPError:
                pass
            assert time.monotonic() < deadline, f"{method} {path} was not answered for two minutes"
            threading.Event().wait(0.2)

    # ---- kills

    def _kill_until(self, submitting: Future[None]) -> None:
        """Until each target has had its kills; then the worker, until the naive book has charged a run again."""
        more = MOST_EXTRA_KILLS
        while True:
            left = [target for target in TARGETS if self.kills[target] < self.kills_wanted[target]]
            if submitting.done() and (not left or submitting.exception()):
                if submitting.exception() or self._charged_again() or not more:
                    return
                more, left = more - 1, ["worker"]
            threading.Event().wait(self.random.uniform(0.1, 0.6))
            target = self.random.choice(left or list(TARGETS[:2]))
            for victim in self._victims(target):
                # At any moment of its life, not always while it starts: that is when it does something.
                if time.time() - victim.create_time() < self.random.uniform(0.5, 4):
                    break
                victim.kill()
                self.kills[target] += 1
                if target == "supervisor":
                    self.up.process.wait(timeout=20)
                    self._start()
                    # Kills that follow each other faster than work begins prove little.
                    self.up.wait_until_ready()
                break
            ended = self.up.process.poll()
            assert ended is None, f"`up` ended by itself with {ended}:\n{self.up.text()}"

    def _charged_again(self) -> bool:
        charges = self.calm.with_name("charged")
        runs = charges.read_text("ascii").split() if charges.exists() else []
        return len(runs) > len(set(runs))

    def _victims(self, target: str) -> list[psutil.Process]:
        try:
            if target == "supervisor":
                return [psutil.Process(self.up.process.pid)]
            if target == "database":
                pid = int((self.folder / "postgres" / "postmaster.pid").read_text("ascii").split()[0])
                return [psutil.Process(pid)]
            found = self.up.parts(target)
            self.random.shuffle(found)
            return found
        except (OSError, ValueError, IndexError, psutil.Error):
            return []

    # ---- the installation

    def _start(self) -> None:
        self.starts += 1
        output = self.output / f"up-{self.starts}.txt"
        before = dict(os.environ)
        try:
            os.environ.update(self.environment, STORM_CALM=str(self.calm))
            self.up = Running(self.folder, output, port=self.port)
        finally:
            os.environ.clear()
            os.environ.update(before)

    def _inside(self, *arguments: str) -> dict[str, object]:
        holder = DataFolder(self.folder).holder()
        assert holder is not None, "nothing is running"
        access = database.Access(holder.database_url, holder.owner_url)
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.region", *arguments],
            env=clean_environment()
            | access.environment()
            | {"QIANHANG_DATA_DIR": str(self.folder), "DJANGO_SETTINGS_MODULE": "qianhang.wiring.settings"},
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def _wait_for_quiet(self) -> None:
        deadline = time.monotonic() + self.settle_within_s
        while time.monotonic() < deadline:
            waiting = 0
            for state in ("queued", "requeued", "placed", "starting", "running", "lost"):
                page = self._until_answered("GET", f"/jobs?state={state}&limit=1", {})
                waiting += len(page.json()["items"])
            if not waiting:
                return
            threading.Event().wait(0.5)
