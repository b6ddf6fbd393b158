"""Kafka's and S3Proxy's jars: brought by Maven once, checked against the SHA-256 sums committed beside the pom."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from trueshelf_cli.backing.program import BackingError

PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.7.1:copy-dependencies"
STAMP = ".verified"


def read_sums(path: Path) -> dict[str, str]:
    """Return file name → SHA-256 of a `sha256sum` listing."""
    pairs = (line.split() for line in path.read_text(encoding="ascii").splitlines() if line.strip())
    return {name.lstrip("*"): digest for digest, name in pairs}


def faults(directory: Path, sums: dict[str, str]) -> list[str]:
    """Compare the jars in `directory` with `sums`: one sentence per missing, strange or changed jar."""
    found = {path.name for path in directory.glob("*.jar")}
    lines = [f"{name} is missing" for name in sorted(sums.keys() - found)]
    lines += [f"{name} is not in the committed list" for name in sorted(found - sums.keys())]
    for name in sorted(found & sums.keys()):
        with (directory / name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != sums[name]:
            lines.append(f"{name} has SHA-256 {digest}, expected {sums[name]}")
    return lines


def ensure_jars(name: str, poms: Path, cache: Path) -> Path:
    """Return the directory `cache/lib/name` with exactly the verified jars of `poms/name/pom.xml`.

    Brings them when they are not there. A stamp holding the list's own hash makes the next call cheap; an interrupted
    call leaves only a temporary directory behind. Raises BackingError.
    """
    sums_file = poms / name / "SHA256SUMS"
    stamp_text = hashlib.sha256(sums_file.read_bytes()).hexdigest()
    target = cache / "lib" / name
    if _stamped(target, stamp_text):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / f".{name}.lock").open(
        "w"
    ) as lock:  # two runs at once: the second one waits and finds it done
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _stamped(target, stamp_text):
            return target
        sums = read_sums(sums_file)
        if target.is_dir() and not faults(target, sums):
            (target / STAMP).write_text(stamp_text)
            return target
        fresh = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=target.parent))
        try:
            fresh.chmod(0o755)
            _maven(poms / name / "pom.xml", fresh, cache / "m2")
            wrong = faults(fresh, sums)
            if wrong:
                raise BackingError(
                    f"the jars that Maven brought for {name} differ from {sums_file}: {'; '.join(wrong)}. "
                    "Do not use them: check the Maven mirror in use, then run `make setup` again"
                )
            (fresh / STAMP).write_text(stamp_text)
            shutil.rmtree(target, ignore_errors=True)
            fresh.rename(target)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return target


def _stamped(target: Path, text: str) -> bool:
    stamp = target / STAMP
    return stamp.is_file() and stamp.read_text() == text


def _maven(pom: Path, into: Path, repository: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise BackingError("Maven is missing (command mvn): install the Debian package `maven`, then run `make setup`")
    done = subprocess.run(  # fixed arguments, no shell
        [
            *(maven, "-q", "-B", "-f", str(pom), f"-Dmaven.repo.local={repository}"),
            *(f"-DoutputDirectory={into}", "-DincludeScope=runtime", PLUGIN),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "MAVEN_OPTS": "-Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"},
        check=False,
    )
    if done.returncode != 0:
        lines = (done.stdout + done.stderr).strip().splitlines()
        said = [line for line in lines if "ERROR" in line][:2] or lines[-3:]  # the first ones name the cause
        raise BackingError(f"Maven could not bring the jars of {pom} (exit {done.returncode}):\n" + "\n".join(said))


def find_java() -> str:
    """Return the path of `java`. Raises BackingError naming the package to install."""
    java = shutil.which("java")
    if java is None:
        raise BackingError("Java is missing: install the Debian package `openjdk-17-jre-headless`, then run again")
    return java


def main() -> None:
    """`python -m trueshelf_cli.backing.jars ROOT`: bring both sets, with the standard library only (`make setup`)."""
    root = Path(sys.argv[1])
    try:
        for name in ("kafka", "s3proxy"):
            ensure_jars(name, root / "deploy" / "backing", root / ".trueshelf")
    except BackingError as error:
        sys.stderr.write(f"setup: error: {error}\n")
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
