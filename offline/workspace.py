"""The place where offline stacks live: own backend, own passphrase, own copies of the project files."""

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from engine.build import EngineError, engine_bin
from offline import written
from offline.aws.cloud import Cloud
from offline.console import console
from offline.errors import OfflineError
from offline.files import once, one_at_a_time, read_yaml, write
from offline.locks import locks_of
from offline.output import without_trace
from offline.process import Lines, run, run_shown
from offline.project import PROJECT, copied_project, holds_secret, read_project, read_stack, stack_file
from offline.recovery import differences
from offline.state import checkpoint_of, repair, require_passphrase, salt_of, state_file

HOME = PROJECT / ".offline"
PLUGINS: Final = PROJECT / "offline" / "bin"
# Neither credentials of the caller nor modules from elsewhere may reach the engine: nothing here talks to an account.
_FOREIGN: Final = re.compile(r"^(AWS_|PULUMI_|TF_|PYTHON(PATH|HOME|SAFEPATH|STARTUP|INSPECT|USERBASE)$)")
_NO_PROXY: Final = re.compile(r"^no_(grpc_)?proxy$", re.IGNORECASE)
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_REFERENCE: Final = "pulumi:pulumi:StackReference"
_REPORTS: Final = "WEBSTORE_POLICY_REPORT"
# What the engine says of files that it cannot use, without naming them, and what may be done.
_HINTS: Final = {
    "currently locked": "Wait for that run's end. Once its process is gone, the next command removes the lock.",
    "incorrect passphrase": (
        "{passphrase} is not the text that the stacks are encrypted with: put it back, or begin anew: rm -rf '{home}'"
    ),
    "stack config|cipher: message authentication": (
        "A made-up secret in {copies} cannot be decrypted. Have it made anew: rm '{copies}'/Pulumi.*.yaml. If the "
        "message stays, the state in {state} is damaged; begin anew: rm -rf '{home}'"
    ),
    "checkpoint|deployment|snapshot|integrity|decrypt": (
        "The state in {state} is damaged. An earlier one is beside it (.bak); or begin anew: rm -rf '{home}'"
    ),
}


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

    @cached_property
    def project_name(self) -> str:
        return read_project(self.project)["name"]

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
        return checkpoint_of(self.backend, self.project_name, stack)

    def stack_settings(self, stack: str) -> dict[str, Any]:
        """Configuration of the stack file, key to value.

        Raises:
            OfflineError: there is no such file, or it is not a stack file.
        """
        return read_stack(self.project, stack)

    def environment(self) -> dict[str, str]:
        """Environment of every engine process: the caller's, without what belongs to real clouds and backends."""
        if os.pathsep in str(PROJECT):
            raise OfflineError(
                f"the path {PROJECT} holds `{os.pathsep}`, which separates the folders of PATH, so that no program "
                "below it can be found: move the checkout to a path without it"
            )
        try:
            engine = engine_bin()
        except EngineError as problem:
            raise OfflineError(str(problem)) from problem
        kept = {name: value for name, value in os.environ.items() if not _FOREIGN.match(name)}
        return {
            # Collecting the engine's small heap less often saves a tenth of its time.
            "GOGC": "400",
            **kept,
            **_without_proxy(kept),
            _REPORTS: str(self.reports),
            "PATH": os.pathsep.join([str(engine), kept.get("PATH", "")]),
            "PULUMI_HOME": str(self.home / "pulumi"),
            "PULUMI_BACKEND_URL": (self.home / "state").absolute().as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": self._passphrase(),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # The engine would write the whole state twice for each resource, three quarters of an update's time; what a
            # killed run leaves is put in order by `recovery`.
            "PULUMI_SKIP_CHECKPOINTS": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "WEBSTORE_OFFLINE_HOME": str(self.home.absolute()),
        }

    def prepare(self, stack: str) -> None:
        """Copy the project's files, make the stack if it does not exist, put in order what an earlier run left.

        Raises:
            OfflineError: a file cannot be used.
        """
        self.stack_settings(stack)
        self._make_home()
        with one_at_a_time(self.home / "prepare.lock"):
            require_passphrase(self.home)
            for path in repair(self.home):
                console.print(f"offline: {path} was damaged, and is mended", highlight=False, markup=False)
            write(self.folder / "Pulumi.yaml", copied_project(self.project, PLUGINS))
            missing = self._copy_stack(stack)
            is_new = not state_file(self.backend, self.project_name, stack).exists()
            if is_new:
                self.pulumi("stack", "init", stack, capture=True)
            self._settle(stack, is_new=is_new)
            for key in missing:
                console.print(f"offline: the secret {key} cannot be read here; a made-up value stands in")
                made_up = secrets.token_urlsafe(32)
                self.pulumi("config", "set", "--secret", "--stack", stack, key, capture=True, given=made_up)

    def require_alone(self, stack: str) -> None:
        """
        Raises:
            OfflineError: another run is at work on the stack.
        """
        for lock in locks_of(self.backend, self.project_name, stack)[1]:
            raise OfflineError(f"stack {stack} of {self.project_name} is at work in {lock}")

    def pulumi(
        self,
        *arguments: str,
        capture: bool = False,
        check: bool = True,
        given: str | None = None,
        shown: Callable[[Lines], Lines] | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        """Run one Pulumi command in the copy.

        Args:
            shown: The lines of standard output to show as they come, given all of them; a failure is told with what to
                do about it.

        Raises:
            OfflineError: `check` is set and the command failed; its own output tells why.
        """
        command = ["pulumi", "-C", str(self.folder), "--non-interactive", *arguments]
        if shown:
            color = "always" if sys.stdout.isatty() else "never"
            done = run_shown([*command, "--color", color], self.environment(), shown=shown, complained_of=without_trace)
        else:
            done = run(command, self.environment(), capture=capture, given=given)
        told = "".join(without_trace((done.stderr or done.stdout or "").splitlines(keepends=True))).strip()
        hints = self._hints(done.stderr or "") if done.returncode else []
        if check and done.returncode:
            raise OfflineError("\n".join((f"`pulumi {' '.join(arguments)}` failed:", told, *hints)))
        for hint in hints:
            console.print(f"offline: {hint}", highlight=False, markup=False)
        return done

    def pulumi_plain(self, stack: str, arguments: Sequence[str]) -> int:
        """A command of the user's own, on the terminal if there is one."""
        command = ["pulumi", "-C", str(self.folder), *arguments]
        return run(command, {**self.environment(), "PULUMI_STACK": stack}).returncode

    def shell(self, stack: str) -> int:
        """A shell in the copy, where `pulumi` works on the stack."""
        environment = {**self.environment(), "PULUMI_STACK": stack}
        environment.pop("ENV", None)  # a start-up file to POSIX shells, a stack to `make`
        shell = os.environ.get("SHELL") or "/bin/sh"
        return subprocess.run([shell], cwd=self.folder, env=environment, check=False).returncode

    def _hints(self, complaint: str) -> list[str]:
        """What to do about a complaint of the engine's that names no file of ours."""
        name = self.project_name
        files = {
            "passphrase": self.home / "passphrase",
            "copies": self.folder,
            "state": self.backend / "stacks" / name,
            "locks": self.backend / "locks",
            "home": self.home,
        }
        return [hint.format(**files) for pattern, hint in _HINTS.items() if re.search(pattern, complaint)][:1]

    def resources(self, stack: str) -> Sequence[dict[str, Any]]:
        """Resources of the stack's state."""
        return self.checkpoint(stack).get("resources") or []

    def readers(self, stack: str) -> Iterator[tuple[str, str, Path]]:
        """Project, stack and folder of what is deployed here and reads this stack's outputs."""
        ours = f"organization/{self.project_name}/{stack}"
        for path in sorted(self.backend.glob("stacks/*/*.json")):
            project, name = path.parent.name, path.stem
            try:
                recorded = checkpoint_of(self.backend, project, name).get("resources") or []
                source = read_yaml(self.home / "projects" / project / "Pulumi.yaml")["main"]
            except (OfflineError, KeyError):
                continue  # damage of another project is told by its own commands
            read = (entry["inputs"].get("name") for entry in recorded if entry["type"] == _REFERENCE)
            if ours in read:
                yield project, name, Path(source)

    def outputs(self, stack: str) -> dict[str, Any]:
        return json.loads(self.pulumi("stack", "output", "--json", "--stack", stack, capture=True).stdout)

    def _make_home(self) -> None:
        try:
            for folder in (self.home, self.home / "state", self.folder):
                folder.mkdir(parents=True, exist_ok=True)
            if self.home.stat().st_mode & 0o077:
                self.home.chmod(0o700)  # keys, states and reports are nobody else's
        except OSError as problem:
            raise OfflineError(
                f"{problem.filename} cannot be the folder of the offline stacks ({problem.strerror}). It must be a "
                f"folder that you may write: remove what stands at {self.home}, or change its owner"
            ) from problem

    def _settle(self, stack: str, *, is_new: bool) -> None:
        """Put in order what a killed run, a deleted file or a restored copy left.

        The cloud is read first, then the locks, then the state: a run that begins meanwhile harms nothing.
        """
        cloud = Cloud(self.home)
        try:
            rows = cloud.rows(f"urn:pulumi:{stack}::{self.project_name}::")
            dead, live = locks_of(self.backend, self.project_name, stack)
            if live:
                return
            recorded = self.resources(stack)
            found = differences(cloud, rows, recorded)
            gone = [*found.lost, *(found.kept if is_new else ())]
            cloud.remove_rows(row.key for row in gone)
        finally:
            cloud.close()
        for lock in dead:
            lock.unlink(missing_ok=True)
        if dead:
            console.print(f"offline: an earlier run of {stack} was killed; its lock is removed")
        if gone:
            told = "no state holds them; a run that made them was killed, or its state is gone"
            console.print(f"offline: {len(gone)} resources are removed from the simulated cloud: {told}")
        if found.kept and not is_new:
            told = "retained, or taken out of the state by hand. As on AWS, they stay"
            console.print(f"offline: {len(found.kept)} resources of the simulated cloud are in no state: {told}")
        if found.missing:
            names = ", ".join(urn.rpartition("::")[2] for urn in found.missing[:3])
            more = f" and {len(found.missing) - 3} more" if len(found.missing) > 3 else ""
            console.print(f"offline: the state of {stack} holds what is not in the simulated cloud: {names}{more}")
        if recorded and (found.missing or dead):
            console.print(f"offline: refreshing the state of {stack}")
            self.pulumi("refresh", "--yes", "--skip-preview", "--suppress-outputs", "--stack", stack, capture=True)

    def _copy_stack(self, stack: str) -> list[str]:
        """Write the copy of the stack file; returns the secrets that it still lacks."""
        copy = self.folder / f"Pulumi.{stack}.yaml"
        earlier = written.read(copy) if _is_whole(copy) else None
        ours = written.entries(written.value(earlier, "config"))
        made_up = {key: value for key, (_, value) in ours.items() if holds_secret(value)}
        config, missing = [], []
        for key, (name, value) in written.entries(
            written.value(written.read(stack_file(self.project, stack)), "config")
        ).items():
            kept = made_up.get(key) if holds_secret(value) else value
            if kept is None:
                missing.append(key)
            else:
                config.append((name, kept))
        salt = [entry for key, entry in written.entries(earlier).items() if key == "encryptionsalt"]
        # The state's own is the one that its secrets are encrypted with.
        of_state = salt_of(self.checkpoint(stack))
        if of_state:
            salt = [(written.scalar("encryptionsalt"), written.scalar(of_state))]
        write(copy, written.text(written.mapping([*salt, (written.scalar("config"), written.mapping(config))])))
        return missing

    def _passphrase(self) -> str:
        return once(self.home / "passphrase", lambda: secrets.token_urlsafe(32).encode()).decode().strip()


def _is_whole(copy: Path) -> bool:
    """Whether an earlier run left a copy that can be used."""
    if not copy.exists():
        return False
    try:
        whole = isinstance(read_yaml(copy).get("config") or {}, dict)
    except OfflineError:
        whole = False
    if not whole:
        console.print(f"offline: {copy} was damaged, and is made anew", highlight=False, markup=False)
    return whole


def _without_proxy(caller: Mapping[str, str]) -> dict[str, str]:
    """The variables that keep the traffic between engine, program and plugins on this machine away from a proxy.

    https://github.com/grpc/grpc/blob/master/doc/environment_variables.md; gRPC even sends 127.0.0.1 through one.
    """
    given = {name: value for name, value in caller.items() if _NO_PROXY.match(name)}
    hosts = [host.strip() for value in given.values() for host in value.split(",")]
    merged = ",".join(dict.fromkeys([*filter(None, hosts), *_LOOPBACK]))
    return dict.fromkeys([*given, "no_proxy", "NO_PROXY"], merged)
