// Wires the button: the answer goes into the page as text, with the version of every build behind it.
const element = (id) => document.getElementById(id);

async function show() {
  element("answer").textContent = "";
  let answer;
  try {
    answer = await greet(element("name").value);
  } catch (fault) {
    answer = { text: fault.message, versions: {} };
  }
  element("versions").replaceChildren(
    ...Object.entries(answer.versions).map(([stage, version]) => {
      const item = document.createElement("li");
      item.dataset.stage = stage;
      item.dataset.version = version;
      item.textContent = `${stage}: ${version}`;
      return item;
    }),
  );
  element("answer").textContent = answer.text;
}

element("greet").addEventListener("click", show);
