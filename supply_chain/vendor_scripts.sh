#!/usr/bin/env bash
# Writes the vendored scripts anew (needs node and npm): htmx in the syntax of Chromium 79 with its two polyfills in
# front, and acorn for tests/journeys/test_old_phones.py.
set -euo pipefail
HTMX=4.0.1 ACORN=8.16.0 ESBUILD=0.28.2
root=$(cd "$(dirname "$0")/.." && pwd)
static=$root/platform/tuoju/web/static/vendor
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts "htmx.org@$HTMX" "acorn@$ACORN" "esbuild@$ESBUILD"
esbuild=node_modules/@esbuild/linux-x64/bin/esbuild
{
  cat <<'JS'
if(!String.prototype.replaceAll)Object.defineProperty(String.prototype,"replaceAll",{configurable:true,writable:true,
value:function(from,to){return from instanceof RegExp?this.replace(from,to):this.split(from).join(to)}});
if(!Element.prototype.replaceChildren)[Element,Document,DocumentFragment].forEach(function(kind){
Object.defineProperty(kind.prototype,"replaceChildren",{configurable:true,writable:true,
value:function(){while(this.lastChild)this.removeChild(this.lastChild);this.append.apply(this,arguments)}})});
JS
  "$esbuild" node_modules/htmx.org/dist/htmx.min.js --minify --target=chrome79
} >"$static/htmx-$HTMX.chrome79.min.js"
"$esbuild" node_modules/acorn/dist/acorn.js --minify --legal-comments=none >"$root/tests/vendor/acorn-$ACORN.min.js"
cp node_modules/acorn/LICENSE "$root/tests/vendor/acorn.LICENSE"
wc -c "$static/htmx-$HTMX.chrome79.min.js" "$root/tests/vendor/acorn-$ACORN.min.js"
