// CIDs by ipfs-unixfs-importer. [{"data": base64 | "zeros": n, "profile": name | "chunk": n, "links": n}, ..]:
// for each file its CID and those of all its blocks. With "wrapped": CID version, the leaves are dag-pb nodes of the type
// "leaf", and the blocks come with their bytes.
import { json } from "node:stream/consumers";
import { MemoryBlockstore } from "blockstore-core";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import { importBytes } from "ipfs-unixfs-importer";
import { balanced } from "ipfs-unixfs-importer/layout";

const answers = [];
for (const file of await json(process.stdin)) {
  const blocks = [];
  const store = new MemoryBlockstore();
  const watched = { put: (cid, block) => { blocks.push(file.wrapped === undefined ? cid.toString() : Buffer.from(block).toString("base64")); return store.put(cid, block); }, get: (cid) => store.get(cid) };
  const options = file.profile ? { profile: file.profile } : {
    cidVersion: file.wrapped ?? 1,
    rawLeaves: file.wrapped === undefined,
    leafType: file.leaf ?? "file",
    reduceSingleLeafToSelf: true,
    chunker: fixedSize({ chunkSize: file.chunk }),
    layout: balanced({ maxChildrenPerNode: file.links }),
  };
  const data = file.data === undefined ? new Uint8Array(file.zeros) : new Uint8Array(Buffer.from(file.data, "base64"));
  const { cid } = await importBytes(data, watched, options);
  answers.push({ cid: cid.toString(), blocks });
}
process.stdout.write(JSON.stringify(answers), () => process.exit(0));
