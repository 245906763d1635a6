// Witnesses by circom's own calculator. {"folder": "..", "name": "..", "inputs": [{..}], "outputs": n}: numbers as
// decimal strings. For each input the first n outputs, or null if a constraint fails.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const request = JSON.parse(readFileSync(0, "utf8"));
const folder = `${request.folder}/${request.name}_js`;
const load = createRequire(import.meta.url)(`${folder}/witness_calculator.js`);
const calculator = await load(readFileSync(`${folder}/${request.name}.wasm`));
const answers = [];
for (const input of request.inputs) {
  try {
    const witness = await calculator.calculateWitness(input, true);
    answers.push(witness.slice(1, 1 + request.outputs).map(String));
  } catch (error) {
    if (!String(error).includes("Assert Failed")) throw error;
    answers.push(null);
  }
}
process.stdout.write(JSON.stringify(answers), () => process.exit(0));
