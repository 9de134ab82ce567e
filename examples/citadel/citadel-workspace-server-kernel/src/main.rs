//! The server: knows the workspace.

use citadel_workspace_types::{wire, Workspace};

const NAME: &str = "The keep";
const MEMBERS: u32 = 3;

fn answer(path: &str) -> wire::Answer {
    Ok(match path {
        "/health" => Some("true".into()),
        "/workspace" => Some(
            Workspace {
                name: NAME.into(),
                members: MEMBERS,
            }
            .to_json(),
        ),
        _ => None,
    })
}

/// `port = 18741` in the file of `--config`. In a container that file is there; anywhere else the default holds.
fn configured_port() -> u16 {
    let arguments: Vec<String> = std::env::args().collect();
    let path = arguments
        .iter()
        .skip_while(|argument| *argument != "--config")
        .nth(1);
    let text = path
        .and_then(|path| std::fs::read_to_string(path).ok())
        .unwrap_or_default();
    let port = text.lines().find_map(|line| line.strip_prefix("port = "));
    port.and_then(|port| port.trim().parse().ok())
        .unwrap_or(18741)
}

fn main() -> std::io::Result<()> {
    let port = wire::port_from_env("CITADEL_SERVER_PORT", configured_port());
    wire::serve("citadel-workspace-server-kernel", port, answer)
}
