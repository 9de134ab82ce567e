//! Writes the shared types down for the TypeScript client, as wasm-bindgen does for a real one.

use citadel_workspace_types::Workspace;

fn main() -> std::io::Result<()> {
    let path = std::env::args()
        .nth(1)
        .expect("the path of the file to write");
    std::fs::write(&path, Workspace::to_typescript())
}
