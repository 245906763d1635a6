// Which implementation the interop tests compare with: {package: version}.
import { readFileSync } from "node:fs";

const wanted = JSON.parse(readFileSync(new URL("package.json", import.meta.url))).dependencies;
const installed = {};
for (const name of Object.keys(wanted)) {
  installed[name] = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
}
console.log(JSON.stringify({ wanted, installed }));
