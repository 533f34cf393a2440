"""The place where offline stacks live: own backend, own passphrase, own copies of the project files."""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from engine.build import EngineError, engine_bin
from offline import written
from offline.console import OfflineError, console
from offline.recovery import recover, release_dead_locks

PROJECT = Path(__file__).resolve().parent.parent
HOME = PROJECT / ".offline"
# No credentials of the caller may reach the engine: nothing here talks to an account.
_FOREIGN = re.compile(r"^(AWS_|PULUMI_|TF_)")
_REPORTS = "WEBSTORE_POLICY_REPORT"


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """One Pulumi project on offline AWS.

    The engine runs in a copy of the project file and the stack file, whose `main` points at the real program: it may
    then write its own encryption settings without touching the files under version control.
    """

    project: Path
    home: Path = HOME

    @property
    def folder(self) -> Path:
        return self.home / "projects" / self.project_name

    @property
    def project_name(self) -> str:
        return _yaml(self.project / "Pulumi.yaml")["name"]

    @property
    def backend(self) -> Path:
        """Folder of the engine's state files."""
        return self.home / "state" / ".pulumi"

    @property
    def reports(self) -> Path:
        """Folder of what the policy packs say of a run (policies/library/report.py); the caller may name another."""
        return Path(os.environ.get(_REPORTS) or self.home / "reports").absolute()

    def checkpoint(self, stack: str) -> dict[str, Any]:
        """The state of a stack as the backend keeps it, secrets encrypted; empty before the first update."""
        path = self.backend / "stacks" / self.project_name / f"{stack}.json"
        if not path.is_file():
            return {}
        return json.loads(path.read_text())["checkpoint"].get("latest") or {}

    def stack_settings(self, stack: str) -> dict[str, Any]:
        """Configuration of the stack file, key to value.

        Raises:
            OfflineError: there is no such file, or it is not a stack file.
        """
        path = self._stack_file(stack)
        settings = _yaml(path).get("config") or {}
        if not isinstance(settings, dict):
            raise OfflineError(f"{path.name}: `config` must be a mapping of keys (`web-store:network`) to sections")
        return settings

    def environment(self) -> dict[str, str]:
        """Environment of every engine process: the caller's, without what belongs to real clouds and backends."""
        try:
            engine = engine_bin()
        except EngineError as problem:
            raise OfflineError(str(problem)) from problem
        kept = {name: value for name, value in os.environ.items() if not _FOREIGN.match(name)}
        return {
            # Collecting the engine's small heap less often saves a tenth of its time.
            "GOGC": "400",
            **kept,
            _REPORTS: str(self.reports),
            "PATH": os.pathsep.join([str(PROJECT / "offline" / "bin"), str(engine), kept.get("PATH", "")]),
            "PULUMI_HOME": str(self.home / "pulumi"),
            "PULUMI_BACKEND_URL": f"file://{self.home / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": self._passphrase(),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # The engine would write the whole state twice for each resource, three quarters of an update's time; what a
            # killed run leaves is put in order by `recovery`.
            "PULUMI_SKIP_CHECKPOINTS": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "WEBSTORE_OFFLINE_HOME": str(self.home),
        }

    def prepare(self, stack: str) -> None:
        """Copy the project's files and make the stack if it does not exist."""
        self.stack_settings(stack)
        (self.home / "state").mkdir(parents=True, exist_ok=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._copy_project()
        missing = self._copy_stack(stack)
        killed = release_dead_locks(self.backend / "locks", self.project_name, stack)
        known = self.pulumi("stack", "ls", "--json", capture=True)
        if stack not in {entry["name"] for entry in json.loads(known.stdout)}:
            self.pulumi("stack", "init", stack, capture=True)
        if killed:
            recover(self.home, self.project_name, stack, self.resources(stack))
        for key in missing:
            console.print(f"offline: the secret {key} cannot be read here; a made-up value stands in")
            self.pulumi(
                "config", "set", "--secret", "--stack", stack, key, capture=True, given=secrets.token_urlsafe(32)
            )

    def pulumi(
        self, *arguments: str, capture: bool = False, check: bool = True, given: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one Pulumi command in the copy.

        Raises:
            OfflineError: `check` is set and the command failed; its own output tells why.
        """
        command = ["pulumi", "-C", str(self.folder), "--non-interactive", *arguments]
        with _interrupts_left_to_the_engine():
            done = subprocess.run(
                command, env=self.environment(), capture_output=capture, text=True, check=False, input=given
            )
        if check and done.returncode:
            raise OfflineError(f"`pulumi {' '.join(arguments)}` failed:\n{(done.stderr or done.stdout or '').strip()}")
        return done

    def pulumi_shown(self, *arguments: str) -> tuple[int, str]:
        """Run one Pulumi command in the copy, show its output as it comes; returns exit code and output."""
        color = "always" if sys.stdout.isatty() else "never"
        command = ["pulumi", "-C", str(self.folder), "--non-interactive", "--color", color, *arguments]
        said: list[str] = []
        with (
            _interrupts_left_to_the_engine(),
            subprocess.Popen(command, env=self.environment(), stdout=subprocess.PIPE, text=True) as engine,
        ):
            assert engine.stdout
            for line in engine.stdout:
                sys.stdout.write(line)
                sys.stdout.flush()
                said.append(line)
        return engine.returncode, "".join(said)

    def resources(self, stack: str) -> Sequence[dict[str, Any]]:
        """Resources of the stack's state."""
        return self.checkpoint(stack).get("resources") or []

    def outputs(self, stack: str) -> dict[str, Any]:
        return json.loads(self.pulumi("stack", "output", "--json", "--stack", stack, capture=True).stdout)

    def _stack_file(self, stack: str) -> Path:
        path = self.project / f"Pulumi.{stack}.yaml"
        if not path.is_file():
            known = sorted(found.name.split(".")[1] for found in self.project.glob("Pulumi.*.yaml"))
            inside = self.project.relative_to(PROJECT) if self.project.is_relative_to(PROJECT) else Path()
            place = f" in {inside}" if inside.parts else ""
            raise OfflineError(
                f"there is no stack file {path.name}{place}. Stacks: {', '.join(known)}. "
                f"Run: make ... ENV={known[0]}, or copy its file for a new environment"
            )
        return path

    def _copy_project(self) -> None:
        source = self.project / "Pulumi.yaml"
        options = _yaml(source)["runtime"].get("options") or {}
        root = written.read(source)
        written.put(root, ("main",), str(self.project))
        written.put(root, ("runtime", "options", "virtualenv"), str((self.project / options["virtualenv"]).resolve()))
        (self.folder / "Pulumi.yaml").write_text(written.text(root))

    def _copy_stack(self, stack: str) -> list[str]:
        """Write the copy of the stack file; returns the secrets that it still lacks."""
        copy = self.folder / f"Pulumi.{stack}.yaml"
        earlier = written.read(copy) if copy.is_file() else None
        ours = written.entries(written.value(earlier, "config"))
        made_up = {key: value for key, (_, value) in ours.items() if _holds_secret(value)}
        config, missing = [], []
        for key, (name, value) in written.entries(
            written.value(written.read(self._stack_file(stack)), "config")
        ).items():
            kept = made_up.get(key) if _holds_secret(value) else value
            if kept is None:
                missing.append(key)
            else:
                config.append((name, kept))
        salt = [entry for key, entry in written.entries(earlier).items() if key == "encryptionsalt"]
        copy.write_text(written.text(written.mapping([*salt, (written.scalar("config"), written.mapping(config))])))
        return missing

    def _passphrase(self) -> str:
        path = self.home / "passphrase"
        if not path.is_file():
            self.home.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(32))
        return path.read_text()


@contextmanager
def _interrupts_left_to_the_engine() -> Iterator[None]:
    """Ctrl-C reaches every process of the terminal; only the engine may act on it, for it ends what is under way."""
    earlier = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, earlier)


def _holds_secret(node: yaml.Node) -> bool:
    """Whether an encrypted value stands in this part of a stack file."""
    if isinstance(node, yaml.MappingNode):
        return set(written.entries(node)) == {"secure"} or any(_holds_secret(value) for _, value in node.value)
    return isinstance(node, yaml.SequenceNode) and any(map(_holds_secret, node.value))


class _Loader(yaml.SafeLoader):
    """Refuses a key that is given twice, as Pulumi does; plain YAML takes the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for position, key in enumerate(keys):
            if key in keys[:position]:
                raise yaml.MarkedYAMLError(f"`{key}` is given twice in the mapping that begins", node.start_mark)
        return super().construct_mapping(node, deep=deep)


def _yaml(path: Path) -> dict[str, Any]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        told = str(problem).replace("<unicode string>", path.name)
        raise OfflineError(f"{path.name} is not valid YAML: {told}\nNothing was planned or changed.") from problem
    if not isinstance(content, dict):
        found = "is empty" if content is None else f"holds {content!r:.60}"
        raise OfflineError(
            f"{path.name} {found}; it must be a mapping with the key `config`. "
            "Every setting is described in docs/settings.md."
        )
    return content
