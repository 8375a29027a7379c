// A field for each argument of a tool, made from its input schema: texts, numbers, choices and yes or no. Whatever else a schema may
// hold is written as JSON.

import { make } from "./view.js";

/** The fields of a form, each with its element. */
export function fields(schema) {
  const required = new Set(schema?.required ?? []);
  return Object.entries(schema?.properties ?? {}).map(([name, property], index) => {
    const input = control(property);
    input.id = `argument-${index}`;
    input.required = required.has(name);
    const label = make("label", { htmlFor: input.id }, name, input.required ? "" : make("small", {}, " optional"));
    const hint = property.description ? [make("small", { className: "quiet" }, property.description)] : [];
    return { name, type: property.type, input, row: make("div", { className: "field" }, label, input, ...hint) };
  });
}

function control({ type, enum: choices, minimum, maximum }) {
  if (Array.isArray(choices)) {
    return make("select", {}, make("option", { value: "" }, "—"), ...choices.map((choice) => make("option", {}, String(choice))));
  }
  if (type === "boolean") return make("input", { type: "checkbox" });
  if (type !== "integer" && type !== "number") return make("input", { type: "text", autocomplete: "off" });
  return make("input", { type: "number", step: type === "integer" ? "1" : "any", min: minimum ?? "", max: maximum ?? "" });
}

/** The arguments as the person filled them in; empty fields are left out. */
export function values(form) {
  return Object.fromEntries(form.flatMap(({ name, type, input }) => {
    if (type === "boolean") return input.checked ? [[name, true]] : [];
    return input.value === "" ? [] : [[name, value(type, input.value)]];
  }));
}

function value(type, text) {
  if (type === "integer" || type === "number") return Number(text);
  if (type === "string" || type === undefined) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
