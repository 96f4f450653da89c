# Sourced by ./run and ./test: puts on this machine what they need.

need_package() { # command, Debian package
  command -v "$1" >/dev/null && return
  echo "Installing $2 ..."
  local root=""
  [ "$(id -u)" -eq 0 ] || root=sudo
  [ -n "${_package_lists_are_fresh:-}" ] || $root apt-get update -qq && _package_lists_are_fresh=1
  DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends "$2" >/dev/null ||
    { echo "Could not install $2. Install it by hand and start again." >&2; exit 1; }
}

need_sdk() { # the .NET SDK that global.json names, into the user's profile where it is missing
  export PATH="$PATH:$HOME/.dotnet"
  dotnet --version >/dev/null 2>&1 && return
  local version
  version=$(sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' global.json)
  echo "Installing .NET SDK $version ..."
  need_package curl curl
  curl -fsSL https://dot.net/v1/dotnet-install.sh | bash -s -- --version "$version" --install-dir "$HOME/.dotnet" ||
    { echo "Could not install .NET SDK $version. Install it by hand and start again." >&2; exit 1; }
  export DOTNET_ROOT="$HOME/.dotnet" PATH="$HOME/.dotnet:$PATH"
}

# Without this library .NET starts only when told that it does without languages; SQL Server's client then refuses to work.
[[ $(/sbin/ldconfig -p 2>/dev/null) == *libicuuc* ]] || export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
