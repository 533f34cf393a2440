"""Provide the Pulumi engine: the CLI on PATH if it is recent enough, else one built from Go modules.

With WEBSTORE_ENGINE=built always the one that go.sum pins, whatever the machine has.
The build takes about 4 minutes on 2 cores, once; it needs Go and a module proxy, and leaves 140 MB in `.tools/bin`.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = HERE.parent / ".tools"
BUILT = TOOLS / "bin"
STAMP = TOOLS / "engine.stamp"
SOURCES = ("go.mod", "go.sum", "tools.go", "pulumi-language-python/main.go")

OLDEST_CLI = (3, 259, 0)
VERSION = "3.259.0"
PACKAGES = ("github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", "./pulumi-language-python")
LINKER_FLAGS = f"-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={VERSION}"
# Scripts that the SDK's Go module carries beside its Go code.
SCRIPTS = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")


class EngineError(Exception):
    """The engine is missing or cannot be built; the text says what to do."""


def engine_bin() -> Path:
    """Folder that holds `pulumi` and its Python language host.

    Raises:
        EngineError: neither on PATH nor built yet.
    """
    installed = _installed()
    if installed:
        return installed
    if _current():
        return BUILT
    raise EngineError("the Pulumi engine must be built first: make engine")


def main() -> int:
    try:
        installed = _installed()
        if installed:
            print(f"engine: pulumi on PATH ({installed})")  # noqa: T201
        elif not _current():
            _build()
    except EngineError as problem:
        print(f"error: {problem}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        print("engine: interrupted; the next run goes on with what Go has compiled", file=sys.stderr)  # noqa: T201
        return 130
    return 0


def _installed() -> Path | None:
    """Folder of a recent enough `pulumi` on PATH that can run Python programs."""
    if os.environ.get("WEBSTORE_ENGINE") == "built":
        return None
    found = shutil.which("pulumi")
    if not found or not shutil.which("pulumi-language-python"):
        return None
    answer = subprocess.run([found, "version"], capture_output=True, text=True, check=False)
    version = re.match(r"v?(\d+)\.(\d+)\.(\d+)", answer.stdout.strip())
    if not version or tuple(map(int, version.groups())) < OLDEST_CLI:
        return None
    return Path(found).parent


def _fingerprint() -> str:
    digest = hashlib.sha256(repr((PACKAGES, LINKER_FLAGS, SCRIPTS)).encode())
    for name in SOURCES:
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()


def _current() -> bool:
    return STAMP.is_file() and STAMP.read_text() == _fingerprint()


def _go() -> str:
    go = shutil.which("go")
    wanted = re.search(r"^go (\d+)\.(\d+)", (HERE / "go.mod").read_text(), re.M)
    assert wanted
    need = f"{wanted[1]}.{wanted[2]}"
    either = f"install the Pulumi CLI >= {VERSION} (https://www.pulumi.com/docs/install/) or Go >= {need} (https://go.dev/dl/)"
    if not go:
        raise EngineError(f"neither pulumi >= {VERSION} nor go is on PATH: {either}, then run the command again.")
    text = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
    has = re.match(r"go(\d+)\.(\d+)", text)
    if not has or (int(has[1]), int(has[2])) < (int(wanted[1]), int(wanted[2])):
        raise EngineError(f"pulumi >= {VERSION} is not on PATH and {go} is {text.strip() or 'broken'}: {either}.")
    return go


def _build() -> None:
    go = _go()
    print(f"engine: building Pulumi {VERSION} from Go modules, once; about 4 minutes on 2 cores", flush=True)  # noqa: T201
    TOOLS.mkdir(exist_ok=True)
    # A stamp of an older engine must not survive a build that is interrupted half-way.
    STAMP.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(dir=TOOLS, prefix="engine-") as folder:
        _compile(go, Path(folder))
        sdk = _output([go, "list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3"])
        for script in SCRIPTS:
            target = Path(folder) / Path(script).name
            shutil.copyfile(Path(sdk) / script, target)
            target.chmod(0o755)
        BUILT.mkdir(exist_ok=True)
        for made in Path(folder).iterdir():
            made.replace(BUILT / made.name)
    STAMP.write_text(_fingerprint())
    print(f"engine: ready in {BUILT}", flush=True)  # noqa: T201


def _output(command: list[str]) -> str:
    answer = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise EngineError(f"`{' '.join(command)}` failed:\n{answer.stderr.strip()}")
    return answer.stdout.strip()


def _compile(go: str, target: Path) -> None:
    print("engine: fetching modules", flush=True)  # noqa: T201
    packages = len(_output([go, "list", "-deps", *PACKAGES]).splitlines())
    options = ["-v", "-trimpath", "-buildvcs=false", "-ldflags", LINKER_FLAGS]
    command = [go, "build", *options, "-o", f"{target}/", *PACKAGES]
    done, shown, last = 0, 0, []
    with subprocess.Popen(command, cwd=HERE, stderr=subprocess.PIPE, text=True) as compiler:
        assert compiler.stderr
        for line in compiler.stderr:
            done, last = done + 1, [*last[-20:], line]
            percent = min(99, 100 * done // packages)
            if percent >= shown + 10:
                shown = percent - percent % 10
                print(f"engine: {shown} % of {packages} packages compiled", flush=True)  # noqa: T201
        if done:
            print("engine: linking", flush=True)  # noqa: T201
    if compiler.returncode:
        raise EngineError(f"the build failed (go exit code {compiler.returncode}):\n{''.join(last)}")


if __name__ == "__main__":
    sys.exit(main())
