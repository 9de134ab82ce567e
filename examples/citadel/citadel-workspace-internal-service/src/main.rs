//! The internal service as a program.

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let bind = arguments
        .iter()
        .skip_while(|argument| *argument != "--bind")
        .nth(1);
    citadel_internal_service::run(bind.map_or("127.0.0.1:12345", String::as_str))
}
