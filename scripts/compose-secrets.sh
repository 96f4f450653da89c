#!/usr/bin/env bash
# Writes the secrets that docker-compose.yml reads: secrets/* and .env. What is there already stays.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022 # a file is mounted as it is, and the containers' user must read it; the folder keeps others out
mkdir -p -m 700 secrets

secret() { head -c 48 /dev/urandom | base64 | tr -dc 'A-Za-z0-9' | head -c "$1" || true; }
write() { [ -s "secrets/$1" ] || printf '%s' "$2" >"secrets/$1"; }

[ -s .env ] || (umask 077 && printf 'MSSQL_SA_PASSWORD=%s-1aA\n' "$(secret 24)" >.env)
password=$(sed -n 's/^MSSQL_SA_PASSWORD=//p' .env)
write database-connection "Server=database;Database=ControlPlane;User Id=sa;Password=$password;TrustServerCertificate=true"
write s3-access-key "$(secret 20)"
write s3-secret-key "$(secret 40)"
write admin-password "$(secret 20)-1a"
write api-token "$(secret 43)"
echo "Sign in as admin@example.com; the password is in secrets/admin-password."
