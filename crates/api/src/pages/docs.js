// Shows every operation of the OpenAPI document: parameters, body, answers.
const place = document.querySelector("#operations");
const element = (name, text, ...children) => {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
};

const resolved = (api, schema) =>
  schema?.$ref ? api.components.schemas[schema.$ref.split("/").pop()] : schema;

const section = (title, value) =>
  value === undefined ? [] : [element("h4", title), element("pre", JSON.stringify(value, null, 2))];

const bodyOf = (api, content) => {
  const [kind, media] = Object.entries(content ?? {})[0] ?? [];
  return kind ? { [kind]: resolved(api, media.schema) } : undefined;
};

const operation = (api, path, method, described) => {
  const summary = element("summary", "", element("span", method.toUpperCase()), element("code", path));
  summary.firstChild.className = "method";
  summary.append(` ${described.summary ?? ""}`);
  const answers = Object.fromEntries(
    Object.entries(described.responses ?? {}).map(([status, answer]) => [status, bodyOf(api, answer.content) ?? null]),
  );
  return element(
    "details", "", summary,
    element("p", described.description),
    ...section("Parameters", described.parameters),
    ...section("Body", bodyOf(api, described.requestBody?.content)),
    ...section("Answers", answers),
  );
};

fetch("/api/openapi.json").then((answer) => answer.json()).then((api) => {
  const all = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => operation(api, path, method, described)));
  place.replaceChildren(...all);
});
