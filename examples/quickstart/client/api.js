// Asks the UI's own server, which asks the internal service, which asks the server.
async function greet(name) {
  const response = await fetch(`/api/greet?${new URLSearchParams({ name })}`);
  if (!response.ok) {
    throw new Error(`the stack answered ${response.status}`);
  }
  const answer = await response.json();
  answer.versions.client = CLIENT_VERSION;
  return answer;
}
