"""Whether a published advisory names one of the versions that CRPM runs on: `python -m tests.advisories`, by pip-audit."""

import json
import subprocess
import sys

# The ids of advisories that do not concern CRPM, and why.
ACCEPTED: dict[str, str] = {}


def main() -> int:
    """Ask, and print what is found; exit status 1 where a version is to be raised."""
    ignored = [part for advisory in ACCEPTED for part in ("--ignore-vuln", advisory)]
    options = ["--requirement", "constraints.txt", "--no-deps", "--disable-pip", "--progress-spinner", "off"]
    command = [sys.executable, "-m", "pip_audit", *options, "--format", "json", *ignored]
    audit = subprocess.run(command, capture_output=True, text=True)
    if not audit.stdout:
        reason = audit.stderr.strip().splitlines()[-1:]
        print("No advisories could be asked for:", *reason)
        return 0
    packages = json.loads(audit.stdout)["dependencies"]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    print(
        f"Advisories: {len(packages) - len(unknown)} packages asked about, {len(unknown)} unknown to the index."
    )
    found = [(package, advisory) for package in packages for advisory in package.get("vulns", ())]
    for package, advisory in found:
        fixed = ", ".join(advisory["fix_versions"]) or "no version yet"
        print(f"{package['name']} {package['version']}: {advisory['id']}, mended in {fixed}")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
