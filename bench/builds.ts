/**
 * Builds posted a second over 32 connections, against a bare hono + better-sqlite3 server that stores the same text as a row.
 * Each request is another build, so that every one is stored. Run: npm run bench:builds
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import autocannon from "autocannon";
import { inFolder, median, type Served, startOurs, startScript } from "./service.js";

const ROUNDS = 5;
const SECONDS = 3;
const TEXT = readFileSync(new URL("../test/fixtures/5.6.3-debian-default/I.txt", import.meta.url), "utf8");

async function postsPerSecond({ url }: Served): Promise<number> {
  let n = 0;
  const result = await autocannon({
    url,
    connections: 32,
    duration: SECONDS,
    requests: [
      {
        method: "POST",
        path: "/v1/instances/sip1/builds",
        setupRequest: (request) => {
          n += 1;
          return { ...request, body: TEXT.replace("BUF_SIZE=65535", `BUF_SIZE=${65_536 + n}`) };
        },
      },
    ],
  });
  if (result.non2xx > 0) throw new Error(`${result.non2xx} requests were refused`);
  return result["2xx"] / SECONDS;
}

await inFolder(async (folder) => {
  const ours = await startOurs(folder);
  const bare = await startScript(["node", "--import", "tsx", "bench/bare-server.ts", join(folder, "bare.db")]);
  await fetch(`${ours.url}/v1/instances/sip1`, { method: "PUT" });
  const rates: { ours: number; bare: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const rate = { ours: await postsPerSecond(ours), bare: await postsPerSecond(bare) };
    if (round > 0) rates.push(rate);
  }
  await ours.stop();
  await bare.stop();
  const ratio = median(rates.map((rate) => rate.ours / rate.bare));
  console.log(
    `builds posted a second: ${Math.round(median(rates.map((rate) => rate.ours)))}, bare server ${Math.round(median(rates.map((rate) => rate.bare)))}, ratio ${ratio.toFixed(2)}`,
  );
});
