// What every part of the editor may ask: icons, merge tags, pictures, whether it may change anything.
import { createContext, useContext } from "react";

export const Facts = createContext(null);

export function useFacts() {
  return useContext(Facts);
}

// "contact.first_name" -> "First name"; a name that nobody knows stands for itself.
export function meaningOf(tags, name) {
  const canonical = name.replace(/^contact\.(?!fields\.)/u, "contact.fields.");
  return tags.find((tag) => tag.name === name || tag.name === canonical)?.meaning ?? name;
}
