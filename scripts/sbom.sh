#!/usr/bin/env bash
# sbom.sh [FOLDER]: writes what each program is made of (CycloneDX, JSON) into FOLDER, else artifacts/sbom, and the list of licences into docs/licences.md
# (with FOLDER: beside them). Packages and versions are those that the lock files name; licences are those that the packages themselves declare.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/setup.sh
need_sdk
need_package jq jq
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
folder=${1:-artifacts/sbom} list=${1:+$1/licences.md}
list=${list:-docs/licences.md}
version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
mkdir -p "$folder"
dotnet tool restore >/dev/null
for program in ControlPlane.Web ControlPlane.Cli ControlPlane.Demo Serving.Node Serving.Gateway Serving.Store; do
  [ -f "src/$program/obj/project.assets.json" ] || dotnet restore "src/$program" --locked-mode -v quiet -nologo
  dotnet CycloneDX "src/$program/$program.csproj" -o "$folder" -fn "$program.cdx.json" -F Json --set-name "$program" --set-version "$version" --disable-package-restore >/dev/null ||
    { echo "No list for $program. Is everything restored (dotnet restore ControlPlane.sln)?" >&2; exit 1; }
done

{
  echo "# Licences"
  echo
  echo "Packages that the programs are shipped with, written by \`scripts/sbom.sh\`. Those that only build or test are not in it."
  echo
  echo "| package | version | licence |"
  echo "|---|---|---|"
  jq -r '.components[]? | select(.purl // "" | startswith("pkg:nuget/")) | select(.scope != "excluded")
    | "| \(.name) | \(.version) | \([.licenses[]? | .license.id // .license.name // .expression // .license.url] | unique | join(", ") | if . == "" then "see the package" else . end) |"' \
    "$folder"/*.cdx.json | LC_ALL=C sort -u
} >"$list"
