import type { Workspace } from "../citadel_internal_service_wasm_client.js";

export type { Workspace };

// In a page the service is behind the page's own server; in Node there is no page, so its address is needed.
const base = typeof process === "undefined" ? "" : (process.env.CITADEL_INTERNAL_SERVICE_URL ?? "");

export async function fetchWorkspace(): Promise<Workspace> {
  const response = await fetch(`${base}/api/workspace`);
  if (!response.ok) {
    throw new Error(`the internal service answered ${response.status}`);
  }
  return (await response.json()) as Workspace;
}
