// Poseidon by circomlibjs. {"hashes": [{"inputs": [..], "tag": ".."}], "parameters": [t, ..]}: numbers as decimal strings.
import { readFileSync } from "node:fs";
import { buildPoseidonReference } from "circomlibjs";
import constants from "./node_modules/circomlibjs/src/poseidon_constants.js";

const request = JSON.parse(readFileSync(0, "utf8"));
const poseidon = await buildPoseidonReference();
const { F } = poseidon;
const hashes = (request.hashes ?? []).map(({ inputs, tag }) =>
  F.toObject(poseidon(inputs.map((x) => F.e(x)), F.e(tag ?? "0"))).toString());
const parameters = (request.parameters ?? []).map((t) => ({
  round_constants: constants.C[t - 2].map((x) => BigInt(x).toString()),
  mds: constants.M[t - 2].map((row) => row.map((x) => BigInt(x).toString())),
}));
process.stdout.write(JSON.stringify({ hashes, parameters }), () => process.exit(0));
