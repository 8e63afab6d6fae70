/** From start to an answering /readyz, against `node -e 0`. Run: npm run bench:start-up */
import { spawnSync } from "node:child_process";
import { inFolder, median, startOurs } from "./service.js";

const ROUNDS = 9;

await inFolder(async (folder) => {
  const ours: number[] = [];
  const node: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const begin = performance.now();
    const served = await startOurs(folder);
    if (!(await fetch(`${served.url}/readyz`)).ok) throw new Error("it is not ready");
    const ready = performance.now() - begin;
    await served.stop();
    const beginNode = performance.now();
    spawnSync("node", ["-e", "0"]);
    const nothing = performance.now() - beginNode;
    if (round === 0) continue;
    ours.push(ready);
    node.push(nothing);
  }
  console.log(
    `start to /readyz: ${median(ours).toFixed(0)} ms, node -e 0: ${median(node).toFixed(0)} ms, difference ${(median(ours) - median(node)).toFixed(0)} ms, ratio ${(median(ours) / median(node)).toFixed(1)}`,
  );
});
