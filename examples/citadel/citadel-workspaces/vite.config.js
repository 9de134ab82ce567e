import { env } from "node:process";

const internalService = env.CITADEL_INTERNAL_SERVICE_PORT ?? "12345";

export default {
  clearScreen: false, // the log is read by others
  server: {
    host: "127.0.0.1",
    port: Number(env.CITADEL_UI_PORT ?? "5173"),
    strictPort: true,
    fs: { allow: [".."] }, // the client lies beside this folder
    proxy: { "/api": `http://127.0.0.1:${internalService}` },
  },
};
