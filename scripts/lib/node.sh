# A Node.js that is new enough, and the packages of package-lock.json. Sourced by the other scripts, in the project's folder.

# The oldest that serves (package.json says the same), and what is taken where the system's is older, as Debian 12's is.
node_oldest=20.19
node_release=22.23.3
npm_release=10

node_is_new_enough() {
  local have
  have=$(node --version 2>/dev/null) || return 1
  [[ $(printf '%s\n' "$node_oldest" "${have#v}" | sort -V | head -n 1) == "$node_oldest" ]]
}

# Puts a Node.js that serves, and an npm that runs on it, first on PATH. What is installed for that stays in .tools.
need_node() {
  # npm keeps its downloads in the home folder; where there is none to write to, they stay in the project.
  [[ -n ${HOME:-} && -w $HOME ]] || export npm_config_cache=$PWD/.cache/npm
  [[ ! -x .tools/node_modules/.bin/node ]] || export PATH="$PWD/.tools/node_modules/.bin:$PATH"
  node_is_new_enough && return 0
  local machine
  case $(uname -m) in
    x86_64) machine=x64 ;;
    aarch64) machine=arm64 ;;
    *) echo "Node.js $node_oldest or newer is needed, and for $(uname -m) there is none to be had from npm: install one." >&2; return 1 ;;
  esac
  echo "Node.js $(node --version) is too old (oldest: $node_oldest). Installing $node_release into .tools …" >&2
  # Debian's npm cannot run on a Node.js of another origin (it finds its parts only through Debian's), so npm comes along.
  mkdir -p .tools
  npm install --prefix .tools --no-save --no-package-lock --loglevel=error "node-linux-$machine@$node_release" "npm@$npm_release" >&2
  export PATH="$PWD/.tools/node_modules/.bin:$PATH"
  hash -r
  node_is_new_enough || { echo "The Node.js in .tools does not run here." >&2; return 1; }
}

# Installs what package-lock.json says, when that is newer than what is there.
need_modules() {
  [[ node_modules/.package-lock.json -nt package-lock.json ]] && return 0
  echo "Installing the packages of package-lock.json …" >&2
  npm ci --loglevel=error >&2
  # npm leaves the file's old time where nothing had to be changed.
  touch node_modules/.package-lock.json
}
