# Debian packages that the project needs, and how a missing one is installed. Sourced by the other scripts.

build_packages=(
  g++ cmake ninja-build pkg-config ca-certificates
  libboost1.81-dev libcurl4-openssl-dev libssl-dev nlohmann-json3-dev libspdlog-dev libcli11-dev libpsl-dev libpugixml-dev
  libgtest-dev libgmock-dev libbenchmark-dev
)
node_packages=(nodejs npm)
media_packages=(ffmpeg openssl)
# With certutil, by which a browser is told of an authority, and a font: a bare machine has none, and pictures would show boxes.
browser_packages=(libnss3-tools fonts-dejavu-core)
chromium_packages=(chromium "${browser_packages[@]}")
firefox_packages=(firefox-esr "${browser_packages[@]}")
test_packages=(strace procps yt-dlp python3)
fuzz_packages=(clang-16 libclang-rt-16-dev)
# What the reference backend and the FastAPI one stand on in tests.
backend_packages=(postgresql redis-server python3-fastapi python3-uvicorn python3-multipart)
# Other people's native messaging hosts, for scripts/bench alone.
peer_host_packages=(python3 nodejs keepassxc webext-browserpass plasma-browser-integration)
# What scripts/bench audio and delivery stand on, and the programs that it compares.
audio_bench_packages=(ffmpeg openssl nginx-light curl iproute2)
audio_peer_packages=(yt-dlp python3-pycryptodome aria2)
delivery_peer_packages=(aria2)

# Installs those of the named packages that are not there yet. Costs one dpkg-query where all are.
need_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  # A Node.js that did not come from Debian's package, or brings npm itself, serves as well.
  local wanted=()
  for package in "${missing[@]}"; do
    case $package in
      nodejs) command -v node >/dev/null && continue ;;
      npm) command -v npm >/dev/null && continue ;;
    esac
    wanted+=("$package")
  done
  ((${#wanted[@]})) || return 0
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || {
      echo "These packages are missing, and neither root nor sudo is to be had: ${wanted[*]}" >&2
      echo "Ask an administrator to run: apt-get install ${wanted[*]}" >&2
      return 1
    }
    as_root=(sudo)
  fi
  echo "Installing ${wanted[*]} …" >&2
  "${as_root[@]}" apt-get update -qq >&2
  # --no-remove: Boost 1.81 cannot stand beside 1.74's development files, and nobody's packages are removed unasked.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends --no-remove "${wanted[@]}" >&2 || {
    echo "Installing failed. If apt wanted to remove libboost1.74-dev: Auricle needs Boost 1.81, which cannot stand beside it." >&2
    echo "Remove it yourself (apt-get remove 'libboost1.74-*') or build in a container, then run this again." >&2
    return 1
  }
}
