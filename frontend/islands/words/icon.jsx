import { useFacts } from "./facts.js";

export function Icon({ icon }) {
  const { icons } = useFacts();
  return (
    <svg className="icon" aria-hidden="true" focusable="false">
      <use href={`${icons}#${icon}`} />
    </svg>
  );
}

// A button that is only a drawing; the label is its name for readers and the tooltip.
export function IconButton({ icon, label, isPressed, ...more }) {
  return (
    <button type="button" className="btn btn-quiet btn-icon btn-sm" aria-label={label} title={label} aria-pressed={isPressed} {...more}>
      <Icon icon={icon} />
    </button>
  );
}
