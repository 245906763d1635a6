// ffjavascript's difference of two affine points of BN254, as snarkjs's zkey_new.js takes it, on any 64 bytes.
// [[a, b], ..] in hexadecimal, 64 bytes each; the answer is what is hashed, in hexadecimal.
import { readFileSync } from "node:fs";
import { buildBn128 } from "ffjavascript";

const curve = await buildBn128(true);
const answers = [];
for (const [a, b] of JSON.parse(readFileSync(0, "utf8"))) {
  const task = [
    { cmd: "ALLOCSET", var: 0, buff: Uint8Array.from(Buffer.from(a, "hex")) },
    { cmd: "ALLOCSET", var: 1, buff: Uint8Array.from(Buffer.from(b, "hex")) },
    { cmd: "ALLOC", var: 2, len: 96 },
    { cmd: "CALL", fnName: "g1m_subAffine", params: [{ var: 0 }, { var: 1 }, { var: 2 }] },
    { cmd: "CALL", fnName: "g1m_batchToAffine", params: [{ var: 2 }, { val: 1 }, { var: 2 }] },
    { cmd: "CALL", fnName: "g1m_batchLEMtoU", params: [{ var: 2 }, { val: 1 }, { var: 2 }] },
    { cmd: "GET", out: 0, var: 2, len: 64 },
  ];
  const [bytes] = await curve.tm.queueAction(task);
  answers.push(Buffer.from(bytes).toString("hex"));
}
process.stdout.write(JSON.stringify(answers), () => process.exit(0));
