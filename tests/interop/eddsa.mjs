// Baby Jubjub and EdDSAPoseidon by circomlibjs; numbers as decimal strings, bytes as hex.
// {"sign": [{"seed", "message"}], "verify": [{"key", "message", "R8", "S"}], "multiply": [{"point", "k"}], "add": [[p, q]],
//  "pack": [point], "unpack": [hex]}
import { readFileSync } from "node:fs";
import { buildBabyjub, buildEddsa } from "circomlibjs";

const request = JSON.parse(readFileSync(0, "utf8"));
const eddsa = await buildEddsa();
const babyjub = await buildBabyjub();
const { F } = babyjub;
const point = (p) => p.map((x) => F.e(x));
const text = (p) => p && p.map((x) => F.toObject(x).toString());
const answer = {
  sign: (request.sign ?? []).map(({ seed, message }) => {
    const signature = eddsa.signPoseidon(Buffer.from(seed, "hex"), F.e(message));
    return {
      key: text(eddsa.prv2pub(Buffer.from(seed, "hex"))), R8: text(signature.R8), S: signature.S.toString(),
      packed: Buffer.from(eddsa.packSignature(signature)).toString("hex"),
    };
  }),
  verify: (request.verify ?? []).map(({ key, message, R8, S }) =>
    eddsa.verifyPoseidon(F.e(message), { R8: point(R8), S: BigInt(S) }, point(key))),
  multiply: (request.multiply ?? []).map(({ point: p, k }) => text(babyjub.mulPointEscalar(point(p), BigInt(k)))),
  add: (request.add ?? []).map(([p, q]) => text(babyjub.addPoint(point(p), point(q)))),
  pack: (request.pack ?? []).map((p) => Buffer.from(babyjub.packPoint(point(p))).toString("hex")),
  unpack: (request.unpack ?? []).map((hex) => text(babyjub.unpackPoint(Uint8Array.from(Buffer.from(hex, "hex"))))),
};
process.stdout.write(JSON.stringify(answer), () => process.exit(0));
