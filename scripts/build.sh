# Sourced by ./run and ./test: builds Release when a source is newer than the last build. Asking MSBuild takes seconds, looking takes none.

build_release() {
  local stamp=artifacts/release.built
  local program
  if [ -f "$stamp" ] && [ -z "$(newer_than "$stamp")" ]; then
    for program in ControlPlane.Web ControlPlane.Cli ControlPlane.Demo Serving.Node Serving.Gateway Serving.Store; do
      [ -n "$(find "src/$program/bin/Release/net10.0" -maxdepth 1 -name '*.dll' -print -quit 2>/dev/null)" ] || { rm -f "$stamp"; break; }
    done
    [ -f "$stamp" ] && return
  fi

  echo "Building ..."
  mkdir -p artifacts
  touch "$stamp.new"   # what changes while it builds is newer
  dotnet build scripts/run.slnf -c Release -v quiet -nologo || return 1
  mv "$stamp.new" "$stamp"
}

newer_than() { # a source file that changed since, or a folder (something was deleted); not a project's own folder, which a build touches
  find src migrations Directory.Build.props Directory.Packages.props global.json nuget.config BannedSymbols.txt .editorconfig scripts/run.slnf \
    \( -name bin -o -name obj \) -prune -o -newer "$1" \( -type f -o -path '*/*/*' \) -print -quit
}
