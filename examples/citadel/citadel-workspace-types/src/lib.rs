//! What the server, the internal service and the client have in common: the types, and how they travel.

pub mod wire;

/// A workspace, as every part of the stack knows it.
pub struct Workspace {
    pub name: String,
    pub members: u32,
}

impl Workspace {
    /// As JSON, the form in which it travels.
    pub fn to_json(&self) -> String {
        let name = self.name.replace('\\', "\\\\").replace('"', "\\\"");
        format!(r#"{{"name":"{name}","members":{}}}"#, self.members)
    }

    /// The same type for the TypeScript client.
    pub fn to_typescript() -> &'static str {
        "export interface Workspace {\n  name: string;\n  members: number;\n}\n"
    }
}

#[cfg(test)]
mod tests {
    use super::Workspace;

    #[test]
    fn a_name_with_quotes_stays_json() {
        let workspace = Workspace {
            name: r#"the "keep""#.into(),
            members: 2,
        };
        assert_eq!(
            workspace.to_json(),
            r#"{"name":"the \"keep\"","members":2}"#
        );
    }
}
