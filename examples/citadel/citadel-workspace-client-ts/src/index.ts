import { fetchWorkspace } from "../../citadel-internal-service/typescript-client/dist/src/index.js";

/** One line about the workspace, for people. */
export async function describeWorkspace(): Promise<string> {
  const { name, members } = await fetchWorkspace();
  return `${name}: ${members} members`;
}
