// Compiles one Solidity source. {"source": "..", "evm": ".."} to {"contracts": {name: {"creation": hex, "runtime": hex}},
// "messages": [..], "version": ".."}.
import { readFileSync } from "node:fs";
import solc from "solc";

const request = JSON.parse(readFileSync(0, "utf8"));
const output = JSON.parse(
  solc.compile(
    JSON.stringify({
      language: "Solidity",
      sources: { "verifier.sol": { content: request.source } },
      settings: {
        evmVersion: request.evm,
        optimizer: { enabled: true, runs: 200 },
        outputSelection: { "*": { "*": ["evm.bytecode.object", "evm.deployedBytecode.object"] } },
      },
    }),
  ),
);
const contracts = {};
for (const [name, { evm }] of Object.entries(output.contracts?.["verifier.sol"] ?? {})) {
  contracts[name] = { creation: evm.bytecode.object, runtime: evm.deployedBytecode.object };
}
const messages = (output.errors ?? []).map((error) => error.formattedMessage);
process.stdout.write(JSON.stringify({ contracts, messages, version: solc.version() }), () => process.exit(0));
