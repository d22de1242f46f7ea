"""The runtime needs the standard library and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from helpers.environments import NAME

HEAVY = "pydantic click git ruamel jinja2 deepdiff aiohttp rich rfc8785 jsonschema"
SCRIPT = f"""
import sys
import promptctl
registry = promptctl.connect(sys.argv[1], environment="prod", cache_dir=sys.argv[2])
prompt = registry.prompt("{NAME}")
prompt.rag_config, prompt.model, registry.status
print(prompt.render(question="why?").openai()["messages"][0]["content"])
print([name for name in "{HEAVY}".split() if name in sys.modules])
"""


def run(python: Path | str, *words: str, cwd: Path | None = None) -> str:
    done = subprocess.run(
        [str(python), *words], cwd=cwd, env=dict(os.environ), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_pull_and_a_render_import_nothing_heavy(remote, tmp_path):
    remote.serve_text("1.0.0", "light")
    assert run(sys.executable, "-c", SCRIPT, remote.url, str(tmp_path / "cache")) == "light\n[]\n"


def test_a_start_from_the_disk_cache_does_not_even_load_what_runs_git(remote, connect, tmp_path):
    remote.serve_text("1.0.0", "light")
    connect().close()
    script = (
        "import promptctl, sys\n"
        "registry = promptctl.connect(sys.argv[1], environment='prod', cache_dir=sys.argv[2], timeout=0)\n"
        f"registry.prompt('{NAME}').render(question='?')\n"
        "print([name for name in ('subprocess', 'typing', 'promptctl.gitcmd') if name in sys.modules])\n"
    )
    assert run(sys.executable, "-c", script, remote.url, str(tmp_path / "cache")) == "[]\n"


def test_importing_the_package_loads_none_of_its_modules():
    script = "import sys, promptctl; print([each for each in sys.modules if each.startswith('promptctl.')])"
    assert run(sys.executable, "-c", script) == "[]\n"


def test_every_public_name_is_there():
    import promptctl

    assert [name for name in promptctl.__all__ if getattr(promptctl, name, None) is None] == []
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = promptctl.nonsense


def test_the_built_package_works_where_none_of_its_dependencies_is_installed(remote, tmp_path):
    root = Path(__file__).parents[2]
    offline = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-index")
    wheels = tmp_path / "wheels"
    run(sys.executable, "-m", "pip", "wheel", *offline, "--no-build-isolation", "-w", str(wheels), str(root))
    (wheel,) = wheels.glob("*.whl")
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", str(python), "install", *offline, str(wheel))
    remote.serve_text("1.0.0", "bare")
    said = run(python, "-I", "-c", SCRIPT, remote.url, str(tmp_path / "cache"), cwd=tmp_path)
    assert said == "bare\n[]\n"
    assert run(python, "-I", "-c", "import promptctl; print(promptctl.__version__)").strip()
