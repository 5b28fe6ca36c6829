// The funnel's builder. The page gives one element with what the island must know in its data attributes.
import "@xyflow/react/dist/style.css";
import "./funnel.css";
import { createRoot } from "react-dom/client";
import { Builder } from "./builder.jsx";

const place = document.querySelector("[data-funnel-builder]");
if (place) createRoot(place).render(<Builder place={place.dataset} />);
