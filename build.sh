#!/usr/bin/env bash
# One command for all: format check, build, test. CI does the same after installing the peers.
set -euo pipefail
cd "$(dirname "$0")"
dotnet restore
dotnet format OpcPortal.sln whitespace --no-restore --verify-no-changes --exclude opcua/OpcPortal.Ua.Types/Generated
dotnet build --no-restore
dotnet test --no-build
