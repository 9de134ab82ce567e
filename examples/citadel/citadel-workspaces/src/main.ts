import { describeWorkspace } from "../../citadel-workspace-client-ts/dist/index.js";

const output = document.querySelector("#workspace")!;

describeWorkspace().then(
  (line) => (output.textContent = line),
  (reason) => (output.textContent = String(reason)),
);
