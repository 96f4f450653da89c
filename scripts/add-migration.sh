#!/usr/bin/env bash
# add-migration.sh NAME: makes the migration for each of the three databases.
set -eu
cd "$(dirname "$0")/.."
name=${1:?usage: scripts/add-migration.sh NAME}
dotnet tool restore >/dev/null
for provider in Sqlite SqlServer PostgreSql; do
  project=migrations/ControlPlane.Migrations.$provider
  dotnet build "$project" -v quiet -nologo
  dotnet ef migrations add "$name" --project "$project" --startup-project "$project" --output-dir Migrations --no-build
done
