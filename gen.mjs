import { generateSource } from "oazapfts";
import { generateApi } from "swagger-typescript-api";
import { writeFileSync, mkdirSync } from "node:fs";
mkdirSync("/tmp/gen",{recursive:true});
const o = await import("oazapfts"); console.log(Object.keys(o));
writeFileSync("/tmp/gen/oaz.ts", await generateSource("/tmp/clone/openapi/openapi.json"));
await generateApi({ input: "/tmp/clone/openapi/openapi.json", output: "/tmp/gen", fileName: "sta.ts", httpClientType: "fetch", silent: true, cleanOutput: false });
