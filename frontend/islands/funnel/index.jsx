// The funnel's builder. The page gives one element that says in its data attributes what the island must know.
import "@xyflow/react/dist/style.css";
import "./funnel.css";
import "./panes.css";
import { createRoot } from "react-dom/client";
import { Builder } from "./builder.jsx";
import { takeSprite } from "./icon.jsx";

const place = document.querySelector("[data-funnel-builder]");
if (place) {
  takeSprite(place.dataset.icons);
  createRoot(place).render(<Builder place={place.dataset} />);
}
