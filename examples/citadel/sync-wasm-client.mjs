// Builds the client: the shared types as TypeScript, then the two TypeScript packages on top of them.
// The first step that fails ends the build with its exit code; "Build succeeded" is printed at the very end.

import { spawnSync } from "node:child_process";
import { exit } from "node:process";

const generated = "citadel-internal-service/typescript-client/citadel_internal_service_wasm_client.ts";

const steps = [
  ["cargo", "run", "--quiet", "-p", "citadel-internal-service-wasm-client", "--", generated],
  ["npm", "run", "build", "--prefix", "citadel-internal-service/typescript-client"],
  ["npm", "run", "build", "--prefix", "citadel-workspace-client-ts"],
];

for (const [program, ...args] of steps) {
  const { status, error } = spawnSync(program, args, { stdio: "inherit" });
  if (error) {
    console.error(`error: ${program} could not be started: ${error.message}`);
  }
  if (status !== 0) {
    exit(status ?? 1);
  }
}
console.log("Build succeeded");
