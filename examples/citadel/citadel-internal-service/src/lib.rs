//! The internal service: answers the UI with what the server says.

use citadel_workspace_types::wire;

fn answer(path: &str) -> wire::Answer {
    Ok(match path {
        "/health" => Some("true".into()),
        "/api/workspace" => Some(wire::get(
            wire::port_from_env("CITADEL_SERVER_PORT", 18741),
            "/workspace",
        )?),
        _ => None,
    })
}

/// Serve until killed. Of `bind` (`0.0.0.0:12345`, as in a container) only the port counts: this example
/// listens on the loopback, whatever it is told.
pub fn run(bind: &str) -> std::io::Result<()> {
    let port = bind
        .rsplit(':')
        .next()
        .and_then(|port| port.parse().ok())
        .unwrap_or(12345);
    wire::serve(
        "citadel-internal-service",
        wire::port_from_env("CITADEL_INTERNAL_SERVICE_PORT", port),
        answer,
    )
}
