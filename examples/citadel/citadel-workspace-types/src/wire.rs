//! As much HTTP as two small services need, on the loopback only.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);

/// The port in the environment variable, or the one given.
pub fn port_from_env(variable: &str, otherwise: u16) -> u16 {
    std::env::var(variable)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

/// What a path gets: a JSON body, `None` when the path is unknown, a fault when a service behind does not answer.
pub type Answer = io::Result<Option<String>>;

/// Answer `GET` for ever.
pub fn serve(name: &str, port: u16, answer: fn(&str) -> Answer) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    println!("{name} listening on http://{}", listener.local_addr()?);
    for stream in listener.incoming() {
        // A caller that went away is its own affair.
        thread::spawn(move || stream.and_then(|stream| reply(stream, answer)).ok());
    }
    Ok(())
}

fn reply(mut stream: TcpStream, answer: fn(&str) -> Answer) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = request.split(' ').nth(1).unwrap_or("/");
    let (status, body) = match answer(path) {
        Ok(Some(body)) => ("200 OK", body),
        Ok(None) => ("404 Not Found", "null".into()),
        Err(_) => ("502 Bad Gateway", "null".into()),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n"
    );
    write!(stream, "{head}Connection: close\r\n\r\n{body}")
}

/// What the service on that port answers for the path.
pub fn get(port: u16, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    if head.starts_with("HTTP/1.1 200") {
        Ok(body.into())
    } else {
        Err(io::Error::other(format!(
            "port {port} answered {path} with: {head}"
        )))
    }
}
